/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For takeover.c: calls that the filter after boot lets through with some arguments only
 * (Documentation/confinement.md, @host run ... TEST), made with others; and some of those that it
 * lets through during boot only.
 *
 * Each is chosen so that the host's kernel would do nothing bad, or say another error than EPERM,
 * if the filter let it through: a descriptor that is not open, an address that is none. So whatever
 * is not EPERM was let through. EPERM is what tells, and with --sandbox=off none may say it.
 */
#ifndef TAKEOVER_ARGS_H
#define TAKEOVER_ARGS_H

#define NO_FD 999UL /* is not open */
#define NO_AT 1UL /* nobody's address, and not aligned */
#define OWN_AND_MORE 0x6e73746c696e67UL /* stands for its own number with a bit of the upper half */
#define HIGH (1UL << 32)
/* No process comes of these flags together: those that could not be stopped again need them. */
#define NEVER UL(CLONE_FS | CLONE_NEWNS)
#define THREAD UL(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

#define BAD(call, what, ...)                        \
	{                                           \
		"args-" #call "-" what, SYS_##call, \
		{                                   \
			__VA_ARGS__                 \
		}                                   \
	}

static const struct {
	const char *name;
	long nr;
	unsigned long a[6];
} bad_args[] = {
	BAD(clone, "nothing", 0),
	BAD(clone, "other-signal", SIGUSR1),
	BAD(clone, "high-bits", SIGCHLD | HIGH),
	BAD(clone, "vm", SIGCHLD | CLONE_VM),
	BAD(clone, "files", SIGCHLD | CLONE_FILES),
	BAD(clone, "fs", SIGCHLD | CLONE_FS),
	BAD(clone, "io", SIGCHLD | UL(CLONE_IO)),
	BAD(clone, "semaphores", SIGCHLD | CLONE_SYSVSEM),
	BAD(clone, "handlers", SIGCHLD | CLONE_VM | CLONE_SIGHAND),
	BAD(clone, "parent", SIGCHLD | CLONE_PARENT),
	BAD(clone, "ptrace", SIGCHLD | CLONE_PTRACE),
	BAD(clone, "thread", THREAD),
	BAD(clone, "vfork", SIGCHLD | CLONE_VFORK | NEVER),
	BAD(clone, "untraced", SIGCHLD | CLONE_UNTRACED | NEVER),
	BAD(clone, "pidfd", SIGCHLD | CLONE_PIDFD | CLONE_PARENT_SETTID),
	BAD(clone, "mounts", SIGCHLD | CLONE_NEWNS),
	BAD(clone, "user", SIGCHLD | CLONE_NEWUSER),
	BAD(clone, "pid", SIGCHLD | CLONE_NEWPID),
	BAD(clone, "net", SIGCHLD | CLONE_NEWNET),
	BAD(clone, "ipc", SIGCHLD | CLONE_NEWIPC),
	BAD(clone, "uts", SIGCHLD | CLONE_NEWUTS),
	BAD(clone, "cgroup", SIGCHLD | CLONE_NEWCGROUP),

	BAD(kill, "everybody", -1UL),
	BAD(kill, "half-of-everybody", 0xffffffffUL),
	BAD(kill, "group", -2UL),
	BAD(kill, "least", 0x80000000UL),
	BAD(kill, "high-bits", HIGH),
	BAD(kill, "sign", 1UL << 63),

	BAD(futex, "requeue", NO_AT, 3),
	BAD(futex, "cmp-requeue", NO_AT, 4),
	BAD(futex, "wake-op", NO_AT, 5),
	BAD(futex, "lock-pi", NO_AT, 6),
	BAD(futex, "unlock-pi", NO_AT, 7),
	BAD(futex, "trylock-pi", NO_AT, 8),
	BAD(futex, "wait-bitset", NO_AT, 9, 0, 0, 0, -1UL),
	BAD(futex, "wake-bitset", NO_AT, 10, 0, 0, 0, -1UL),
	BAD(futex, "wait-requeue-pi", NO_AT, 11, 0, 0, NO_AT),
	BAD(futex, "cmp-requeue-pi", NO_AT, 12, 1, 1, NO_AT),
	BAD(futex, "lock-pi2", NO_AT, 13),
	BAD(futex, "private-lock-pi", NO_AT, 6 | 128),
	BAD(futex, "real-time", NO_AT, 9 | 256, 0, 0, 0, -1UL),
	BAD(futex_waitv, "none", NO_AT, 0),
	BAD(futex_waitv, "one", NO_AT, 1),
	BAD(futex_waitv, "three", NO_AT, 3),
	BAD(futex_waitv, "many", NO_AT, 128),

	BAD(process_vm_readv, "nobody", 0),
	BAD(process_vm_readv, "init", 1),
	BAD(process_vm_readv, "minus", -1UL),
	BAD(process_vm_readv, "high-bits", OWN_AND_MORE),

	BAD(mmap, "execute", 0, 0, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1UL),
	BAD(mmap, "execute-boot-record", 0, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE, 5),
	BAD(mmap, "execute-low-half", 0, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE, HIGH | 5),
	BAD(mmap, "semaphores", 0, 0, 8 /* PROT_SEM */, MAP_PRIVATE | MAP_ANONYMOUS, -1UL),
	BAD(mmap, "grows-down", 0, 0, PROT_GROWSDOWN, MAP_PRIVATE | MAP_ANONYMOUS, -1UL),
	/* Of these the host counts none as the process's own memory: RLIMIT_DATA would not hold them. */
	BAD(mmap, "shared", 0, 0, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1UL),
	BAD(mmap, "shared-validate", 0, 0, PROT_READ, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1UL),
	BAD(mmap, "stack", 0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1UL),
	BAD(mmap, "huge", 0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1UL),
	/* The host does not look at the descriptor of anonymous memory: guest memory's says nothing. */
	BAD(mmap, "memory-execute", 0, 0, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, 4),
	BAD(mmap, "memory-shared", 0, 0, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, 4),
	BAD(mmap, "memory-stack", 0, 0, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, 4),

	/* Not MADV_HWPOISON and its like: a filter that let them through could cost the host. */
	BAD(madvise, "normal", NO_AT, 0, MADV_NORMAL),
	BAD(madvise, "willneed", NO_AT, 0, MADV_WILLNEED),
	BAD(madvise, "free", NO_AT, 0, MADV_FREE),
	BAD(madvise, "dontfork", NO_AT, 0, MADV_DONTFORK),
	BAD(madvise, "mergeable", NO_AT, 0, MADV_MERGEABLE),
	BAD(madvise, "huge", NO_AT, 0, MADV_HUGEPAGE),
	BAD(madvise, "dodump", NO_AT, 0, MADV_DODUMP),
	BAD(madvise, "wipe", NO_AT, 0, MADV_WIPEONFORK),
	BAD(madvise, "cold", NO_AT, 0, 20),
	BAD(madvise, "pageout", NO_AT, 0, 21),
	BAD(madvise, "populate", NO_AT, 0, 23),

	BAD(fcntl, "dup", NO_FD, F_DUPFD),
	BAD(fcntl, "dup-cloexec", NO_FD, F_DUPFD_CLOEXEC),
	BAD(fcntl, "get-flags", NO_FD, F_GETFD),
	BAD(fcntl, "set-flags", NO_FD, F_SETFD, FD_CLOEXEC),
	BAD(fcntl, "lock", NO_FD, F_SETLK, NO_AT),
	BAD(fcntl, "lock-wait", NO_FD, F_SETLKW, NO_AT),
	BAD(fcntl, "open-file-lock", NO_FD, 37, NO_AT),
	BAD(fcntl, "owner-init", NO_FD, F_SETOWN, 1),
	BAD(fcntl, "owner-group", NO_FD, F_SETOWN, -2UL),
	BAD(fcntl, "owner-high-bits", NO_FD, F_SETOWN, OWN_AND_MORE),
	BAD(fcntl, "owner-ex", NO_FD, F_SETOWN_EX, NO_AT),
	BAD(fcntl, "other-signal", NO_FD, F_SETSIG, SIGKILL),
	BAD(fcntl, "no-signal", NO_FD, F_SETSIG, 0),
	BAD(fcntl, "lease", NO_FD, F_SETLEASE, F_WRLCK),
	BAD(fcntl, "notify", NO_FD, F_NOTIFY, 0),
	BAD(fcntl, "pipe-size", NO_FD, F_SETPIPE_SZ, 1UL << 30),
	BAD(fcntl, "seal", NO_FD, F_ADD_SEALS, F_SEAL_WRITE),

	BAD(sendto, "address", NO_FD, NO_AT, 0, MSG_DONTWAIT, NO_AT, 16),
	BAD(sendto, "high-address", NO_FD, NO_AT, 0, MSG_DONTWAIT, HIGH, 16),

	/* Not strict mode: it would be the end of the guest kernel. Its flags make it fail. */
	BAD(seccomp, "strict", SECCOMP_SET_MODE_STRICT, 1, NO_AT),
	BAD(seccomp, "action", SECCOMP_GET_ACTION_AVAIL, 0, NO_AT),
	BAD(seccomp, "sizes", SECCOMP_GET_NOTIF_SIZES, 0, NO_AT),
	BAD(seccomp, "unknown", 99, 0, NO_AT),
	BAD(seccomp, "all-threads", SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, NO_AT),
	BAD(seccomp, "log", SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, NO_AT),
	BAD(seccomp, "listener", SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, NO_AT),
	BAD(seccomp, "killable", SECCOMP_SET_MODE_FILTER, 1UL << 5, NO_AT),

	BAD(arch_prctl, "get-cpuid", 0x1011),
	BAD(arch_prctl, "set-cpuid", 0x1012, 1),
	BAD(arch_prctl, "features", 0x1021, NO_AT),
	BAD(arch_prctl, "permission", 0x1023, -1UL),
	BAD(arch_prctl, "untag", 0x4002, 99),
	BAD(arch_prctl, "unknown", 0x2004),

	BAD(prctl, "no-parent-death", PR_SET_PDEATHSIG, 65),
	BAD(prctl, "other-parent-death", PR_SET_PDEATHSIG, 66),
	BAD(prctl, "dumpable", PR_SET_DUMPABLE, 99),
	BAD(prctl, "keep-rights", PR_SET_KEEPCAPS, 99),
	BAD(prctl, "filter", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NO_AT),
	BAD(prctl, "name", PR_SET_NAME, NO_AT),
	BAD(prctl, "ambient", PR_CAP_AMBIENT, 99),
	BAD(prctl, "dispatch", PR_SET_SYSCALL_USER_DISPATCH, 99),
	BAD(prctl, "time-stamps", PR_SET_TSC, 99),
	BAD(prctl, "bounding-set", PR_CAPBSET_READ, 0),
	BAD(prctl, "speculation", PR_SET_SPECULATION_CTRL, 99, 0),
	BAD(prctl, "core", PR_SCHED_CORE, 99),

	/* Of boot only; by a name, where files are shared. */
	BAD(newfstatat, "name", UL(AT_FDCWD), NO_AT, NO_AT, 0),
	BAD(brk, "after-boot", 0),
	BAD(set_tid_address, "after-boot", 0),
	BAD(setsid, "after-boot", 0),
	BAD(set_robust_list, "after-boot", NO_AT, 0),
	BAD(rseq, "after-boot", NO_AT),
	BAD(prlimit64, "after-boot", 0, RLIMIT_STACK, 0, 0),
	BAD(uname, "after-boot", NO_AT),
	BAD(sched_getaffinity, "after-boot", 0, 0, NO_AT),
	BAD(epoll_create, "after-boot", 0),
	BAD(pipe2, "after-boot", NO_AT, 0),
	BAD(socketpair, "after-boot", AF_UNIX, 99, 0, NO_AT),
	BAD(timer_create, "after-boot", 99, NO_AT, NO_AT),
};

#define BAD_COUNT (sizeof(bad_args) / sizeof(bad_args[0]))

/*
 * A thread cannot be killed alone: it ends itself. If it may not even do that (the filter of a boot)
 * it stands still until the guest kernel is killed, or it would run on with a stack of another's.
 */
static void end_thread(pid_t tid)
{
	struct user_regs_struct regs;
	int status;

	if (ptrace(PTRACE_GETREGS, tid, 0, &regs) < 0)
		die("reading a thread's registers");
	regs.rip = victim.syscall_at;
	regs.rax = SYS_exit;
	regs.orig_rax = -1UL;
	regs.rdi = 0;
	if (ptrace(PTRACE_SETREGS, tid, 0, &regs) < 0)
		die("setting a thread's registers");
	do { /* a signal that comes first is kept, as wait_stop() does */
		if (ptrace(PTRACE_SINGLESTEP, tid, 0, 0) < 0 || waitpid(tid, &status, __WALL) < 0)
			die("ending a thread");
		if (WIFSTOPPED(status))
			keep_signal(WSTOPSIG(status));
	} while (WIFSTOPPED(status) && WSTOPSIG(status) != SIGTRAP);
	victim.doomed = victim.doomed || WIFSTOPPED(status);
}

/* What a clone() that was let through has made ends at once: it stands still (victim.child). */
static void end_child(unsigned long flags)
{
	int status;

	if (waitpid(victim.child, &status, __WALL) < 0)
		die("waiting for its child");
	if (flags & CLONE_THREAD) {
		end_thread(victim.child);
		return;
	}
	kill(victim.child, SIGKILL);
	waitpid(victim.child, &status, __WALL);
	CALL(SYS_wait4, -1UL, 0UL, UL(WNOHANG | __WALL), 0UL);
}

static long try_bad_args(size_t i)
{
	unsigned long a[6], own = (unsigned long)CALL(SYS_getpid) | HIGH;
	int k;
	long ret;

	for (k = 0; k < 6; k++)
		a[k] = bad_args[i].a[k] == OWN_AND_MORE ? own : bad_args[i].a[k];
	ret = CALL(bad_args[i].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (bad_args[i].nr == SYS_clone && ret > 0 && victim.child)
		end_child(a[0]);
	return ret == -EPERM ? ret : 0;
}

#endif
