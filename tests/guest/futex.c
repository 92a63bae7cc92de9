// SPDX-License-Identifier: GPL-2.0
/*
 * Futexes between threads and processes: wait, wake, bitsets, requeue, priority inheritance,
 * robust lists, waitv.
 */
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>

static uint32_t *word; /* shared with children */
static volatile int woken;

static long futex(uint32_t *at, int op, uint32_t value, const void *timeout, uint32_t *at2,
		  uint32_t value3)
{
	long r = syscall(SYS_futex, at, op, value, timeout, at2, value3);

	return r < 0 ? -errno : r;
}

static pid_t gettid_raw(void)
{
	return syscall(SYS_gettid);
}

static void simple(void)
{
	struct timespec ts = {0, 20000000};
	long long start = check_now_ms();

	CHECK_EQ(futex(word, FUTEX_WAIT, 1, NULL, NULL, 0), -EAGAIN, "another value");
	CHECK_EQ(futex(word, FUTEX_WAIT, 0, &ts, NULL, 0), -ETIMEDOUT, "timeout");
	CHECK(check_now_ms() - start >= 19, "after its time");
	CHECK_EQ(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0), 0, "nobody to wake");
	CHECK_EQ(futex((uint32_t *)((char *)word + 1), FUTEX_WAIT, 0, NULL, NULL, 0), -EINVAL,
		 "unaligned");
	CHECK_EQ(futex((uint32_t *)8, FUTEX_WAIT, 0, NULL, NULL, 0), -EFAULT, "nothing there");
	CHECK_EQ(futex(word, 99, 0, NULL, NULL, 0), -ENOSYS, "no such operation");
}

static pid_t sleeper(int op, uint32_t *at, uint32_t mask)
{
	pid_t pid = check_fork();

	if (pid == 0) {
		long r = futex(at, op, 0, NULL, NULL, mask);

		_exit(r == 0 ? 0 : 1);
	}
	check_wait_state(pid, 'S');
	return pid;
}

static void processes(void)
{
	pid_t pid[4];
	int bad = 0;

	for (int i = 0; i < 4; i++)
		pid[i] = sleeper(FUTEX_WAIT, word, 0);
	CHECK_EQ(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0), 1, "one of four processes");
	CHECK_EQ(futex(word, FUTEX_WAKE, 100, NULL, NULL, 0), 3, "the others");
	for (int i = 0; i < 4; i++)
		bad += check_wait(pid[i], 3000) != 0;
	CHECK_EQ(bad, 0, "all woke");
}

static void bitsets(void)
{
	pid_t a = sleeper(FUTEX_WAIT_BITSET, word, 1), b = sleeper(FUTEX_WAIT_BITSET, word, 6);

	CHECK_EQ(futex(word, FUTEX_WAKE_BITSET, 100, NULL, NULL, 8), 0, "no bit in common");
	CHECK_EQ(futex(word, FUTEX_WAKE_BITSET, 100, NULL, NULL, 4), 1, "one with it");
	CHECK_EQ(check_wait(b, 3000), 0, "the right one");
	CHECK_EQ(futex(word, FUTEX_WAKE, 100, NULL, NULL, 0), 1, "the other");
	CHECK_EQ(check_wait(a, 3000), 0, "woke as well");
}

static void requeue(void)
{
	pid_t pid[3];
	int bad = 0;

	for (int i = 0; i < 3; i++)
		pid[i] = sleeper(FUTEX_WAIT, word, 0);
	CHECK_EQ(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)10L, word + 1, 5), -EAGAIN,
		 "requeue with another value");
	CHECK_EQ(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)10L, word + 1, 0), 3,
		 "one woken, two requeued");
	CHECK_EQ(futex(word, FUTEX_WAKE, 10, NULL, NULL, 0), 0, "none is left");
	CHECK_EQ(futex(word + 1, FUTEX_WAKE, 10, NULL, NULL, 0), 2, "two are here");
	for (int i = 0; i < 3; i++)
		bad += check_wait(pid[i], 3000) != 0;
	CHECK_EQ(bad, 0, "all woke");
}

/* A child that holds a PI lock, and gives it back when told. */
static void priority(void)
{
	pid_t pid = check_fork();
	struct timespec soon;

	if (pid == 0) {
		if (futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0))
			_exit(1);
		word[4] = 1;
		while (!word[5])
			check_sleep_ms(1);
		_exit(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) ? 2 : 0);
	}
	while (!((volatile uint32_t *)word)[4])
		check_sleep_ms(1);
	CHECK_EQ(*word, (uint32_t)pid, "the word names the owner");
	CHECK_EQ(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), -EAGAIN, "it is taken");
	clock_gettime(CLOCK_REALTIME, &soon);
	CHECK_EQ(futex(word, FUTEX_LOCK_PI, 0, &soon, NULL, 0), -ETIMEDOUT, "timeout");
	CHECK_EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), -EPERM, "unlock by another");
	word[5] = 1;
	CHECK_EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0, "ours now");
	CHECK_EQ(*word & FUTEX_TID_MASK, getpid(), "and so says the word");
	CHECK_EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), -EDEADLK, "twice is a deadlock");
	CHECK_EQ(check_wait(pid, 3000), 0, "the former owner ends well");
	CHECK_EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0, "unlock");
}

/* Locks of a thread that dies are marked. */
struct robust {
	struct robust_list_head head;
	struct robust_list entry;
	uint32_t lock;
};

static struct robust *robust;

static void make_robust(void)
{
	robust->head.list.next = &robust->entry;
	robust->entry.next = &robust->head.list;
	robust->head.futex_offset = (char *)&robust->lock - (char *)&robust->entry;
	robust->head.list_op_pending = NULL;
	robust->lock = gettid_raw() | FUTEX_WAITERS;
	syscall(SYS_set_robust_list, &robust->head, sizeof(robust->head));
}

static void robust_list(void)
{
	pid_t waiter, pid;
	long r;

	word[4] = word[5] = 0;
	robust = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = check_fork();
	if (pid == 0) {
		make_robust();
		word[4] = 1;
		while (!word[5])
			check_sleep_ms(1);
		raise(SIGKILL);
	}
	while (!((volatile uint32_t *)word)[4])
		check_sleep_ms(1);
	waiter = check_fork();
	if (waiter == 0) {
		r = futex(&robust->lock, FUTEX_WAIT, robust->lock, NULL, NULL, 0);
		_exit(r ? 1 : 0);
	}
	check_wait_state(waiter, 'S');
	word[5] = 1;
	CHECK_EQ(check_wait(pid, 3000), SIGKILL, "the owner is killed");
	CHECK_EQ(check_wait(waiter, 3000), 0, "a waiter wakes");
	CHECK_EQ(robust->lock, FUTEX_OWNER_DIED | FUTEX_WAITERS,
		 "the lock says that its owner died");
}

static pthread_mutex_t *mutex;

static void robust_mutex(void)
{
	pthread_mutexattr_t a;
	pid_t pid;

	mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	CHECK_NEED(!pthread_mutex_init(mutex, &a), "a robust mutex with priority inheritance");
	pid = check_fork();
	if (pid == 0) {
		pthread_mutex_lock(mutex);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid, 3000), 0, "its owner ends");
	CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD, "the next owner is told");
	CHECK_EQ(pthread_mutex_consistent(mutex), 0, "makes it consistent");
	CHECK_EQ(pthread_mutex_unlock(mutex), 0, "unlocks it");
	CHECK_EQ(pthread_mutex_lock(mutex), 0, "and locks it as ever");
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static int whose;

static void *take_turns(void *arg)
{
	int me = (int)(intptr_t)arg;

	for (int i = 0; i < 300; i++) {
		pthread_mutex_lock(&lock);
		while (whose != me)
			pthread_cond_wait(&turn, &lock);
		whose = (me + 1) % 3;
		woken++;
		pthread_cond_broadcast(&turn);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, take_turns, (void *)(intptr_t)i);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(woken, 900, "three threads take turns");
}

/* Read, change, write without atomics, under a lock made of a futex. */
static uint32_t bare;
static volatile long sum;

static void *add(void *arg)
{
	for (int i = 0; i < 3000; i++) {
		uint32_t zero = 0;

		while (!__atomic_compare_exchange_n(&bare, &zero, 1, 0, __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST)) {
			futex(&bare, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
			zero = 0;
		}
		sum = sum + 1;
		__atomic_store_n(&bare, 0, __ATOMIC_SEQ_CST);
		if (i % 8 == 0)
			futex(&bare, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		else
			futex(&bare, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0);
	}
	return NULL;
}

static void contention(void)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, add, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(sum, 12000, "four threads and one lock");
}

/* The kernel writes to user memory on thread exit, also over a page that is not there yet. */
static void clear_tid(void)
{
	uint32_t *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	*at = 1;
	pid = check_fork();
	if (pid == 0) {
		syscall(SYS_set_tid_address, at);
		/* Only if others share the memory: a thread goes on for a moment. */
		_exit(0);
	}
	check_wait(pid, 3000);
	CHECK_EQ(*at, 1, "set_tid_address of a process that is alone");
}

static const struct check_group groups[] = {{"simple", simple},
					    {"processes", processes},
					    {"bitsets", bitsets},
					    {"requeue", requeue},
					    {"priority", priority},
					    {"robust list", robust_list},
					    {"robust mutex", robust_mutex},
					    {"threads", threads},
					    {"contention", contention},
					    {"clear tid", clear_tid},
					    {}};

int main(int argc, char **argv)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return check_run(groups, argc, argv);
}
