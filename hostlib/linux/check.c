// SPDX-License-Identifier: GPL-2.0
/*
 * --check; see check.h. Each probe does in a child what a guest would do, because asking
 * for a feature's presence does not tell whether a security module allows its use.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"
#include "ctx.h"
#include "isolate.h"

#define LANDLOCK_VERSION 1U /* LANDLOCK_CREATE_RULESET_VERSION */

/* A probe returns 0 or -errno; detail may be filled with what was found. */
typedef int (*probe_fn)(char *detail, size_t len);

static int probe_memory(char *detail, size_t len)
{
	int fd = memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING), err = 0;
	void *p;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, 4096) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		err = -errno;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, fd, 0);
	if (!err && p == MAP_FAILED)
		err = -errno;
	close(fd);
	return err;
}

static int probe_namespaces(char *detail, size_t len)
{
	bool isolated;
	int status;
	pid_t pid = isolate_fork(&isolated);

	if (pid < 0)
		return pid;
	if (pid == 0)
		_exit(0);
	waitpid(pid, &status, 0);
	return isolated ? 0 : -EPERM;
}

static int probe_unshare(int flags)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(unshare(flags) < 0 ? errno : 0);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}

static int probe_mount_net(char *detail, size_t len)
{
	return probe_unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC);
}

static int probe_landlock(char *detail, size_t len)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);

	if (abi < 0)
		return -errno;
	snprintf(detail, len, "version %ld", abi);
	return 0;
}

static int probe_seccomp(char *detail, size_t len)
{
	unsigned int action = SECCOMP_RET_TRAP;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0 ? -errno : 0;
}

static int probe_addresses(char *detail, size_t len)
{
	return personality(0xffffffff) & ADDR_NO_RANDOMIZE ? 0 : -EPERM;
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
	{"pid namespace (nothing outlives the loader)", probe_namespaces, false,
	 "sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0, and on "
	 "AppArmor hosts kernel.apparmor_restrict_unprivileged_userns=0"},
	{"mount, network and IPC namespaces", probe_mount_net, false, "as above"},
	{"Landlock", probe_landlock, false, "Linux 5.13 or later, with landlock in lsm="},
	{"seccomp filters with traps (the engine)", probe_seccomp, true,
	 "a kernel with CONFIG_SECCOMP_FILTER; in a container allow seccomp(2)"},
	{"address randomisation can be switched off", probe_addresses, false,
	 "allow personality(2) in the container's filter; runs are less reproducible without"},
	{"mappings a process may have", probe_maps, false,
	 "sysctl vm.max_map_count=262144 (or more for guests with much memory)"},
};

int check_host(void)
{
	int status = 0;
	size_t i;

	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		char detail[64] = "";
		int err = probes[i].probe(detail, sizeof(detail));

		printf("%-8s %s%s%s\n",
		       !err               ? "yes"
		       : probes[i].needed ? "NO"
					  : "no",
		       probes[i].name, *detail ? ": " : "", detail);
		if (err)
			printf("         %s; cure: %s\n", strerror(-err), probes[i].cure);
		if (err && probes[i].needed)
			status = STATUS_UNAVAILABLE;
	}
	printf("%s\n",
	       status ? "A guest cannot run on this host." : "Guests can run on this host.");
	return status;
}
