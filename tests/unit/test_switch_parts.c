// SPDX-License-Identifier: GPL-2.0
/* Parts of the switch: frames and their pool, the calendar, random numbers. */
#include <errno.h>
#include <string.h>
#include "calendar.h"
#include "packet.h"
#include "rng.h"
#include "suite.h"

static void test_packet(void)
{
	char a[10] = "0123456789", b[20] = "abcdefghijklmnopqrst", out[32];
	struct iovec iov[3] = {{a, 10}, {b, 0}, {b, 20}};
	struct packet p;

	CU_ASSERT_EQUAL(packet_init(&p, iov, 3, 31, NULL), -EINVAL);
	CU_ASSERT_EQUAL(packet_init(&p, iov, 3, PACKET_MAX + 1, NULL), -EMSGSIZE);
	CU_ASSERT_EQUAL_FATAL(packet_init(&p, iov, 3, 28, NULL), 0);
	CU_ASSERT_EQUAL(p.head_len, PACKET_HEAD);
	CU_ASSERT_EQUAL(memcmp(p.head, "0123456789abcdefgh", PACKET_HEAD), 0);
	packet_copy(&p, 8, out, 5);
	CU_ASSERT_EQUAL(memcmp(out, "89abc", 5), 0);
	packet_copy(&p, 27, out, 1);
	CU_ASSERT_EQUAL(out[0], 'r');
	CU_ASSERT_EQUAL_FATAL(packet_init(&p, iov, 1, 4, NULL), 0);
	CU_ASSERT_EQUAL(p.head_len, 4);
}

static void test_frames(void)
{
	char text[3000];
	struct iovec iov = {text, sizeof(text)};
	struct packet_meta meta = {.flags = META_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16};
	struct frame_pool pool;
	struct frame *f, *g;
	struct packet p, q;

	memset(text, 'x', sizeof(text));
	frame_pool_init(&pool, 2 * (uint64_t)PACKET_MAX + 1000);
	packet_init(&p, &iov, 1, sizeof(text), &meta);
	f = frame_from_packet(&pool, &p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	text[0] = 'y'; /* the frame is a copy */
	frame_packet(f, &q);
	CU_ASSERT_EQUAL(q.len, 3000);
	CU_ASSERT_EQUAL(q.head[0], 'x');
	CU_ASSERT_EQUAL(q.meta.csum_start, 34);
	g = frame_copy(f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	/* The limit holds, and counts. */
	CU_ASSERT_PTR_NULL(frame_from_packet(&pool, &p));
	CU_ASSERT_EQUAL(pool.refused, 1);
	CU_ASSERT_PTR_EQUAL(frame_get(g), g);
	frame_put(g);
	CU_ASSERT_EQUAL(pool.used, 2 * (uint64_t)PACKET_MAX);
	frame_put(g);
	frame_put(f);
	CU_ASSERT_EQUAL(pool.used, 0);
	/* What decided is kept, though its owner changed it behind our back. */
	packet_init(&p, &iov, 1, 100, NULL);
	text[0] = 'z';
	f = frame_from_packet(&pool, &p);
	CU_ASSERT_EQUAL(f->data[0], 'y');
	frame_put(f);
	frame_put(NULL);
	frame_pool_exit(&pool);
}

#define EVENTS 2000
static struct event events[EVENTS], *last;
static unsigned int calls;
static struct calendar *cal;

static void in_order(struct event *e, uint64_t now_ns)
{
	CU_ASSERT_EQUAL(now_ns, e->due_ns);
	CU_ASSERT_EQUAL(calendar_now(cal), now_ns);
	if (last) {
		CU_ASSERT(last->due_ns <= e->due_ns);
		if (last->due_ns == e->due_ns)
			CU_ASSERT(last->source < e->source ||
				  (last->source == e->source && last->seq < e->seq));
	}
	last = e;
	calls++;
}

static void test_calendar(void)
{
	struct rng r;
	unsigned int i, gone = 0;

	cal = calendar_new();
	CU_ASSERT_EQUAL(calendar_next(cal), CALENDAR_NEVER);
	rng_seed(&r, 1, "calendar");
	for (i = 0; i < EVENTS; i++)
		calendar_add(cal, &events[i], rng_below(&r, 300), (uint32_t)rng_below(&r, 4),
			     in_order, NULL);
	for (i = 0; i < EVENTS; i += 3, gone++)
		calendar_del(cal, &events[i]);
	calendar_del(cal, &events[0]);
	/* Moved, not doubled. */
	for (i = 1; i < EVENTS; i += 3)
		calendar_add(cal, &events[i], rng_below(&r, 500), 9, in_order, NULL);
	CU_ASSERT_EQUAL(calendar_run(cal, 1000, 10), 10);
	calendar_run(cal, 250, 0);
	CU_ASSERT(calendar_next(cal) > 250);
	CU_ASSERT_EQUAL(calendar_now(cal), 250);
	calendar_run(cal, 1000, 0);
	CU_ASSERT_EQUAL(calls, EVENTS - gone);
	CU_ASSERT_EQUAL(calendar_now(cal), 1000);
	/* The past means now. */
	calls = 0;
	last = NULL;
	calendar_add(cal, &events[0], 5, 0, in_order, NULL);
	CU_ASSERT_EQUAL(calendar_next(cal), 1000);
	calendar_run(cal, 1000, 0);
	CU_ASSERT_EQUAL(calls, 1);
	calendar_free(cal);
}

static void test_rng(void)
{
	struct rng a, b, c;
	unsigned int i, count[10] = {0}, same = 0;
	double sum = 0;

	rng_seed(&a, 42, "mx1/in");
	rng_seed(&b, 42, "mx1/in");
	rng_seed(&c, 42, "mx1/out");
	for (i = 0; i < 100; i++) {
		uint64_t n = rng_next(&a);

		CU_ASSERT_EQUAL(n, rng_next(&b));
		same += n == rng_next(&c);
	}
	CU_ASSERT_EQUAL(same, 0);
	for (i = 0; i < 100000; i++) {
		uint64_t n = rng_below(&a, 10);
		double u = rng_unit(&b);

		CU_ASSERT_FATAL(n < 10 && u >= 0 && u < 1);
		count[n]++;
		sum += u;
	}
	for (i = 0; i < 10; i++)
		CU_ASSERT(count[i] > 9600 && count[i] < 10400);
	CU_ASSERT(sum > 49500 && sum < 50500);
	CU_ASSERT_EQUAL(rng_below(&a, 0), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"packets", test_packet},     {"frames", test_frames}, {"calendar", test_calendar},
		{"random numbers", test_rng}, CU_TEST_INFO_NULL,
	};

	return run_suite("switch parts", NULL, NULL, tests);
}
