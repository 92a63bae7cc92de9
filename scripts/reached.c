// SPDX-License-Identifier: GPL-2.0
/*
 * Which functions of a process run: reached PID SECONDS <LIST, where LIST has a line "address name"
 * (hexadecimal) for each function. Prints the names in the order in which they are first reached.
 *
 * Each function gets a breakpoint, which goes when it is hit: the process is stopped once for each
 * and else runs at its own speed. What lets pages of text go (arch-um/nestling/trim.c) takes
 * breakpoints along, so those that were not hit are set again ten times a second.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#define BREAKPOINT 0xcc
#define FUNCTIONS_MAX 200000
#define PAUSE_NS 100000000L

struct function {
	unsigned long address;
	char *name;
	unsigned char byte; /* what the breakpoint stands for */
	bool reached;
};

struct trace {
	pid_t pid;
	int memory;
	struct function *functions;
	size_t count;
	unsigned long end; /* somewhere in the last function */
};

static int by_address(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static bool read_list(struct trace *t)
{
	char name[512];
	unsigned long address;

	t->functions = calloc(FUNCTIONS_MAX, sizeof(*t->functions));
	while (t->functions && t->count < FUNCTIONS_MAX &&
	       scanf("%lx %511s", &address, name) == 2) {
		struct function *f = &t->functions[t->count++];

		f->address = address;
		f->name = strdup(name);
		if (!f->name || pread(t->memory, &f->byte, 1, (off_t)address) != 1)
			return false;
	}
	if (!t->count)
		return false;
	qsort(t->functions, t->count, sizeof(*t->functions), by_address);
	t->end = t->functions[t->count - 1].address + 1;
	return true;
}

static bool put(const struct trace *t, const struct function *f, unsigned char byte)
{
	return pwrite(t->memory, &byte, 1, (off_t)f->address) == 1;
}

static bool put_all(const struct trace *t, bool set)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (!t->functions[i].reached &&
		    !put(t, &t->functions[i], set ? BREAKPOINT : t->functions[i].byte))
			return false;
	return true;
}

/* The function that an address is in, its first name; NULL for one below all. */
static struct function *find(const struct trace *t, unsigned long address)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->functions[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	for (low--; low && t->functions[low - 1].address == t->functions[low].address; low--)
		;
	return &t->functions[low];
}

/* Takes the breakpoint away and says all names of the function. */
static void reach(const struct trace *t, struct function *f)
{
	unsigned long address = f->address;

	put(t, f, f->byte);
	for (; f < t->functions + t->count && f->address == address; f++) {
		if (!f->reached)
			puts(f->name);
		f->reached = true;
	}
}

/*
 * The process has stopped behind a breakpoint: goes back to it. Who has called runs, too, and may
 * never be entered again: the loop of a thread.
 */
static bool hit(struct trace *t)
{
	struct user_regs_struct regs;
	struct function *f, *caller;
	unsigned long back;

	if (ptrace(PTRACE_GETREGS, t->pid, 0, &regs) < 0)
		return false;
	f = find(t, regs.rip - 1);
	if (!f || f->address != regs.rip - 1)
		return false;
	reach(t, f);
	if (pread(t->memory, &back, sizeof(back), (off_t)regs.rsp) == sizeof(back) &&
	    back < t->end && (caller = find(t, back)))
		reach(t, caller);
	regs.rip = f->address;
	return ptrace(PTRACE_SETREGS, t->pid, 0, &regs) == 0;
}

/* Handles one stop; false when the process has gone. */
static bool stop(struct trace *t, int status, bool *interrupted)
{
	int sig = WSTOPSIG(status);

	if (!WIFSTOPPED(status))
		return false;
	if (status >> 16) {
		*interrupted = true;
		return true;
	}
	if (sig == SIGTRAP && hit(t))
		sig = 0;
	return ptrace(PTRACE_CONT, t->pid, 0, (void *)(long)sig) == 0;
}

static bool interrupt(struct trace *t)
{
	bool interrupted = false;
	int status;

	if (ptrace(PTRACE_INTERRUPT, t->pid, 0, 0) < 0)
		return false;
	while (!interrupted)
		if (waitpid(t->pid, &status, __WALL) < 0 || !stop(t, status, &interrupted))
			return false;
	return true;
}

/* Lets it run for a moment. */
static bool run(struct trace *t)
{
	struct timespec pause = {0, PAUSE_NS};
	sigset_t set;
	int status;
	pid_t got;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (ptrace(PTRACE_CONT, t->pid, 0, 0) < 0)
		return false;
	do {
		bool interrupted = false;

		while ((got = waitpid(t->pid, &status, __WALL | WNOHANG)) > 0)
			if (!stop(t, status, &interrupted))
				return false;
		if (got < 0)
			return false;
	} while (sigtimedwait(&set, NULL, &pause) == SIGCHLD);
	return true;
}

static bool trace(struct trace *t, time_t end)
{
	bool ok = true;

	while (ok && time(NULL) < end)
		ok = put_all(t, true) && run(t) && interrupt(t);
	if (ok)
		put_all(t, false);
	ptrace(PTRACE_DETACH, t->pid, 0, 0);
	return ok;
}

int main(int argc, char **argv)
{
	struct trace t = {0};
	bool interrupted = false;
	char path[64];
	sigset_t set;
	int status;

	if (argc != 3 || (t.pid = atoi(argv[1])) <= 0) {
		fprintf(stderr, "usage: reached PID SECONDS <LIST\n");
		return 64;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	snprintf(path, sizeof(path), "/proc/%d/mem", t.pid);
	t.memory = open(path, O_RDWR | O_CLOEXEC);
	if (t.memory < 0 || !read_list(&t)) {
		fprintf(stderr, "reached: %d cannot be read: %s\n", t.pid,
			errno ? strerror(errno) : "no functions were given");
		return 1;
	}
	if (ptrace(PTRACE_SEIZE, t.pid, 0, 0) < 0 || ptrace(PTRACE_INTERRUPT, t.pid, 0, 0) < 0 ||
	    waitpid(t.pid, &status, __WALL) < 0 || !stop(&t, status, &interrupted)) {
		fprintf(stderr, "reached: %d cannot be traced: %s\n", t.pid, strerror(errno));
		return 1;
	}
	if (!trace(&t, time(NULL) + atoi(argv[2]))) {
		fprintf(stderr, "reached: %d has gone\n", t.pid);
		return 1;
	}
	return 0;
}
