/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Another process made to do host calls, for takeover.c: take() it, call() as often as is liked,
 * leave() it as it was, or killed if a thread is left in it that may not end by itself. With
 * ptrace: the process executes a `syscall` instruction of its own text with registers that we set.
 * Errors that make this impossible end the program with status 2.
 */
#ifndef VICTIM_H
#define VICTIM_H

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRATCH_BYTES 65536

/* The process that is ours to command. */
static struct {
	pid_t pid;
	struct user_regs_struct saved;
	unsigned long syscall_at; /* a `syscall` instruction */
	unsigned long int80_at; /* memory that can be executed, to put that instruction at */
	unsigned long stack; /* its lowest address */
	unsigned long scratch; /* memory of its own that nobody uses */
	unsigned long used;
	pid_t child; /* that the last call made, stopped */
	unsigned long signals; /* that came meanwhile */
	bool doomed; /* a thread is left that nothing but the process's end can end */
	/* While a child of its stands for it (stand_in()): */
	pid_t original; /* whose child this is; 0: none stands for it */
	bool gone; /* it has ended, of a call, or because the call did not come back */
	unsigned long sp; /* its stack pointer in the next call, if not 0 */
} victim;

/* What no program ever sees but by ptrace: ERESTARTSYS and ERESTARTNOINTR of the kernel. */
#define RESTARTSYS 512
#define RESTARTNOINTR 513
#define CALL_MS 300 /* after which a call of a child is one that waits */

static void die(const char *what)
{
	fprintf(stderr, "takeover: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* --- commanding --------------------------------------------------------------- */

static void peek(unsigned long at, void *to, size_t len)
{
	struct iovec l = {to, len}, r = {(void *)at, len};

	if (process_vm_readv(victim.pid, &l, 1, &r, 1, 0) != (ssize_t)len)
		die("reading its memory");
}

static void poke(unsigned long at, const void *from, size_t len)
{
	struct iovec l = {(void *)from, len}, r = {(void *)at, len};

	if (process_vm_writev(victim.pid, &l, 1, &r, 1, 0) != (ssize_t)len)
		die("writing its memory");
}

/* Changes eight bytes of its text; the old ones. */
static unsigned long poke_text(unsigned long at, unsigned long code)
{
	unsigned long old;

	peek(at, &old, sizeof(old));
	if (ptrace(PTRACE_POKETEXT, victim.pid, at, code) < 0)
		die("changing its text");
	return old;
}

/* Puts bytes into its memory; their address there. */
static unsigned long put(const void *data, size_t len)
{
	unsigned long at = victim.scratch + victim.used;

	victim.used += (len + 15) & ~15UL;
	if (victim.used > SCRATCH_BYTES)
		die("too much for its scratch memory");
	poke(at, data, len);
	return at;
}

static unsigned long text(const char *s)
{
	return put(s, strlen(s) + 1);
}

/*
 * Waits until a child that stands for it stands still. It may end, and must not go on behind a
 * signal: its code would be the guest kernel's, in memory that both have.
 */
static void wait_stand_in(void)
{
	struct itimerval limit = {.it_value = {0, CALL_MS * 1000L}}, none = {};
	int status;

	setitimer(ITIMER_REAL, &limit, NULL);
	while (waitpid(victim.pid, &status, __WALL) < 0) {
		if (errno != EINTR)
			die("waiting for its child");
		kill(victim.pid, SIGKILL);
	}
	setitimer(ITIMER_REAL, &none, NULL);
	victim.gone = WIFEXITED(status) || WIFSIGNALED(status);
	if (victim.gone || WSTOPSIG(status) == SIGTRAP)
		return;
	kill(victim.pid, SIGKILL);
	while (waitpid(victim.pid, &status, __WALL) == victim.pid && WIFSTOPPED(status))
		;
	victim.gone = true;
}

/* An interrupt of its own: it gets it when we are gone. Others were our doing. */
static void keep_signal(int sig)
{
	if (sig == SIGALRM || sig == SIGIO)
		victim.signals |= 1UL << sig;
}

/* Waits until it stands still. The number of a child that it just made, or 0. */
static pid_t wait_stop(void)
{
	unsigned long child = 0;
	int status;

	if (victim.original) {
		wait_stand_in();
		return 0;
	}
	for (;;) {
		if (waitpid(victim.pid, &status, __WALL) < 0)
			die("waiting for it");
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			printf("(the guest kernel ended: status 0x%x)\n", status);
			exit(3);
		}
		if (WSTOPSIG(status) == SIGTRAP && status >> 16 &&
		    status >> 16 != PTRACE_EVENT_STOP &&
		    ptrace(PTRACE_GETEVENTMSG, victim.pid, 0, &child) < 0)
			die("asking for its child");
		if (WSTOPSIG(status) == SIGTRAP)
			return (pid_t)child;
		keep_signal(WSTOPSIG(status));
		if (ptrace(PTRACE_SINGLESTEP, victim.pid, 0, 0) < 0)
			die("stepping");
	}
}

static long run_once(unsigned long ip, long nr, const unsigned long a[6])
{
	struct user_regs_struct regs = victim.saved;
	pid_t child;

	regs.rip = ip;
	regs.rax = (unsigned long)nr;
	regs.orig_rax = (unsigned long)-1; /* nothing is to be restarted */
	regs.rdi = a[0];
	regs.rsi = a[1];
	regs.rdx = a[2];
	regs.r10 = a[3];
	regs.r8 = a[4];
	regs.r9 = a[5];
	if (ip == victim.int80_at) {
		regs.rbx = a[0];
		regs.rcx = a[1];
	}
	if (victim.sp)
		regs.rsp = victim.sp;
	if (ptrace(PTRACE_SETREGS, victim.pid, 0, &regs) < 0)
		die("setting registers");
	victim.child = 0;
	do { /* the event of a child comes before the call has ended */
		if (ptrace(PTRACE_SINGLESTEP, victim.pid, 0, 0) < 0)
			die("stepping");
		child = wait_stop();
		if (child)
			victim.child = child;
	} while (child);
	if (victim.gone)
		return -ESRCH;
	if (ptrace(PTRACE_GETREGS, victim.pid, 0, &regs) < 0)
		die("reading registers");
	return (long)regs.rax;
}

/*
 * A call that a signal came in the way of (an interrupt of the guest's, at a fork, or at a connect
 * that has its answer but looks for signals first) is made again, as the host's kernel would, which
 * had no occasion to: it stands still first.
 */
static long run(unsigned long ip, long nr, const unsigned long a[6])
{
	long ret = run_once(ip, nr, a);

	for (int again = 0; (ret == -RESTARTSYS || ret == -RESTARTNOINTR) && again < 1000; again++)
		ret = run_once(ip, nr, a);
	return ret;
}

/* A host call. Its result, -errno included. */
static long call(long nr, ...)
{
	unsigned long a[6];
	va_list ap;
	int i;

	va_start(ap, nr);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	return run(victim.syscall_at, nr, a);
}
#define CALL(nr, ...) call(nr, ##__VA_ARGS__, 0UL, 0UL, 0UL, 0UL, 0UL, 0UL)
#define UL(x) ((unsigned long)(x))

/* --- a child in its place ------------------------------------------------------ */

static void on_alarm(int sig)
{
}

/*
 * From here on calls are made by a child of its, which has the same filters, a copy of its
 * descriptors and what memory it had: so that they may cost the process that makes them. 0, or
 * why it has no child.
 */
static long stand_in(void)
{
	struct sigaction sa = {.sa_handler = on_alarm}; /* no SA_RESTART: it interrupts waitpid() */
	long number = CALL(SYS_clone, UL(SIGCHLD));
	int status;

	if (number <= 0)
		return number < 0 ? number : -ECHILD;
	sigaction(SIGALRM, &sa, NULL);
	if (waitpid(victim.child, &status, __WALL) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, victim.child, 0,
		   PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE) < 0)
		die("tracing its child");
	victim.original = victim.pid;
	victim.pid = victim.child;
	victim.child = 0;
	victim.gone = false;
	return 0;
}

/* It makes its calls itself again. */
static void stand_down(void)
{
	int status;

	if (!victim.gone) {
		kill(victim.pid, SIGKILL);
		while (waitpid(victim.pid, &status, __WALL) == victim.pid && WIFSTOPPED(status))
			;
	}
	victim.pid = victim.original;
	victim.original = 0;
	victim.gone = false;
	CALL(SYS_wait4, -1UL, 0UL, UL(WNOHANG | __WALL), 0UL);
}

static void find_places(void)
{
	unsigned long start, end, at;
	char path[64], line[512], perm[8], page[4096];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", victim.pid);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %7s", &start, &end, perm) != 3 || start >> 47)
			continue;
		if (strstr(line, "[stack]"))
			victim.stack = start;
		if (!strchr(perm, 'x'))
			continue;
		if (strchr(perm, 'w') && !victim.int80_at)
			victim.int80_at = end - 64;
		for (at = start; at < end && !victim.syscall_at && perm[1] == '-'; at += 4096) {
			char *hit;

			peek(at, page, sizeof(page));
			hit = memmem(page, sizeof(page), "\x0f\x05\x48\x3d", 4);
			if (hit)
				victim.syscall_at = at + UL(hit - page);
		}
	}
	fclose(f);
	if (!victim.syscall_at)
		die("finding a syscall instruction in it");
	if (!victim.int80_at)
		victim.int80_at = victim.syscall_at + 16;
}

static void take(pid_t pid)
{
	long at;

	victim.pid = pid;
	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
		die("tracing it");
	wait_stop();
	find_places();
	if (ptrace(PTRACE_GETREGS, pid, 0, &victim.saved) < 0)
		die("reading its registers");
	at = CALL(SYS_mmap, 0UL, UL(SCRATCH_BYTES), UL(PROT_READ | PROT_WRITE),
		  UL(MAP_PRIVATE | MAP_ANONYMOUS), UL(-1), 0UL);
	/* A process that may not even ask for memory has its stack. */
	if (at < 0 && at > -4096 && victim.stack &&
	    victim.saved.rsp - victim.stack > SCRATCH_BYTES + 4096)
		at = (long)victim.stack;
	if (at < 0 && at > -4096) {
		errno = (int)-at;
		die("getting memory in it");
	}
	victim.scratch = UL(at);
}

static void leave(void)
{
	int sig;

	if (victim.doomed) {
		kill(victim.pid, SIGKILL);
		return;
	}
	if (victim.scratch != victim.stack)
		CALL(SYS_munmap, victim.scratch, UL(SCRATCH_BYTES));
	ptrace(PTRACE_SETREGS, victim.pid, 0, &victim.saved);
	ptrace(PTRACE_DETACH, victim.pid, 0, 0);
	for (sig = 1; sig < 64; sig++)
		if (victim.signals & 1UL << sig)
			kill(victim.pid, sig);
}

#endif
