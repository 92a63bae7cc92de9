// SPDX-License-Identifier: GPL-2.0
/*
 * Host threads that run jobs; see ubd_queue.h.
 *
 * To the threads: a ring with one producer (the guest kernel's thread) and any
 * number of consumers, who sleep on the futex `posted`. Back: a list onto which
 * threads push and which the guest kernel takes as a whole; whoever pushes onto
 * the empty list writes one byte into a pipe, whose SIGIO is the interrupt. (A
 * pipe and not an eventfd, because an eventfd raises no SIGIO.)
 *
 * There are a few threads instead of one so that reads of a real disk overlap.
 * They are not made on demand: the sandbox may forbid it later, and a sleeping
 * thread costs one page of stack.
 *
 * @host boot clone EQ(0,CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM): threads
 * @host boot pipe2: they interrupt
 * @host run futex ONLY32(1,FUTEX_WAKE|FUTEX_PRIVATE_FLAG): jobs for threads
 * @host run read: an interrupt of theirs is served
 * @host run write: a thread interrupts
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "ubd_queue.h"

#define THREADS 4
#define STACK_LEN (64 * 1024)
#define GUARD_LEN 4096

struct queue {
	struct ubd_job *ring[UBD_IO_JOBS];
	unsigned int posted; /* jobs ever posted; futex */
	unsigned int taken; /* jobs ever taken by threads */
	unsigned int sleepers; /* threads that wait on posted */
	struct ubd_job *done;
	int wake_fd; /* write end of the pipe */
	int reap_fd; /* read end */
	int (*run)(struct ubd_job *job);
};

/* The machine of this file; written by start, then by the atomic steps below. */
static struct queue queue;

/* A system call without errno, which threads and kernel share. */
static long sys4(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

static struct ubd_job *take(struct queue *q)
{
	for (;;) {
		unsigned int taken = __atomic_load_n(&q->taken, __ATOMIC_ACQUIRE);
		unsigned int posted = __atomic_load_n(&q->posted, __ATOMIC_ACQUIRE);
		struct ubd_job *job;

		if (taken == posted) {
			__atomic_add_fetch(&q->sleepers, 1, __ATOMIC_SEQ_CST);
			sys4(SYS_futex, (long)&q->posted, FUTEX_WAIT_PRIVATE, posted, 0);
			__atomic_sub_fetch(&q->sleepers, 1, __ATOMIC_SEQ_CST);
			continue;
		}
		/* The ring is larger than what can be posted, so the entry is stable. */
		job = __atomic_load_n(&q->ring[taken % UBD_IO_JOBS], __ATOMIC_RELAXED);
		if (__atomic_compare_exchange_n(&q->taken, &taken, taken + 1, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return job;
	}
}

static void give_back(struct queue *q, struct ubd_job *job)
{
	struct ubd_job *first = __atomic_load_n(&q->done, __ATOMIC_RELAXED);

	do
		job->next = first;
	while (!__atomic_compare_exchange_n(&q->done, &first, job, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));
	/* The job may be gone by now. */
	if (!first)
		sys4(SYS_write, q->wake_fd, (long)"", 1, 0);
}

static int thread_main(void *arg)
{
	struct queue *q = arg;

	for (;;) {
		struct ubd_job *job = take(q);

		job->result = q->run(job);
		give_back(q, job);
	}
	return 0;
}

/*
 * A thread of this process and no child of it: it ends with the process however
 * that ends, and no wait() of the kernel ever meets it.
 */
static int start_thread(struct queue *q)
{
	int flags =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	char *stack = mmap(NULL, STACK_LEN, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	int err;

	if (stack == MAP_FAILED)
		return -errno;
	if (mprotect(stack, GUARD_LEN, PROT_NONE) < 0 ||
	    clone(thread_main, stack + STACK_LEN, flags, q) < 0) {
		err = -errno;
		munmap(stack, STACK_LEN);
		return err;
	}
	return 0;
}

int ubd_queue_start(int (*run)(struct ubd_job *job))
{
	struct queue *q = &queue;
	sigset_t all, old;
	int fds[2], n, err = 0;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	q->run = run;
	q->reap_fd = fds[0];
	q->wake_fd = fds[1];
	/* The mask is inherited: interrupts are for the kernel's thread alone. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	for (n = 0; n < THREADS && !err; n++)
		err = start_thread(q);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (n > 1 || !err) /* fewer threads than wished for will do */
		return q->reap_fd;
	close(fds[0]);
	close(fds[1]);
	return err;
}

void ubd_queue_post(struct ubd_job *job)
{
	struct queue *q = &queue;
	unsigned int n = q->posted; /* we alone write it */

	__atomic_store_n(&q->ring[n % UBD_IO_JOBS], job, __ATOMIC_RELAXED);
	__atomic_store_n(&q->posted, n + 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&q->sleepers, __ATOMIC_SEQ_CST))
		sys4(SYS_futex, (long)&q->posted, FUTEX_WAKE_PRIVATE, 1, 0);
}

struct ubd_job *ubd_queue_reap(void)
{
	struct queue *q = &queue;
	char bytes[64];

	/* First the bytes, then the list: a job pushed in between has a byte of its own. */
	while (sys4(SYS_read, q->reap_fd, (long)bytes, sizeof(bytes), 0) == sizeof(bytes))
		;
	return __atomic_exchange_n(&q->done, NULL, __ATOMIC_ACQUIRE);
}
