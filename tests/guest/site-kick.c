// SPDX-License-Identifier: GPL-2.0
/*
 * Hot calls, one after another with other registers, that signals hit at any place: every register is
 * what it was when the call returns, and what it is in the frames of the handler.
 */
#include "check.h"
#include <stddef.h>
#include <ucontext.h>

#define SIGNALS 5000 /* for each kind of calls; KICK_SIGNALS in the environment is another number */
#define LIMIT_MS 3000
#define EVERY_NS 100000

/* What the asm below loads before a call; the names are the registers'. */
struct regs {
	uint64_t bx, dx, si, di, bp, r8, r9, r10, r12, r13, r14, r15, sp, flags;
};

/* Of the flags in a frame: the host sets it for an instruction whose page it had to find first. */
#define FLAG_RESUME 0x10000
#define FLAGS_NONE 0x202
#define FLAGS_MANY 0xed7 /* carry, parity, adjust, zero, sign, direction, overflow */

struct regs kick_first, kick_second, kick_got;
uint64_t kick_own_sp;
static uint64_t stacks[2][512];

/* Loads all of a set, calls getppid(), stores all in kick_got. */
#define CALL_WITH(name)                                                              \
	void name##_call(void);                                                      \
	extern char name##_from[], name##_to[];                                      \
	__asm__(".pushsection .text\n" #name "_call:\n"                              \
		"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n" \
		"mov %rsp,kick_own_sp(%rip)\n"                                       \
		"push " #name "+104(%rip); popfq\n"                                  \
		"mov " #name "+0(%rip),%rbx; mov " #name "+8(%rip),%rdx\n"           \
		"mov " #name "+16(%rip),%rsi; mov " #name "+24(%rip),%rdi\n"         \
		"mov " #name "+32(%rip),%rbp; mov " #name "+40(%rip),%r8\n"          \
		"mov " #name "+48(%rip),%r9; mov " #name "+56(%rip),%r10\n"          \
		"mov " #name "+64(%rip),%r12; mov " #name "+72(%rip),%r13\n"         \
		"mov " #name "+80(%rip),%r14; mov " #name "+88(%rip),%r15\n"         \
		"mov " #name "+96(%rip),%rsp\n" #name "_from:\n"                     \
		"mov $110,%eax; syscall\n" #name "_to:\n"                            \
		"mov %rsp,kick_got+96(%rip); mov kick_own_sp(%rip),%rsp\n"           \
		"pushfq; pop kick_got+104(%rip); cld\n"                              \
		"mov %rbx,kick_got+0(%rip); mov %rdx,kick_got+8(%rip)\n"             \
		"mov %rsi,kick_got+16(%rip); mov %rdi,kick_got+24(%rip)\n"           \
		"mov %rbp,kick_got+32(%rip); mov %r8,kick_got+40(%rip)\n"            \
		"mov %r9,kick_got+48(%rip); mov %r10,kick_got+56(%rip)\n"            \
		"mov %r12,kick_got+64(%rip); mov %r13,kick_got+72(%rip)\n"           \
		"mov %r14,kick_got+80(%rip); mov %r15,kick_got+88(%rip)\n"           \
		"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"  \
		".popsection")

CALL_WITH(kick_first);
CALL_WITH(kick_second);

_Static_assert(offsetof(struct regs, sp) == 96 && offsetof(struct regs, flags) == 104,
	       "what CALL_WITH has");

static volatile int signals, inside, wrong_frames;
static struct regs wrong_frame; /* the first of them */
static long wrong_at; /* bytes behind the call's begin */
static long calls;

static struct regs in_frame(const greg_t *g)
{
	return (struct regs){g[REG_RBX], g[REG_RDX],
			     g[REG_RSI], g[REG_RDI],
			     g[REG_RBP], g[REG_R8],
			     g[REG_R9],  g[REG_R10],
			     g[REG_R12], g[REG_R13],
			     g[REG_R14], g[REG_R15],
			     g[REG_RSP], g[REG_EFL] & ~FLAG_RESUME};
}

static void on_alarm(int sig, siginfo_t *si, void *context)
{
	const greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	char *ip = (char *)(uintptr_t)g[REG_RIP];
	const struct regs *want = NULL;
	struct regs got = in_frame(g);

	signals++;
	if (ip >= kick_first_from && ip <= kick_first_to)
		want = &kick_first;
	else if (ip >= kick_second_from && ip <= kick_second_to)
		want = &kick_second;
	if (!want)
		return;
	inside++;
	if (memcmp(&got, want, sizeof(got)) && !wrong_frames++) {
		wrong_frame = got;
		wrong_at = ip - (want == &kick_first ? kick_first_from : kick_second_from);
	}
}

static struct regs numbered(uint64_t from, uint64_t *stack, uint64_t flags)
{
	return (struct regs){from,      from + 1,  from + 2,        from + 3, from + 4,
			     from + 5,  from + 6,  from + 7,        from + 8, from + 9,
			     from + 10, from + 11, (uint64_t)stack, flags};
}

static void handler_and_timer(timer_t *t)
{
	static char alternate[65536];
	stack_t ss = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	struct sigaction sa = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	struct itimerspec its = {{0, EVERY_NS}, {0, EVERY_NS}};

	sigaltstack(&ss, NULL);
	sigaction(SIGALRM, &sa, NULL);
	CHECK_NEED(!timer_create(CLOCK_MONOTONIC, &ev, t) && !timer_settime(*t, 0, &its, NULL),
		   "a timer");
}

/*
 * An engine may interrupt a program some microseconds after a signal came, and a program that does
 * nothing but call is at its next call by then.
 */
static void compute(void)
{
	static uint32_t random = 1;

	random = random * 1664525 + 1013904223;
	for (uint32_t n = random >> 22; n; n--)
		__asm__ volatile("");
}

/* Calls with first and second in turn; how many of them changed a register. */
static long calls_in_turn(struct regs first, struct regs second)
{
	long long until = check_now_ms() + LIMIT_MS;
	const char *asked = getenv("KICK_SIGNALS");
	int enough = signals + (asked ? atoi(asked) : SIGNALS);
	long wrong = 0;

	kick_first = first;
	kick_second = second;
	while (signals < enough && check_now_ms() < until)
		for (int i = 0; i < 100; i++) {
			compute();
			kick_first_call();
			calls += 2;
			wrong += memcmp(&kick_got, &kick_first, sizeof(kick_got)) != 0;
			compute();
			kick_second_call();
			wrong += memcmp(&kick_got, &kick_second, sizeof(kick_got)) != 0;
		}
	return wrong;
}

static void kicks(void)
{
	struct regs a = numbered(0x1000000001, stacks[0] + 512, FLAGS_MANY);
	struct regs b = numbered(0x2000000001, stacks[1] + 512, FLAGS_NONE);
	struct regs few = a;
	timer_t t;

	few.r13 = 7;
	handler_and_timer(&t);
	CHECK_EQ(calls_in_turn(a, a), 0, "calls with the same registers");
	CHECK_EQ(calls_in_turn(a, b), 0, "calls with others each time");
	CHECK_EQ(calls_in_turn(a, few), 0, "calls with one that differs");
	timer_delete(t);
	check_note("%ld calls, %d signals, %d of them at the call", calls, signals, inside);
	CHECK(signals > 30 && inside, "signals came");
	CHECK_EQ(wrong_frames, 0, "frames of the handler");
	for (unsigned int i = 0; wrong_frames && i < sizeof(wrong_frame) / sizeof(uint64_t); i++)
		check_note("at +%ld: register %u is %#llx", wrong_at, i,
			   (unsigned long long)((const uint64_t *)&wrong_frame)[i]);
}

static const struct check_group groups[] = {{"kicks", kicks}, {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
