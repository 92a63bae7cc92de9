// SPDX-License-Identifier: GPL-2.0
/*
 * A debugger's work: breakpoints, single steps (over plain code, calls, signals, a repeated
 * string instruction), reading and writing another process' text and data.
 */
#include "traced.h"
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <sys/uio.h>
#include <sys/user.h>

extern char step_code[], step_call[], step_after[], step_end[], hot_start[], hot_site[], hot_end[];
void step_code_run(void);
void hot_code_run(long n);
__asm__(".pushsection .text\n"
	"step_code_run:\n"
	"push %rbx\n"
	"step_code: xor %ebx,%ebx\n"
	"inc %ebx\n"
	"mov $39,%eax\n"
	"step_call: syscall\n"
	"step_after: add $10,%ebx\n"
	"mov %ebx,step_result(%rip)\n"
	"step_end: pop %rbx\n"
	"ret\n"
	"hot_code_run:\n"
	"push %rbx; mov %rdi,%rbx\n"
	"hot_start: mov $110,%eax\n"
	"hot_site: syscall\n"
	"hot_end: dec %rbx\n"
	"jnz hot_start\n"
	"pop %rbx\n"
	"ret\n"
	".popsection\n"
	".pushsection .data\n"
	"step_result: .long 0\n"
	".popsection\n");
extern int step_result;

static int step(pid_t pid, int request, long sig)
{
	int status;

	if (ptrace(request, pid, 0, sig) || waitpid(pid, &status, __WALL) != pid)
		return -1;
	return WIFSTOPPED(status) ? status >> 8 : -2;
}

static struct user_regs_struct regs_of(pid_t pid)
{
	struct user_regs_struct r = {};

	if (ptrace(PTRACE_GETREGS, pid, 0, &r))
		check_note("GETREGS: %m");
	return r;
}

static char *rip_of(pid_t pid)
{
	return (char *)regs_of(pid).rip;
}

/* The word that was there before. */
static long set_breakpoint(pid_t pid, char *at)
{
	long word = ptrace(PTRACE_PEEKTEXT, pid, at, 0);

	ptrace(PTRACE_POKETEXT, pid, at, (word & ~0xffL) | 0xcc);
	return word;
}

static bool run_to(pid_t pid, char *at)
{
	long word = set_breakpoint(pid, at);
	struct user_regs_struct r;

	if (step(pid, PTRACE_CONT, 0) != SIGTRAP)
		return false;
	r = regs_of(pid);
	if (r.rip != (uint64_t)at + 1)
		return false;
	r.rip--;
	ptrace(PTRACE_SETREGS, pid, 0, &r);
	ptrace(PTRACE_POKETEXT, pid, at, word);
	return true;
}

static int end_of(pid_t pid)
{
	ptrace(PTRACE_CONT, pid, 0, 0);
	return check_wait(pid, 3000);
}

static void breakpoints(void)
{
	pid_t pid = start(step_code_run, PTRACE_O_TRACESYSGOOD);
	siginfo_t si;
	long word;

	word = set_breakpoint(pid, step_after);
	CHECK_EQ(step(pid, PTRACE_CONT, 0), SIGTRAP, "the child stops at a breakpoint");
	CHECK(rip_of(pid) == step_after + 1, "behind its byte");
	ptrace(PTRACE_GETSIGINFO, pid, 0, &si);
	CHECK(si.si_signo == SIGTRAP && si.si_code == SI_KERNEL, "with siginfo of int3");
	CHECK_EQ(regs_of(pid).rbx, 1, "registers at it");
	CHECK_EQ(regs_of(pid).rax, pid, "the call before it has its result");
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rip), step_after);
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rbx), 100L);
	ptrace(PTRACE_POKETEXT, pid, step_after, word);
	CHECK_NEED(run_to(pid, step_end), "the next breakpoint");
	CHECK_EQ(ptrace(PTRACE_PEEKDATA, pid, &step_result, 0) & 0xffffffff, 110,
		 "a register that was changed");
	CHECK_EQ(end_of(pid), 0, "breakpoints: the child ends well");
	CHECK_EQ(step_result, 0, "the parent's data is its own");
}

static void steps(void)
{
	pid_t pid = start(step_code_run, PTRACE_O_TRACESYSGOOD);
	char *want[] = {step_code + 2, step_code + 4, step_call, step_after, step_after + 3};
	siginfo_t si;
	int good = 0;

	CHECK_NEED(run_to(pid, step_code), "breakpoint");
	for (int i = 0; i < 5; i++) {
		int stop = step(pid, PTRACE_SINGLESTEP, 0);

		good += stop == SIGTRAP && rip_of(pid) == want[i];
		if (rip_of(pid) != want[i])
			check_note("step %d: at %+ld, not %+ld", i, (long)(rip_of(pid) - step_code),
				   (long)(want[i] - step_code));
	}
	CHECK_EQ(good, 5, "single steps, one of them over a call");
	ptrace(PTRACE_GETSIGINFO, pid, 0, &si);
	CHECK_EQ(si.si_code, TRAP_TRACE, "siginfo of a step");
	CHECK_EQ(regs_of(pid).rbx, 11, "what they did");
	CHECK_EQ(regs_of(pid).eflags & 0x100, 0, "the trap flag does not show");
	CHECK_EQ(end_of(pid), 0, "steps: the child ends well");
}

/* Steps over the whole of a hot loop; every instruction once. */
static void hot(void)
{
	hot_code_run(20000);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	hot_code_run(20000);
}

static void hot_loop(void)
{
	pid_t pid = start(hot, PTRACE_O_TRACESYSGOOD);
	int at_site = 0, after = 0, elsewhere = 0;
	uint8_t bytes[7];
	struct iovec local = {bytes, 7}, remote = {hot_start, 7};

	CHECK_EQ(step(pid, PTRACE_CONT, 0), SIGSTOP, "a child with a hot site");
	CHECK_EQ(process_vm_readv(pid, &local, 1, &remote, 1, 0), 7,
		 "process_vm_readv of the site");
	CHECK(!memcmp(bytes, "\xb8\x6e\0\0\0\x0f\x05", 7), "the bytes are the program's");
	CHECK_NEED(run_to(pid, hot_site), "a breakpoint at the instruction");
	for (int i = 0; i < 400; i++) {
		char *rip;

		if (step(pid, PTRACE_SINGLESTEP, 0) != SIGTRAP)
			break;
		rip = rip_of(pid);
		at_site += rip == hot_site;
		after += rip == hot_end;
		elsewhere += rip < hot_start || rip > hot_end + 5;
	}
	CHECK_EQ(at_site, 100, "single steps stop at the call each time");
	CHECK_EQ(after, 100, "and behind it");
	CHECK_EQ(elsewhere, 0, "and nowhere outside of the loop");
	CHECK_NEED(run_to(pid, hot_end), "a breakpoint behind the call");
	CHECK_NEED(run_to(pid, hot_site), "and before it again");
	CHECK_NEED(run_to(pid, hot_start), "and at the mov");
	CHECK_EQ(end_of(pid), 0, "hot loop: the child ends well");
}

/* A stop at any time shows an instruction pointer in the program, as strace -i or gdb would. */
static void hot_forever(void)
{
	for (;;)
		hot_code_run(1000000);
}

/* Lets it run for a moment; whether it then stops in the loop. */
static bool stop_inside(pid_t pid)
{
	char *rip;

	ptrace(PTRACE_CONT, pid, 0, 0);
	check_sleep_ms(1);
	kill(pid, SIGUSR1);
	waitpid(pid, NULL, 0);
	rip = rip_of(pid);
	return rip >= (char *)(uintptr_t)hot_code_run && rip <= hot_end + 16;
}

static void random_stops(void)
{
	pid_t pid = start(hot_forever, PTRACE_O_TRACESYSGOOD);
	int inside = 0, at_call = 0, n = 60;

	/* It takes a while to get there on a busy machine. */
	for (int i = 0; i < 1000 && !stop_inside(pid); i++)
		;
	for (int i = 0; i < n; i++) {
		inside += stop_inside(pid);
		at_call += rip_of(pid) == hot_end;
	}
	check_note("%d of %d stops inside, %d behind the call", inside, n, at_call);
	CHECK_EQ(inside, n, "at random stops the instruction pointer is in the program");
	/* Each of these instructions can be stepped on from there. */
	for (int i = 0; i < 20; i++) {
		step(pid, PTRACE_SINGLESTEP, 0);
		inside -=
			rip_of(pid) < (char *)(uintptr_t)hot_code_run || rip_of(pid) > hot_end + 16;
	}
	CHECK_EQ(inside, n, "and single steps from there as well");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A tracer that comes when the site is hot sees every call, as often as it comes. */
static void attach_hot(void)
{
	pid_t pid = check_fork();
	int entries = 0, exits = 0, status, rounds = 5;
	struct user_regs_struct r;

	if (pid == 0)
		hot_forever();
	for (int n = 0; n < rounds; n++) {
		check_sleep_ms(20);
		if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL))
			check_note("seize: %m");
		ptrace(PTRACE_INTERRUPT, pid, 0, 0);
		waitpid(pid, &status, 0);
		for (int i = 0; i < 40; i++) {
			if (step(pid, PTRACE_SYSCALL, 0) != (SIGTRAP | 0x80))
				break;
			r = regs_of(pid);
			if (r.orig_rax != SYS_getppid || r.rip != (uint64_t)hot_end ||
			    r.rcx != r.rip)
				continue;
			if ((long)r.rax == -ENOSYS)
				entries++;
			else if ((pid_t)r.rax == getpid())
				exits++;
		}
		ptrace(PTRACE_DETACH, pid, 0, 0);
	}
	CHECK_EQ(entries, 20 * rounds, "a late tracer sees the entries of a hot site");
	CHECK_EQ(exits, 20 * rounds, "and its exits");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void on_signal(int sig)
{
}

static void signal_now(void)
{
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
}

/* A signal that is delivered while stepping: the next stop is the handler's first instruction. */
static void into_handler(void)
{
	pid_t pid = start(signal_now, PTRACE_O_TRACESYSGOOD);

	CHECK_EQ(step(pid, PTRACE_CONT, 0), SIGUSR1, "a signal to the child");
	CHECK_EQ(step(pid, PTRACE_SINGLESTEP, SIGUSR1), SIGTRAP, "a step with it");
	CHECK(rip_of(pid) == (char *)(uintptr_t)on_signal,
	      "stops at the handler's first instruction");
	CHECK_EQ(end_of(pid), 0, "into handler: the child ends well");
}

static char from[1000], to[1000];

static void copy(void)
{
	void *d = to, *s = from;
	long n = 1000;

	__asm__ volatile("int3; rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
}

static void string_steps(void)
{
	pid_t pid = start(copy, PTRACE_O_TRACESYSGOOD);
	char *at;
	int same = 0;

	CHECK_EQ(step(pid, PTRACE_CONT, 0), SIGTRAP, "the child's own int3");
	at = rip_of(pid);
	for (int i = 0; i < 50; i++)
		same += step(pid, PTRACE_SINGLESTEP, 0) == SIGTRAP && rip_of(pid) == at;
	CHECK_EQ(same, 50, "single steps within rep movsb");
	CHECK_EQ(regs_of(pid).rcx, 950, "one round each");
	CHECK_EQ(end_of(pid), 0, "string steps: the child ends well");
}

static int proc_value = 5;

static void wait_for_value(void)
{
	while (*(volatile int *)&proc_value == 5)
		sched_yield();
	if (proc_value != 42)
		_exit(1);
}

static void proc_mem(void)
{
	pid_t pid = start(wait_for_value, PTRACE_O_TRACESYSGOOD);
	char path[40];
	int fd, value = 0;
	struct iovec local = {&value, 4}, remote = {&proc_value, 4};

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR);
	CHECK_EQ(pread(fd, &value, 4, (off_t)(uintptr_t)&proc_value), 4,
		 "/proc/PID/mem can be read");
	CHECK_EQ(value, 5, "its value");
	ptrace(PTRACE_CONT, pid, 0, 0);
	check_sleep_ms(10);
	value = 42;
	CHECK_EQ(process_vm_writev(pid, &local, 1, &remote, 1, 0), 4,
		 "process_vm_writev while it runs");
	CHECK_EQ(check_wait(pid, 3000), 0, "the child sees it");
	CHECK_EQ(proc_value, 5, "and not the parent");
	close(fd);
}

/* PTRACE_POKETEXT into read-only text of a file leaves the file alone. */
static int answer(void)
{
	return 1234;
}

static int (*volatile answer_call)(void) = answer;

static void ask(void)
{
	_exit(answer_call() == 77 ? 0 : 1);
}

static void poke_text(void)
{
	pid_t pid = start(ask, PTRACE_O_TRACESYSGOOD);

	answer_call();
	ptrace(PTRACE_POKETEXT, pid, answer, 0xc30000004db8); /* mov $77,%eax; ret */
	CHECK_EQ(ptrace(PTRACE_PEEKTEXT, pid, answer, 0), 0xc30000004db8, "POKETEXT");
	CHECK_EQ(end_of(pid), 0, "the child runs the new text");
	CHECK_EQ(answer_call(), 1234, "the parent its own");
}

static const struct check_group groups[] = {
	{"breakpoints", breakpoints},   {"steps", steps},
	{"hot loop", hot_loop},         {"random stops", random_stops},
	{"attach hot", attach_hot},     {"into handler", into_handler},
	{"string steps", string_steps}, {"proc mem", proc_mem},
	{"poke text", poke_text},       {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
