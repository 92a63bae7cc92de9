/* SPDX-License-Identifier: GPL-2.0 */
/* For takeover.c: what a taken-over guest kernel does to other processes. */
#ifndef TAKEOVER_OTHERS_H
#define TAKEOVER_OTHERS_H

/*
 * Other processes, by their numbers where the guest kernel is: its loader, the guest kernel of
 * another guest, and two of its own guest, which it may send signals to and no more.
 */
static pid_t loader, sibling, init, stub;
static pid_t target; /* of this attempt */

/* The last number of a line of /proc/PID/status: of NSpid, what the process itself is told. */
static pid_t number_of(pid_t pid, const char *field)
{
	char path[64], line[256], *last;
	pid_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, field, strlen(field)) != 0)
			continue;
		last = strrchr(line, '\t');
		n = last ? atoi(last) : 0;
	}
	fclose(f);
	return n;
}

static pid_t child_of(pid_t pid)
{
	char path[64];
	int child = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%d", &child) != 1)
		child = 0;
	if (f)
		fclose(f);
	return child;
}

static long try_signal(void)
{
	return CALL(SYS_kill, UL(target), 0UL);
}

static long try_signal_all(void)
{
	return CALL(SYS_kill, UL(-1), 0UL);
}

static long try_tkill(void)
{
	long a = CALL(SYS_tkill, UL(target), 0UL);

	return a >= 0 ? a : CALL(SYS_tgkill, UL(target), UL(target), 0UL);
}

static long try_sigqueue(void)
{
	siginfo_t si = {.si_code = SI_QUEUE};

	return CALL(SYS_rt_sigqueueinfo, UL(target), 0UL, put(&si, sizeof(si)));
}

static long try_pidfd(void)
{
	return got_fd(CALL(SYS_pidfd_open, UL(target), 0UL));
}

static long try_ptrace(void)
{
	long ret = CALL(SYS_ptrace, UL(PTRACE_SEIZE), UL(target), 0UL, 0UL);
	unsigned long at = victim.scratch + SCRATCH_BYTES - 4096;
	int status = 0;

	if (ret >=
	    0) { /* only what has stopped can be let go, with a signal that stopped it first */
		CALL(SYS_ptrace, UL(PTRACE_INTERRUPT), UL(target), 0UL, 0UL);
		if (CALL(SYS_wait4, UL(target), at, UL(__WALL), 0UL) > 0)
			peek(at, &status, sizeof(status));
		CALL(SYS_ptrace, UL(PTRACE_DETACH), UL(target), 0UL,
		     UL(status >> 16 ? 0 : WSTOPSIG(status)));
	}
	return ret;
}

/* A page that none of them has, as it is the first. */
static long vm_access(long nr)
{
	struct iovec here = {(void *)victim.scratch, 1}, there = {(void *)4095UL, 1};
	unsigned long at = put(&here, sizeof(here));
	long ret = CALL(nr, UL(target), at, 1UL, put(&there, sizeof(there)), 1UL, 0UL);

	return ret == -EFAULT ? 0 : ret; /* it may; there is nothing at that address */
}

static long try_vm_write(void)
{
	return vm_access(SYS_process_vm_writev);
}

static long try_vm_read(void)
{
	return vm_access(SYS_process_vm_readv);
}

/* To those CPUs that it runs on. */
static long try_affinity(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(target, sizeof(cpus), &cpus) < 0)
		die("asking for its CPUs");
	return CALL(SYS_sched_setaffinity, UL(target), 8UL, put(&cpus, 8));
}

/* How much CPU time it has had: the clock of a process (posix_cpu_clock_get() of the host). */
static long try_cpu_time(void)
{
	return CALL(SYS_clock_gettime, ~UL(target) << 3 | 2, victim.scratch + SCRATCH_BYTES - 4096);
}

#endif
