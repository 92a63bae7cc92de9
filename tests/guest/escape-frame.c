// SPDX-License-Identifier: GPL-2.0
/*
 * Guest code that goes through the stub's own rt_sigreturn, with signal frames of its making: odd
 * segments, flags, FPU state, masks, stacks and places to go on, from one thread and from
 * several; and 32-bit code, whose calls have other numbers.
 *
 * `escape-frame control`, on a host, where the return is carried out and 32-bit code makes its
 * calls: each of those that would be of use is noticed.
 */
#include "escape-control.h"

#define LIMIT_MS 8000
#define THREADS 3
#define STORMS 30
#define STORM_MS 40
#define CS_64 0x33
#define CS_32 0x23
#define UC_FP 1 /* UC_FP_XSTATE */
#define UC_SS 4 /* UC_STRICT_RESTORE_SS */
#define CALLS_32 470

/* The stub's return instruction: mov $15,%eax; syscall */
static const uint8_t return_code[] = {0xb8, 15, 0, 0, 0, 0x0f, 0x05};

/* 32-bit code: int $0x80 with the registers as they are, then an instruction that faults. */
extern char code_32[];
__asm__(".text\n"
	"code_32: .byte 0xcd, 0x80, 0x0f, 0x0b\n");

struct frame {
	uint64_t ip, sp, flags, cs, ss, uc_flags, mask, fpstate, stack, stack_size;
	uint64_t ax, bx, cx, dx, si, di;
};

static struct frame plain(void)
{
	return (struct frame){
		.ip = (uint64_t)esc_landing,
		.sp = (uint64_t)esc_stack + sizeof(esc_stack) / 2,
		.flags = 0x202,
		.cs = CS_64,
		.ss = 0x2b,
		.uc_flags = UC_SS,
		.stack = (uint64_t)esc_state + NL_STUB_STACK_OFFSET,
		.stack_size = NL_STUB_STACK_SIZE,
	};
}

static void attack(const void *arg)
{
	const struct frame *f = arg;
	static ucontext_t uc;
	greg_t *g = uc.uc_mcontext.gregs;
	struct esc_regs r = {.cs = CS_64, .ss = 0x2b, .flags = 0x202, .sp = (uint64_t)&uc};

	uc.uc_flags = f->uc_flags;
	uc.uc_stack.ss_sp = (void *)f->stack;
	uc.uc_stack.ss_size = f->stack_size;
	memcpy(&uc.uc_sigmask, &f->mask, 8);
	uc.uc_mcontext.fpregs = (void *)f->fpstate;
	g[REG_RIP] = (greg_t)f->ip, g[REG_RSP] = (greg_t)f->sp, g[REG_EFL] = (greg_t)f->flags;
	g[REG_CSGSFS] = (greg_t)(f->cs | f->ss << 48);
	g[REG_RAX] = (greg_t)f->ax, g[REG_RBX] = (greg_t)f->bx, g[REG_RCX] = (greg_t)f->cx;
	g[REG_RDX] = (greg_t)f->dx, g[REG_RSI] = (greg_t)f->si, g[REG_RDI] = (greg_t)f->di;
	r.ip = (uint64_t)esc_code + esc_code_find(0, return_code, sizeof(return_code));
	esc_timer(500);
	esc_jump(&r);
}

/* One of several threads that return by frames again and again; the first that faults ends all. */
struct returner {
	ucontext_t uc;
	uint32_t random;
	uint64_t sp;
};

__attribute__((noreturn)) static void return_again(struct returner *r);

static uint32_t random_of(struct returner *r)
{
	r->random = r->random * 1664525 + 1013904223;
	return r->random >> 8;
}

/* Mostly a frame that works, or no thread would get far. */
static void odd_part(struct returner *r)
{
	greg_t *g = r->uc.uc_mcontext.gregs;

	switch (random_of(r) % 2048) {
	case 0:
		r->uc.uc_mcontext.fpregs = (void *)(uint64_t)random_of(r);
		break;
	case 1:
		g[REG_CSGSFS] ^= 1L << random_of(r) % 64;
		break;
	case 2:
		g[REG_EFL] ^= 1L << random_of(r) % 64;
		break;
	case 3:
		r->uc.uc_stack.ss_sp = (char *)esc_state + random_of(r) % 16384;
		break;
	case 4:
		memcpy(&r->uc.uc_sigmask, &(uint64_t){1UL << random_of(r) % 64}, 8);
		break;
	default: /* none that the stub needs */
		memcpy(&r->uc.uc_sigmask, &(uint64_t){1UL << (31 + random_of(r) % 33)}, 8);
	}
}

static void return_again(struct returner *r)
{
	greg_t *g = r->uc.uc_mcontext.gregs;
	struct esc_regs regs = {.cs = CS_64, .ss = 0x2b, .flags = 0x202, .sp = (uint64_t)&r->uc};

	esc_call(SYS_mprotect, (long)esc_altstack & -4096L, 4096, PROT_READ | PROT_WRITE);
	memset(&r->uc, 0, sizeof(r->uc));
	r->uc.uc_flags = UC_SS;
	r->uc.uc_stack.ss_sp = (char *)esc_state + NL_STUB_STACK_OFFSET;
	r->uc.uc_stack.ss_size = NL_STUB_STACK_SIZE;
	g[REG_RIP] = (greg_t)return_again, g[REG_RSP] = (greg_t)r->sp, g[REG_EFL] = 0x202;
	g[REG_CSGSFS] = CS_64 | 0x2bL << 48;
	g[REG_RDI] = (greg_t)r;
	odd_part(r);
	regs.ip = (uint64_t)esc_code + esc_code_find(0, return_code, sizeof(return_code));
	esc_jump(&regs);
}

static void *returner(void *arg)
{
	return_again(arg);
}

static void attack_threads(const void *arg)
{
	static struct returner all[THREADS];
	static char stacks[THREADS][16384] __attribute__((aligned(64)));

	for (int i = 0; i < THREADS; i++) {
		all[i].random = *(const unsigned int *)arg * 100 + i;
		all[i].sp = (uint64_t)stacks[i] + sizeof(stacks[i]) - 8;
	}
	esc_timer(STORM_MS);
	for (int i = 1; i < THREADS; i++)
		esc_thread(returner, &all[i]);
	return_again(&all[0]);
}

static struct esc_counts counts;
static int bad;

static void run_attack(const char *what, void (*with)(const void *), const void *arg)
{
	esc_what = what;
	if (!esc_run(&counts, with, arg, LIMIT_MS)) {
		printf("# %s: no end\n", what);
		bad++;
	}
}

static void run(const char *what, const struct frame *f)
{
	run_attack(what, attack, f);
}

static void segments(void)
{
	struct frame f = plain();

	for (f.cs = 0; f.cs < 256; f.cs++)
		run("code segment", &f);
	f.cs = CS_64;
	for (f.ss = 0; f.ss < 256; f.ss++)
		run("stack segment", &f);
	f.cs = 0xffff;
	f.ss = 0xffff;
	run("segments", &f);
}

static void flags(void)
{
	struct frame f = plain();

	for (int bit = 0; bit < 64; bit++) {
		f.flags = 0x202 | 1UL << bit;
		run("flag", &f);
	}
	f.flags = ~0UL;
	run("flags", &f);
}

static void masks(void)
{
	struct frame f = plain();

	for (int bit = 0; bit < 64; bit++) {
		f.mask = 1UL << bit;
		run("signal mask", &f);
	}
	f.mask = ~0UL;
	run("signal mask", &f);
}

/* Places that must not be taken for FPU state, a stack, or code. */
static void places(void)
{
	uint64_t at[] = {
		1,
		8,
		4096,
		(uint64_t)esc_stack,
		(uint64_t)esc_stack + 1,
		(uint64_t)esc_code,
		(uint64_t)esc_orders,
		(uint64_t)esc_orders + 64,
		(uint64_t)esc_state,
		(uint64_t)esc_state + 8192 - 64,
		(uint64_t)esc_state + 12288,
		0x7fffffffe000,
		0x7ffffffff000,
		0x800000000000,
		0xffffffff81000000,
		0xffffffffff600000,
		~0UL,
	};

	for (unsigned int i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct frame f = plain();

		f.fpstate = at[i];
		run("FPU state", &f);
		f.uc_flags |= UC_FP;
		run("FPU state, extended", &f);
		f = plain();
		f.stack = at[i];
		run("signal stack", &f);
		f.stack_size = 1UL << 47;
		run("signal stack, huge", &f);
		f.stack_size = 0;
		run("signal stack, empty", &f);
		f = plain();
		f.sp = at[i];
		run("stack pointer", &f);
		f = plain();
		f.ip = at[i];
		run("instruction pointer", &f);
	}
}

/* --- 32-bit calls ------------------------------------------------------------------------ */

/* Their numbers: <asm/unistd_32.h> would make the names of this program's own calls theirs, too. */
enum {
	NR32_GETPID = 20,
	NR32_PIPE = 42,
	NR32_MUNMAP = 91,
	NR32_MPROTECT = 125,
	NR32_PREAD64 = 180,
	NR32_PWRITE64 = 181,
	NR32_MMAP2 = 192,
};

/* What those get at has to have short addresses. */
#define LOW_WINDOW 0x30000000UL
#define LOW_VICTIM 0x30100000UL
#define LOW_READONLY 0x30200000UL
#define LOW_LOOT 0x30300000UL

/*
 * Those that would do harm; of the others the numbers alone are tried. The guest kernel knows
 * none.
 */
struct call_32 {
	const char *name;
	int nr;
	uint64_t bx, cx, dx, si, di;
	bool (*loot_is)(uint64_t word);
};

static bool is_guards(uint64_t word)
{
	return word == ESC_GUARD_WORD(0);
}

static bool is_descriptors(uint64_t word)
{
	return (uint32_t)word < 1024 && word >> 32 < 1024 && (uint32_t)word != word >> 32;
}

static struct call_32 calls[8];
static int ncalls;

static void make_calls(void)
{
	const struct call_32 all[] = {
		{"munmap", NR32_MUNMAP, LOW_VICTIM, 4096, 0, 0, 0, NULL},
		{"mprotect", NR32_MPROTECT, LOW_READONLY, 4096, PROT_READ | PROT_WRITE, 0, 0, NULL},
		{"mmap2", NR32_MMAP2, LOW_WINDOW, 4096, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, NL_STUB_MEMORY_FD, NULL},
		{"pread64", NR32_PREAD64, NL_STUB_MEMORY_FD, LOW_LOOT, 8, (uint32_t)esc_secret,
		 esc_secret >> 32, is_guards},
		{"pwrite64", NR32_PWRITE64, NL_STUB_MEMORY_FD, LOW_READONLY, 8,
		 (uint32_t)esc_secret, esc_secret >> 32, NULL},
		{"pipe", NR32_PIPE, LOW_LOOT, 0, 0, 0, 0, is_descriptors},
	};

	ncalls = sizeof(all) / sizeof(all[0]);
	memcpy(calls, all, sizeof(all));
}

static void look_low(void)
{
	uint64_t word;

	if (esc_peek_at(LOW_WINDOW, &word))
		esc_caught("guest memory was mapped, by a 32-bit call");
	if (!esc_peek_at(LOW_VICTIM, &word) || word != ESC_VICTIM_WORD)
		esc_caught("a mapping was taken away, by a 32-bit call");
	if (esc_poke_at(LOW_READONLY, 1))
		esc_caught("a protection was changed, by a 32-bit call");
}

static uint64_t *map_low(uint64_t at, int prot, int flags)
{
	void *p = mmap((void *)at, 4096, prot, flags | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != (void *)at)
		exit(2);
	return p;
}

static void begin_low(void)
{
	*map_low(LOW_VICTIM, PROT_READ | PROT_WRITE, MAP_PRIVATE) = ESC_VICTIM_WORD;
	map_low(LOW_READONLY, PROT_READ, MAP_PRIVATE);
	esc_loot = map_low(LOW_LOOT, PROT_READ | PROT_WRITE, MAP_SHARED);
	for (int i = 0; i < ESC_LOOT_WORDS; i++)
		esc_loot[i] = ESC_LOOT_WORD;
	esc_look_too = look_low;
	make_calls();
}

/* The host changes and writes only what it has mapped. */
static void attack_32(const void *arg)
{
	uint64_t word;

	esc_peek_at(LOW_VICTIM, &word);
	esc_peek_at(LOW_READONLY, &word);
	((volatile uint64_t *)esc_loot)[ESC_LOOT_WORDS - 1] = ESC_LOOT_WORD;
	attack(arg);
}

static struct frame frame_32(int nr)
{
	struct frame f = plain();

	f.cs = CS_32;
	f.ip = (uint64_t)code_32;
	f.ax = nr;
	return f;
}

static struct frame frame_of(const struct call_32 *c)
{
	struct frame f = frame_32(c->nr);

	f.bx = c->bx, f.cx = c->cx, f.dx = c->dx, f.si = c->si, f.di = c->di;
	return f;
}

static void calls_32(void)
{
	struct frame f;

	for (int nr = 0; nr < CALLS_32; nr++) {
		f = frame_32(nr);
		f.bx = nr == NR32_MUNMAP ? 0x400000 : NL_STUB_MEMORY_FD;
		f.cx = 4096;
		f.dx = 7;
		run_attack("32-bit call", attack_32, &f);
	}
	for (int i = 0; i < ncalls; i++) {
		f = frame_of(&calls[i]);
		esc_loot_is = calls[i].loot_is;
		run_attack(calls[i].name, attack_32, &f);
	}
	esc_loot_is = NULL;
}

/* --- on a host --------------------------------------------------------------------------- */

static void call_getpid_32(const void *arg)
{
	long nr = NR32_GETPID;

	__asm__ volatile("int $0x80" : "+a"(nr) : : "memory");
	esc_call(SYS_exit_group, nr > 0 ? ESC_STATUS : 0, 0, 0);
}

static bool has_calls_32(void)
{
	struct esc_counts n = {};

	esc_run(&n, call_getpid_32, NULL, LIMIT_MS);
	return n.escaped;
}

/* The stub's is too small for the frames of some hosts, which a guest kernel makes room for. */
static struct frame on_own_stack(struct frame f)
{
	f.stack = (uint64_t)esc_altstack;
	f.stack_size = sizeof(esc_altstack);
	return f;
}

static int control(void)
{
	struct frame f = on_own_stack(plain());
	struct esc_counts none = {};

	esc_control_begin(PROT_READ | PROT_EXEC);
	esc_lay_stub();
	begin_low();
	esc_guard_sees();
	esc_run(&none, attack, &f, LIMIT_MS);
	esc_expect("a plain frame, as if it were something", none.ended == 1 && !esc_guard_sees());
	for (int i = 0; i < ncalls && has_calls_32(); i++) {
		struct esc_counts n = {};

		f = on_own_stack(frame_of(&calls[i]));
		esc_what = calls[i].name;
		esc_loot_is = calls[i].loot_is;
		esc_run(&n, attack_32, &f, LIMIT_MS);
		esc_expect(esc_what, n.escaped || esc_guard_sees());
	}
	if (!has_calls_32())
		puts("# this host has no 32-bit calls");
	return esc_control_report("escape-frame");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "control"))
		return control();
	esc_begin();
	begin_low();
	segments();
	flags();
	masks();
	places();
	calls_32();
	for (unsigned int seed = 1; seed <= STORMS; seed++)
		run_attack("frames of several threads", attack_threads, &seed);
	return esc_report("escape-frame", &counts) || bad;
}
