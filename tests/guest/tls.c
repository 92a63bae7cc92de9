// SPDX-License-Identifier: GPL-2.0
/*
 * fs and gs base: by arch_prctl and, where the CPU and the kernel allow it, by the instructions;
 * over calls, signals, forks, switches between threads; segment selectors.
 */
#include "check.h"
#include <asm/prctl.h>
#include <cpuid.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>

static bool instructions; /* wrfsbase and its like work */

static long arch(int code, unsigned long value)
{
	return syscall(SYS_arch_prctl, code, value);
}

static uint64_t gs_word(void)
{
	uint64_t v;

	__asm__ volatile("mov %%gs:0,%0" : "=r"(v));
	return v;
}

static uint64_t data[64];

static void gs_base(void)
{
	unsigned long got = 1;
	int bad = 0;

	CHECK(!arch(ARCH_GET_GS, (unsigned long)&got) && got == 0, "gs base at the start");
	data[0] = 0x11;
	data[8] = 0x88;
	CHECK(!arch(ARCH_SET_GS, (unsigned long)data), "set");
	CHECK(!arch(ARCH_GET_GS, (unsigned long)&got) && got == (unsigned long)data, "get");
	CHECK_EQ(gs_word(), 0x11, "used");
	for (int i = 0; i < 500; i++) {
		arch(ARCH_SET_GS, (unsigned long)(data + (i & 1) * 8));
		getppid();
		bad += gs_word() != (i & 1 ? 0x88 : 0x11);
		if (i % 50 == 0)
			check_sleep_ms(1);
		bad += gs_word() != (i & 1 ? 0x88 : 0x11);
	}
	CHECK_EQ(bad, 0, "500 changes");
	CHECK(arch(ARCH_SET_GS, 0xffffffff80000000) == -1 && errno == EPERM,
	      "an address of the kernel");
	CHECK(arch(ARCH_SET_GS, 1UL << 63) == -1 && errno == EPERM, "one that is not canonical");
	CHECK(arch(0x9999, 0) == -1 && errno == EINVAL, "no such code");
	CHECK(gs_word() == 0x88, "nothing of this changed it");
}

/* Without libc in between: fs is where it keeps its own. */
static void fs_base(void)
{
	uint64_t here[4] = {0x5a5a5a, 2, 3, 4}, seen = 0, old, again = 0;
	long r1, r2, pid;

	arch(ARCH_GET_FS, (unsigned long)&old);
	CHECK_EQ(old, (uint64_t)__builtin_thread_pointer(), "fs base");
	__asm__ volatile("mov $158,%%eax; mov $0x1002,%%edi; mov %5,%%rsi; syscall; mov %%rax,%0\n"
			 "mov $39,%%eax; syscall; mov %%rax,%1\n"
			 "mov %%fs:0,%%rbx\n"
			 "mov $24,%%eax; syscall\n"
			 "mov %%fs:0,%%rax; mov %%rax,%3\n"
			 "mov $158,%%eax; mov $0x1002,%%edi; mov %6,%%rsi; syscall; mov %%rax,%4\n"
			 "mov %%rbx,%2"
			 : "=&m"(r1), "=&m"(pid), "=&m"(seen), "=&m"(again), "=&m"(r2)
			 : "r"(here), "r"(old)
			 : "rax", "rbx", "rcx", "rdi", "rsi", "r11", "memory");
	CHECK(r1 == 0 && r2 == 0 && pid == getpid(), "set and set back");
	CHECK(seen == 0x5a5a5a && again == 0x5a5a5a, "used in between");
}

static void by_instruction(void)
{
	unsigned long got = 0;
	uint64_t base;
	int bad = 0;

	if (!instructions) {
		check_skip("no wrgsbase here", "wrgsbase, seen by arch_prctl");
		check_skip("no wrgsbase here", "wrgsbase over calls and sleeps");
		check_skip("no wrgsbase here", "rdgsbase after arch_prctl");
		return;
	}
	data[0] = 0x77;
	data[16] = 0x99;
	__asm__ volatile("wrgsbase %0" : : "r"(data));
	CHECK(!arch(ARCH_GET_GS, (unsigned long)&got) && got == (unsigned long)data,
	      "wrgsbase, seen by arch_prctl");
	for (int i = 0; i < 300; i++) {
		uint64_t *at = data + (i & 1) * 16;

		__asm__ volatile("wrgsbase %0" : : "r"(at));
		getppid();
		if (i % 20 == 0)
			check_sleep_ms(1);
		else
			sched_yield();
		bad += gs_word() != (i & 1 ? 0x99 : 0x77);
	}
	CHECK_EQ(bad, 0, "wrgsbase over calls and sleeps");
	arch(ARCH_SET_GS, (unsigned long)data);
	__asm__ volatile("rdgsbase %0" : "=r"(base));
	CHECK(base == (uint64_t)data, "rdgsbase after arch_prctl");
}

static volatile uint64_t in_handler;

static void on_signal(int sig, siginfo_t *si, void *context)
{
	in_handler = gs_word();
	if (sig == SIGUSR2)
		arch(ARCH_SET_GS, (unsigned long)(data + 8));
}

static void signals(void)
{
	data[0] = 0x33;
	data[8] = 0x44;
	arch(ARCH_SET_GS, (unsigned long)data);
	check_handler(SIGUSR1, on_signal, 0);
	check_handler(SIGUSR2, on_signal, 0);
	raise(SIGUSR1);
	CHECK(in_handler == 0x33 && gs_word() == 0x33, "gs base in a handler");
	raise(SIGUSR2);
	CHECK_EQ(gs_word(), 0x44, "a handler's change stays");
}

static void forks(void)
{
	pid_t pid;

	data[0] = 0x55;
	data[8] = 0x66;
	arch(ARCH_SET_GS, (unsigned long)data);
	pid = check_fork();
	if (pid == 0) {
		if (gs_word() != 0x55)
			_exit(1);
		arch(ARCH_SET_GS, (unsigned long)(data + 8));
		_exit(gs_word() == 0x66 ? 0 : 2);
	}
	CHECK_EQ(check_wait(pid, 3000), 0, "a child has its parent's base");
	CHECK_EQ(gs_word(), 0x55, "and the parent not the child's");
}

static __thread volatile long mine;

static void *thread(void *arg)
{
	uint64_t me = (uintptr_t)arg;
	uintptr_t bad = 0;

	mine = me;
	data[me * 8] = me * 1000;
	arch(ARCH_SET_GS, (unsigned long)(data + me * 8));
	for (int i = 0; i < 300; i++) {
		bad += mine != (long)me + i || gs_word() != me * 1000;
		mine++;
		if (i % 3)
			sched_yield();
		else
			getppid();
	}
	return (void *)bad;
}

static void threads(void)
{
	pthread_t t[6];
	uintptr_t bad = 0;

	for (uintptr_t i = 0; i < 6; i++)
		pthread_create(&t[i], NULL, thread, (void *)(i + 1));
	for (int i = 0; i < 6; i++) {
		void *r;

		pthread_join(t[i], &r);
		bad += (uintptr_t)r;
	}
	CHECK_EQ(bad, 0, "six threads with both");
}

/* Loading a null selector clears the base (AMD keeps it in some cases: only calls must not change it). */
static void selectors(void)
{
	uint16_t fs, gs, ds, es, cs, ss;

	__asm__ volatile(
		"mov %%fs,%0; mov %%gs,%1; mov %%ds,%2; mov %%es,%3; mov %%cs,%4; mov %%ss,%5"
		: "=r"(fs), "=r"(gs), "=r"(ds), "=r"(es), "=r"(cs), "=r"(ss));
	CHECK(fs == 0 && gs == 0 && ds == 0 && es == 0, "data selectors are 0");
	CHECK(cs == 0x33 && ss == 0x2b, "cs and ss");
	data[0] = 0x99;
	__asm__ volatile("mov %0,%%ds; mov %0,%%es" : : "r"(0x2b));
	getppid();
	__asm__ volatile("mov %%ds,%0; mov %%es,%1" : "=r"(ds), "=r"(es));
	CHECK(ds == 0x2b && es == 0x2b, "selectors stay over a call");
	check_sleep_ms(2);
	__asm__ volatile("mov %%ds,%0; mov %%es,%1" : "=r"(ds), "=r"(es));
	CHECK(ds == 0x2b && es == 0x2b, "and over a sleep");
}

static const struct check_group groups[] = {{"gs", gs_base},
					    {"fs", fs_base},
					    {"instructions", by_instruction},
					    {"signals", signals},
					    {"forks", forks},
					    {"threads", threads},
					    {"selectors", selectors},
					    {}};

int main(int argc, char **argv)
{
	unsigned a, b, c, d;

	__cpuid_count(7, 0, a, b, c, d);
	instructions = (b & 1) && (getauxval(AT_HWCAP2) & 2);
	return check_run(groups, argc, argv);
}
