// SPDX-License-Identifier: GPL-2.0
/*
 * A guest kernel that has been taken over:
 *
 *	takeover [--sibling PID] [--share DIR] [--outside FILE] PID LOADER DISK-DESCRIPTOR [ATTEMPT...]
 *	takeover [...] --boot STARTER DISK [ATTEMPT...]
 *
 * Makes the process PID, a guest kernel, do host calls of our choice (victim.h), as somebody
 * would who runs code of their own in it; so the guest kernel is the one that users have, and all
 * that confines it applies.
 *
 * For each attempt (ATTEMPTs are patterns; all without one) a line: its name, then "refused" with
 * an error or "SUCCEEDED". The exit status tells nothing about that; 2 when the process cannot be
 * traced. takeover --list names the attempts. --sibling names the guest kernel of another guest
 * of the same user (the loader without it); of files tells takeover-files.h, of --boot
 * takeover-boot.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "victim.h"

/* Descriptors that an attempt got are closed again. */
static long got_fd(long fd)
{
	if (fd >= 0)
		CALL(SYS_close, UL(fd));
	return fd;
}

#include "takeover-others.h"
#include "takeover-args.h"
#include "takeover-files.h"
#include "takeover-held.h"
#include "takeover-gain.h"
#include "takeover-any.h"
#include "takeover-boot.h"

#define X32 0x40000000L

/* --- attempts: 0 or more when something was gained, -errno when it was refused -- */

static long try_open(void)
{
	return got_fd(CALL(SYS_open, text("/etc/passwd"), UL(O_RDONLY)));
}

static long try_openat(void)
{
	return got_fd(CALL(SYS_openat, UL(AT_FDCWD), text("/etc/passwd"), UL(O_RDONLY)));
}

static long try_openat2(void)
{
	unsigned long how[3] = {O_RDONLY};

	return got_fd(CALL(SYS_openat2, UL(AT_FDCWD), text("/etc/passwd"), put(how, sizeof(how)),
			   UL(sizeof(how))));
}

static long try_create(void)
{
	unsigned long name = text("/tmp/nestling-escaped");
	long ret = got_fd(CALL(SYS_open, name, UL(O_RDWR | O_CREAT), 0600UL));

	if (ret >= 0)
		CALL(SYS_unlink, name);
	return ret;
}

/* The descriptor of a file that was opened for the guest: again, with other rights. */
static long try_proc_fd(void)
{
	return got_fd(CALL(SYS_openat, UL(AT_FDCWD), text("/proc/self/fd/4"), UL(O_RDWR)));
}

/* The handle is of no file: who may open by handle is told so, and others that they may not. */
static long try_handle(void)
{
	char handle[64] = {8};
	long ret =
		got_fd(CALL(SYS_open_by_handle_at, UL(AT_FDCWD), put(handle, sizeof(handle)), 0UL));

	return ret == -EPERM ? ret : 0;
}

static long try_directory(void)
{
	unsigned long name = text("/tmp/nestling-escaped");
	long a = CALL(SYS_mkdir, name, 0700UL);
	long b = CALL(SYS_chdir, text("/"));
	long c = CALL(SYS_readlink, text("/proc/self/exe"), victim.scratch + SCRATCH_BYTES - 4096,
		      4096UL);

	if (a >= 0)
		CALL(SYS_rmdir, name);
	return a >= 0 || a == -EEXIST ? 0 : b >= 0 && c >= 0 ? 0 : a;
}

static long try_tcp(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons(9),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	long fd = CALL(SYS_socket, UL(AF_INET), UL(SOCK_STREAM), 0UL), ret;

	if (fd < 0)
		return fd;
	ret = CALL(SYS_connect, UL(fd), put(&sa, sizeof(sa)), UL(sizeof(sa)));
	CALL(SYS_close, UL(fd));
	return ret == -ECONNREFUSED ? 0 : ret; /* there was a network to be refused by */
}

static long try_abstract(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "\0nestling-takeover"};
	socklen_t len = sizeof(sa_family_t) + 1 + strlen("nestling-takeover");
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	long fd, ret;

	if (bind(listener, (struct sockaddr *)&sa, len) < 0 || listen(listener, 1) < 0)
		die("listening");
	fd = CALL(SYS_socket, UL(AF_UNIX), UL(SOCK_STREAM), 0UL);
	ret = fd < 0 ? fd : CALL(SYS_connect, UL(fd), put(&sa, sizeof(sa)), UL(len));
	if (fd >= 0)
		CALL(SYS_close, UL(fd));
	close(listener);
	return ret;
}

static long try_bind(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	long fd = CALL(SYS_socket, UL(AF_INET), UL(SOCK_DGRAM), 0UL), ret;

	if (fd < 0)
		return fd;
	ret = CALL(SYS_bind, UL(fd), put(&sa, sizeof(sa)), UL(sizeof(sa)));
	CALL(SYS_close, UL(fd));
	return ret;
}

static long try_netlink(void)
{
	return got_fd(CALL(SYS_socket, UL(AF_NETLINK), UL(SOCK_RAW), 0UL));
}

static long try_vsock(void)
{
	return got_fd(CALL(SYS_socket, UL(AF_VSOCK), UL(SOCK_STREAM), 0UL));
}

/* With arguments that are not right, so that nothing is executed if it is let through. */
static long try_exec(void)
{
	long ret = CALL(SYS_execve, text("/etc/passwd"), 0UL, 0UL);

	return ret == -EACCES || ret == -ENOEXEC ? 0 : ret;
}

static long try_execveat(void)
{
	long ret = CALL(SYS_execveat, 4UL, text(""), 0UL, 0UL, UL(AT_EMPTY_PATH));

	return ret == -EACCES || ret == -ENOEXEC ? 0 : ret;
}

#define BOMB 20000
static pid_t bomb[BOMB];

/* Children stop at once (PTRACE_O_TRACECLONE) and are killed. How many there could be. */
static long try_fork_bomb(void)
{
	long pid = 0, n = 0, i;
	int status;

	while (n < BOMB) {
		pid = CALL(SYS_clone, UL(SIGCHLD), 0UL, 0UL, 0UL, 0UL);
		if (pid < 0)
			break;
		bomb[n++] = victim.child;
	}
	for (i = 0; i < n; i++)
		kill(bomb[i], SIGKILL);
	for (i = 0; i < n; i++)
		waitpid(bomb[i], &status, __WALL);
	for (i = 0; i < n; i++)
		CALL(SYS_wait4, UL(-1), 0UL, UL(WNOHANG | __WALL), 0UL);
	return n == BOMB ? 0 : pid;
}

static long try_clone_newns(void)
{
	long pid = CALL(SYS_clone, UL(CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD), 0UL, 0UL, 0UL, 0UL);

	if (pid > 0) {
		kill(victim.child, SIGKILL);
		waitpid(victim.child, NULL, __WALL);
		CALL(SYS_wait4, UL(-1), 0UL, UL(WNOHANG | __WALL), 0UL);
	}
	return pid;
}

static long try_clone3(void)
{
	unsigned long args[8] = {CLONE_NEWUSER};

	return CALL(SYS_clone3, put(args, sizeof(args)), 64UL) == -EPERM ? -EPERM : 0;
}

static long try_unshare(void)
{
	return CALL(SYS_unshare, UL(CLONE_NEWUTS));
}

static long try_unshare_user(void)
{
	long ret = CALL(SYS_unshare, UL(CLONE_NEWUSER));

	return ret == -EINVAL ? 0 : ret; /* only because it has threads */
}

static long try_setns(void)
{
	long fd = CALL(SYS_open, text("/proc/self/ns/uts"), UL(O_RDONLY)), ret;

	if (fd < 0)
		return fd;
	ret = CALL(SYS_setns, UL(fd), 0UL);
	CALL(SYS_close, UL(fd));
	return ret;
}

/* In a directory of the test's: whatever is let through hides nothing of the host's. */
static long try_mount(void)
{
	unsigned long tmpfs = text("tmpfs"), at = in_share("empty");
	long ret = CALL(SYS_mount, tmpfs, at, tmpfs, 0UL, 0UL);

	if (ret == 0)
		CALL(SYS_umount2, at, 0UL);
	return ret;
}

static long try_pivot(void)
{
	long ret = CALL(SYS_pivot_root, text("/"), text("/"));

	return ret == -EBUSY || ret == -EINVAL ? 0 : ret; /* it may, but not so */
}

static long try_chroot(void)
{
	return CALL(SYS_chroot, text("/"));
}

static long try_fsopen(void)
{
	return got_fd(CALL(SYS_fsopen, text("tmpfs"), 0UL));
}

static long try_io_uring(void)
{
	char params[120] = {0};

	return got_fd(CALL(SYS_io_uring_setup, 1UL, put(params, sizeof(params))));
}

static long try_bpf(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return got_fd(
		CALL(SYS_bpf, UL(BPF_MAP_CREATE), put(&attr, sizeof(attr)), UL(sizeof(attr))));
}

static long try_perf(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_CPU_CLOCK};

	return got_fd(
		CALL(SYS_perf_event_open, put(&attr, sizeof(attr)), 0UL, UL(-1), UL(-1), 0UL));
}

static long try_userfaultfd(void)
{
	return got_fd(CALL(SYS_userfaultfd, UL(O_CLOEXEC | 1)));
}

static long try_keyctl(void)
{
	long ret = CALL(SYS_keyctl, UL(KEYCTL_GET_KEYRING_ID), UL(KEY_SPEC_SESSION_KEYRING), 0UL);

	return ret == -ENOKEY ? 0 : ret;
}

static long try_add_key(void)
{
	return CALL(SYS_add_key, text("user"), text("nestling"), text("x"), 1UL,
		    UL(KEY_SPEC_PROCESS_KEYRING));
}

static long try_x32(void)
{
	long ret = CALL(X32 | SYS_getpid);

	return ret == victim.pid || ret > 0 ? 0 : ret;
}

static long try_int80(void)
{
	unsigned long old, code = 0x9090909090cd80cdUL, a[6] = {0};
	long ret;

	old = poke_text(victim.int80_at, code);
	ret = run(victim.int80_at, 20 /* getpid of i386 */, a);
	poke_text(victim.int80_at, old);
	return ret;
}

/* Numbers at and beyond the end of the table, and negative ones: one that does not fail is news. */
static long try_odd_numbers(void)
{
	static const long odd[] = {-1,
				   335,
				   423,
				   500,
				   511,
				   512,
				   547,
				   1000,
				   0x3fffffff,
				   0x7fffffff,
				   -2147483647L - 1,
				   0x100000000L + SYS_fork};
	size_t i;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		long ret = CALL(odd[i]);

		/* Without a filter the kernel says ENOSYS, too: that a filter saw it is EPERM. */
		if (ret != -EPERM && !(ret == -ENOSYS && (odd[i] < 0 || odd[i] >= X32)))
			return ret >= 0 || ret == -ENOSYS ? 0 : ret;
	}
	return -EPERM;
}

static long try_tiocsti(void)
{
	long fd, ret = -ENOTTY;

	for (fd = 0; fd < 64; fd++) {
		ret = CALL(SYS_ioctl, UL(fd), UL(TIOCSTI), text("x"));
		if (ret == 0 || ret == -EPERM)
			return ret;
	}
	return 0; /* it may ask; none of its descriptors is a terminal */
}

static long try_prctl(void)
{
	static const int games[] = {PR_SET_DUMPABLE,    PR_SET_KEEPCAPS,
				    PR_SET_SECUREBITS,  PR_SET_MM,
				    PR_SET_PTRACER,     PR_SET_CHILD_SUBREAPER,
				    PR_SET_THP_DISABLE, PR_SET_SECCOMP,
				    PR_SET_TSC,         PR_SET_SYSCALL_USER_DISPATCH,
				    PR_SET_NAME,        PR_CAPBSET_READ};
	size_t i;

	for (i = 0; i < sizeof(games) / sizeof(games[0]); i++)
		if (CALL(SYS_prctl, UL(games[i]), 1UL, 0UL, 0UL, 0UL) != -EPERM)
			return 0;
	/* The parent's death must go on killing. */
	return CALL(SYS_prctl, UL(PR_SET_PDEATHSIG), 0UL);
}

static long try_arch_prctl(void)
{
	long ret = CALL(SYS_arch_prctl, 0x1012UL /* ARCH_SET_CPUID */, 1UL);

	return ret == -ENODEV ? 0 : ret; /* not on this CPU */
}

static long try_listener(void)
{
	struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
	struct sock_fprog prog = {1, (struct sock_filter *)put(&allow, sizeof(allow))};

	return got_fd(CALL(SYS_seccomp, UL(SECCOMP_SET_MODE_FILTER),
			   UL(SECCOMP_FILTER_FLAG_NEW_LISTENER), put(&prog, sizeof(prog))));
}

static long map_exec(unsigned long fd)
{
	long at = CALL(SYS_mmap, 0UL, 4096UL, UL(PROT_READ | PROT_EXEC),
		       UL(MAP_PRIVATE | MAP_ANONYMOUS), fd, 0UL);

	if (at >= 0 || at < -4095)
		CALL(SYS_munmap, UL(at), 4096UL);
	return at < 0 && at >= -4095 ? at : 0;
}

static long try_mmap_exec(void)
{
	return map_exec(-1UL);
}

/* As if it were guest memory, which may be executed; the host does not look at the descriptor. */
static long try_mmap_exec_memory(void)
{
	return map_exec(4UL);
}

static long try_memfd(void)
{
	return got_fd(CALL(SYS_memfd_create, text("x"), 0UL));
}

static long try_setuid(void)
{
	return CALL(SYS_setresuid, 0UL, 0UL, 0UL);
}

static long try_capset(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	/* One more than it has; that root with all of them gets no more is no matter. */
	if (syscall(SYS_capget, &(struct __user_cap_header_struct){head.version, victim.pid},
		    data) < 0)
		die("asking for its capabilities");
	data[0].effective |= 1U << CAP_SYS_ADMIN;
	data[0].permitted |= 1U << CAP_SYS_ADMIN;
	return CALL(SYS_capset, put(&head, sizeof(head)), put(data, sizeof(data)));
}

static long try_rlimit(void)
{
	struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
	long ret = CALL(SYS_prlimit64, 0UL, UL(RLIMIT_NPROC), put(&more, sizeof(more)), 0UL);

	/* A host may keep its root from raising it; then it may look at least. */
	return ret >= 0 ? ret
			: CALL(SYS_prlimit64, 0UL, UL(RLIMIT_NPROC), 0UL, put(&more, sizeof(more)));
}

static long try_setrlimit(void)
{
	struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};

	return CALL(SYS_setrlimit, UL(RLIMIT_FSIZE), put(&more, sizeof(more)));
}

static long try_personality(void)
{
	return CALL(SYS_personality, 0xffffffffUL);
}

static long try_sysv(void)
{
	long ret = CALL(SYS_shmget, 0UL, 4096UL, 0600UL | 01000UL);

	if (ret >= 0)
		CALL(SYS_shmctl, UL(ret), 0UL /* IPC_RMID */, 0UL);
	return ret;
}

static long try_mqueue(void)
{
	unsigned long name = text("nestling-takeover");
	long ret = got_fd(CALL(SYS_mq_open, name, UL(O_RDWR | O_CREAT), 0600UL, 0UL));

	if (ret >= 0)
		CALL(SYS_mq_unlink, name);
	return ret;
}

static long try_setown(void)
{
	long ret = CALL(SYS_fcntl, 3UL, UL(F_SETOWN), UL(init)), own = CALL(SYS_getpid);

	CALL(SYS_fcntl, 3UL, UL(F_SETOWN), UL(own));
	return ret;
}

static long try_dupfd(void)
{
	return got_fd(CALL(SYS_fcntl, 4UL, UL(F_DUPFD), 20UL));
}

static long try_seal(void)
{
	return CALL(SYS_fcntl, 5UL, UL(F_GET_SEALS), 0UL);
}

static long try_sendmsg(void)
{
	struct iovec iov = {(void *)text("x"), 1}; /* not none: see try_empty_message() */
	struct msghdr msg = {.msg_iov = (struct iovec *)put(&iov, sizeof(iov)), .msg_iovlen = 1};

	return CALL(SYS_sendmsg, 3UL, put(&msg, sizeof(msg)), UL(MSG_DONTWAIT));
}

/* A descriptor sent to an address of its own choice. */
static long try_sendto(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "/tmp/x"};
	long ret = CALL(SYS_sendto, 3UL, text("x"), 1UL, UL(MSG_DONTWAIT), put(&sa, sizeof(sa)),
			UL(sizeof(sa)));

	return ret == -EPERM ? ret : 0;
}

/* To what it is, which everybody may. */
static long try_priority(void)
{
	int now = getpriority(PRIO_PROCESS, (id_t)victim.pid);

	return CALL(SYS_setpriority, 0UL, 0UL, UL(now));
}

static long try_scheduler(void)
{
	struct sched_param param = {0};
	long ret = CALL(SYS_sched_setscheduler, 0UL, UL(SCHED_BATCH), put(&param, sizeof(param)));

	if (ret >= 0)
		CALL(SYS_sched_setscheduler, 0UL, UL(SCHED_OTHER), put(&param, sizeof(param)));
	return ret;
}

/* Of no length that there is, which is said to those who may. */
static long try_hostname(void)
{
	long ret = CALL(SYS_sethostname, text("escaped"), 4096UL);

	return ret == -EINVAL ? 0 : ret;
}

static long try_clock(void)
{
	struct timespec ts = {0, -1}; /* no time: the host's clock is not touched */
	long ret = CALL(SYS_clock_settime, UL(CLOCK_REALTIME), put(&ts, sizeof(ts)));

	return ret == -EINVAL ? 0 : ret;
}

static long try_reboot(void)
{
	long ret = CALL(SYS_reboot, 1UL, 2UL, 3UL,
			0UL); /* wrong magic numbers: EINVAL to those who may */

	return ret == -EINVAL ? 0 : ret;
}

static long try_module(void)
{
	long ret = CALL(SYS_init_module, 0UL, 0UL, 0UL);

	return ret == -EPERM ? ret : 0;
}

static long try_inotify(void)
{
	return got_fd(CALL(SYS_inotify_init1, 0UL));
}

static long try_timer_thread(void)
{
	struct sigevent sev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	int id = 0;

	return CALL(SYS_timer_create, UL(CLOCK_REALTIME), put(&sev, sizeof(sev)),
		    put(&id, sizeof(id)));
}

#define DO(name, attempt)           \
	{                           \
		name, attempt, NULL \
	}

static const struct {
	const char *name;
	long (*attempt)(void);
	const pid_t *target;
} attempts[] = {
	DO("open", try_open),
	DO("openat", try_openat),
	DO("openat2", try_openat2),
	DO("create", try_create),
	DO("proc-self-fd", try_proc_fd),
	DO("file-handle", try_handle),
	DO("directory", try_directory),
	DO("tcp", try_tcp),
	DO("abstract-socket", try_abstract),
	DO("bind", try_bind),
	DO("netlink", try_netlink),
	DO("vsock", try_vsock),
	DO("exec", try_exec),
	DO("execveat", try_execveat),
	DO("fork-bomb", try_fork_bomb),
	DO("clone-namespaces", try_clone_newns),
	DO("clone3", try_clone3),
	DO("signal-all", try_signal_all),
	{"signal-loader", try_signal, &loader},
	{"tkill-loader", try_tkill, &loader},
	{"sigqueue-loader", try_sigqueue, &loader},
	{"pidfd-loader", try_pidfd, &loader},
	{"ptrace-loader", try_ptrace, &loader},
	{"write-loader", try_vm_write, &loader},
	{"read-loader", try_vm_read, &loader},
	{"cpus-loader", try_affinity, &loader},
	{"cpu-time-loader", try_cpu_time, &loader},
	{"signal-sibling", try_signal, &sibling},
	{"tkill-sibling", try_tkill, &sibling},
	{"sigqueue-sibling", try_sigqueue, &sibling},
	{"pidfd-sibling", try_pidfd, &sibling},
	{"ptrace-sibling", try_ptrace, &sibling},
	{"write-sibling", try_vm_write, &sibling},
	{"read-sibling", try_vm_read, &sibling},
	{"cpus-sibling", try_affinity, &sibling},
	{"cpu-time-sibling", try_cpu_time, &sibling},
	{"tkill-init", try_tkill, &init},
	{"sigqueue-init", try_sigqueue, &init},
	{"pidfd-init", try_pidfd, &init},
	{"ptrace-init", try_ptrace, &init},
	{"write-init", try_vm_write, &init},
	{"read-init", try_vm_read, &init},
	{"tkill-stub", try_tkill, &stub},
	{"sigqueue-stub", try_sigqueue, &stub},
	{"pidfd-stub", try_pidfd, &stub},
	{"ptrace-stub", try_ptrace, &stub},
	{"write-stub", try_vm_write, &stub},
	{"read-stub", try_vm_read, &stub},
	DO("unshare", try_unshare),
	DO("unshare-user", try_unshare_user),
	DO("setns", try_setns),
	DO("mount", try_mount),
	DO("pivot-root", try_pivot),
	DO("chroot", try_chroot),
	DO("fsopen", try_fsopen),
	DO("io_uring", try_io_uring),
	DO("bpf", try_bpf),
	DO("perf", try_perf),
	DO("userfaultfd", try_userfaultfd),
	DO("keyctl", try_keyctl),
	DO("add-key", try_add_key),
	DO("x32", try_x32),
	DO("int80", try_int80),
	DO("odd-numbers", try_odd_numbers),
	DO("tiocsti", try_tiocsti),
	DO("prctl", try_prctl),
	DO("arch-prctl", try_arch_prctl),
	DO("listener", try_listener),
	DO("executable-memory", try_mmap_exec),
	DO("execute-anonymous-fd4", try_mmap_exec_memory),
	DO("memfd", try_memfd),
	DO("setuid", try_setuid),
	DO("capset", try_capset),
	DO("prlimit", try_rlimit),
	DO("setrlimit", try_setrlimit),
	DO("personality", try_personality),
	DO("sysv-memory", try_sysv),
	DO("message-queue", try_mqueue),
	DO("signal-owner", try_setown),
	DO("dup", try_dupfd),
	DO("seals", try_seal),
	DO("sendmsg", try_sendmsg),
	DO("send-to-address", try_sendto),
	DO("priority", try_priority),
	DO("scheduler", try_scheduler),
	DO("hostname", try_hostname),
	DO("clock", try_clock),
	DO("reboot", try_reboot),
	DO("module", try_module),
	DO("inotify", try_inotify),
	DO("timer", try_timer_thread),
	DO("grow-disk", try_grow),
	DO("allocate-disk", try_allocate),
	DO("truncate-disk", try_truncate),
	DO("attributes", try_attributes),
	DO("boot-record", try_boot_record),
	DO("eat-memory", try_eat_memory),
	DO("eat-shared-memory", try_eat_shared),
	DO("eat-shared-memory-fd4", try_eat_as_memory),
	DO("eat-stack", try_eat_stack),
	DO("bad-messages", try_bad_messages),
	DO("share-read", share_read),
	DO("share-list", share_list),
	DO("share-write", share_write),
	DO("share-create", share_create),
	DO("share-truncate", share_truncate),
	DO("share-chmod", share_chmod),
	DO("share-times", share_times),
	DO("share-link", share_link),
	DO("share-symlink", share_symlink),
	DO("share-mkdir", share_mkdir),
	DO("share-fifo", share_fifo),
	DO("share-rename", share_rename),
	DO("share-unlink", share_unlink),
	DO("share-rmdir", share_rmdir),
	DO("held-write", held_write),
	DO("held-truncate", held_truncate),
	DO("held-chmod", held_chmod),
	DO("escape-read", escape_read),
	DO("escape-write", escape_write),
	DO("escape-create", escape_create),
	DO("escape-up", escape_up),
	DO("escape-parent", escape_parent),
	DO("escape-symlink", escape_symlink),
	DO("escape-link", escape_link),
	DO("escape-rename", escape_rename),
	DO("escape-move-out", escape_move_out),
	DO("escape-truncate", escape_truncate),
	DO("escape-mkdir", escape_mkdir),
	DO("escape-unlink", escape_unlink),
	DO("escape-chmod", escape_chmod),
	DO("escape-times", escape_times),
	DO("escape-look", escape_look),
	DO("escape-device", escape_device),
	DO("escape-node", escape_node),
	DO("escape-execute", escape_execute),
	DO("escape-uncover", escape_uncover),
	DO("escape-proc", escape_proc),
	DO("escape-descriptors", escape_descriptors),
	DO("landlock-parent", landlock_parent),
	DO("flood", try_flood),
	DO("empty-message", try_empty_message),
};

#define OWN_COUNT (sizeof(attempts) / sizeof(attempts[0]))
#define COUNT (ANY_COUNT + OWN_COUNT + BAD_COUNT)

/*
 * All attempts have numbers, in the order in which they are made: what tells the loader that all
 * is over is last.
 */
static const char *name_of(size_t i)
{
	if (i < ANY_COUNT)
		return any[i].name;
	i -= ANY_COUNT;
	return i < BAD_COUNT ? bad_args[i].name : attempts[i - BAD_COUNT].name;
}

static long make(size_t i)
{
	if (i < ANY_COUNT)
		return try_any(i);
	i -= ANY_COUNT;
	if (i < BAD_COUNT)
		return try_bad_args(i);
	i -= BAD_COUNT;
	target = attempts[i].target ? *attempts[i].target : 0;
	return attempts[i].attempt();
}

static void attempt(size_t i)
{
	long ret;

	victim.used = 0;
	gain = NULL;
	ret = make(i);
	if (ret < 0 && ret > -4096)
		printf("%s: refused (%s)\n", name_of(i), strerrorname_np((int)-ret));
	else if (gain)
		printf("%s: SUCCEEDED (%s)\n", name_of(i), gain);
	else
		printf("%s: SUCCEEDED\n", name_of(i));
	fflush(stdout);
}

static bool wanted(const char *name, char *const patterns[])
{
	if (!*patterns)
		return true;
	for (; *patterns; patterns++)
		if (fnmatch(*patterns, name, 0) == 0)
			return true;
	return false;
}

static void usage(void)
{
	fprintf(stderr, "usage: takeover [--sibling PID] [--share DIR] [--outside FILE] "
			"{PID LOADER DISK-DESCRIPTOR | --boot STARTER DISK} [ATTEMPT...]\n");
	exit(64);
}

static int list(void)
{
	for (size_t i = 0; i < COUNT; i++)
		puts(name_of(i));
	return 0;
}

static void take_given(char *argv[], bool boot)
{
	pid_t pid = boot ? find_booting(atoi(argv[0])) : atoi(argv[0]);

	loader = boot ? parent_of(parent_of(pid)) : atoi(argv[1]);
	if (!sibling)
		sibling = loader;
	init = number_of(parent_of(pid), "NSpid:");
	stub = child_of(pid);
	stub = stub ? number_of(stub, "NSpid:") : init;
	take(pid);
	if (boot)
		must_boot(atoi(argv[0]));
	disk_fd = boot ? find_fd(argv[1]) : atol(argv[2]);
}

int main(int argc, char *argv[])
{
	static const struct option options[] = {
		{"list", no_argument, NULL, 'l'},        {"sibling", required_argument, NULL, 's'},
		{"share", required_argument, NULL, 'd'}, {"outside", required_argument, NULL, 'o'},
		{"boot", no_argument, NULL, 'b'},        {0}};
	bool boot = false;
	int c, given;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) >= 0) {
		switch (c) {
		case 'l':
			return list();
		case 's':
			sibling = atoi(optarg);
			break;
		case 'd':
			share = optarg;
			break;
		case 'o':
			outside = optarg;
			break;
		case 'b':
			boot = true;
			break;
		default:
			usage();
		}
	}
	argv += optind;
	given = boot ? 2 : 3;
	if (argc - optind < given || atoi(argv[0]) <= 0 || (!boot && atoi(argv[1]) <= 0))
		usage();
	take_given(argv, boot);
	for (size_t i = 0; i < COUNT; i++)
		if (wanted(name_of(i), argv + given))
			attempt(i);
	if (boot)
		must_boot(atoi(argv[0]));
	leave();
	return 0;
}
