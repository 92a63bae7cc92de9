// SPDX-License-Identifier: GPL-2.0
/*
 * Kicks a stub at given instructions of its code page: kick-at PID CODE SECONDS <LIST, where CODE is the
 * address of that page and LIST has the offsets of instructions in it (hexadecimal).
 *
 * A stub is hardly ever hit in the few nanoseconds that it takes from a program's call to its wait. So
 * one instruction after another gets a breakpoint of the CPU's, which changes no text; where it is
 * met, SIGALRM is sent before that instruction runs. Prints for each offset how often that was.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#define OFFSETS_MAX 512
#define MEET_NS 2000000LL /* how long a breakpoint waits to be met */
#define DR7_EXECUTE_0 1 /* breakpoint 0 on, for instructions */
#define FLAG_RESUME 0x10000 /* the CPU sets it when it stops before an instruction */

struct kicker {
	pid_t pid;
	unsigned long code;
	sigset_t child; /* SIGCHLD, which is blocked */
	size_t count;
	unsigned long offset[OFFSETS_MAX];
	unsigned long met[OFFSETS_MAX];
};

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static bool debug_register(const struct kicker *k, int n, unsigned long value)
{
	size_t at = offsetof(struct user, u_debugreg) + (size_t)n * sizeof(value);

	return ptrace(PTRACE_POKEUSER, k->pid, (void *)at, (void *)value) == 0;
}

/* Waits for a stop, for up to MEET_NS if so: its status, 0 for none, -1 for a stub that has gone. */
static int await_stop(const struct kicker *k, bool limited)
{
	struct timespec pause = {0, MEET_NS};
	int status;
	pid_t got;

	do { /* a SIGCHLD may be one of before */
		got = waitpid(k->pid, &status, __WALL | (limited ? WNOHANG : 0));
	} while (!got && sigtimedwait(&k->child, NULL, &pause) == SIGCHLD);
	if (!got)
		return 0;
	return got < 0 || !WIFSTOPPED(status) ? -1 : status;
}

static bool go_on(const struct kicker *k, int sig)
{
	return ptrace(PTRACE_CONT, k->pid, 0, (void *)(long)sig) == 0;
}

/* Whether a stop is for a breakpoint of the CPU's. The stub's own code has traps, too. */
static bool is_breakpoint(const struct kicker *k, int status)
{
	siginfo_t si = {};

	return WSTOPSIG(status) == SIGTRAP && ptrace(PTRACE_GETSIGINFO, k->pid, 0, &si) == 0 &&
	       si.si_code == TRAP_HWBKPT;
}

/* Stops it, passing on what signals it has until then. */
static bool interrupt(const struct kicker *k)
{
	int status;

	if (ptrace(PTRACE_INTERRUPT, k->pid, 0, 0) < 0)
		return false;
	for (;;) {
		status = await_stop(k, false);
		if (status < 0)
			return false;
		if (status >> 16)
			return true;
		if (!go_on(k, is_breakpoint(k, status) ? 0 : WSTOPSIG(status)))
			return false;
	}
}

/* It has stopped before the instruction: the kick, which it then gets there. */
static bool kick(struct kicker *k, size_t i, struct user_regs_struct *regs)
{
	int status;

	regs->eflags &= ~(unsigned long long)FLAG_RESUME;
	if (!debug_register(k, 7, 0) || ptrace(PTRACE_SETREGS, k->pid, 0, regs) < 0 ||
	    syscall(SYS_tgkill, k->pid, k->pid, SIGALRM) < 0 || !go_on(k, 0))
		return false;
	do {
		status = await_stop(k, false);
		if (status < 0 || !go_on(k, WSTOPSIG(status)))
			return false;
	} while (WSTOPSIG(status) != SIGALRM);
	k->met[i]++;
	return true;
}

/* One try at one instruction of a stub that is stopped, and is so afterwards. */
static bool kick_at(struct kicker *k, size_t i)
{
	unsigned long at = k->code + k->offset[i];
	long long end = now_ns() + MEET_NS;
	struct user_regs_struct regs;
	int status;

	if (!debug_register(k, 0, at) || !debug_register(k, 7, DR7_EXECUTE_0) || !go_on(k, 0))
		return false;
	while ((status = await_stop(k, true)) > 0) {
		bool there = is_breakpoint(k, status);

		if (there && ptrace(PTRACE_GETREGS, k->pid, 0, &regs) < 0)
			return false;
		if (there && regs.rip == at) { /* not one that was met before, as it stopped */
			if (!kick(k, i, &regs))
				return false;
			break;
		}
		if (!go_on(k, there ? 0 : WSTOPSIG(status)))
			return false;
		if (now_ns() > end)
			break;
	}
	return status >= 0 && interrupt(k) && debug_register(k, 7, 0);
}

static int usage(void)
{
	fprintf(stderr, "usage: kick-at PID CODE SECONDS <OFFSETS\n");
	return 2;
}

int main(int argc, char **argv)
{
	static struct kicker k;
	time_t end;
	bool there;

	if (argc != 4)
		return usage();
	k.pid = (pid_t)strtol(argv[1], NULL, 10);
	k.code = strtoul(argv[2], NULL, 16);
	end = time(NULL) + strtol(argv[3], NULL, 10);
	while (k.count < OFFSETS_MAX && scanf("%lx", &k.offset[k.count]) == 1)
		k.count++;
	if (k.pid <= 0 || !k.code || !k.count)
		return usage();
	sigemptyset(&k.child);
	sigaddset(&k.child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &k.child, NULL);
	if (ptrace(PTRACE_SEIZE, k.pid, 0, 0) < 0) {
		fprintf(stderr, "kick-at: process %d cannot be traced: %m\n", k.pid);
		return 1;
	}
	there = interrupt(&k);
	for (size_t i = 0; there && time(NULL) < end; i = (i + 1) % k.count)
		there = kick_at(&k, i);
	if (there)
		ptrace(PTRACE_DETACH, k.pid, 0, 0);
	for (size_t i = 0; i < k.count; i++)
		printf("%lx %lu\n", k.offset[i], k.met[i]);
	return 0;
}
