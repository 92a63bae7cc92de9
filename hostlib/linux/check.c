// SPDX-License-Identifier: GPL-2.0
/*
 * --check; see check.h. Each probe does in a child what a guest would do, because asking
 * for a feature's presence does not tell whether a security module allows its use.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "check.h"
#include "confine.h"
#include "ctx.h"
#include "guest.h"
#include "landlock.h"
#include "log.h"
#include "memfile.h"

#define HWCAP2_FSGSBASE 2UL /* Linux, Documentation/arch/x86/x86_64/fsgs.rst */

/* A probe returns 0 or -errno; detail may be filled with what was found. */
typedef int (*probe_fn)(char *detail, size_t len);

static int probe_memory(char *detail, size_t len)
{
	int fd = memfile_make("probe", 4096), err;
	void *p;

	if (fd < 0)
		return fd;
	err = memfile_seal(fd, F_SEAL_SHRINK | F_SEAL_GROW);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, fd, 0);
	if (!err && p == MAP_FAILED)
		err = -errno;
	close(fd);
	return err;
}

static int probe_memfd(char *detail, size_t len)
{
	int fd = memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Does one call on a memory file. */
static int probe_file(int (*call)(int fd))
{
	int fd = memfile_make("probe", 8192), err;

	if (fd < 0)
		return fd;
	err = call(fd) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int punch(int fd)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
}

static int probe_punch(char *detail, size_t len)
{
	return probe_file(punch);
}

/* Memory file systems refuse the flag itself, and libc has a substitute for the call. */
static int read_flags(int fd)
{
	char byte;
	struct iovec iov = {&byte, 1};

	return (int)syscall(SYS_preadv2, fd, &iov, 1L, 0L, 0L, 0L);
}

static int probe_read_flags(char *detail, size_t len)
{
	return probe_file(read_flags);
}

static int write_flags(int fd)
{
	char byte = 0;
	struct iovec iov = {&byte, 1};

	return (int)syscall(SYS_pwritev2, fd, &iov, 1L, 0L, 0L, 0L);
}

bool check_vector_flags(void)
{
	return probe_file(read_flags) != -ENOSYS && probe_file(write_flags) != -ENOSYS;
}

static int probe_close_range(char *detail, size_t len)
{
	return syscall(SYS_close_range, INT_MAX, INT_MAX, 0) < 0 ? -errno : 0;
}

static int probe_fsgsbase(char *detail, size_t len)
{
	return getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE ? 0 : -EOPNOTSUPP;
}

static int probe_seccomp(char *detail, size_t len)
{
	unsigned int action = SECCOMP_RET_TRAP;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0 ? -errno : 0;
}

static int probe_addresses(char *detail, size_t len)
{
	int now = personality(0xffffffff);

	return now >= 0 && now & ADDR_NO_RANDOMIZE ? 0 : -EPERM;
}

static int probe_maps(char *detail, size_t len)
{
	FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
	int n = 0;

	if (!f)
		return -errno;
	if (fscanf(f, "%d", &n) != 1)
		n = 0;
	fclose(f);
	snprintf(detail, len, "%d", n);
	return n >= 65530 ? 0 : -E2BIG;
}

static const struct {
	const char *name;
	probe_fn probe;
	bool needed;
	const char *cure;
} probes[] = {
	{"guest memory (sealed memory file, executable mapping)", probe_memory, true,
	 "a security module forbids it: allow memfd_create and executable mappings"},
	{"memory files of their own kind (memfd_create)", probe_memfd, false,
	 "Linux 3.17 or later; without, TMPDIR=, /dev/shm or /tmp must have room for guest memory"},
	{"guest memory goes back to the host (holes in memory files)", probe_punch, false,
	 "Linux 3.5 or later, and a file system in TMPDIR that can make holes"},
	{"reads of the page cache only (preadv2)", probe_read_flags, false,
	 "Linux 4.14 or later: disks are slower without"},
	{"descriptors closed at once (close_range)", probe_close_range, false,
	 "Linux 5.9 or later: processes start slower without"},
	{"instructions for segment bases (FSGSBASE)", probe_fsgsbase, false,
	 "Linux 5.9 or later on a CPU that has them: threads switch slower without"},
	{"seccomp filters with traps (the engine)", probe_seccomp, true,
	 "a kernel with CONFIG_SECCOMP_FILTER; in a container allow seccomp(2)"},
	{"address randomisation can be switched off", probe_addresses, false,
	 "allow personality(2) in the container's filter; runs are less reproducible without"},
	{"mappings a process may have", probe_maps, false,
	 "sysctl vm.max_map_count=262144 (or more for guests with much memory)"},
};

/* Tries the layers in the order in which a guest gets them. 0, or -errno. */
static int try_layers(const struct confine_config *c, struct confine_report *out)
{
	struct confine_report *r = confine_report_make();
	int err = r ? confine_probe(c, r) : -ENOMEM;

	if (!err)
		*out = *r;
	confine_report_free(r);
	return err;
}

static int check_layers(const struct linux_ctx *ctx)
{
	struct confine_config c;
	struct confine_report r;
	enum confine_layer layer;
	char why[CONFINE_WHY_LEN];
	int err;

	if (ctx->opt.sandbox != SANDBOX_STRICT)
		return 0;
	guest_confine(ctx, &c);
	err = try_layers(&c, &r);
	layer = err ? LAYER_USER : confine_missing(&c, &r);
	if (layer == LAYER_COUNT)
		return 0;
	confine_why(layer, err ? err : r.err[layer], why);
	log_err("--sandbox=strict: this host does not give: %s: %s", confine_name(layer), why);
	return STATUS_UNAVAILABLE;
}

int check_needed(const struct linux_ctx *ctx)
{
	char detail[64];
	size_t i;

	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		int err = probes[i].needed ? probes[i].probe(detail, sizeof(detail)) : 0;

		if (!err)
			continue;
		log_err("this host does not give what a guest needs: %s: %s; cure: %s",
			probes[i].name, strerror(-err), probes[i].cure);
		return STATUS_UNAVAILABLE;
	}
	return check_layers(ctx);
}

/* why: what is in the way and the cure, or NULL when the host gives it. */
static void print_row(const char *mark, const char *name, const char *detail, const char *why)
{
	printf("%-8s %s%s%s\n", why ? mark : "yes", name, *detail ? ": " : "", detail);
	if (why)
		printf("         %s\n", why);
}

/* What a version of Landlock takes away besides files (landlock(7)). */
static void describe_landlock(int version, char *out, size_t len)
{
	snprintf(out, len, "version %d%s%s", version, version >= 4 ? ", no TCP port" : "",
		 version >= 6 ? ", no signal to the outside"
			      : "; signals are held by the pid namespace alone");
}

static void print_layers(const struct linux_ctx *ctx)
{
	struct confine_config c;
	struct confine_report r;
	enum confine_layer i;
	int err;

	guest_confine(ctx, &c);
	err = try_layers(&c, &r);
	printf("Layers around a guest, tried in their order:\n");
	for (i = 0; i < LAYER_COUNT; i++) {
		char detail[96] = "", why[CONFINE_WHY_LEN];
		int missing = err ? err : r.err[i];

		if (missing)
			confine_why(i, missing, why);
		if (i == LAYER_LANDLOCK && landlock_version() > 0)
			describe_landlock(landlock_version(), detail, sizeof(detail));
		print_row("no", confine_name(i), detail, missing ? why : NULL);
	}
}

int check_host(const struct linux_ctx *ctx)
{
	int status = 0;
	size_t i;

	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		char detail[64] = "", why[256];
		int err = probes[i].probe(detail, sizeof(detail));

		snprintf(why, sizeof(why), "%s; cure: %s", strerror(-err), probes[i].cure);
		print_row(probes[i].needed ? "NO" : "no", probes[i].name, detail, err ? why : NULL);
		if (err && probes[i].needed)
			status = STATUS_UNAVAILABLE;
	}
	print_layers(ctx);
	printf("%s\n",
	       status ? "A guest cannot run on this host." : "Guests can run on this host.");
	return status;
}
