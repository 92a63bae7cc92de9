// SPDX-License-Identifier: GPL-2.0
/*
 * Computations that make no calls are preempted, stopped, traced and killed in whatever state
 * their registers are, and go on with every one of them unchanged.
 */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#define ROUNDS 30000000L /* of the loops below: some 10 ms and more */

/* Set by a state, looked at after the loop. */
static uint64_t result;

/* Loops with rsp as given; 0 if it is the same afterwards. */
static uint64_t with_rsp(uint64_t rsp)
{
	uint64_t bad = 1, old;

	__asm__ volatile("mov %%rsp,%[old]; mov %[rsp],%%rsp; mov %[n],%%rcx\n"
			 "1: dec %%rcx\n"
			 "jnz 1b\n"
			 "xor %[rsp],%%rsp; mov %%rsp,%[bad]; mov %[old],%%rsp"
			 : [bad] "=&r"(bad), [old] "=&r"(old)
			 : [rsp] "r"(rsp), [n] "r"(ROUNDS)
			 : "rcx", "cc", "memory");
	return bad;
}

static void *nowhere(void)
{
	char *p = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p + 4096;
}

static bool rsp_zero(void)
{
	return !with_rsp(0);
}

static bool rsp_unmapped(void)
{
	return !with_rsp((uint64_t)nowhere());
}

static bool rsp_odd(void)
{
	return !with_rsp(0x8000000000000001);
}

static bool rsp_kernel(void)
{
	return !with_rsp(0xffffffff81000008);
}

static uint64_t with_flags(uint64_t flags)
{
	uint64_t after;

	__asm__ volatile("push %1; popf\n"
			 "mov %2,%%rcx\n"
			 "1: lea -1(%%rcx),%%rcx\n"
			 "jrcxz 2f\n"
			 "jmp 1b\n"
			 "2: pushf; pop %0; push $0x202; popf; cld"
			 : "=&r"(after)
			 : "r"(flags), "r"(ROUNDS)
			 : "rcx", "cc", "memory");
	return after;
}

static bool all_flags(void)
{
	return with_flags(0xed7) == 0xed7;
}

static bool alignment(void)
{
	return with_flags(0x40202) == 0x40202;
}

/* fs and gs where nothing is; libc is not used in between. */
static bool segments(void)
{
	uint64_t old, fs = (uint64_t)nowhere(), got = 0;

	__asm__ volatile("mov %%fs:0,%0" : "=r"(old));
	__asm__ volatile(
		"mov $158,%%eax; mov $0x1001,%%edi; mov %[bad],%%rsi; syscall\n" /* ARCH_SET_GS */
		"mov $158,%%eax; mov $0x1002,%%edi; mov %[bad],%%rsi; syscall\n" /* ARCH_SET_FS */
		"mov %[n],%%rcx\n"
		"1: dec %%rcx\n"
		"jnz 1b\n"
		"mov $158,%%eax; mov $0x1003,%%edi; lea %[got],%%rsi; syscall\n" /* ARCH_GET_FS */
		"mov $158,%%eax; mov $0x1002,%%edi; mov %[old],%%rsi; syscall\n"
		: [got] "+m"(got)
		: [bad] "r"(fs), [old] "r"(old), [n] "r"(ROUNDS)
		: "rax", "rcx", "rdi", "rsi", "r11", "cc", "memory");
	return got == fs;
}

/* An x87 exception that is pending, and unmasked SSE ones whose flags are set: no fault by looking. */
static bool pending_exceptions(void)
{
	uint16_t control = 0x037f & ~4, status, seen;
	uint32_t mxcsr = 0x003f, after;

	__asm__ volatile("fninit; fldcw %[cw]; fld1; fldz; fdivrp\n"
			 "ldmxcsr %[csr]\n"
			 "mov %[n],%%rcx\n"
			 "1: dec %%rcx\n"
			 "jnz 1b\n"
			 "fnstsw %[sw]; fnstcw %[seen]; stmxcsr %[after]; fnclex; fninit\n"
			 : [sw] "=m"(status), [seen] "=m"(seen), [after] "=m"(after)
			 : [cw] "m"(control), [csr] "m"(mxcsr), [n] "r"(ROUNDS)
			 : "rcx", "cc", "memory");
	mxcsr = 0x1f80;
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	return (status & 0x84) == 0x84 && seen == control && after == 0x003f;
}

static bool registers(void)
{
	uint64_t bad;

	__asm__ volatile(
		"mov $0x1111111111,%%rax; mov $0x2222222222,%%rbx; mov $0x3333333333,%%rdx\n"
		"mov $0x4444444444,%%rsi; mov $0x5555555555,%%rdi; mov $0x6666666666,%%r8\n"
		"mov $0x7777777777,%%r9; mov $0x8888888888,%%r10; mov $0x9999999999,%%r11\n"
		"mov $0xaaaaaaaaaa,%%r12; mov $0xbbbbbbbbbb,%%r13; mov $0xcccccccccc,%%r14\n"
		"mov %[n],%%ecx\n"
		"1: dec %%rcx\n"
		"jnz 1b\n"
		/* Weights, so that a swap shows. */
		"lea (%%rax,%%rbx,2),%%rax; lea (%%rax,%%rdx,4),%%rax; lea (%%rax,%%rsi,8),%%rax\n"
		"imul $3,%%rdi; imul $5,%%r8; imul $7,%%r9; imul $11,%%r10; imul $13,%%r11\n"
		"imul $17,%%r12; imul $19,%%r13; imul $23,%%r14\n"
		"add %%rdi,%%rax; add %%r8,%%rax; add %%r9,%%rax; add %%r10,%%rax; add "
		"%%r11,%%rax\n"
		"add %%r12,%%rax; add %%r13,%%rax; add %%r14,%%rax\n"
		"mov %%rax,%[bad]\n"
		: [bad] "=m"(bad)
		: [n] "i"(ROUNDS)
		: "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
		  "r14", "cc");
	return bad == 0x1111111111ULL * (1 + 2 * 2 + 4 * 3 + 8 * 4 + 3 * 5 + 5 * 6 + 7 * 7 +
					 11 * 8 + 13 * 9 + 17 * 10 + 19 * 11 + 23 * 12);
}

/* A long string instruction, interrupted in its middle. */
static bool string(void)
{
	size_t len = 16 << 20;
	char *a = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	     *b = a + len / 2;
	bool good = true;

	memset(a, 'q', len / 2);
	for (int i = 0; i < 4; i++) {
		void *d = b, *s = a;
		size_t n = len / 2;

		__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
		good &= n == 0 && d == b + len / 2 && s == a + len / 2;
	}
	good &= b[0] == 'q' && b[len / 2 - 1] == 'q';
	munmap(a, len);
	return good;
}

static const struct state {
	const char *name;
	bool (*run)(void);
} states[] = {{"all registers set", registers},
	      {"rsp 0", rsp_zero},
	      {"rsp not mapped", rsp_unmapped},
	      {"rsp not canonical", rsp_odd},
	      {"rsp in the kernel's half", rsp_kernel},
	      {"all flags set", all_flags},
	      {"alignment check on", alignment},
	      {"fs and gs nowhere", segments},
	      {"pending FPU exceptions", pending_exceptions},
	      {"a string instruction", string}};

#define STATES (sizeof(states) / sizeof(states[0]))

/* Others want the CPU all the time. */
static void preempted(void)
{
	pid_t hog[3];

	for (int i = 0; i < 3; i++) {
		hog[i] = check_fork();
		if (hog[i] == 0)
			for (;;)
				sched_yield();
	}
	for (unsigned i = 0; i < STATES; i++) {
		pid_t pid = check_fork();

		if (pid == 0)
			_exit(states[i].run() && states[i].run() ? 0 : 1);
		CHECK_EQ(check_wait(pid, 5000), 0, "preempted with %s", states[i].name);
	}
	for (int i = 0; i < 3; i++) {
		kill(hog[i], SIGKILL);
		waitpid(hog[i], NULL, 0);
	}
}

static void forever(bool (*run)(void))
{
	while (run())
		;
	_exit(1);
}

/* Stopped and continued at any point. */
static void stopped(void)
{
	volatile bool *enough =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (unsigned i = 0; i < STATES; i++) {
		pid_t pid = check_fork();
		int stops = 0;
		bool good = true;

		if (pid == 0) {
			while (!*enough)
				good &= states[i].run();
			_exit(good ? 0 : 1);
		}
		for (int n = 0; n < 6; n++) {
			check_sleep_ms(2);
			kill(pid, SIGSTOP);
			stops += check_wait_state(pid, 'T');
			kill(pid, SIGCONT);
		}
		*enough = true;
		CHECK_EQ(stops, 6, "stopped with %s", states[i].name);
		CHECK_EQ(check_wait(pid, 5000), 0, "and went on with %s", states[i].name);
		*enough = false;
	}
}

static void killed(void)
{
	for (unsigned i = 0; i < STATES; i++) {
		pid_t pid = check_fork();

		if (pid == 0)
			forever(states[i].run);
		check_sleep_ms(5);
		kill(pid, SIGKILL);
		CHECK_EQ(check_wait(pid, 3000), SIGKILL, "killed with %s", states[i].name);
	}
}

/* A tracer that interrupts, looks and continues. */
static void traced(void)
{
	for (unsigned i = 0; i < STATES; i++) {
		pid_t pid = check_fork();
		int good = 0;

		if (pid == 0)
			forever(states[i].run);
		if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL))
			check_note("seize: %m");
		for (int n = 0; n < 6; n++) {
			struct user_regs_struct r;
			int status = 0;

			check_sleep_ms(2);
			if (!ptrace(PTRACE_INTERRUPT, pid, 0, 0) &&
			    waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) &&
			    !ptrace(PTRACE_GETREGS, pid, 0, &r) &&
			    !ptrace(PTRACE_SETREGS, pid, 0, &r))
				good++;
			else
				check_note("status %#x", status);
			ptrace(PTRACE_CONT, pid, 0, 0);
		}
		check_sleep_ms(10);
		CHECK(good == 6 && check_state(pid) == 'R', "traced with %s", states[i].name);
		kill(pid, SIGKILL);
		CHECK_EQ(check_wait(pid, 3000), SIGKILL, "and killed");
	}
}

/* Signals with a handler on another stack, whatever the registers are. */
static volatile int ticks;
static char stack[65536];

static void on_tick(int sig, siginfo_t *si, void *context)
{
	ticks++;
}

static void signalled(void)
{
	for (unsigned i = 0; i < STATES; i++) {
		pid_t pid = check_fork();

		if (pid == 0) {
			timer_t t;
			stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)};
			struct itimerspec its = {{0, 1000000}, {0, 1000000}};
			struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
			bool good = true;

			/* Handlers with garbage in fs would need to be written without libc: on_tick uses none. */
			sigaltstack(&ss, NULL);
			check_handler(SIGUSR1, on_tick, SA_ONSTACK | SA_RESTART);
			timer_create(CLOCK_MONOTONIC, &ev, &t);
			timer_settime(t, 0, &its, NULL);
			while (ticks < 5)
				good &= states[i].run();
			_exit(good ? 0 : 1);
		}
		CHECK_EQ(check_wait(pid, 5000), 0, "signalled with %s", states[i].name);
	}
}

/* A sleeper wakes in time while others compute. */
static void latency(void)
{
	pid_t hog[2];
	long long worst = 0;

	for (int i = 0; i < 2; i++) {
		hog[i] = check_fork();
		if (hog[i] == 0)
			forever(registers);
	}
	for (int i = 0; i < 20; i++) {
		long long start = check_now_ms(), took;

		check_sleep_ms(2);
		took = check_now_ms() - start;
		if (took > worst)
			worst = took;
	}
	check_note("2 ms took %lld ms at most", worst);
	CHECK(worst < 1000, "a sleeper wakes while others compute");
	for (int i = 0; i < 2; i++) {
		kill(hog[i], SIGKILL);
		waitpid(hog[i], NULL, 0);
	}
	result = worst;
}

static const struct check_group groups[] = {{"preempted", preempted},
					    {"stopped", stopped},
					    {"killed", killed},
					    {"traced", traced},
					    {"signalled", signalled},
					    {"latency", latency},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
