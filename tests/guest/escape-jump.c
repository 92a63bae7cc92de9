// SPDX-License-Identifier: GPL-2.0
/*
 * Jumps to every byte of the stub's code page, with registers that would make sense to whoever
 * finds a useful instruction there. `escape-jump` runs all, `escape-jump BYTE [CALL]` one.
 *
 * `escape-jump control` runs on a host, where the jump is to code that makes each call at once:
 * all must be noticed, and nothing where it makes none.
 *
 * ESC_FILE in the environment names a file that the guest does not have a directory for; the
 * script looks whether it is there on the host.
 */
#include "escape-control.h"
#include <asm/prctl.h>
#include <linux/sched.h>

#ifndef ARCH_GET_XCOMP_SUPP
#define ARCH_GET_XCOMP_SUPP 0x1021 /* Linux 5.16 */
#endif

#define LIMIT_MS 8000
#define TIMER_MS 15
#define LAST_OF_CODE 8 /* so many zeros in a row are no code */

/* A host call that guest code would like to make. */
struct call {
	const char *name;
	long nr;
	uint64_t arg[6];
	bool harmless; /* does nothing that could be noticed, and need not be */
	bool (*loot_is)(uint64_t word); /* what it writes to the loot */
};

static uint64_t marker = 0x21444550414353e5; /* what pwrite64 would lay into the guard's page */
static struct nl_state *fake_state;
static struct nl_orders *fake_orders;
static uint8_t fake_fp[4096] __attribute__((aligned(64))); /* no state but what is initial */
static struct call calls[20];
static int ncalls;
static const char *file;

struct jump {
	int offset;
	const struct call *call;
	bool step, threads;
	bool back; /* the forged order leads from the call to the landing */
	bool keys; /* nothing may be written to: the stub's own stores fault */
};

/* --- what calls write: nothing that an instruction with odd operands leaves there by chance --- */

/* Words of escape-guard's page. */
static bool is_guards(uint64_t word)
{
	return word == ESC_GUARD_WORD(0);
}

/* x87 and SSE are in every mask of features. */
static bool is_features(uint64_t word)
{
	return (word & 3) == 3 && word < 1UL << 24;
}

static bool is_descriptors(uint64_t word)
{
	return (uint32_t)word < 1024 && word >> 32 < 1024 && (uint32_t)word != word >> 32;
}

/* The rest of the word is what it was. */
static bool is_pid(uint64_t word)
{
	return (uint32_t)word - 1U < 1U << 22 && word >> 32 == ESC_LOOT_WORD >> 32;
}

static const struct {
	long nr;
	bool (*is)(uint64_t word);
} answers[] = {
	{SYS_pread64, is_guards},
	{SYS_arch_prctl, is_features},
	{SYS_pipe, is_descriptors},
	{SYS_clone, is_pid},
};

static void add(const char *name, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		uint64_t e, uint64_t f)
{
	bool (*loot_is)(uint64_t) = NULL;

	for (unsigned int i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i].nr == nr)
			loot_is = answers[i].is;
	calls[ncalls++] = (struct call){name, nr, {a, b, c, d, e, f}, false, loot_is};
}

/* Calls that the stub's own code makes, or whose effect a program can have anyhow. */
static void add_harmless(const char *name, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	calls[ncalls++] = (struct call){name, nr, {a, b, c, d, 0, 0}, true, NULL};
}

static void make_calls(void)
{
	uint64_t gate = esc_orders->gate_offset, seq = (uint64_t)&esc_orders->seq;
	uint64_t loot = (uint64_t)esc_loot;
	int rw = PROT_READ | PROT_WRITE, fixed = MAP_SHARED | MAP_FIXED;

	add("mmap", SYS_mmap, ESC_WINDOW, 4096, rw, fixed, NL_STUB_MEMORY_FD, esc_secret);
	/*
	 * The third argument counts for nothing; but bytes of an address in the code may make mprotect
	 * of it on the way to a call that the program may make.
	 */
	add("munmap", SYS_munmap, ESC_VICTIM, 4096, rw, 0, 0, 0);
	add("mprotect", SYS_mprotect, ESC_READONLY, 4096, rw, 0, 0, 0);
	add("pwrite64", SYS_pwrite64, NL_STUB_MEMORY_FD, (uint64_t)&marker, 8, esc_secret, 0, 0);
	add("pwrite64 order", SYS_pwrite64, NL_STUB_MEMORY_FD, seq, 4, esc_secret, 0, 0);
	add("pread64", SYS_pread64, NL_STUB_MEMORY_FD, loot, 8, esc_secret, 0, 0);
	/* The guest kernel does not know this one. */
	add("arch_prctl", SYS_arch_prctl, ARCH_GET_XCOMP_SUPP, loot, 0, 0, 0, 0);
	add("open", SYS_open, (uint64_t)file, O_RDWR | O_CREAT, 0600, 0, 0, 0);
	add("pipe", SYS_pipe, loot, 0, 0, 0, 0, 0);
	add("clone", SYS_clone, SIGCHLD | CLONE_PARENT_SETTID, 0, loot, 0, 0, 0);
	add_harmless("pwrite64 gate", SYS_pwrite64, NL_STUB_MEMORY_FD, seq, 4, gate);
	add_harmless("futex", SYS_futex, seq, 0, esc_orders->seq, 0);
	add_harmless("rt_sigreturn", SYS_rt_sigreturn, 0, 0, 0, 0);
	add_harmless("arch_prctl of fs", SYS_arch_prctl, ARCH_SET_FS, ESC_VICTIM, 0, 0);
	add_harmless("sched_yield", SYS_sched_yield, 0, 0, 0, 0);
}

/* A signal frame that leads to the landing. */
static uint64_t make_frame(void)
{
	static ucontext_t uc;

	uc.uc_mcontext.gregs[REG_RIP] = (greg_t)esc_landing;
	uc.uc_mcontext.gregs[REG_RSP] = (greg_t)esc_stack + sizeof(esc_stack) / 2;
	uc.uc_mcontext.gregs[REG_CSGSFS] = 0x33 | 0x2bUL << 48;
	uc.uc_mcontext.gregs[REG_EFL] = 0x202;
	return (uint64_t)&uc;
}

/* Forged orders for code that takes their address from rbx, and a forged command for r13. */
static void make_orders(const struct jump *j)
{
	fake_orders->seq = esc_orders->seq;
	fake_orders->ncmds = 1;
	fake_orders->action = j->back ? NL_ACT_RESUME : j->offset % (NL_ACT_LOAD + 1);
	fake_orders->flags = (j->call - calls) % (2 * NL_ORF_FP);
	fake_orders->fp = (uint64_t)fake_fp;
	fake_orders->fp_mask = 7;
	fake_orders->frame = make_frame();
	fake_orders->gate_offset = esc_secret;
	fake_orders->cmd[0].nr = j->call->nr;
	fake_orders->cmd[0].result = j->back && j->call->nr == SYS_mmap ? ESC_WINDOW : 0;
	memcpy(fake_orders->cmd[0].arg, j->call->arg, sizeof(j->call->arg));
	fake_state->token_a = fake_state->token_b = 0x5555555500000000;
}

/* What the code that leaves a site loads, and what the guest kernel would look at. */
static void forge_state(const struct jump *j)
{
	volatile struct nl_state *st = esc_state;
	const uint64_t *a = j->call->arg;

	st->failed = 0;
	st->token_a = st->token_b = 0x3333333300000000;
	st->ax = j->call->nr;
	st->bx = (uint64_t)fake_orders;
	st->di = a[0], st->si_reg = a[1], st->dx = a[2];
	st->r10 = a[3], st->r8 = a[4], st->r9 = a[5];
	st->tail = st->cx = (uint64_t)esc_landing;
	st->sp = (uint64_t)esc_stack + sizeof(esc_stack) / 2;
	st->flags = 0x202;
}

static void *other_thread(void *arg)
{
	for (;;) {
		void *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		if (p != MAP_FAILED) {
			*(volatile char *)p = 1;
			munmap(p, 65536);
		}
		esc_call(SYS_getpid, 0, 0, 0);
	}
	return NULL;
}

static void attack(const void *arg)
{
	const struct jump *j = arg;
	const uint64_t *a = j->call->arg;
	struct esc_regs r;
	uint64_t word;

	if (j->threads)
		esc_thread(other_thread, NULL);
	if (!esc_control)
		esc_refuse();
	esc_touch();
	esc_peek_at((uint64_t)&marker, &word);
	esc_timer(TIMER_MS);
	make_orders(j);
	r = (struct esc_regs){
		.ax = j->call->nr,
		.di = a[0],
		.si = a[1],
		.dx = a[2],
		.r10 = a[3],
		.r8 = a[4],
		.r9 = a[5],
		.bx = (uint64_t)fake_orders,
		.bp = esc_orders->seq,
		.cx = (uint64_t)esc_landing,
		.r11 = (uint64_t)esc_landing,
		.r12 = j->back ? 1 : 2,
		.r13 = (uint64_t)fake_orders->cmd,
		.sp = fake_orders->frame,
		.flags = j->step ? 0x302 : 0x202,
		.ip = (uint64_t)esc_code + j->offset,
		.cs = 0x33,
		.ss = 0x2b,
	};
	forge_state(j);
	if (j->keys)
		esc_jump_keys(&r, ESC_KEYS_NO_STORES);
	esc_jump(&r);
}

/* Where the rest of the page is zeros. */
static int code_end(void)
{
	int end = 4096;

	while (end > 0 && !esc_code[end - 1])
		end--;
	return end + LAST_OF_CODE < 4096 ? end + LAST_OF_CODE : 4096;
}

static void jump(struct esc_counts *n, const struct jump *j)
{
	const char *how = j->step      ? ", stepping"
			  : j->threads ? ", with threads"
			  : j->keys    ? ", with keys"
				       : "";

	esc_what = j->call->name;
	esc_loot_is = j->call->loot_is;
	if (!esc_run(n, attack, j, LIMIT_MS))
		printf("jump to %#x for %s%s: no end after %d ms\n", j->offset, esc_what, how,
		       LIMIT_MS);
	if (n->escaped) {
		printf("jump to %#x for %s%s\n", j->offset, esc_what, how);
		exit(esc_report("escape-jump", n));
	}
}

static bool is_call(int offset)
{
	return offset < 4095 && esc_code[offset] == 0x0f && esc_code[offset + 1] == 0x05;
}

/*
 * One that the stub makes for what it finds in orders and that succeeds must not end the process
 * before that is noticed.
 */
static void jump_for(struct esc_counts *n, int offset, const struct call *c, bool step)
{
	jump(n, &(struct jump){.offset = offset, .call = c, .step = step});
	if (is_call(offset))
		jump(n, &(struct jump){.offset = offset, .call = c, .step = step, .back = true});
}

/* Every byte with every call, once stepping, once with another thread and with keys; the zeros once. */
static void jump_everywhere(struct esc_counts *n)
{
	bool keys = esc_has_keys();
	int end = code_end(), offset, i;

	for (offset = 0; offset < end; offset++) {
		for (i = 0; i < ncalls; i++)
			jump_for(n, offset, &calls[i], false);
		jump(n, &(struct jump){
				.offset = offset, .call = &calls[offset % ncalls], .step = true});
		jump(n, &(struct jump){.offset = offset,
				       .call = &calls[offset / 3 % ncalls],
				       .threads = true});
		if (keys)
			jump(n, &(struct jump){.offset = offset,
					       .call = &calls[offset / 5 % ncalls],
					       .keys = true});
	}
	for (; offset < 4096; offset++)
		jump(n, &(struct jump){.offset = offset,
				       .call = &calls[offset % ncalls],
				       .step = offset & 1});
	printf("# %d bytes of code, %d calls%s\n", end, ncalls, keys ? ", with keys" : "");
}

/* --- on a host --------------------------------------------------------------------------- */

#define NOT_MADE 64 /* where the code begins that makes no call */

/* syscall; jmp *0(%rip) */
static const uint8_t call_code[] = {0x0f, 0x05, 0xff, 0x25, 0, 0, 0, 0};
/* mov $-38,%rax; jmp *0(%rip) */
static const uint8_t no_call_code[] = {0x48, 0xc7, 0xc0, 0xda, 0xff, 0xff, 0xff,
				       0xff, 0x25, 0,    0,    0,    0};

static void lay_code(int offset, const uint8_t *code, int n)
{
	uint64_t to = (uint64_t)esc_landing;

	memcpy(esc_memory + offset, code, n);
	memcpy(esc_memory + offset + n, &to, 8);
}

/* The stub's place has code that makes a call whatever it is. */
static void control_begin(void)
{
	esc_control_begin(PROT_READ | PROT_EXEC);
	lay_code(0, call_code, sizeof(call_code));
	lay_code(NOT_MADE, no_call_code, sizeof(no_call_code));
}

/* What the guard, or the script, would say. */
static bool noticed_outside(void)
{
	bool seen = esc_guard_sees();

	return !unlink(file) || seen;
}

/* Old hosts do not know it either. */
static bool unknown_here(const struct call *c)
{
	uint64_t word;

	return c->nr == SYS_arch_prctl &&
	       esc_call(c->nr, (long)c->arg[0], (long)&word, 0) == -EINVAL;
}

static int control(void)
{
	int bad = 0;

	noticed_outside();
	for (int i = 0; i < ncalls; i++) {
		struct esc_counts made = {}, not_made = {};

		if (calls[i].harmless)
			continue;
		esc_what = calls[i].name;
		esc_loot_is = calls[i].loot_is;
		esc_run(&not_made, attack, &(struct jump){.offset = NOT_MADE, .call = &calls[i]},
			LIMIT_MS);
		if (not_made.escaped || noticed_outside()) {
			printf("# %s: noticed where it was not made\n", esc_what);
			bad++;
		}
		if (unknown_here(&calls[i])) {
			printf("# %s: this host does not know it\n", esc_what);
			continue;
		}
		esc_run(&made, attack, &(struct jump){.offset = 0, .call = &calls[i]}, LIMIT_MS);
		if (!noticed_outside() && !made.escaped) {
			printf("# %s: made, and not noticed\n", esc_what);
			bad++;
		}
	}
	printf("escape-jump: control: %d calls, %d wrong\n", ncalls, bad);
	return bad ? 1 : 0;
}

int main(int argc, char **argv)
{
	bool on_host = argc > 1 && !strcmp(argv[1], "control");
	struct esc_counts n = {};
	int offset, i;

	file = getenv("ESC_FILE") ?: "/nowhere/escaped";
	if (on_host)
		control_begin();
	else
		esc_begin();
	fake_orders =
		mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fake_state = (void *)fake_orders + NL_ST_BASE;
	make_calls();
	if (on_host)
		return control();
	if (argc > 1) {
		offset = strtol(argv[1], NULL, 0);
		for (i = 0; i < ncalls; i++)
			if (argc < 3 || !strcmp(argv[2], calls[i].name))
				jump_for(&n, offset, &calls[i], argc > 3);
	} else {
		jump_everywhere(&n);
	}
	return esc_report("escape-jump", &n);
}
