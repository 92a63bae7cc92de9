// SPDX-License-Identifier: GPL-2.0
/* The event loop: descriptors, timers, signals, and removal while being served. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "loop.h"
#include "suite.h"

static struct loop *loop;
static struct loop_watch a, b;
static struct loop_timer t1, t2;
static int calls, order[4];

static void stop_reading(struct loop_watch *w, short revents)
{
	char c;

	calls++;
	CU_ASSERT(revents & POLLIN);
	CU_ASSERT_EQUAL(read(w->fd, &c, 1), 1);
	loop_stop(loop);
}

static void test_descriptor(void)
{
	int p[2];

	CU_ASSERT_EQUAL_FATAL(pipe(p), 0);
	CU_ASSERT_EQUAL(loop_add(loop, &a, -1, POLLIN, stop_reading, NULL), -9);
	CU_ASSERT_EQUAL(loop_add(loop, &a, p[0], POLLIN, stop_reading, NULL), 0);
	CU_ASSERT_EQUAL(write(p[1], "x", 1), 1);
	calls = 0;
	CU_ASSERT_EQUAL(loop_run(loop), 0);
	CU_ASSERT_EQUAL(calls, 1);
	loop_del(&a);
	CU_ASSERT_EQUAL(a.fd, -1);
	loop_del(&a);
	close(p[0]);
	close(p[1]);
}

static void stop_now(struct loop_timer *t)
{
	loop_stop(loop);
}

static void remove_both(struct loop_watch *w, short revents)
{
	calls++;
	loop_del(&a);
	loop_del(&b);
	loop_stop(loop);
}

/* Both are ready; whichever is served first removes both. */
static void test_removal(void)
{
	int p[2];

	CU_ASSERT_EQUAL_FATAL(pipe(p), 0);
	CU_ASSERT_EQUAL(write(p[1], "x", 1), 1);
	loop_add(loop, &a, p[0], POLLIN, remove_both, NULL);
	loop_add(loop, &b, p[0], POLLIN, remove_both, NULL);
	calls = 0;
	CU_ASSERT_EQUAL(loop_run(loop), 0);
	CU_ASSERT_EQUAL(calls, 1);
	close(p[0]);
	close(p[1]);
}

static void count(struct loop_watch *w, short revents)
{
	calls++;
	CU_ASSERT(revents & POLLIN);
	w->arg = (void *)(long)revents;
}

/* The loop runs until nothing is ready. */
static void run_dry(void)
{
	loop_timer_set(loop, &t1, 5000000, stop_now, NULL);
	CU_ASSERT_EQUAL(loop_run(loop), 0);
}

/* One of an edge is told of each thing that comes, read or not; at its end it hears of that. */
static void test_edge(void)
{
	int p[2];

	CU_ASSERT_EQUAL_FATAL(pipe(p), 0);
	CU_ASSERT_EQUAL(write(p[1], "x", 1), 1);
	CU_ASSERT_EQUAL(loop_add_many(loop, &a, p[0], true, count, NULL), 0);
	calls = 0;
	run_dry();
	CU_ASSERT_EQUAL(calls, 1);
	run_dry();
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT_EQUAL(write(p[1], "x", 1), 1);
	run_dry();
	CU_ASSERT_EQUAL(calls, 2);
	close(p[1]);
	run_dry();
	CU_ASSERT_EQUAL(calls, 3);
	CU_ASSERT((long)a.arg & POLLHUP);
	loop_del(&a);
	CU_ASSERT_EQUAL(a.fd, -1);
	loop_del(&a);
	close(p[0]);
}

static void remove_all(struct loop_watch *w, short revents)
{
	calls++;
	loop_del(&a);
	loop_del(&b);
}

/* Many that are not of an edge are called until they are read; removed ones are not. */
static void test_many(void)
{
	static struct loop_watch w[100];
	int p[2], q[2], file, fd[100];
	char name[] = "/tmp/test_loop.XXXXXX";
	size_t i;

	CU_ASSERT_EQUAL_FATAL(pipe(p), 0);
	CU_ASSERT_EQUAL(write(p[1], "xx", 2), 2);
	CU_ASSERT_EQUAL(loop_add_many(loop, &a, p[0], false, stop_reading, NULL), 0);
	calls = 0;
	CU_ASSERT_EQUAL(loop_run(loop), 0);
	CU_ASSERT_EQUAL(loop_run(loop), 0);
	CU_ASSERT_EQUAL(calls, 2);
	loop_del(&a);

	CU_ASSERT_EQUAL_FATAL(pipe(q), 0);
	CU_ASSERT_EQUAL(write(p[1], "x", 1), 1);
	CU_ASSERT_EQUAL(write(q[1], "x", 1), 1);
	CU_ASSERT_EQUAL(loop_add_many(loop, &a, p[0], false, remove_all, NULL), 0);
	CU_ASSERT_EQUAL(loop_add_many(loop, &b, q[0], false, remove_all, NULL), 0);
	calls = 0;
	run_dry();
	CU_ASSERT_EQUAL(calls, 1);

	/* More than are served in a turn. */
	for (i = 0; i < 100; i++) {
		fd[i] = dup(p[0]);
		CU_ASSERT_EQUAL(loop_add_many(loop, &w[i], fd[i], true, count, NULL), 0);
	}
	calls = 0;
	run_dry();
	CU_ASSERT_EQUAL(calls, 100);
	for (i = 0; i < 100; i++)
		loop_close(&w[i]);

	file = mkstemp(name);
	CU_ASSERT(file >= 0);
	CU_ASSERT_EQUAL(loop_add_many(loop, &a, file, true, count, NULL), -EPERM);
	unlink(name);
	close(file);
	close(p[0]);
	close(p[1]);
	close(q[0]);
	close(q[1]);
}

static void note(struct loop_timer *t)
{
	order[calls++] = t == &t1 ? 1 : 2;
	if (calls == 2)
		loop_stop(loop);
}

static void test_timers(void)
{
	calls = 0;
	loop_timer_set(loop, &t1, 30000000, note, NULL);
	loop_timer_set(loop, &t2, 5000000, note, NULL);
	CU_ASSERT_EQUAL(loop_run(loop), 0);
	CU_ASSERT_EQUAL(order[0], 2);
	CU_ASSERT_EQUAL(order[1], 1);
	CU_ASSERT_EQUAL(t1.due_ns, 0);
	loop_timer_del(&t1);
}

static void again(struct loop_timer *t)
{
	if (++calls < 1000)
		loop_timer_set(loop, t, 0, again, NULL);
}

static void stop_after(struct loop_watch *w, short revents)
{
	loop_stop(loop);
}

/* A timer that is always due does not keep descriptors from being served. */
static void test_restless(void)
{
	int p[2];

	CU_ASSERT_EQUAL_FATAL(pipe(p), 0);
	CU_ASSERT_EQUAL(write(p[1], "x", 1), 1);
	loop_timer_set(loop, &t1, 0, again, NULL);
	calls = 0;
	/* The first turn's descriptors come before its timers: add one that is ready in the second. */
	loop_add(loop, &a, p[0], POLLIN, stop_after, NULL);
	CU_ASSERT_EQUAL(loop_run(loop), 0);
	CU_ASSERT_EQUAL(loop_run(loop), 0);
	CU_ASSERT_EQUAL(loop_run(loop), 0);
	CU_ASSERT(calls < 100);
	loop_del(&a);
	loop_timer_del(&t1);
	close(p[0]);
	close(p[1]);
}

static uint64_t due;

static void not_early(struct loop_timer *t)
{
	CU_ASSERT(loop_now_ns() >= due);
	if (++calls == 50) {
		loop_stop(loop);
		return;
	}
	loop_timer_set(loop, t, 1000000, not_early, NULL);
	due = t->due_ns;
}

/* The sleep ends before the timer is due; the timer does not. */
static void test_not_early(void)
{
	calls = 0;
	due = loop_now_ns() + 1000000;
	loop_timer_set(loop, &t1, 1000000, not_early, NULL);
	CU_ASSERT_EQUAL(loop_run(loop), 0);
	CU_ASSERT_EQUAL(calls, 50);
}

/* What is usual is learnt, what happens now and then is not, and nothing beyond bounds. */
static void test_lead(void)
{
	uint64_t lead = 0, sum = 0;
	int i;

	for (i = 0; i < 1000; i++)
		lead = loop_lead_learn(lead, i % 10 ? 70000 : 2000000);
	CU_ASSERT(lead > 65000 && lead < 73000);
	for (i = 0; i < 1000; i++)
		lead = loop_lead_learn(lead, 20000);
	CU_ASSERT(lead > 15000 && lead < 23000);
	/* Evenly between 20 and 60: the lower quarter's end, about. */
	for (i = 0; i < 4000; i++) {
		lead = loop_lead_learn(lead, 20000 + (uint64_t)i * 7919 % 40000);
		sum += i < 2000 ? 0 : lead;
	}
	CU_ASSERT(sum / 2000 > 25000 && sum / 2000 < 36000);
	for (i = 0; i < 1000; i++)
		lead = loop_lead_learn(lead, 400000);
	CU_ASSERT_EQUAL(lead, 150000);
	lead = loop_lead_learn(20000, 5000000);
	CU_ASSERT_EQUAL(lead, 20000);
	for (i = 0; i < 1000; i++)
		lead = loop_lead_learn(lead, 0);
	CU_ASSERT_EQUAL(lead, 0);
}

static void on_signal(void *arg, int sig, int sender)
{
	calls++;
	CU_ASSERT_EQUAL(sig, SIGUSR1);
	CU_ASSERT_EQUAL(sender, getpid());
	loop_stop(loop);
}

static void test_signals(void)
{
	static const int list[] = {SIGUSR1, 0};

	calls = 0;
	CU_ASSERT_EQUAL_FATAL(loop_signals(loop, list, on_signal, NULL), 0);
	kill(getpid(), SIGUSR1);
	CU_ASSERT_EQUAL(loop_run(loop), 0);
	CU_ASSERT_EQUAL(calls, 1);
}

static void accept_one(struct loop_watch *w, short revents)
{
	(void)revents;
	calls++;
	CU_ASSERT_FATAL(calls <= (int)(sizeof(order) / sizeof(order[0])));
	order[calls - 1] = loop_accept(w, 0);
	if (order[calls - 1] >= 0)
		loop_stop(loop);
}

static void run_for(uint64_t ns)
{
	calls = 0;
	loop_timer_set(loop, &t1, ns, stop_now, NULL);
	CU_ASSERT_EQUAL(loop_run(loop), 0);
}

/* Without a descriptor for who calls, the loop looks now and then, and takes the caller in the end. */
static void test_full(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(at);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), caller = socket(AF_UNIX, SOCK_STREAM, 0);
	struct rlimit was, none;

	CU_ASSERT_EQUAL_FATAL(bind(listener, (struct sockaddr *)&at, sizeof(at.sun_family)), 0);
	CU_ASSERT_EQUAL_FATAL(listen(listener, 1), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(listener, (struct sockaddr *)&at, &size), 0);
	CU_ASSERT_EQUAL_FATAL(connect(caller, (struct sockaddr *)&at, size), 0);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = (rlim_t)caller + 1;
	CU_ASSERT_EQUAL(loop_add(loop, &a, listener, POLLIN, accept_one, NULL), 0);

	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &none), 0);
	run_for(250000000);
	CU_ASSERT(calls >= 1 && calls <= 3);
	CU_ASSERT_EQUAL(order[0], -EMFILE);
	CU_ASSERT(calls < 2 || order[1] == -EAGAIN);
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &was), 0);
	run_for(10000000000);
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT(order[0] >= 0);
	close(order[0]);

	/* One that goes while it rests. */
	close(caller);
	caller = socket(AF_UNIX, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL_FATAL(connect(caller, (struct sockaddr *)&at, size), 0);
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &none), 0);
	run_for(10000000);
	CU_ASSERT_EQUAL(order[0], -EMFILE);
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &was), 0);
	loop_del(&a);
	run_for(250000000);
	CU_ASSERT_EQUAL(calls, 0);
	close(caller);
	close(listener);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"descriptor", test_descriptor},
		{"removal while served", test_removal},
		{"an edge", test_edge},
		{"many", test_many},
		{"timers fire in order", test_timers},
		{"a timer that is always due", test_restless},
		{"no timer fires early", test_not_early},
		{"how late the host is", test_lead},
		{"no descriptor for who calls", test_full},
		{"signals", test_signals},
		CU_TEST_INFO_NULL,
	};
	int failed;

	loop = loop_new();
	failed = run_suite("loop", NULL, NULL, tests);
	loop_free(loop);
	return failed;
}
