// SPDX-License-Identifier: GPL-2.0
/*
 * Guest code that does not let go of its stub: it blocks the kick, pretends to have handed over
 * and goes on, sleeps where nobody wakes it, or spoils the stub for the next address space. Its
 * process may die of it; all others go on.
 *
 * `escape-hold control`, on a host, where nobody kicks: each of them is seen not to end.
 */
#include "escape-control.h"

#define LIMIT_MS 15000
#define INNOCENTS 40

/* The stub's return instruction: mov $15,%eax; syscall */
static const uint8_t return_code[] = {0xb8, 15, 0, 0, 0, 0x0f, 0x05};
/* Its wait: mov $202,%eax; syscall */
static const uint8_t futex_code[] = {0xb8, 202, 0, 0, 0, 0x0f, 0x05};

static volatile char page[4096] __attribute__((aligned(4096)));

/* Goes on at `to` by the stub's return instruction, with the kick blocked on the host. */
struct way_out {
	void *to;
	void *altstack; /* NULL: the stub's own */
	size_t size;
	bool exiting; /* as if exit_group() had come through a patched site */
};

__attribute__((noreturn)) static void return_to(const struct way_out *w)
{
	static ucontext_t uc;
	struct esc_regs r = {.cs = 0x33, .ss = 0x2b, .flags = 0x202};
	uint64_t word;

	uc.uc_stack.ss_sp = w->altstack ?: (char *)esc_state + NL_STUB_STACK_OFFSET;
	uc.uc_stack.ss_size = w->altstack ? w->size : NL_STUB_STACK_SIZE;
	sigaddset(&uc.uc_sigmask, SIGALRM);
	uc.uc_mcontext.gregs[REG_RIP] = (greg_t)w->to;
	uc.uc_mcontext.gregs[REG_RSP] = (greg_t)esc_stack + sizeof(esc_stack) - 4096 - 8;
	uc.uc_mcontext.gregs[REG_CSGSFS] = 0x33 | 0x2bUL << 48;
	uc.uc_mcontext.gregs[REG_EFL] = 0x202;
	r.sp = (uint64_t)&uc;
	r.ip = (uint64_t)esc_code + esc_code_find(0, return_code, sizeof(return_code));
	/* No fault may come behind this. */
	esc_peek_at((uint64_t)esc_jump, &word);
	if (w->exiting) {
		esc_state->ax = SYS_exit_group;
		esc_state->di = 0;
		esc_state->sig = NL_SIG_SITE;
	}
	esc_jump(&r);
}

/* A call that nobody asked the stub for: as if it came through a patched site. */
static void forge(long nr, uint64_t a, uint64_t b)
{
	volatile struct nl_state *st = esc_state;
	unsigned int seq = esc_orders->seq;

	st->sig = NL_SIG_SITE;
	st->ax = nr, st->di = a, st->si_reg = b;
	st->cx = st->tail = (uint64_t)esc_landing;
	st->sp = (uint64_t)esc_stack + sizeof(esc_stack) / 2;
	st->flags = 0x202;
	st->asleep = 0;
	st->parked = seq;
	st->site_seq = seq;
	__atomic_store_n(&esc_state->come, seq, __ATOMIC_SEQ_CST);
}

/* The token must not come here while this code runs. */
__attribute__((noreturn)) static void spin(void)
{
	for (;;)
		if (esc_state->token_a | esc_state->token_b)
			esc_caught("the token could be read");
}

__attribute__((noreturn)) static void sleep_at(int offset, unsigned int seq)
{
	struct esc_regs r = {
		.ax = SYS_futex,
		.di = (uint64_t)&esc_orders->seq,
		.dx = seq,
		.bp = seq,
		.bx = (uint64_t)esc_orders,
		.ip = (uint64_t)esc_code + offset,
		.sp = (uint64_t)esc_stack + 4096,
		.cs = 0x33,
		.ss = 0x2b,
		.flags = 0x202,
	};

	esc_state->asleep = 0;
	esc_jump(&r);
}

/* The stub's code has several places: those of the signal handler come first. */
static int futex_place(int number)
{
	int offset = -1;

	while (number--)
		offset = esc_code_find(offset + 1, futex_code, sizeof(futex_code));
	return offset;
}

__attribute__((noreturn)) static void sleep_for_ever(unsigned int seq)
{
	sleep_at(futex_place(1), seq);
}

static void blocked_spin(const void *arg)
{
	return_to(&(struct way_out){.to = spin});
}

static void sleep_now(void)
{
	sleep_for_ever(esc_orders->seq);
}

static void blocked_sleep(const void *arg)
{
	return_to(&(struct way_out){.to = sleep_now});
}

static void forged_spin(const void *arg)
{
	forge(SYS_munmap, (uint64_t)page, 4096);
	spin();
}

static void forge_and_spin(void)
{
	forge(SYS_munmap, (uint64_t)page, 4096);
	spin();
}

static void forge_and_sleep(void)
{
	unsigned int seq = esc_orders->seq;

	forge(SYS_munmap, (uint64_t)page, 4096);
	while (esc_orders->seq == seq)
		;
	sleep_for_ever(esc_orders->seq);
}

static void blocked_forged_sleep(const void *arg)
{
	return_to(&(struct way_out){.to = forge_and_sleep});
}

static void blocked_forged_spin(const void *arg)
{
	return_to(&(struct way_out){.to = forge_and_spin});
}

/* Its end is a call that never comes back: the stub is to be emptied. */
static void forged_exit(const void *arg)
{
	forge(SYS_exit_group, 0, 0);
	spin();
}

static void forged_sleep(const void *arg)
{
	forge_and_sleep();
}

/* As if a signal's handler had begun to hand over, and never ended. */
static void unparked_sleep(const void *arg)
{
	int offset = futex_place(3); /* of a patched site, where a kick may come */
	unsigned int seq;
	uint64_t word;

	/* A fault behind this would be a handler that does hand over. */
	esc_peek_at((uint64_t)esc_jump, &word);
	seq = esc_orders->seq;
	esc_state->sig = SIGSYS;
	esc_state->parked = seq - 1;
	__atomic_store_n(&esc_state->come, seq, __ATOMIC_SEQ_CST);
	sleep_at(offset, seq);
}

/*
 * Ends through the gate by itself, so that the stub is used again, with all memory its signal
 * stack: no signal may come in between, so this goes right from the frame to the gate.
 */
static void spoilt(const void *arg)
{
	static const uint8_t gate[] = {0xbf, NL_STUB_MEMORY_FD, 0, 0, 0}; /* mov $4,%edi */

	return_to(&(struct way_out){
		.to = esc_code + esc_code_find(0, gate, sizeof(gate)),
		.altstack = (void *)4096,
		.size = 1UL << 46,
		.exiting = true,
	});
}

/* Without a right to any memory: only a kick comes through, if the host can bring it. */
static void no_rights_spin(const void *arg)
{
	esc_timer(50);
	__asm__ volatile("wrpkru\n1: jmp 1b" : : "a"(ESC_KEYS_NOTHING), "c"(0), "d"(0));
}

/* Calls of a place that becomes hot, and then has to do with memory that it may not write to. */
static void no_rights_calls(const void *arg)
{
	__asm__ volatile("wrpkru\n"
			 "mov $2000,%%ebx\n"
			 "1: mov $110,%%eax\n"
			 "syscall\n"
			 "dec %%ebx\n"
			 "jnz 1b\n"
			 "mov $231,%%eax\n"
			 "xor %%edi,%%edi\n"
			 "syscall\n"
			 :
			 : "a"(ESC_KEYS_NO_STORES), "c"(0), "d"(0)
			 : "rbx", "rdi", "r11", "memory");
}

/* Its signals are its death, not the end of an attack. */
static void innocent(const void *arg)
{
	volatile char *p;

	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	p = malloc(1 << 20);
	for (int at = 0; at < 1 << 20; at += 512) /* not memset(): a compiler may leave that out */
		p[at] = 1;
	for (int i = 0; i < 50; i++)
		esc_call(SYS_getppid, 0, 0, 0);
	esc_call(SYS_exit_group, 0, 0, 0);
}

static int innocents_die(void)
{
	struct esc_counts n = {};

	for (int i = 0; i < INNOCENTS; i++)
		esc_run(&n, innocent, NULL, LIMIT_MS);
	return n.signalled + n.killed;
}

/* One that sleeps is seen to; only one that computes may take its time. */
#define SOON_MS 2000

static const struct {
	const char *name;
	void (*attack)(const void *);
	bool soon;
	bool keys; /* needs protection keys */
} attacks[] = {
	{"spin, kick blocked", blocked_spin, .soon = false},
	{"sleep, kick blocked", blocked_sleep, .soon = true},
	{"spin, handed over", forged_spin, .soon = false},
	{"spin, handed over, kick blocked", blocked_forged_spin, .soon = false},
	{"spin, ended", forged_exit, .soon = false},
	{"sleep, handed over", forged_sleep, .soon = true},
	{"sleep, handed over, kick blocked", blocked_forged_sleep, .soon = true},
	{"sleep, handing over", unparked_sleep, .soon = true},
	{"signal stack moved, stub used again", spoilt, .soon = false},
	{"spin, no rights", no_rights_spin, .soon = true, .keys = true},
	{"calls, no rights", no_rights_calls, .soon = true, .keys = true},
};

/* --- on a host --------------------------------------------------------------------------- */

#define CONTROL_MS 500

/* Innocents that get no memory die. */
static bool see_dead(void)
{
	struct rlimit before, little;
	int dead;

	getrlimit(RLIMIT_AS, &before);
	little = (struct rlimit){4096, before.rlim_max};
	setrlimit(RLIMIT_AS, &little);
	dead = innocents_die();
	setrlimit(RLIMIT_AS, &before);
	return dead > 0;
}

static int control(void)
{
	struct esc_counts n = {};

	esc_control_begin(PROT_READ | PROT_EXEC);
	esc_lay_stub();
	for (unsigned int i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		/* These end by themselves: what is tried is whether they can. */
		if (attacks[i].keys)
			continue;
		esc_what = attacks[i].name;
		page[0] = 1;
		esc_expect(esc_what, !esc_run(&n, attacks[i].attack, NULL, CONTROL_MS));
	}
	esc_expect("innocents", see_dead() && !innocents_die());
	return esc_control_report("escape-hold");
}

int main(int argc, char **argv)
{
	struct esc_counts n = {};
	int bad = 0, dead;

	if (argc > 1 && !strcmp(argv[1], "control"))
		return control();
	esc_begin();
	for (unsigned int i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		long long start = esc_now_ms(), took;
		bool ended;

		if ((argc > 1 && atoi(argv[1]) != (int)i) || (attacks[i].keys && !esc_has_keys()))
			continue;
		esc_what = attacks[i].name;
		page[0] = 1;
		printf("# %s\n", esc_what);
		ended = esc_run(&n, attacks[i].attack, NULL, LIMIT_MS);
		took = esc_now_ms() - start;
		ended &= !attacks[i].soon || took <= SOON_MS;
		printf("# ... %s after %lld ms\n", ended ? "ended" : "no end in time", took);
		dead = innocents_die();
		if (dead)
			printf("# %d innocents died\n", dead);
		bad += !ended + dead;
	}
	return esc_report("escape-hold", &n) || bad;
}
