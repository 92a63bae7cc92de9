// SPDX-License-Identifier: GPL-2.0
/*
 * Jumps to every byte of the stub's code page, with registers that would make sense to whoever
 * finds a useful instruction there. `escape-jump` runs all, `escape-jump BYTE [CALL]` one.
 */
#include "escape.h"
#include <pthread.h>
#include <asm/prctl.h>

#define LIMIT_MS 8000
#define TIMER_MS 15
#define LAST_OF_CODE 8 /* so many zeros in a row are no code */

/* A host call that guest code would like to make. */
struct call {
	const char *name;
	long nr;
	uint64_t arg[6];
};

static uint64_t marker = 0x21444550414353e5; /* what pwrite64 would lay into the guard's page */
static struct nl_state *fake_state;
static struct nl_orders *fake_orders;
static struct call calls[16];
static int ncalls;

struct jump {
	int offset;
	const struct call *call;
	bool step, threads;
};

static void add(const char *name, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		uint64_t e, uint64_t f)
{
	calls[ncalls++] = (struct call){name, nr, {a, b, c, d, e, f}};
}

static void make_calls(void)
{
	uint64_t gate = esc_orders->gate_offset, seq = (uint64_t)&esc_orders->seq;
	int rw = PROT_READ | PROT_WRITE, fixed = MAP_SHARED | MAP_FIXED;

	add("mmap", SYS_mmap, ESC_WINDOW, 4096, rw, fixed, NL_STUB_MEMORY_FD, esc_secret);
	/*
	 * The third argument counts for nothing; but bytes of an address in the code may make mprotect
	 * of it on the way to a call that the program may make.
	 */
	add("munmap", SYS_munmap, ESC_VICTIM, 4096, rw, 0, 0, 0);
	add("mprotect", SYS_mprotect, ESC_READONLY, 4096, rw, 0, 0, 0);
	add("pwrite64", SYS_pwrite64, NL_STUB_MEMORY_FD, (uint64_t)&marker, 8, esc_secret, 0, 0);
	add("pwrite64 gate", SYS_pwrite64, NL_STUB_MEMORY_FD, seq, 4, gate, 0, 0);
	add("pwrite64 order", SYS_pwrite64, NL_STUB_MEMORY_FD, seq, 4, esc_secret, 0, 0);
	add("pread64", SYS_pread64, NL_STUB_MEMORY_FD, ESC_READONLY, 8, esc_secret, 0, 0);
	add("futex", SYS_futex, seq, 0, esc_orders->seq, 0, 0, 0);
	add("rt_sigreturn", SYS_rt_sigreturn, 0, 0, 0, 0, 0, 0);
	add("arch_prctl", SYS_arch_prctl, ARCH_SET_FS, ESC_VICTIM, 0, 0, 0, 0);
	add("sched_yield", SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	add("open", SYS_open, (uint64_t) "/proc/self/mem", 2, 0, 0, 0, 0);
	add("socket", SYS_socket, 1, 1, 0, 0, 0, 0);
	add("fork", SYS_fork, 0, 0, 0, 0, 0, 0);
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
	fake_orders->action = j->offset % 5;
	fake_orders->frame = make_frame();
	fake_orders->gate_offset = esc_secret;
	fake_orders->cmd[0].nr = j->call->nr;
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
	pthread_t t;

	if (j->threads)
		pthread_create(&t, NULL, other_thread, NULL);
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
		.r12 = 2,
		.r13 = (uint64_t)fake_orders->cmd,
		.sp = fake_orders->frame,
		.flags = j->step ? 0x302 : 0x202,
		.ip = (uint64_t)esc_code + j->offset,
		.cs = 0x33,
		.ss = 0x2b,
	};
	forge_state(j);
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

static void jump(struct esc_counts *n, int offset, int call, bool step, bool threads)
{
	struct jump j = {offset, &calls[call % ncalls], step, threads};

	esc_what = j.call->name;
	if (!esc_run(n, attack, &j, LIMIT_MS))
		printf("jump to %#x for %s%s%s: no end after %d ms\n", offset, j.call->name,
		       step ? ", stepping" : "", threads ? ", with threads" : "", LIMIT_MS);
	if (n->escaped) {
		printf("jump to %#x for %s%s\n", offset, j.call->name, step ? ", stepping" : "");
		exit(esc_report("escape-jump", n));
	}
}

/* Every byte with every call, once stepping and once with another thread; the zeros once. */
static void jump_everywhere(struct esc_counts *n)
{
	int end = code_end(), offset, i;

	for (offset = 0; offset < end; offset++) {
		for (i = 0; i < ncalls; i++)
			jump(n, offset, i, false, false);
		jump(n, offset, offset, true, false);
		jump(n, offset, offset / 3, false, true);
	}
	for (; offset < 4096; offset++)
		jump(n, offset, offset, offset & 1, false);
	printf("%d bytes of code, %d calls\n", end, ncalls);
}

int main(int argc, char **argv)
{
	struct esc_counts n = {};
	int offset, i;

	esc_begin();
	fake_orders =
		mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fake_state = (void *)fake_orders + NL_ST_BASE;
	make_calls();
	if (argc > 1) {
		offset = strtol(argv[1], NULL, 0);
		for (i = 0; i < ncalls; i++)
			if (argc < 3 || !strcmp(argv[2], calls[i].name))
				jump(&n, offset, i, argc > 3, false);
	} else {
		jump_everywhere(&n);
	}
	return esc_report("escape-jump", &n);
}
