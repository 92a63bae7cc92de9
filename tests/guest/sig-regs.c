// SPDX-License-Identifier: GPL-2.0
/*
 * Registers in signal frames: each one is what the program had, each change by the handler is
 * what the program gets; flags, red zone; at faults, at calls and in the middle of a loop.
 */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <ucontext.h>

enum {
	N = 15
}; /* all but rsp and rip */

static const int frame_index[N] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI,
				   REG_RDI, REG_RBP, REG_R8,  REG_R9,  REG_R10,
				   REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

/* Loads the 15 registers from in, does the instruction at hand, stores them to out. */
#define AROUND(name, instruction)                                                                 \
	void name(const uint64_t *in, uint64_t *out);                                             \
	extern char name##_at[], name##_after[];                                                  \
	__asm__(".pushsection .text\n" #name ":\n"                                                \
		"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rsi; "   \
		"push %rdi\n"                                                                     \
		"mov %rdi,%r15\n"                                                                 \
		"mov 0(%r15),%rax; mov 8(%r15),%rbx; mov 16(%r15),%rcx; mov 24(%r15),%rdx; mov "  \
		"32(%r15),%rsi\n"                                                                 \
		"mov 40(%r15),%rdi; mov 48(%r15),%rbp; mov 56(%r15),%r8; mov 64(%r15),%r9; mov "  \
		"72(%r15),%r10\n"                                                                 \
		"mov 80(%r15),%r11; mov 88(%r15),%r12; mov 96(%r15),%r13; mov 104(%r15),%r14; "   \
		"mov 112(%r15),%r15\n" #name "_at: " instruction "\n" #name                       \
		"_after: xchg %r15,8(%rsp)\n"                                                     \
		"mov %rax,0(%r15); mov %rbx,8(%r15); mov %rcx,16(%r15); mov %rdx,24(%r15); mov "  \
		"%rsi,32(%r15)\n"                                                                 \
		"mov %rdi,40(%r15); mov %rbp,48(%r15); mov %r8,56(%r15); mov %r9,64(%r15); mov "  \
		"%r10,72(%r15)\n"                                                                 \
		"mov %r11,80(%r15); mov %r12,88(%r15); mov %r13,96(%r15); mov %r14,104(%r15)\n"   \
		"mov 8(%rsp),%rax; mov %rax,112(%r15)\n"                                          \
		"add $16,%rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n" \
		".popsection\n")

AROUND(at_int3, "int3");
AROUND(at_ud2, "ud2");
AROUND(at_fault, "mov %rax,0x1000");
AROUND(at_call, "syscall");

static uint64_t seen[N], in[N], result[N];
static greg_t seen_rip, seen_flags, seen_cs;
static volatile int count;
static bool change; /* whether the handler sets all registers */
static greg_t skip_to;

static void on_signal(int sig, siginfo_t *si, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	count++;
	seen_rip = g[REG_RIP];
	seen_flags = g[REG_EFL];
	seen_cs = g[REG_CSGSFS];
	for (int i = 0; i < N; i++) {
		seen[i] = g[frame_index[i]];
		if (change)
			g[frame_index[i]] = ~seen[i];
	}
	if (skip_to)
		g[REG_RIP] = skip_to;
}

static int differ(const uint64_t *a, const uint64_t *b, bool inverted, unsigned ignore)
{
	int bad = 0;

	for (int i = 0; i < N; i++) {
		if (a[i] == (inverted ? ~b[i] : b[i]) || (ignore & 1U << i))
			continue;
		bad++;
		check_note("register %d: %#lx and %#lx", i, a[i], b[i]);
	}
	return bad;
}

static void fill(unsigned seed)
{
	for (int i = 0; i < N; i++)
		in[i] = 0x0101010101010101 * (i + 1) + 0x1000000 * seed;
}

static void check_at(const char *name, int sig, void (*f)(const uint64_t *, uint64_t *), char *rip,
		     char *after)
{
	int bad = 0, badchange = 0, n = 50;

	check_handler(sig, on_signal, 0);
	skip_to = (greg_t)after;
	for (int i = 0; i < n; i++) {
		fill(i);
		change = false;
		f(in, result);
		bad += differ(seen, in, false, 0) + differ(result, in, false, 0) +
		       (seen_rip != (greg_t)rip);
		change = true;
		f(in, result);
		badchange += differ(result, in, true, 0);
	}
	skip_to = 0;
	CHECK_EQ(bad, 0, "%s: the frame has all registers", name);
	CHECK_EQ(badchange, 0, "%s: the program has the handler's registers", name);
	CHECK_EQ(seen_cs & 0xffff, 0x33, "%s: cs", name);
}

static void faults(void)
{
	check_at("int3", SIGTRAP, at_int3, at_int3_after, at_int3_after);
	check_at("ud2", SIGILL, at_ud2, at_ud2_at, at_ud2_after);
	check_at("page fault", SIGSEGV, at_fault, at_fault_at, at_fault_after);
}

/* A call that sends a signal to its own thread: rax, rcx and r11 are the call's. */
static void calls(void)
{
	const unsigned by_call = 1 << 0 | 1 << 2 | 1 << 10;
	int bad = 0, badchange = 0;

	check_handler(SIGUSR1, on_signal, 0);
	for (int i = 0; i < 300; i++) {
		fill(i);
		in[0] = SYS_tkill;
		in[5] = getpid();
		in[4] = SIGUSR1;
		change = i & 1;
		at_call(in, result);
		bad += differ(seen, in, false, by_call) + (seen[0] != 0) +
		       (seen_rip != (greg_t)at_call_after);
		bad += seen[2] != (uint64_t)at_call_after || seen[10] != (uint64_t)seen_flags;
		if (change)
			badchange += differ(result, seen, true, 0);
		else
			badchange += differ(result, seen, false, 0);
	}
	CHECK_EQ(count, 300, "signals");
	CHECK_EQ(bad, 0, "call: the frame has all registers, rcx and r11 as the CPU leaves them");
	CHECK_EQ(badchange, 0, "call: the program has what the handler left, rcx and r11 as well");
}

static void flags(void)
{
	static const uint64_t cases[] = {0x202, 0x203, 0x2c2, 0xa02, 0x602, 0x200202, 0xed7};
	int bad = 0;

	check_handler(SIGTRAP, on_signal, 0);
	change = false;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]) * 20; i++) {
		uint64_t f = cases[i % 7] | 2, after;

		__asm__ volatile("push %1; popf; int3; pushf; pop %0; push $0x202; popf; cld"
				 : "=r"(after)
				 : "r"(f)
				 : "cc");
		bad += (uint64_t)seen_flags != f || after != f;
		if ((uint64_t)seen_flags != f || after != f)
			check_note("flags %#lx: seen %#llx, then %#lx", f, seen_flags, after);
	}
	CHECK_EQ(bad, 0, "flags in the frame and after it");
}

static volatile uint64_t flags_inside;

static void look_at_flags(int sig, siginfo_t *si, void *context)
{
	uint64_t f;

	__asm__ volatile("pushf; pop %0" : "=r"(f));
	flags_inside = f;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |=
		0x3000 | 1; /* I/O privilege: must not come through */
}

static void flags_in_handler(void)
{
	uint64_t after;

	check_handler(SIGTRAP, look_at_flags, 0);
	__asm__ volatile("push $0x602; popf; int3; pushf; pop %0; cld" : "=r"(after) : : "cc");
	CHECK_EQ(flags_inside & 0x400, 0, "the direction flag is clear in a handler");
	CHECK_EQ(after & 0x3401, 0x401, "sigreturn gives flags, but no privilege");
}

/* Anywhere in a loop that uses the red zone and all registers. */
static volatile bool stop;

static void *pester(void *t)
{
	while (!stop) {
		pthread_kill(*(pthread_t *)t, SIGUSR1);
		sched_yield();
	}
	return NULL;
}

static void smear(int sig, siginfo_t *si, void *context)
{
	volatile char room[3000];

	memset((char *)room, 0xee, sizeof(room));
	count++;
}

static uint64_t red_zone_loop(long n)
{
	uint64_t bad;

	__asm__ volatile("xor %%eax,%%eax\n"
			 "mov $0x1111,%%r8d; mov $0x2222,%%r9d; mov $0x3333,%%r10d\n"
			 "1: mov %1,-8(%%rsp); mov %%r8,-64(%%rsp); mov %%r9,-120(%%rsp); mov "
			 "%%r10,-128(%%rsp)\n"
			 "pause\n"
			 "xor %%edx,%%edx\n"
			 "cmp %1,-8(%%rsp); setne %%dl; add %%rdx,%%rax\n"
			 "cmp %%r8,-64(%%rsp); setne %%dl; add %%rdx,%%rax\n"
			 "cmp %%r9,-120(%%rsp); setne %%dl; add %%rdx,%%rax\n"
			 "cmpq $0x3333,-128(%%rsp); setne %%dl; add %%rdx,%%rax\n"
			 "dec %1\n"
			 "jnz 1b\n"
			 : "=&a"(bad), "+r"(n)
			 :
			 : "rdx", "r8", "r9", "r10", "memory", "cc");
	return bad;
}

/* The asm above uses memory below rsp: on a stack whose red zone no other code of ours needs. */
static __attribute__((noinline)) uint64_t red_zone_rounds(int signals)
{
	uint64_t bad = 0;

	for (int i = 0; i < 60 || count < signals; i++)
		bad += red_zone_loop(20000);
	return bad;
}

static void red_zone(void)
{
	pthread_t self = pthread_self(), t;
	uint64_t bad;

	check_handler(SIGUSR1, smear, 0);
	pthread_create(&t, NULL, pester, &self);
	bad = red_zone_rounds(50);
	stop = true;
	pthread_join(t, NULL);
	CHECK_EQ(bad, 0, "the red zone under signals");
}

/* A program that switches between contexts with frames, as green threads with preemption do. */
#define FIBERS 4

static ucontext_t fibers[FIBERS];
static char stacks[FIBERS][32768];
static volatile int current, switches;
static volatile uint64_t work[FIBERS];
static ucontext_t back;
static int target_switches = 100;

/* Starts with SIGALRM blocked: swapcontext() sets the mask before it has switched. */
static void fiber(int me)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	while (switches < target_switches) {
		if (current != me)
			_exit(70); /* somebody else's stack */
		work[me]++;
	}
	setcontext(&back);
}

static void preempt(int sig, siginfo_t *si, void *context)
{
	int from = current;

	switches++;
	current = (from + 1) % FIBERS;
	swapcontext(&fibers[from], &fibers[current]);
}

static void green_threads(void)
{
	struct sigaction sa = {.sa_sigaction = preempt, .sa_flags = SA_SIGINFO | SA_RESTART};
	timer_t t;
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	struct itimerspec its = {{0, 1000000}, {0, 1000000}};

	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGALRM, &sa, NULL);
	for (int i = 1; i < FIBERS; i++) {
		getcontext(&fibers[i]);
		fibers[i].uc_stack.ss_sp = stacks[i];
		fibers[i].uc_stack.ss_size = sizeof(stacks[i]);
		makecontext(&fibers[i], (void (*)(void))fiber, 1, i);
	}
	timer_create(CLOCK_MONOTONIC, &ev, &t);
	timer_settime(t, 0, &its, NULL);
	if (!getcontext(&back) && switches < target_switches)
		fiber(0);
	timer_delete(t);
	check_note("%d switches, work %lu %lu %lu %lu", switches, work[0], work[1], work[2],
		   work[3]);
	CHECK(switches >= target_switches, "preempted contexts");
	CHECK(work[0] && work[1] && work[2] && work[3], "all of them get on");
}

static const struct check_group groups[] = {{"faults", faults},
					    {"calls", calls},
					    {"flags", flags},
					    {"flags in a handler", flags_in_handler},
					    {"red zone", red_zone},
					    {"green threads", green_threads},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
