// SPDX-License-Identifier: GPL-2.0
/*
 * Faults as signals: number, si_code, si_addr, and the registers that the handler sees.
 *
 * Every provocation runs once with a handler that jumps out and once without one, in a child
 * that must die of that signal.
 */
#include "check.h"
#include <fcntl.h>
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf out;
static volatile int got_sig, got_code;
static void *volatile got_addr;
static volatile greg_t got_rip, got_trapno, got_err, got_cr2;
static void *expected_addr; /* set by a provocation */
static bool check_addr;

static void on_fault(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;

	/* The frame keeps the alignment check flag, and libc is not made for it. */
	__asm__ volatile("pushf; andq $~0x40000,(%%rsp); popf" ::: "memory", "cc");
	got_sig = sig;
	got_code = si->si_code;
	got_addr = si->si_addr;
	got_rip = uc->uc_mcontext.gregs[REG_RIP];
	got_trapno = uc->uc_mcontext.gregs[REG_TRAPNO];
	got_err = uc->uc_mcontext.gregs[REG_ERR];
	got_cr2 = uc->uc_mcontext.gregs[REG_CR2];
	siglongjmp(out, 1);
}

static char *anonymous(int prot)
{
	return mmap(NULL, 8192, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* --- provocations -------------------------------------------------------------- */

static void expect_addr(void *p)
{
	expected_addr = p;
	check_addr = true;
	__asm__ volatile("" ::: "memory");
}

static void read_unmapped(void)
{
	volatile char *p = anonymous(PROT_READ);

	munmap((void *)p, 8192);
	expect_addr((void *)(p + 123));
	(void)p[123];
}

static void write_unmapped(void)
{
	volatile char *p = anonymous(PROT_READ);

	munmap((void *)p, 8192);
	expect_addr((void *)(p + 4099));
	p[4099] = 1;
}

static void read_null(void)
{
	expect_addr((void *)8);
	__asm__ volatile("mov 8,%%eax" ::: "rax");
}

static void write_readonly(void)
{
	volatile char *p = anonymous(PROT_READ);

	(void)p[5];
	expect_addr((void *)(p + 5));
	p[5] = 1;
}

static void read_none(void)
{
	volatile char *p = anonymous(PROT_NONE);

	expect_addr((void *)p);
	(void)p[0];
}

static void write_after_mprotect(void)
{
	volatile char *p = anonymous(PROT_READ | PROT_WRITE);

	p[0] = p[4096] = 1;
	mprotect((void *)p, 4096, PROT_READ);
	p[4096] = 2;
	expect_addr((void *)p);
	p[0] = 2;
}

static void write_text(void)
{
	volatile char *p = (void *)(uintptr_t)write_text;

	expect_addr((void *)p);
	*p = 0;
}

static void execute_data(void)
{
	char *p = anonymous(PROT_READ | PROT_WRITE);

	p[0] = (char)0xc3;
	expect_addr(p);
	((void (*)(void))(uintptr_t)p)();
}

static void execute_unmapped(void)
{
	char *p = anonymous(PROT_READ);

	munmap(p, 8192);
	expect_addr(p);
	((void (*)(void))(uintptr_t)p)();
}

static void execute_null(void)
{
	expect_addr(NULL);
	((void (*)(void))NULL)();
}

static void straddle(void)
{
	char *p = anonymous(PROT_READ | PROT_WRITE);

	munmap(p + 4096, 4096);
	expect_addr(p + 4096);
	*(volatile uint64_t *)(p + 4092) = 1;
}

static void not_canonical(void)
{
	__asm__ volatile("mov %0,%%rax; mov (%%rax),%%rax" : : "r"(0x8000000000000000) : "rax");
}

static void kernel_address(void)
{
	expect_addr((void *)0xffffffff81000000);
	__asm__ volatile("mov %0,%%rax; mov (%%rax),%%rax" : : "r"(0xffffffff81000000) : "rax");
}

static void stack_gone(void)
{
	char *p = anonymous(PROT_READ);

	munmap(p, 8192);
	expect_addr(p + 4096 - 8);
	__asm__ volatile("mov %%rsp,%%rbx; mov %0,%%rsp; push %%rax; mov %%rbx,%%rsp"
			 :
			 : "r"(p + 4096)
			 : "rbx");
}

static void beyond_file(void)
{
	int fd = memfd_create("short", 0);
	volatile char *p;

	if (ftruncate(fd, 100))
		_exit(2);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p[99] = 1;
	expect_addr((void *)(p + 4096));
	p[4096] = 1;
}

static void truncated_file(void)
{
	int fd = memfd_create("short", 0);
	volatile char *p;

	if (ftruncate(fd, 8192))
		_exit(2);
	p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)p[4096];
	if (ftruncate(fd, 0))
		_exit(2);
	expect_addr((void *)(p + 4100));
	(void)p[4100];
}

static void privileged(void)
{
	__asm__ volatile("hlt");
}
static void port(void)
{
	__asm__ volatile("outb %al,$0x80");
}
static void interrupts_off(void)
{
	__asm__ volatile("cli");
}
static void breakpoint(void)
{
	__asm__ volatile("int3");
}
static void breakpoint_long(void)
{
	__asm__ volatile(".byte 0xcd,3");
}
static void undefined(void)
{
	__asm__ volatile("ud2");
}
static void bad_interrupt(void)
{
	__asm__ volatile("int $0x40");
}

static void single_step(void)
{
	__asm__ volatile("pushf; orq $0x100,(%rsp); popf; nop; nop");
}

static void divide(void)
{
	__asm__ volatile("xor %%edx,%%edx; mov $1,%%eax; xor %%ecx,%%ecx; div %%ecx" ::
				 : "rax", "rcx", "rdx");
}

static void divide_overflow(void)
{
	__asm__ volatile("mov $5,%%edx; mov $1,%%eax; mov $2,%%ecx; div %%ecx" ::
				 : "rax", "rcx", "rdx");
}

static void sse_exception(unsigned mask, double a, double b, bool multiply)
{
	unsigned csr = 0x1f80 & ~mask;

	__asm__ volatile("ldmxcsr %0" : : "m"(csr));
	if (multiply)
		__asm__ volatile("mulsd %1,%0" : "+x"(a) : "x"(b));
	else
		__asm__ volatile("divsd %1,%0" : "+x"(a) : "x"(b));
}

static void sse_divide(void)
{
	sse_exception(1 << 9, 1, 0, false);
}
static void sse_invalid(void)
{
	sse_exception(1 << 7, 0, 0, false);
}
static void sse_overflow(void)
{
	sse_exception(1 << 10, 1e300, 1e300, true);
}
static void sse_underflow(void)
{
	sse_exception(1 << 11, 1e-300, 1e-300, true);
}
static void sse_inexact(void)
{
	sse_exception(1 << 12, 1, 3, false);
}

static void x87_divide(void)
{
	unsigned short cw = 0x037f & ~4;

	__asm__ volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(cw));
}

static void x87_stack(void)
{
	unsigned short cw = 0x037f & ~1;

	__asm__ volatile("fninit; fldcw %0; fstp %%st(0); fwait" : : "m"(cw));
}

static void alignment(void)
{
	static char data[16] __attribute__((aligned(8)));
	uint64_t v;

	__asm__ volatile("pushf; orq $0x40000,(%%rsp); popf; mov 1(%1),%0; pushf; andq "
			 "$~0x40000,(%%rsp); popf"
			 : "=&r"(v)
			 : "r"(data));
}

static void sse_alignment(void)
{
	static char data[32] __attribute__((aligned(16)));

	__asm__ volatile("movaps 1(%0),%%xmm0" : : "r"(data) : "xmm0");
}

/* --- the table ------------------------------------------------------------------ */

static const struct fault {
	const char *name;
	void (*provoke)(void);
	int sig, code;
} faults[] = {
	{"read of nothing", read_unmapped, SIGSEGV, SEGV_MAPERR},
	{"write to nothing", write_unmapped, SIGSEGV, SEGV_MAPERR},
	{"read near 0", read_null, SIGSEGV, SEGV_MAPERR},
	{"write to read-only memory", write_readonly, SIGSEGV, SEGV_ACCERR},
	{"read of PROT_NONE", read_none, SIGSEGV, SEGV_ACCERR},
	{"write after mprotect", write_after_mprotect, SIGSEGV, SEGV_ACCERR},
	{"write to text", write_text, SIGSEGV, SEGV_ACCERR},
	{"execution of data", execute_data, SIGSEGV, SEGV_ACCERR},
	{"execution of nothing", execute_unmapped, SIGSEGV, SEGV_MAPERR},
	{"execution of 0", execute_null, SIGSEGV, SEGV_MAPERR},
	{"write over the end", straddle, SIGSEGV, SEGV_MAPERR},
	{"address that is not canonical", not_canonical, SIGSEGV, SI_KERNEL},
	{"address of the kernel", kernel_address, SIGSEGV, SEGV_MAPERR},
	{"push to nothing", stack_gone, SIGSEGV, SEGV_MAPERR},
	{"beyond the end of a file", beyond_file, SIGBUS, BUS_ADRERR},
	{"file that was cut", truncated_file, SIGBUS, BUS_ADRERR},
	{"hlt", privileged, SIGSEGV, SI_KERNEL},
	{"outb", port, SIGSEGV, SI_KERNEL},
	{"cli", interrupts_off, SIGSEGV, SI_KERNEL},
	{"int $0x40", bad_interrupt, SIGSEGV, SI_KERNEL},
	{"movaps unaligned", sse_alignment, SIGSEGV, SI_KERNEL},
	{"int3", breakpoint, SIGTRAP, SI_KERNEL},
	{"int $3", breakpoint_long, SIGTRAP, SI_KERNEL},
	{"trap flag", single_step, SIGTRAP, TRAP_TRACE},
	{"ud2", undefined, SIGILL, ILL_ILLOPN},
	{"division by 0", divide, SIGFPE, FPE_INTDIV},
	{"division overflow", divide_overflow, SIGFPE, FPE_INTDIV},
	{"SSE division by 0", sse_divide, SIGFPE, FPE_FLTDIV},
	{"SSE invalid operation", sse_invalid, SIGFPE, FPE_FLTINV},
	{"SSE overflow", sse_overflow, SIGFPE, FPE_FLTOVF},
	{"SSE underflow", sse_underflow, SIGFPE, FPE_FLTUND},
	{"SSE inexact", sse_inexact, SIGFPE, FPE_FLTRES},
	{"x87 division by 0", x87_divide, SIGFPE, FPE_FLTDIV},
	{"x87 stack", x87_stack, SIGFPE, FPE_FLTINV},
	{"alignment check", alignment, SIGBUS, BUS_ADRALN},
};

static void caught_one(const struct fault *f)
{
	static char stack[65536];
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)};

	sigaltstack(&ss, NULL);
	for (volatile int i = 0; i < 3; i++) {
		got_sig = 0;
		check_addr = false;
		check_handler(f->sig, on_fault, SA_ONSTACK);
		if (!sigsetjmp(out, 1)) {
			f->provoke();
			break;
		}
		__asm__ volatile("fninit; ldmxcsr %0" : : "m"((unsigned){0x1f80}));
	}
	CHECK_EQ(got_sig, f->sig, "%s: signal", f->name);
	CHECK_EQ(got_code, f->code, "%s: si_code", f->name);
	if (check_addr)
		CHECK(got_addr == expected_addr, "%s: si_addr", f->name);
	if (check_addr && f->sig == SIGSEGV && f->code != SI_KERNEL)
		CHECK(got_cr2 == (greg_t)expected_addr, "%s: cr2 in the context", f->name);
	if (f->sig == SIGFPE || f->sig == SIGILL)
		CHECK(got_addr == (void *)got_rip, "%s: si_addr is the instruction", f->name);
	check_note("%s: trap %lld error %#llx", f->name, got_trapno, got_err);
}

static void caught(void)
{
	for (const struct fault *f = faults; f < faults + sizeof(faults) / sizeof(faults[0]); f++) {
		pid_t pid = check_fork();

		if (pid == 0) {
			caught_one(f);
			_exit(0);
		}
		CHECK_EQ(check_wait(pid, 3000), 0, "%s: caught", f->name);
	}
}

/* Without a handler, and with the signal blocked or ignored, it ends the process. */
static void deadly(void)
{
	for (const struct fault *f = faults; f < faults + sizeof(faults) / sizeof(faults[0]); f++) {
		for (int how = 0; how < 3; how++) {
			static const char *const names[] = {"deadly", "deadly if blocked",
							    "deadly if ignored"};
			pid_t pid = check_fork();
			sigset_t set;

			if (pid == 0) {
				prctl(PR_SET_DUMPABLE, 0);
				sigemptyset(&set);
				sigaddset(&set, f->sig);
				if (how == 1)
					sigprocmask(SIG_BLOCK, &set, NULL);
				if (how == 2)
					signal(f->sig, SIG_IGN);
				f->provoke();
				_exit(0);
			}
			CHECK_EQ(check_wait(pid, 3000) & 0x7f, f->sig, "%s: %s", f->name,
				 names[how]);
		}
	}
}

/* Error code and trap number of page faults tell reads, writes and fetches apart. */
static void error_codes(void)
{
	static const struct {
		const char *name;
		void (*provoke)(void);
		int error; /* 1 present, 2 write, 4 user, 16 fetch */
	} cases[] = {{"read", read_unmapped, 4},
		     {"write", write_unmapped, 6},
		     {"protected write", write_readonly, 7},
		     {"protected fetch", execute_data, 21},
		     {"fetch", execute_unmapped, 20}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check_handler(SIGSEGV, on_fault, 0);
		if (!sigsetjmp(out, 1))
			cases[i].provoke();
		CHECK_EQ(got_trapno, 14, "trap number: %s", cases[i].name);
		CHECK_EQ(got_err & 23, cases[i].error, "error code: %s", cases[i].name);
	}
}

/* CR2 is that of the last page fault that was a signal, whatever the signal is. */
static void last_address(void)
{
	volatile char *fresh = anonymous(PROT_READ | PROT_WRITE);

	check_handler(SIGSEGV, on_fault, 0);
	check_handler(SIGTRAP, on_fault, 0);
	check_handler(SIGILL, on_fault, 0);
	if (!sigsetjmp(out, 1))
		read_unmapped();
	fresh[1] = 1; /* a fault, and no signal */
	if (!sigsetjmp(out, 1))
		__asm__ volatile("int3");
	CHECK_EQ(got_sig, SIGTRAP, "a breakpoint");
	CHECK(got_cr2 == (greg_t)expected_addr, "has the address of the fault before");
	fresh[4097] = 1;
	if (!sigsetjmp(out, 1))
		__asm__ volatile("ud2");
	CHECK_EQ(got_sig, SIGILL, "an instruction that is none");
	CHECK(got_cr2 == (greg_t)expected_addr, "has it, too");
}

static const struct check_group groups[] = {{"caught", caught},
					    {"deadly", deadly},
					    {"error codes", error_codes},
					    {"last address", last_address},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
