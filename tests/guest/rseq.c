// SPDX-License-Identifier: GPL-2.0
/*
 * Restartable sequences: registration, the CPU number, and that a critical section which is
 * interrupted continues at its abort handler. glibc's own registration is taken off first.
 */
#include "check.h"
#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/rseq.h>
#include <ucontext.h>

#define SIGNATURE 0x53053053

static struct rseq area __attribute__((aligned(32)));

static bool take_over(void)
{
	if (__rseq_size)
		syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32,
			RSEQ_FLAG_UNREGISTER, SIGNATURE);
	syscall(SYS_rseq, &area, sizeof(area), RSEQ_FLAG_UNREGISTER, SIGNATURE);
	area.cpu_id = RSEQ_CPU_ID_UNINITIALIZED;
	return !syscall(SYS_rseq, &area, sizeof(area), 0, SIGNATURE);
}

static void registration(void)
{
	take_over();
	CHECK(area.cpu_id < 10000, "the CPU number is filled in");
	CHECK(syscall(SYS_rseq, &area, sizeof(area), 0, SIGNATURE) == -1 && errno == EBUSY,
	      "twice is EBUSY");
	CHECK(syscall(SYS_rseq, &area, sizeof(area), 0, 1) == -1 && errno == EPERM,
	      "another signature is EPERM");
	CHECK(!syscall(SYS_rseq, &area, sizeof(area), RSEQ_FLAG_UNREGISTER, SIGNATURE),
	      "taken off");
	CHECK_EQ((int32_t)area.cpu_id, RSEQ_CPU_ID_UNINITIALIZED, "the CPU number says so");
	CHECK(syscall(SYS_rseq, &area, 16, 0, SIGNATURE) == -1 && errno == EINVAL,
	      "a short area is refused");
}

static void cpu_number(void)
{
	int bad = 0;

	take_over();
	for (int i = 0; i < 2000; i++) {
		uint32_t before = ((volatile struct rseq *)&area)->cpu_id;
		unsigned cpu;

		syscall(SYS_getcpu, &cpu, NULL, NULL);
		bad += before != cpu && ((volatile struct rseq *)&area)->cpu_id != cpu;
		if (i % 100 == 0)
			check_sleep_ms(1);
	}
	/* Another CPU between the two looks is possible, every time is not. */
	CHECK(bad < 100, "the CPU number is right");
}

/*
 * Spins in a critical section for n rounds; 0 if it got to the end, 1 if it was aborted.
 * The handler's address is preceded by the signature.
 */
static long critical(long n)
{
	long aborted;

	__asm__ volatile(".pushsection .data.rseq_cs,\"aw\"\n"
			 ".balign 32\n"
			 "3: .long 0,0; .quad 1f, 2f-1f, 4f\n"
			 ".popsection\n"
			 "lea 3b(%%rip),%%rax\n"
			 "mov %%rax,%[cs]\n"
			 "xor %%eax,%%eax\n"
			 "1: dec %[n]\n"
			 "jnz 1b\n"
			 "2: jmp 5f\n"
			 ".byte 0x0f,0xb9,0x3d; .long %c[sig]\n"
			 "4: mov $1,%%eax\n"
			 "5:\n"
			 : "=&a"(aborted), [n] "+r"(n), [cs] "=m"(area.rseq_cs)
			 : [sig] "i"(SIGNATURE)
			 : "memory");
	return aborted;
}

static volatile int handled;
static volatile long cs_in_handler;

static void on_signal(int sig, siginfo_t *si, void *context)
{
	handled++;
	cs_in_handler = area.rseq_cs;
}

static volatile bool stop;

static void *pester(void *t)
{
	while (!stop) {
		pthread_kill(*(pthread_t *)t, SIGUSR1);
		sched_yield();
	}
	return NULL;
}

static void by_signal(void)
{
	pthread_t self = pthread_self(), t;
	int aborts = 0, finished = 0;

	take_over();
	CHECK_EQ(critical(10), 0, "a short critical section ends");
	check_handler(SIGUSR1, on_signal, 0);
	pthread_create(&t, NULL, pester, &self);
	for (int i = 0; i < 300 && aborts < 20; i++) {
		if (critical(2000000))
			aborts++;
		else
			finished++;
	}
	stop = true;
	pthread_join(t, NULL);
	check_note("%d aborted, %d finished, %d signals", aborts, finished, handled);
	CHECK(aborts > 0, "a signal aborts a critical section");
	CHECK_EQ(cs_in_handler, 0, "and the pointer to it is cleared");
}

static volatile int spinning;

static void *compete(void *arg)
{
	while (!stop)
		spinning++;
	return NULL;
}

static void by_preemption(void)
{
	pthread_t t[3];
	cpu_set_t one;
	int aborts = 0;

	take_over();
	/* All on one CPU. */
	sched_getaffinity(0, sizeof(one), &one);
	for (int i = 0, found = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &one) && found++)
			CPU_CLR(i, &one);
	}
	sched_setaffinity(0, sizeof(one), &one);
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, compete, NULL);
	for (int i = 0; i < 100 && !aborts; i++)
		aborts += critical(100000000);
	stop = true;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK(aborts > 0, "preemption aborts a critical section");
}

/* A section whose abort handler lacks the signature is a fault. */
static void bad_signature(void)
{
	pid_t pid = check_fork();

	if (pid == 0) {
		static struct rseq_cs cs;

		prctl(PR_SET_DUMPABLE, 0);
		if (!take_over())
			raise(SIGSEGV);
		check_handler(SIGUSR1, on_signal, 0);
		cs.start_ip = 0;
		cs.post_commit_offset = 0x7fffffff;
		cs.abort_ip = 0x7ffffffff000 - 8192;
		area.rseq_cs = (uint64_t)&cs;
		raise(SIGUSR1);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid, 3000) & 0x7f, SIGSEGV,
		 "a section without signature ends the process");
}

/* Threads get their own; a child of fork keeps its parent's. */
static void inherited(void)
{
	pid_t pid;

	take_over();
	pid = check_fork();
	if (pid == 0)
		_exit(syscall(SYS_rseq, &area, sizeof(area), 0, SIGNATURE) == -1 && errno == EBUSY
			      ? 0
			      : 1);
	CHECK_EQ(check_wait(pid, 3000), 0, "a child has its parent's registration");
	/* glibc registers in each thread, so that a second registration is refused there. */
	CHECK(__rseq_size == 0 || __rseq_size >= 20, "glibc knows of rseq");
}

static const struct check_group groups[] = {{"registration", registration},
					    {"cpu", cpu_number},
					    {"signal", by_signal},
					    {"preemption", by_preemption},
					    {"bad signature", bad_signature},
					    {"inherited", inherited},
					    {}};

int main(int argc, char **argv)
{
	if (!take_over() && errno == ENOSYS)
		return check_none("no rseq in this kernel");
	return check_run(groups, argc, argv);
}
