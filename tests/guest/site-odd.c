// SPDX-License-Identifier: GPL-2.0
/*
 * `syscall` in odd places and with odd neighbours: ends of pages, stack, heap, jumps into every
 * part of the usual sequences, hot loops that are entered in their middle.
 */
#include "site.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <ucontext.h>

#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)

static void page_ends(void)
{
	/* How many bytes of mov, syscall and ret lie in the first page. */
	for (int before = 0; before <= 9; before++) {
		uint8_t *p = site_pages(2, RWX);
		int bad;

		put_call(p + 4096 - before, SYS_getpid);
		bad = wrong_runs(p + 4096 - before, SITE_HOT, getpid());
		CHECK_EQ(bad, 0, "page end after %d bytes of mov, syscall, ret", before);
		site_freeze(p, 2);
		CHECK_EQ(wrong_runs(p + 4096 - before, SITE_HOT, getpid()), 0,
			 "in a file: after %d bytes", before);
		munmap(p, 8192);
	}
}

static sigjmp_buf out;
static void *volatile fault_addr;
static volatile greg_t fault_rip, fault_rax;

static void on_segv(int sig, siginfo_t *si, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	fault_addr = si->si_addr;
	fault_rip = g[REG_RIP];
	fault_rax = g[REG_RAX];
	siglongjmp(out, 1);
}

/* The last two bytes before nothing: the call is done, then the next fetch faults. */
static void edge(void)
{
	uint8_t *p = site_pages(2, RWX);
	volatile int good = 0;

	check_handler(SIGSEGV, on_segv, 0);
	munmap(p + 4096, 4096);
	put_syscall(put_mov(p + 4096 - 7, SYS_getpid));
	site_freeze(p, 1);
	for (volatile int i = 0; i < 100; i++) {
		if (!sigsetjmp(out, 1))
			run(p + 4096 - 7);
		good += fault_addr == p + 4096 && fault_rip == (greg_t)(p + 4096) &&
			fault_rax == getpid();
	}
	CHECK_EQ(good, 100, "a call at the end of a mapping, then a fault behind it");
	mprotect(p, 4096, RWX);
	p[4095] = 0x0f; /* half an instruction */
	good = 0;
	for (volatile int i = 0; i < 10; i++) {
		if (!sigsetjmp(out, 1))
			run(p + 4095);
		good += fault_addr == p + 4096 && fault_rip == (greg_t)(p + 4095);
	}
	CHECK_EQ(good, 10, "half of the instruction, then a fault in it");
}

static void stack_and_heap(void)
{
	uint8_t stack_room[3 * 4096], *heap = malloc(3 * 4096), *at;

	at = (uint8_t *)(((uintptr_t)stack_room + 4095) & -4096L);
	if (mprotect(at, 4096, RWX)) {
		check_skip("no executable stack", "a site on the stack");
	} else {
		put_call(at + 1000, SYS_getpid);
		CHECK_EQ(wrong_runs(at + 1000, SITE_HOT, getpid()), 0, "a site on the stack");
		mprotect(at, 4096, PROT_READ | PROT_WRITE);
	}
	at = (uint8_t *)(((uintptr_t)heap + 4095) & -4096L);
	if (mprotect(at, 4096, RWX)) {
		check_skip("no executable heap", "a site on the heap");
		return;
	}
	put_call(at + 1000, SYS_getpid);
	CHECK_EQ(wrong_runs(at + 1000, SITE_HOT, getpid()), 0, "a site on the heap");
}

/* mov $39,%eax | syscall | cmp $-4095,%rax; setae %cl; movzbl %cl,%ecx; ...: entered at each boundary. */
long seq_start(long, long, long), seq_call(long, long, long), seq_cmp(long, long, long);
extern char seq_start_label[], seq_call_label[], seq_cmp_label[];
__asm__(".pushsection .text\n"
	"seq_call: mov %rdi,%rax\n"
	"jmp seq_call_label\n"
	"seq_cmp: mov %rdi,%rax; mov $0x1234,%ecx; mov $0x5678,%r11d\n"
	"jmp seq_cmp_label\n"
	"seq_start:\n"
	"seq_start_label: mov $39,%eax\n"
	"seq_call_label: syscall\n"
	"seq_cmp_label: cmp $-4095,%rax\n"
	"jae 1f\n"
	"mov %rcx,(%rdx)\n"
	"mov %r11,8(%rdx)\n"
	"ret\n"
	"1: mov $-1000,%rax\n"
	"ret\n"
	".popsection\n");

static void entries(void)
{
	uint64_t seen[2];
	long at = (long)seen;
	int bad = 0;

	/* Cold, mixed, hot, mixed. */
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < (round & 1 ? SITE_HOT : 10); i++) {
			bad += seq_start(1, 2, at) != getpid() ||
			       seen[0] != (uint64_t)seq_cmp_label;
			if (round == 1)
				continue;
			bad += seq_call(SYS_getppid, 2, at) != getppid() ||
			       seen[0] != (uint64_t)seq_cmp_label;
			bad += seq_call(SYS_close, 2, at) != -1000 &&
			       seq_call(9999, 2, at) != -1000;
			bad += seq_cmp(55, 2, at) != 55 || seen[0] != 0x1234 || seen[1] != 0x5678;
			bad += seq_cmp(-5, 2, at) != -1000;
		}
	}
	CHECK_EQ(bad, 0, "entries at the mov, the syscall and the cmp");
}

/* A jump into the number of the mov: 0xc3 there is a ret. */
static void into_immediate(void)
{
	uint8_t *p = site_pages(1, RWX), *e;
	int bad = 0;

	e = put_call(p, SYS_getppid);
	put_call(e, 0xc3);
	e[-1] = 0xc3;
	site_freeze(p, 1);
	for (int i = 0; i < SITE_HOT; i++) {
		bad += run(p) != getppid();
		bad += run(e) >= 0; /* call 195 with bad arguments */
		run(e + 1);
	}
	CHECK_EQ(bad, 0, "a jump into the number of a mov");
}

static void neighbours(void)
{
	uint8_t *p = site_pages(1, RWX), *e;
	int bad = 0;

	/* Two sequences without a byte between them, and a third after it. */
	e = put_syscall(put_mov(p, SYS_getuid));
	e = put_syscall(put_mov(e, SYS_getpid));
	put_call(e, SYS_getppid);
	site_freeze(p, 1);
	for (int i = 0; i < SITE_HOT; i++)
		bad += run(p) != getppid() || run(p + 7) != getppid() || run(p + 14) != getppid() ||
		       run(p + 12) >= 0x7fffffff;
	CHECK_EQ(bad, 0, "sequences that touch");

	mprotect(p, 4096, RWX);
	/* syscall; syscall: the result of the first is the number of the second. */
	e = put_syscall(put_syscall(put_mov(p + 512, 9999)));
	put_ret(e);
	site_freeze(p, 1);
	CHECK_EQ(wrong_runs(p + 512, SITE_HOT, -ENOSYS), 0, "two instructions in a row");

	mprotect(p, 4096, RWX);
	/* Loops to the mov and to the syscall: 50 calls a run. */
	memcpy(p + 1024,
	       "\x53" /* push %rbx */
	       "\xbb\x32\0\0\0" /* mov $50,%ebx */
	       "\xb8\x27\0\0\0\x0f\x05" /* mov $39,%eax; syscall */
	       "\xff\xcb\x75\xf5" /* dec %ebx; jnz mov */
	       "\x5b\xc3",
	       19);
	site_freeze(p, 1);
	CHECK_EQ(wrong_runs(p + 1024, 200, getpid()), 0, "a loop to the mov");
	mprotect(p, 4096, RWX);
	memcpy(p + 2048,
	       "\x53\xbb\x32\0\0\0"
	       "\xb8\x27\0\0\0\x0f\x05"
	       "\x85\xdb\x74\x09" /* test %ebx,%ebx; jz out */
	       "\xb8\x6e\0\0\0" /* mov $110,%eax */
	       "\xff\xcb\xeb\xf1" /* dec %ebx; jmp syscall */
	       "\x5b\xc3",
	       28);
	site_freeze(p, 1);
	CHECK_EQ(wrong_runs(p + 2048, 200, getppid()), 0,
		 "a loop to the syscall with another number");
}

/* Ways to set the number. */
static void numbers(void)
{
	static const struct {
		const char *name, *code;
		int len;
	} cases[] = {{"mov $n,%rax", "\x48\xc7\xc0\x27\0\0\0\x0f\x05\xc3", 10},
		     {"movabs $n,%rax", "\x48\xb8\x27\0\0\0\0\0\0\0\x0f\x05\xc3", 13},
		     {"push, pop", "\x6a\x27\x58\x0f\x05\xc3", 6},
		     {"lea", "\x31\xc0\x8d\x40\x27\x0f\x05\xc3", 8},
		     {"mov to al", "\x31\xc0\xb0\x27\x0f\x05\xc3", 7},
		     {"mov before a nop", "\xb8\x27\0\0\0\x90\x0f\x05\xc3", 9},
		     {"with a REX prefix", "\xb8\x27\0\0\0\x48\x0f\x05\xc3", 9},
		     {"with a repeat prefix", "\xb8\x27\0\0\0\xf3\x0f\x05\xc3", 9},
		     {"with an operand size prefix", "\xb8\x27\0\0\0\x66\x0f\x05\xc3", 9},
		     {"mov, xor of another register", "\xb8\x27\0\0\0\x31\xff\x0f\x05\xc3", 10},
		     {"mov that is part of another instruction",
		      "\x48\xb8\xb8\x27\0\0\0\x0f\x05\xc3\xb8\x27\0\0\0\x0f\x05\xc3", 18},
		     {"a number of 64 bits", "\x48\xb8\x27\0\0\0\xff\xff\xff\x7f\x0f\x05\xc3", 13}};
	uint8_t *p = site_pages(1, RWX);

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		memcpy(p + i * 128, cases[i].code, cases[i].len);
	site_freeze(p, 1);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_EQ(wrong_runs(p + i * 128, SITE_HOT, getpid()), 0, "%s", cases[i].name);
	}
	mprotect(p, 4096, RWX);
	/* The same bytes as data of an instruction are no call. */
	memcpy(p + 3000, "\x48\xb8\xb8\x27\0\0\0\x0f\x05\xc3\xc3", 11);
	site_freeze(p, 1);
	CHECK_EQ(wrong_runs(p + 3000, SITE_HOT, (long)0xc3050f00000027b8), 0,
		 "syscall in a constant");
	CHECK_EQ(wrong_runs(p + 3002, SITE_HOT, getpid()), 0, "which is then jumped to");
	CHECK_EQ(wrong_runs(p + 3000, SITE_HOT, (long)0xc3050f00000027b8), 0,
		 "and is still a constant");
}

/* Where a signal shows the hot code to be: only at real instructions. */
static volatile int ticks, misplaced, at_call;
static uint8_t *loop_code;
static volatile bool stop;

static void on_tick(int sig, siginfo_t *si, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	long at = (uint8_t *)g[REG_RIP] - loop_code;
	static const uint8_t starts[] = {0, 1, 6, 11, 13, 15, 17, 18};

	ticks++;
	if (at >= 0 && at < 4096) {
		if (!memchr(starts, at, sizeof(starts)))
			misplaced++;
		at_call += at == 13;
	} else if (g[REG_RIP] < 4096 || g[REG_RIP] > 0x7fffffffffff) {
		misplaced++;
	} else if (((uint8_t *)g[REG_RIP] < loop_code ||
		    (uint8_t *)g[REG_RIP] >= loop_code + 4096) &&
		   (g[REG_RIP] < 0x400000 || g[REG_RIP] > 0x800000)) {
		misplaced++; /* outside of this static program */
	}
}

static void *pester(void *t)
{
	while (!stop) {
		pthread_kill(*(pthread_t *)t, SIGUSR1);
		sched_yield();
	}
	return NULL;
}

static void signals_in_loop(void)
{
	pthread_t self = pthread_self(), t;
	int bad = 0;

	loop_code = site_pages(1, RWX);
	memcpy(loop_code, "\x53\xbb\x32\0\0\0\xb8\x27\0\0\0\x0f\x05\xff\xcb\x75\xf5\x5b\xc3", 19);
	site_freeze(loop_code, 1);
	/* A static program that is not position independent has its text at 4 MB. */
	check_handler(SIGUSR1, on_tick, SA_RESTART);
	pthread_create(&t, NULL, pester, &self);
	for (int i = 0; i < 500 || ticks < 100; i++)
		bad += run(loop_code) != getpid();
	stop = true;
	pthread_join(t, NULL);
	CHECK_EQ(bad, 0, "a hot loop under signals");
	CHECK_EQ(misplaced, 0, "whose frames show real instructions only");
}

/* Handlers that send the program to each boundary of a hot sequence. */
static uint8_t *target;
static long target_rax;

static void redirect(int sig, siginfo_t *si, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	g[REG_RIP] = (greg_t)target;
	g[REG_RAX] = target_rax;
}

static void returns_into(void)
{
	uint8_t *p = site_pages(1, RWX);
	int bad = 0;

	put_call(p, SYS_getpid);
	p[100] = 0xcc; /* int3, then nothing: the handler goes elsewhere */
	site_freeze(p, 1);
	check_handler(SIGTRAP, redirect, 0);
	for (int i = 0; i < 600; i++) {
		target = p + (i & 1 ? 5 : 0);
		target_rax = SYS_getppid;
		bad += run(p + 100) != (i & 1 ? getppid() : getpid());
		target = p + 7;
		bad += run(p + 100) != SYS_getppid;
		bad += wrong_runs(p, 10, getpid());
	}
	CHECK_EQ(bad, 0, "returns from handlers into a hot sequence");
}

/* Calls with special ways back, from a hot site. */
static void special_calls(void)
{
	uint8_t *p = site_pages(1, RWX);
	int bad = 0;
	pid_t pid;

	/* mov %rdi,%rax; mov %rsi,%rdi; mov %rdx,%rsi; xor %edx,%edx; mov $39..; */
	memcpy(p, "\x48\x89\xf8\x48\x89\xf7\x48\x89\xd6\x31\xd2\x45\x31\xd2\x0f\x05\xc3", 17);
	site_freeze(p, 1);
	site_fn f = (site_fn)(uintptr_t)p;

	for (int i = 0; i < SITE_HOT; i++)
		bad += f(SYS_getppid, 0, 0) != getppid();
	for (int i = 0; i < 20; i++) {
		pid = f(SYS_fork, 0, 0);
		if (pid == 0)
			f(SYS_exit, f(SYS_getpid, 0, 0) == syscall(SYS_getpid) ? 7 : 8, 0);
		bad += check_wait(pid, 3000) != 7 << 8;
	}
	CHECK_EQ(bad, 0, "fork and exit from a hot site");
	check_handler(SIGUSR1, on_tick, 0);
	loop_code = p;
	for (int i = 0; i < 100; i++)
		bad += f(SYS_kill, getpid(), SIGUSR1) != 0;
	CHECK_EQ(bad, 0, "kill of oneself from a hot site");
	CHECK_EQ(ticks, 100, "with its signal each time");
	pid = check_fork();
	if (pid == 0) {
		static char *const argv[] = {"x", "exec-child", NULL};
		/* argv in rsi, no environment: rdx and r10 are 0 */
		f(SYS_execve, (long)"/proc/self/exe", (long)argv);
		_exit(1);
	}
	CHECK_EQ(check_wait(pid, 3000), 33 << 8, "exec from a hot site");
}

static const struct check_group groups[] = {{"page ends", page_ends},
					    {"edge", edge},
					    {"stack and heap", stack_and_heap},
					    {"entries", entries},
					    {"immediate", into_immediate},
					    {"neighbours", neighbours},
					    {"numbers", numbers},
					    {"signals", signals_in_loop},
					    {"returns", returns_into},
					    {"special", special_calls},
					    {}};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "exec-child"))
		return 33;
	return check_run(groups, argc, argv);
}
