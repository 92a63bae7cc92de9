// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of another process: the old requests, the register sets, and the x86 ones among
 * them (FXSAVE, XSAVE); what is written is what the process then has.
 */
#include "check.h"
#include <cpuid.h>
#include <elf.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

static uint64_t patterns[16] __attribute__((aligned(64)));
static uint64_t results[16] __attribute__((aligned(64)));
static bool has_avx;

/* Known values in all registers, a stop by int3, then stores what it finds. */
static void show_registers(void)
{
	for (int i = 0; i < 16; i++)
		patterns[i] = 0x0101010101010101 * (i + 1);
	__asm__ volatile(
		"mov $0xbb,%%ebx; mov $0x99,%%r9d; mov $0xfff1,%%r12d; mov $0x15,%%r15d;"
		"movdqa (%0),%%xmm3; movdqa 16(%0),%%xmm15; fninit; fld1; fldpi;"
		"int3;"
		"mov %%rbx,(%1); mov %%r9,8(%1); mov %%r12,16(%1); mov %%r15,24(%1);"
		"movdqa %%xmm3,32(%1); movdqa %%xmm15,48(%1); stmxcsr 64(%1); fnstcw 72(%1)"
		:
		: "S"(patterns), "D"(results)
		: "rbx", "r9", "r12", "r15", "xmm3", "xmm15", "memory");
	__asm__ volatile("int3");
}

static void show_avx(void)
{
	for (int i = 0; i < 16; i++)
		patterns[i] = 0x0101010101010101 * (i + 1);
	__asm__ volatile("vmovdqa (%0),%%ymm7; int3; vmovdqa %%ymm7,(%1); int3"
			 :
			 : "S"(patterns), "D"(results)
			 : "xmm7", "memory");
}

static bool wait_trap(pid_t pid)
{
	int status;

	return waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) &&
	       WSTOPSIG(status) == SIGTRAP;
}

static pid_t start(void (*run)(void))
{
	pid_t pid = check_fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		run();
		_exit(0);
	}
	CHECK_NEED(wait_trap(pid), "the child stops");
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL);
	return pid;
}

static uint64_t result_of(pid_t pid, int i)
{
	return ptrace(PTRACE_PEEKDATA, pid, &results[i], 0);
}

static bool go_on(pid_t pid)
{
	ptrace(PTRACE_CONT, pid, 0, 0);
	return wait_trap(pid);
}

static void finish(pid_t pid, const char *what)
{
	ptrace(PTRACE_CONT, pid, 0, 0);
	CHECK_EQ(check_wait(pid, 1000), 0, "%s: the child ends well", what);
}

static void general(void)
{
	pid_t pid = start(show_registers);
	struct user_regs_struct r, set = {};
	struct iovec iov = {&set, sizeof(set)};

	ptrace(PTRACE_GETREGS, pid, 0, &r);
	CHECK(r.rbx == 0xbb && r.r9 == 0x99 && r.r12 == 0xfff1 && r.r15 == 0x15, "GETREGS");
	CHECK_EQ((long)r.orig_rax, -1, "orig_rax outside of calls");
	CHECK(r.cs == 0x33 && r.ss == 0x2b && r.ds == 0 && r.es == 0, "segments");
	CHECK(r.fs_base != 0 && r.fs_base == (uint64_t)__builtin_thread_pointer(), "fs_base");
	CHECK_EQ(r.gs_base, 0, "gs_base");
	CHECK(!ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov), "GETREGSET");
	CHECK(iov.iov_len == sizeof(set) && !memcmp(&set, &r, sizeof(r)),
	      "the register set is the same");
	errno = 0;
	CHECK_EQ(ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.r12), 0), 0xfff1,
		 "PEEKUSER");
	r.rbx = 0x123456789abcdef0;
	r.r9 = -2;
	CHECK(!ptrace(PTRACE_SETREGS, pid, 0, &r), "SETREGS");
	set = r;
	set.r12 = 0x4242424242;
	iov.iov_len = sizeof(set);
	CHECK(!ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov), "SETREGSET");
	CHECK(!ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.r15), 0x777L), "POKEUSER");
	CHECK(go_on(pid), "the child goes on");
	CHECK_EQ(result_of(pid, 0), 0x123456789abcdef0, "it has the rbx of SETREGS");
	CHECK_EQ(result_of(pid, 1), -2, "r9 too");
	CHECK_EQ(result_of(pid, 2), 0x4242424242, "the r12 of SETREGSET");
	CHECK_EQ(result_of(pid, 3), 0x777, "the r15 of POKEUSER");
	finish(pid, "general");
}

/* What a tracer must not be able to set. */
static void refused(void)
{
	pid_t pid = start(show_registers);
	struct user_regs_struct r;
	long ret;

	CHECK(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.cs), 0x10L) == -1 &&
		      errno == EIO,
	      "cs of the kernel");
	CHECK(ptrace(PTRACE_PEEKUSER, pid, 3, 0) == -1 && errno == EIO,
	      "PEEKUSER at an odd offset");
	CHECK(ptrace(PTRACE_PEEKUSER, pid, 100000, 0) == -1 && errno == EIO,
	      "PEEKUSER beyond the end");
	ret = ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.eflags), 0x3202L | 0x20000);
	ptrace(PTRACE_GETREGS, pid, 0, &r);
	CHECK(!ret && (r.eflags & 0x23200) == 0x200, "I/O privilege and VM flags do not change");
	ret = ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.eflags),
		     (long)(r.eflags | 0x401));
	ptrace(PTRACE_GETREGS, pid, 0, &r);
	CHECK(!ret && (r.eflags & 0x401) == 0x401, "carry and direction do");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void legacy_fpu(void)
{
	pid_t pid = start(show_registers);
	struct user_fpregs_struct f = {}, g = {};
	struct iovec iov = {&g, sizeof(g)};

	CHECK(!ptrace(PTRACE_GETFPREGS, pid, 0, &f), "GETFPREGS");
	CHECK_EQ(*(uint64_t *)&f.xmm_space[3 * 4], 0x0101010101010101, "xmm3");
	CHECK_EQ(*(uint64_t *)&f.xmm_space[15 * 4 + 2], 0x0404040404040404, "xmm15");
	CHECK_EQ(f.mxcsr, 0x1f80, "MXCSR");
	CHECK_EQ(f.cwd, 0x37f, "control word");
	CHECK_EQ(*(uint64_t *)&f.st_space[0], 0xc90fdaa22168c235, "st(0) is pi");
	CHECK_EQ(f.swd >> 11 & 7, 6, "top of the x87 stack");
	CHECK_EQ(f.ftw, 0xc0, "x87 tags");
	CHECK(!ptrace(PTRACE_GETREGSET, pid, NT_PRFPREG, &iov), "GETREGSET NT_PRFPREG");
	CHECK(iov.iov_len == sizeof(g) && !memcmp(&f, &g, 416), "the register set is the same");
	*(uint64_t *)&f.xmm_space[3 * 4] = 0x1122334455667788;
	f.mxcsr = 0x5f80;
	f.cwd = 0x0f7f;
	CHECK(!ptrace(PTRACE_SETFPREGS, pid, 0, &f), "SETFPREGS");
	CHECK(go_on(pid), "the child goes on");
	CHECK_EQ(result_of(pid, 4), 0x1122334455667788, "its xmm3");
	CHECK_EQ(result_of(pid, 6), 0x0303030303030303, "its xmm15");
	CHECK_EQ(result_of(pid, 8) & 0xffffffff, 0x5f80, "its MXCSR");
	CHECK_EQ(result_of(pid, 9) & 0xffff, 0x0f7f, "its control word");
	f.mxcsr = 0xffffffff;
	CHECK(ptrace(PTRACE_SETFPREGS, pid, 0, &f) == -1 && errno == EINVAL,
	      "a bad MXCSR is refused");
	finish(pid, "legacy");
}

static void xsave(void)
{
	static uint8_t area[16384] __attribute__((aligned(64)));
	struct iovec iov = {area, sizeof(area)};
	unsigned a, size, c, d, ymm;
	uint64_t bv, xcr0;
	pid_t pid;

	if (!has_avx) {
		check_skip("no AVX", "XSAVE");
		return;
	}
	__cpuid_count(0xd, 0, a, size, c, d);
	__cpuid_count(0xd, 2, a, ymm, c, d);
	pid = start(show_avx);
	__cpuid_count(0xd, 2, a, ymm, c, d);
	CHECK_NEED(!ptrace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &iov), "GETREGSET NT_X86_XSTATE");
	CHECK(iov.iov_len >= 576 + 256, "its size");
	__cpuid_count(0xd, 2, a, ymm, c, d);
	memcpy(&bv, area + 512, 8);
	memcpy(&xcr0, area + 464, 8);
	CHECK((bv & 4) && (xcr0 & 7) == 7, "AVX is there");
	CHECK_EQ(*(uint64_t *)(area + 160 + 7 * 16), 0x0101010101010101, "ymm7, low");
	CHECK_EQ(*(uint64_t *)(area + ymm + 7 * 16 + 8), 0x0404040404040404, "ymm7, high");
	*(uint64_t *)(area + ymm + 7 * 16 + 8) = 0xabcdef;
	CHECK(!ptrace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov), "SETREGSET NT_X86_XSTATE");
	CHECK(go_on(pid), "the child goes on");
	CHECK(result_of(pid, 0) == 0x0101010101010101 && result_of(pid, 3) == 0xabcdef, "its ymm7");
	iov.iov_len = 100;
	CHECK(ptrace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov) == -1 &&
		      (errno == EFAULT || errno == EINVAL),
	      "a set that is too short is refused");
	finish(pid, "xsave");
}

/* fs_base is a register like the others. */
static __thread volatile long tls_value = 1;

static void read_tls(void)
{
	long v;

	__asm__ volatile("int3; mov %%fs:0,%0" : "=r"(v));
	results[0] = v;
	__asm__ volatile("int3");
}

static void segment_bases(void)
{
	pid_t pid = start(read_tls);
	struct user_regs_struct r;
	uint64_t old;

	ptrace(PTRACE_POKEDATA, pid, patterns, 0x55aaL);
	ptrace(PTRACE_GETREGS, pid, 0, &r);
	old = r.fs_base;
	r.fs_base = (uint64_t)patterns;
	CHECK(!ptrace(PTRACE_SETREGS, pid, 0, &r), "a new fs_base");
	/* One instruction, for what follows needs the old one. */
	ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
	CHECK(wait_trap(pid), "a step");
	ptrace(PTRACE_GETREGS, pid, 0, &r);
	CHECK_EQ(r.fs_base, (uint64_t)patterns, "it stays");
	r.fs_base = old;
	ptrace(PTRACE_SETREGS, pid, 0, &r);
	CHECK(go_on(pid), "the child goes on");
	CHECK_EQ(result_of(pid, 0), 0x55aa, "and what it read there");
	ptrace(PTRACE_GETREGS, pid, 0, &r);
	r.fs_base = 0xffffffff80000000;
	CHECK(ptrace(PTRACE_SETREGS, pid, 0, &r) == -1, "an address of the kernel is refused");
	finish(pid, "segment bases");
}

static const struct check_group groups[] = {{"general", general},        {"refused", refused},
					    {"legacy", legacy_fpu},      {"xsave", xsave},
					    {"segments", segment_bases}, {}};

int main(int argc, char **argv)
{
	unsigned a, b, c, d;

	__cpuid(1, a, b, c, d);
	has_avx = (c & bit_AVX) && (c & bit_OSXSAVE);
	tls_value++;
	return check_run(groups, argc, argv);
}
