// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command on a host that lacks something: `lack WHAT[,WHAT...] COMMAND...`
 *
 *   NAME       the system call of that name gives ENOSYS, as from a kernel that is too old
 *   landlock   its three calls
 *   populate   mmap with MAP_POPULATE gives EINVAL
 *   nowait     preadv2 and pwritev2 with flags give EOPNOTSUPP
 *   newpid, newuser   clone and unshare with these namespaces give EPERM
 *   list       prints what there is, one a line, and ends
 *
 * By a seccomp filter, so it holds for all that the command starts.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANY 0xffffffffU
#define ARG(i) (offsetof(struct seccomp_data, args) + 8 * (i))

/* A call is refused when the argument has one of the bits; ANY: always. */
static const struct lack {
	const char *name;
	unsigned int nr, arg, bits, error;
} lacks[] = {
	{"memfd_create", SYS_memfd_create, 0, ANY, ENOSYS},
	{"close_range", SYS_close_range, 0, ANY, ENOSYS},
	{"rseq", SYS_rseq, 0, ANY, ENOSYS},
	{"clone3", SYS_clone3, 0, ANY, ENOSYS},
	{"statx", SYS_statx, 0, ANY, ENOSYS},
	{"openat2", SYS_openat2, 0, ANY, ENOSYS},
	{"mount_setattr", SYS_mount_setattr, 0, ANY, ENOSYS},
	{"preadv2", SYS_preadv2, 0, ANY, ENOSYS},
	{"pwritev2", SYS_pwritev2, 0, ANY, ENOSYS},
	{"getrandom", SYS_getrandom, 0, ANY, ENOSYS},
	{"fallocate", SYS_fallocate, 0, ANY, EOPNOTSUPP},
	{"personality", SYS_personality, 0, ANY, EPERM},
	{"seccomp", SYS_seccomp, 0, ANY, ENOSYS},
	{"io_uring", SYS_io_uring_setup, 0, ANY, ENOSYS},
	{"pidfd_open", SYS_pidfd_open, 0, ANY, ENOSYS},
	{"futex_waitv", SYS_futex_waitv, 0, ANY, ENOSYS},
	{"landlock", SYS_landlock_create_ruleset, 0, ANY, ENOSYS},
	{"landlock", SYS_landlock_add_rule, 0, ANY, ENOSYS},
	{"landlock", SYS_landlock_restrict_self, 0, ANY, ENOSYS},
	{"ptrace", SYS_ptrace, 0, ANY, EPERM},
	{"mount", SYS_mount, 0, ANY, EPERM},
	{"mount", SYS_pivot_root, 0, ANY, EPERM},
	{"mount", SYS_fsopen, 0, ANY, EPERM},
	{"mount", SYS_open_tree, 0, ANY, EPERM},
	{"populate", SYS_mmap, 3, MAP_POPULATE, EINVAL},
	{"nowait", SYS_preadv2, 5, ANY, EOPNOTSUPP},
	{"nowait", SYS_pwritev2, 5, ANY, EOPNOTSUPP},
	{"newpid", SYS_clone, 0, CLONE_NEWPID, EPERM},
	{"newpid", SYS_unshare, 0, CLONE_NEWPID, EPERM},
	{"newuser", SYS_clone, 0, CLONE_NEWUSER, EPERM},
	{"newuser", SYS_unshare, 0, CLONE_NEWUSER, EPERM},
};

#define LACKS (sizeof(lacks) / sizeof(lacks[0]))

static struct sock_filter filter[8 * LACKS + 8];
static unsigned short len;

static void put(unsigned short code, unsigned int k, unsigned char jt, unsigned char jf)
{
	filter[len++] = (struct sock_filter){.code = code, .jt = jt, .jf = jf, .k = k};
}

static void refuse(const struct lack *l)
{
	int without = l->arg == 0 && l->bits == ANY;

	put(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	put(BPF_JMP | BPF_JEQ | BPF_K, l->nr, 0, without ? 1 : 3);
	if (!without) {
		put(BPF_LD | BPF_W | BPF_ABS, ARG(l->arg), 0, 0);
		put(BPF_JMP | BPF_JSET | BPF_K, l->bits, 0, 1);
	}
	put(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | l->error, 0, 0);
}

static int refuse_named(const char *name)
{
	int found = 0;

	for (unsigned int i = 0; i < LACKS; i++) {
		if (strcmp(lacks[i].name, name))
			continue;
		refuse(&lacks[i]);
		found = 1;
	}
	return found;
}

static void list(void)
{
	for (unsigned int i = 0; i < LACKS; i++)
		if (!i || strcmp(lacks[i].name, lacks[i - 1].name))
			puts(lacks[i].name);
}

int main(int argc, char **argv)
{
	struct sock_fprog prog = {.filter = filter};
	char *name;

	if (argc == 2 && !strcmp(argv[1], "list")) {
		list();
		return 0;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: lack WHAT[,WHAT...] COMMAND...\n");
		return 64;
	}
	put(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	put(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	put(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	for (name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
		if (refuse_named(name) && len < 8 * LACKS)
			continue;
		fprintf(stderr, "lack: there is no '%s'; 'lack list' tells what there is\n", name);
		return 64;
	}
	put(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	prog.len = len;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		perror("lack: installing the filter");
		return 71;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
