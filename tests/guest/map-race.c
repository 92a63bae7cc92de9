// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that change mappings while others use them: every access sees old or new contents or
 * a proper fault, and nothing is lost.
 */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>

#define PAGE 4096UL
#define RW (PROT_READ | PROT_WRITE)
#define THREADS 4
#define ROUND_MS 250 /* how long a race runs */

static volatile bool stop;
static char *area;
static volatile long bad, done;
static __thread sigjmp_buf out;
static __thread volatile char *volatile expect_fault; /* the page that may fault in this thread */

static void on_fault(int sig, siginfo_t *si, void *context)
{
	char *at = si->si_addr;

	if (!expect_fault || at < expect_fault || at >= expect_fault + PAGE) {
		signal(sig, SIG_DFL);
		return;
	}
	siglongjmp(out, 1);
}

static void wrong(void)
{
	__atomic_add_fetch(&bad, 1, __ATOMIC_SEQ_CST);
}

static void progress(void)
{
	__atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
}

static void start(pthread_t *t, void *(*work)(void *), int index)
{
	errno = pthread_create(t, NULL, work, (void *)(intptr_t)index);
	if (errno) {
		CHECK(false, "a thread");
		_exit(1);
	}
}

/* Runs n threads of work(index) and change() in the caller for the time of a race. */
static void race(int n, void *(*work)(void *), void (*change)(int))
{
	pthread_t t[THREADS];
	long long end;

	stop = false;
	bad = done = 0;
	check_handler(SIGSEGV, on_fault, SA_NODEFER);
	for (int i = 0; i < n; i++)
		start(&t[i], work, i);
	end = check_now_ms() + ROUND_MS;
	for (int i = 0; check_now_ms() < end || done < 50; i++) {
		change(i);
		if (i % 3 == 0) /* not in step with what change() does */
			sched_yield();
	}
	stop = true;
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

static char *room(int pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_NEED(p != MAP_FAILED, "mmap");
	return p;
}

/* --- protection toggles ----------------------------------------------------------- */

static void *count_up(void *arg)
{
	volatile long *at = (long *)(area + (intptr_t)arg * 64);
	volatile long own = 0;

	while (!stop) {
		expect_fault = area;
		if (!sigsetjmp(out, 1)) {
			if (*at != own)
				wrong();
			*at = own + 1;
			own++;
			progress();
		} else {
			sched_yield();
		}
	}
	return NULL;
}

static void toggle(int i)
{
	mprotect(area, PAGE, i & 1 ? RW : i & 2 ? PROT_READ : PROT_NONE);
}

static void protect(void)
{
	area = room(1);
	race(THREADS, count_up, toggle);
	CHECK_EQ(bad, 0, "no write is lost when protections change");
	CHECK(done > 0, "threads get on");
}

/* --- dropped pages ------------------------------------------------------------------- */

static void *fill_and_look(void *arg)
{
	volatile char *at = area + (intptr_t)arg * 8 * PAGE;

	while (!stop) {
		for (int i = 0; i < 8; i++) {
			char c = at[i * PAGE];

			if (c != 0 && c != (char)(i + 1))
				wrong();
			at[i * PAGE] = i + 1;
		}
		progress();
	}
	return NULL;
}

static void drop(int i)
{
	madvise(area + (i * 5 % (8 * THREADS)) * PAGE, 3 * PAGE, MADV_DONTNEED);
}

static void dropped(void)
{
	area = room(8 * THREADS + 3);
	race(THREADS, fill_and_look, drop);
	CHECK_EQ(bad, 0, "dropped pages are zeros or what was written since");
}

/* --- unmapped and mapped again ---------------------------------------------------------- */

static void *poke(void *arg)
{
	while (!stop) {
		volatile char *at = area + (intptr_t)arg * 128;

		expect_fault = area;
		if (!sigsetjmp(out, 1)) {
			char c = *at;

			if (c != 0 && c != 'p')
				wrong();
			*at = 'p';
			progress();
		} else {
			sched_yield();
		}
	}
	return NULL;
}

static void unmap(int i)
{
	munmap(area, PAGE);
	mmap(area, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	sched_yield();
}

static void unmapped(void)
{
	area = room(1);
	race(THREADS, poke, unmap);
	CHECK_EQ(bad, 0, "a page that vanishes and comes back");
}

/* --- moved ----------------------------------------------------------------------------------- */

static char *places[2];

static void *look_for_it(void *arg)
{
	while (!stop) {
		for (int i = 0; i < 2; i++) {
			volatile char *at = places[i];

			expect_fault = at;
			if (!sigsetjmp(out, 1)) {
				if (at[100] != 'm')
					wrong();
				progress();
			}
		}
	}
	return NULL;
}

static void move(int i)
{
	mremap(places[i & 1], PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, places[~i & 1]);
	sched_yield();
}

static void moved(void)
{
	places[0] = room(1);
	places[1] = room(1);
	memset(places[0], 'm', PAGE);
	mprotect(places[1], PAGE, PROT_NONE);
	race(2, look_for_it, move);
	CHECK_EQ(bad, 0, "a page that moves is at one place, whole");
}

/* --- calls into changing memory ---------------------------------------------------------------- */

static int pipes[2];

static void *call_into(void *arg)
{
	char text[64];

	while (!stop) {
		/* A pipe of this thread's own: partial writes are no matter. */
		int p[2];
		ssize_t n;

		if (pipe(p))
			break;
		n = write(p[1], area, 64);
		if (n < 0 ? errno != EFAULT : n != 64)
			wrong();
		if (n == 64 && read(p[0], text, 64) == 64) {
			for (int i = 0; i < 64; i++)
				if (text[i] != 0 && text[i] != 'c')
					wrong();
		}
		close(p[0]);
		close(p[1]);
		progress();
	}
	return NULL;
}

static void change_for_calls(int i)
{
	switch (i % 4) {
	case 0:
		mprotect(area, PAGE, PROT_NONE);
		break;
	case 1:
		mprotect(area, PAGE, RW);
		memset(area, 'c', PAGE);
		break;
	case 2:
		munmap(area, PAGE);
		break;
	case 3:
		mmap(area, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
}

static void calls(void)
{
	area = room(1);
	CHECK_NEED(!pipe(pipes), "pipe");
	race(2, call_into, change_for_calls);
	CHECK_EQ(bad, 0, "calls from memory that changes: all or EFAULT");
}

/* --- huge page hints ------------------------------------------------------------------------------ */

#define HUGE_AREA (8UL << 20)

static void *touch_huge(void *arg)
{
	unsigned seed = (unsigned)(intptr_t)arg + 1;

	while (!stop) {
		unsigned page = (seed = seed * 1103515245 + 12345) / 65536 % (HUGE_AREA / PAGE);
		volatile unsigned *at = (unsigned *)(area + page * PAGE) + (intptr_t)arg;

		unsigned value = *at;

		if (value != 0 && value != page + 1)
			wrong();
		*at = page + 1;
		progress();
	}
	return NULL;
}

static void hint(int i)
{
	char *at = area + (i * 7 % 4) * (2UL << 20);

	/* On a kernel without huge pages, as the guest's, only the dropping is a change. */
	if (madvise(at, 2UL << 20, i & 1 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) && errno != EINVAL)
		wrong();
	if (i % 8 == 0 && madvise(at + 17 * PAGE, 100 * PAGE, MADV_DONTNEED))
		wrong();
}

static void huge(void)
{
	area = room(HUGE_AREA / PAGE);
	race(THREADS, touch_huge, hint);
	CHECK_EQ(bad, 0, "dropped parts, and huge page hints where the kernel knows them");
}

/* --- a storm of faults ------------------------------------------------------------------------------ */

#define REGIONS 300

static char *regions[REGIONS];
static volatile int arrived;

static void *storm_thread(void *arg)
{
	int me = (int)(intptr_t)arg;

	__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
	while (arrived < THREADS)
		sched_yield();
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < REGIONS; i++) {
			volatile long *at =
				(long *)(regions[(i * 7 + me * 31) % REGIONS] + round * PAGE);

			__atomic_add_fetch(at, 1, __ATOMIC_SEQ_CST);
		}
	}
	return NULL;
}

static void storm(void)
{
	pthread_t t[THREADS];
	int lost = 0;

	for (int i = 0; i < REGIONS; i++) {
		regions[i] = room(6);
		/* A gap, so that they do not become one. */
		munmap(regions[i] + 4 * PAGE, 2 * PAGE);
		if (i & 1)
			mprotect(regions[i] + 3 * PAGE, PAGE, RW | PROT_EXEC);
	}
	for (int i = 0; i < THREADS; i++)
		start(&t[i], storm_thread, i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < REGIONS; i++)
		for (int round = 0; round < 4; round++)
			lost += *(long *)(regions[i] + round * PAGE) != THREADS;
	CHECK_EQ(lost, 0, "four threads fault in 300 mappings");
}

static const struct check_group groups[] = {
	{"protect", protect}, {"dropped", dropped}, {"unmapped", unmapped}, {"moved", moved},
	{"calls", calls},     {"huge", huge},       {"storm", storm},       {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
