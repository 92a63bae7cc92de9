// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers that are no calls of this kernel, and the other doors into it: x32 numbers, int 0x80,
 * sysenter, the vsyscall page.
 */
#include "check.h"
#include <setjmp.h>
#include <sys/time.h>
#include <ucontext.h>

static long raw(uint64_t nr)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(-1L), "S"(-1L), "d"(-1L)
			 : "rcx", "r11", "memory");
	return ret;
}

static void unknown(void)
{
	static const struct {
		const char *name;
		uint64_t nr;
	} cases[] = {{"-1", -1ULL},
		     {"-2", -2ULL},
		     {"-1 in 32 bits", 0xffffffff},
		     {"-512", -512ULL},
		     {"511", 511},
		     {"600", 600},
		     {"1000", 1000},
		     {"4095", 4095},
		     {"0x7fffffff", 0x7fffffff},
		     {"0x80000000", 0x80000000},
		     {"x32 getpid", 0x40000000 + SYS_getpid},
		     {"x32 read", 0x40000000},
		     {"x32 execve", 0x40000000 + 520},
		     {"x32 unknown", 0x40000000 + 5000},
		     {"uselib, which is gone", SYS_uselib + 2000},
		     {"create_module", SYS_create_module},
		     {"tuxcall", SYS_tuxcall},
		     {"getpmsg", SYS_getpmsg},
		     {"vserver", SYS_vserver},
		     {"security", SYS_security}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int bad = 0;

		for (int n = 0; n < 100; n++)
			bad += raw(cases[i].nr) != -ENOSYS;
		CHECK_EQ(bad, 0, "number %s is ENOSYS", cases[i].name);
	}
}

/* Only the lower 32 bits count, and they are signed. */
static void wide(void)
{
	CHECK_EQ(raw(0x100000000 | SYS_getpid), getpid(), "bit 32 does not matter");
	CHECK_EQ(raw(0xffffffff00000000 | SYS_getppid), getppid(), "nor do all upper ones");
}

/* One site, real and unreal numbers in turn. */
static void mixed(void)
{
	static const uint64_t numbers[] = {SYS_getpid, -1ULL, SYS_getppid, 9999,
					   0x40000000 + SYS_getpid};
	int bad = 0;

	for (int i = 0; i < 2000; i++) {
		long r = raw(numbers[i % 5]);

		bad += r != (i % 5 == 0 ? getpid() : i % 5 == 2 ? getppid() : -ENOSYS);
	}
	CHECK_EQ(bad, 0, "real and unreal numbers in turn");
}

static sigjmp_buf out;
static volatile int caught;

static void on_fault(int sig, siginfo_t *si, void *context)
{
	caught = sig;
	siglongjmp(out, 1);
}

/*
 * The 32-bit entry from a 64-bit program works on x86 with CONFIG_IA32_EMULATION and is SIGSEGV
 * without; UML has no 32-bit calls, so nothing but "no crash of the kernel, no 64-bit call" holds.
 * 20 is getpid in the 32-bit table and writev in the 64-bit one.
 */
static void int80(void)
{
	volatile long ret = 0;

	check_handler(SIGSEGV, on_fault, 0);
	check_handler(SIGILL, on_fault, 0);
	for (volatile int i = 0; i < 100; i++) {
		if (!sigsetjmp(out, 1)) {
			long r;

			__asm__ volatile("int $0x80"
					 : "=a"(r)
					 : "a"(20), "b"(-1L), "c"(0), "d"(0)
					 : "memory", "r8", "r9", "r10", "r11");
			ret = r;
		}
	}
	check_note("int $0x80: signal %d, result %ld", caught, ret);
	CHECK(caught == SIGSEGV || ret == getpid() || ret == -ENOSYS,
	      "int $0x80 is getpid, ENOSYS or SIGSEGV");
	CHECK_EQ(syscall(SYS_getpid), getpid(), "calls work after it");
}

static void sysenter(void)
{
	pid_t pid = check_fork();
	int status;

	/* Returns to nowhere that is known: only the process may suffer. */
	if (pid == 0) {
		prctl(PR_SET_DUMPABLE, 0);
		__asm__ volatile("mov %%rsp,%%rbp; mov $20,%%eax; sysenter" ::: "memory", "rax");
		_exit(0);
	}
	status = check_wait(pid, 3000);
	check_note("sysenter: status %#x", status);
	CHECK(status != -1, "sysenter ends the process or does nothing");
	CHECK_EQ(syscall(SYS_getpid), getpid(), "calls work after it");
}

/* gettimeofday and time at their fixed addresses, for old static programs. */
static void vsyscall(void)
{
	struct timeval tv = {}, now;
	volatile long t = 0;
	FILE *f = fopen("/proc/self/maps", "re");
	char line[256];
	bool mapped = false;

	while (f && fgets(line, sizeof(line), f))
		mapped |= strstr(line, "[vsyscall]") != NULL;
	if (f)
		fclose(f);
	if (!mapped) {
		check_skip("no vsyscall page in /proc/self/maps", "vsyscall");
		return;
	}
	check_handler(SIGSEGV, on_fault, 0);
	if (!sigsetjmp(out, 1)) {
		((int (*)(struct timeval *, void *))0xffffffffff600000)(&tv, NULL);
		t = ((long (*)(long *))0xffffffffff600400)(NULL);
	}
	gettimeofday(&now, NULL);
	CHECK(!caught && labs(now.tv_sec - tv.tv_sec) < 3 && labs(now.tv_sec - t) < 3, "vsyscall");
}

/* Reading it or writing to it is no way around. */
static void vsyscall_data(void)
{
	check_handler(SIGSEGV, on_fault, 0);
	if (!sigsetjmp(out, 1))
		*(volatile long *)0xffffffffff600000 = 1;
	CHECK_EQ(caught, SIGSEGV, "write to the vsyscall page");
}

static const struct check_group groups[] = {{"unknown", unknown},
					    {"wide", wide},
					    {"mixed", mixed},
					    {"int80", int80},
					    {"sysenter", sysenter},
					    {"vsyscall", vsyscall},
					    {"vsyscall data", vsyscall_data},
					    {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
