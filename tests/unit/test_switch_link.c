// SPDX-License-Identifier: GPL-2.0
/*
 * The link against link_model.h, a model without events: every arrival equal to the nanosecond,
 * over random settings and random traffic. What chance decided about each frame is learned from a
 * second link that has the same seed and name but neither rate nor queue, and is sent one frame at
 * a time: so the test also shows that chances do not depend on those.
 */
#include <stdarg.h>
#include "link_bench.h"
#include "link_model.h"
#include "suite.h"

#define FRAMES 2000
#define ROUNDS 150
#define SETTINGS_MAX 512

struct traffic {
	struct bench *b;
	struct model_frame *f;
	unsigned int n, next;
	uint32_t source;
	struct event e;
};

/* Frames come by events, too: before or behind the link's of the same moment, by their source. */
static void send_next(struct event *e, uint64_t now)
{
	struct traffic *t = e->arg;

	while (t->next < t->n && t->f[t->next].at_ns == now) {
		link_send(t->b->link, bench_frame(t->b, t->next, t->f[t->next].len));
		t->next++;
	}
	if (t->next < t->n)
		calendar_add(t->b->cal, e, t->f[t->next].at_ns, t->source, send_next, t);
}

static void run_traffic(struct bench *b, struct model_frame *f, unsigned int n, uint32_t source)
{
	struct traffic t = {.b = b, .f = f, .n = n, .source = source};

	calendar_add(b->cal, &t.e, f[0].at_ns, source, send_next, &t);
	while (calendar_next(b->cal) != CALENDAR_NEVER)
		calendar_run(b->cal, calendar_next(b->cal), 0);
	CU_ASSERT_EQUAL(t.next, n);
	bench_balance(b);
}

/* Copies, delay and order of each frame, from a link without rate and queue. */
static void learn(const char *settings, uint64_t seed, const char *name, struct model_frame *f,
		  unsigned int n)
{
	const uint64_t gap = 10000000000000ULL;
	struct bench b;
	unsigned int i, j;

	bench_open(&b, settings, seed, name, n);
	CU_ASSERT_EQUAL_FATAL(bench_set(&b, "rate=unlimited queue=unlimited"), 0);
	for (i = 0; i < n; i++) {
		f[i].copies = 0;
		f[i].ahead = false;
		bench_send(&b, i, f[i].len, (i + 1) * gap);
		f[i].ahead = b.told[LINK_REORDERED] > 0;
		b.told[LINK_REORDERED] = 0;
	}
	bench_run(&b, (i + 1) * gap);
	for (j = 0; j < b.arrivals; j++) {
		i = b.arrival[j].id;
		f[i].copies++;
		f[i].lag_ns = b.arrival[j].at_ns - (i + 1) * gap;
	}
	bench_close(&b);
}

/* Bursts of frames that come at the same moment, back to back, or with pauses between them. */
static void make_traffic(struct rng *r, struct model_frame *f, unsigned int n, uint64_t pause_ns)
{
	uint64_t now = rng_below(r, 1000);
	unsigned int i;

	for (i = 0; i < n; i++) {
		f[i].at_ns = now;
		f[i].len = 60 + (uint32_t)rng_below(r, rng_below(r, 10) ? 1455 : 8000);
		switch (rng_below(r, 8)) {
		case 0:
			break;
		case 1:
			now += pause_ns * 10;
			break;
		default:
			now += rng_below(r, pause_ns);
		}
	}
}

static int by_time(const void *a, const void *b)
{
	const struct bench_arrival *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->at_ns < y->at_ns ? -1 : x->at_ns > y->at_ns;
}

/* Number of arrivals that differ between the link and the model. */
static unsigned int differences(struct bench *b, const struct model_frame *f, unsigned int n)
{
	unsigned int i, c, at = 0, wrong = 0;

	qsort(b->arrival, b->arrivals, sizeof(*b->arrival), by_time);
	for (i = 0; i < n; i++)
		for (c = 0; c < f[i].arrived; c++, at++)
			wrong += at >= b->arrivals || b->arrival[at].id != i ||
				 b->arrival[at].at_ns != f[i].arrival_ns[c];
	return wrong + (at != b->arrivals);
}

static bool in_order(const struct bench *b)
{
	unsigned int i;

	for (i = 1; i < b->arrivals; i++)
		if (b->arrival[i].id < b->arrival[i - 1].id ||
		    b->arrival[i].at_ns < b->arrival[i - 1].at_ns)
			return false;
	return true;
}

static void put(char *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds to a text of SETTINGS_MAX bytes. */
static void put(char *out, const char *fmt, ...)
{
	size_t used = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + used, SETTINGS_MAX - used, fmt, ap);
	va_end(ap);
}

/* Settings that are switched on by lot. */
static void make_settings(struct rng *r, char *out, bool *reorder)
{
	static const char *const kinds[] = {"", "/normal", "/pareto"};

	*out = 0;
	put(out, "delay=%uus ", (unsigned int)rng_below(r, 3) * 12345);
	if (rng_below(r, 2))
		put(out, "jitter=%uns%s ", 1 + (unsigned int)rng_below(r, 20000000),
		    kinds[rng_below(r, 3)]);
	if (rng_below(r, 3))
		put(out, "%s ", rng_below(r, 2) ? "loss=7%" : "burst=3%/30%/90%/1%");
	if (rng_below(r, 2))
		put(out, "duplicate=5%% ");
	if (rng_below(r, 2))
		put(out, "corrupt=10%% ");
	*reorder = rng_below(r, 3) == 0;
	if (*reorder)
		put(out, "reorder=10%% ");
	if (rng_below(r, 4)) /* odd ones: fractions of a nanosecond */
		put(out, "rate=%ubit/%u ",
		    (64001 + (unsigned int)rng_below(r, 64000)) << rng_below(r, 11),
		    (unsigned int)rng_below(r, 25));
	if (rng_below(r, 2))
		put(out, "queue=%u%s ", 1 + (unsigned int)rng_below(r, 40),
		    rng_below(r, 2) ? "p" : "KiB");
	if (rng_below(r, 4) == 0)
		put(out, "mtu=%u ", 1000 + (unsigned int)rng_below(r, 600));
}

static void equals_model(void)
{
	static struct model_frame f[FRAMES];
	unsigned int round, arrivals = 0, refused = 0, ahead = 0, wrong = 0, i, n;
	char settings[SETTINGS_MAX];
	struct link_spec spec;
	struct bench b;
	struct rng r;
	uint64_t pause;
	bool reorder;

	rng_seed(&r, 1, "equals_model");
	for (round = 0; round < ROUNDS; round++) {
		make_settings(&r, settings, &reorder);
		CU_ASSERT_EQUAL_FATAL(link_parse(&spec, settings, NULL, 0), 0);
		pause = spec.rate_bps
				? 700ULL * 1000000000 / spec.rate_bps * (3 + rng_below(&r, 10))
				: 1000 + rng_below(&r, 3000000);
		make_traffic(&r, f, FRAMES, pause);
		learn(settings, round, "l", f, FRAMES);
		model_run(&spec, f, FRAMES);
		bench_open(&b, settings, round, "l", FRAMES);
		run_traffic(&b, f, FRAMES, rng_below(&r, 2) ? 1 : 9);
		CU_ASSERT(reorder || in_order(&b));
		for (i = 0; i < FRAMES; i++) {
			refused += f[i].refused;
			ahead += f[i].ahead && f[i].arrived;
		}
		arrivals += b.arrivals;
		n = differences(&b, f, FRAMES);
		if (n)
			printf("\n  round %u (%s): %u of %u differ", round, settings, n,
			       b.arrivals);
		wrong += n;
		bench_close(&b);
	}
	printf("\n  %u arrivals, %u queue drops, %u ahead, %u differ\n", arrivals, refused, ahead,
	       wrong);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(arrivals > 200000 && refused > 10000 && ahead > 1000);
}

/* CoDel against the RFC's pseudocode in floating point. */
static void equals_codel(void)
{
	static struct model_frame f[FRAMES];
	unsigned int round, wrong = 0, refused = 0, i;
	char settings[128];
	struct link_spec spec;
	struct bench b;
	struct rng r;

	rng_seed(&r, 2, "equals_codel");
	for (round = 0; round < 60; round++) {
		uint64_t rate = 500000 + rng_below(&r, 20000000);
		/* from half of the load that the rate carries to twice as much */
		uint64_t pause = 700ULL * 1000000000 / rate * (3 + rng_below(&r, 10));

		snprintf(settings, sizeof(settings), "rate=%llubit queue=unlimited/codel:%ums:%ums",
			 (unsigned long long)rate, 1 + (unsigned int)rng_below(&r, 10),
			 20 + (unsigned int)rng_below(&r, 100));
		CU_ASSERT_EQUAL_FATAL(link_parse(&spec, settings, NULL, 0), 0);
		make_traffic(&r, f, FRAMES, pause);
		model_codel_run(&spec, f, FRAMES);
		bench_open(&b, settings, 1, "l", FRAMES);
		run_traffic(&b, f, FRAMES, rng_below(&r, 2) ? 1 : 9);
		for (i = 0; i < FRAMES; i++)
			refused += f[i].refused;
		wrong += differences(&b, f, FRAMES);
		bench_close(&b);
	}
	printf("\n  %u CoDel drops, %u differ\n", refused, wrong);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(refused > 1000);
}

/* Exactly bits / rate, whatever the rate, over 10 s; and a delay changes nothing but the time. */
static void rate_is_exact(void)
{
	static const uint64_t rates[] = {64000,   100000,  256001,   1000000,  1544000,
					 2048000, 7654321, 10000000, 99999999, 100000000};
	unsigned int i, j, n, half;
	uint64_t bits, last, sent;
	char settings[64];
	struct bench b;

	for (i = 0; i < 2 * sizeof(rates) / sizeof(*rates); i++) {
		uint64_t rate = rates[i / 2], delay = i % 2 ? 300000000 : 0;

		snprintf(settings, sizeof(settings), "rate=%llubit delay=%lluns",
			 (unsigned long long)rate, (unsigned long long)delay);
		n = (unsigned int)(10 * rate / 12000) + 1;
		bench_open(&b, settings, 1, "l", n);
		for (j = 0; j < n; j++)
			bench_send(&b, j, 1500, 0);
		bench_run(&b, 10000000000ULL + delay);
		/* in 10 s: all whole frames that fit */
		CU_ASSERT_EQUAL(b.arrivals, 10 * rate / 12000);
		bits = 12000ULL * b.arrivals;
		last = b.arrival[b.arrivals - 1].at_ns - delay;
		CU_ASSERT_EQUAL(last,
				(uint64_t)(((model_time)bits * 1000000000 + rate - 1) / rate));
		/* and within any half */
		half = b.arrivals / 2;
		sent = b.arrival[b.arrivals - 1].at_ns - b.arrival[half].at_ns;
		CU_ASSERT(fabs(12000e9 * (b.arrivals - 1 - half) / (double)sent / (double)rate -
			       1) < 1e-6);
		bench_close(&b);
	}
}

/*
 * Frames that come at the very moment at which others leave, by fractions of a nanosecond and with
 * a queue that is full until then, before or behind the link's events of that moment.
 */
static void same_moment(void)
{
	static struct model_frame f[300];
	unsigned int round, i, wrong = 0, refused = 0;
	struct link_spec spec;
	char settings[64];
	struct bench b;
	struct rng r;

	rng_seed(&r, 3, "same_moment");
	for (round = 0; round < 40; round++) {
		snprintf(settings, sizeof(settings), "rate=%ubit queue=%up",
			 7000000 + (unsigned int)rng_below(&r, 1000000), 1 + round % 3);
		CU_ASSERT_EQUAL_FATAL(link_parse(&spec, settings, NULL, 0), 0);
		memset(f, 0, sizeof(f));
		for (i = 0; i < 300; i++) {
			unsigned int back = 1 + (unsigned int)rng_below(&r, 4);

			f[i].len = 60 + (uint32_t)rng_below(&r, 100);
			f[i].copies = 1;
			if (!i)
				continue;
			/* When one of the last ones leaves, or with the one before. */
			f[i].at_ns = f[i - 1].at_ns;
			model_run(&spec, f, i);
			if (i >= back && f[i - back].arrived &&
			    f[i - back].arrival_ns[0] > f[i].at_ns)
				f[i].at_ns = f[i - back].arrival_ns[0];
		}
		model_run(&spec, f, 300);
		bench_open(&b, settings, 1, "l", 300);
		run_traffic(&b, f, 300, round % 2 ? 1 : 9);
		for (i = 0; i < 300; i++)
			refused += f[i].refused;
		wrong += differences(&b, f, 300);
		bench_close(&b);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(refused > 500);
}

/* A new rate holds for frames that wait, not for the one that is being sent. */
static void rate_changes(void)
{
	struct bench b;
	unsigned int i;

	bench_open(&b, "rate=8kbit", 1, "l", 10);
	for (i = 0; i < 4; i++)
		bench_send(&b, i, 1000, 0); /* 1 s each */
	bench_run(&b, 1500000000);
	CU_ASSERT_EQUAL(bench_set(&b, "rate=80kbit"), 0);
	bench_run(&b, 10000000000);
	CU_ASSERT_EQUAL_FATAL(b.arrivals, 4);
	CU_ASSERT_EQUAL(b.arrival[0].at_ns, 1000000000);
	CU_ASSERT_EQUAL(b.arrival[1].at_ns, 2000000000);
	CU_ASSERT_EQUAL(b.arrival[2].at_ns, 2100000000);
	CU_ASSERT_EQUAL(b.arrival[3].at_ns, 2200000000);
	/* Without a limit what waits goes at once, behind the one in the transmitter. */
	bench_set(&b, "rate=8kbit");
	for (i = 4; i < 7; i++)
		bench_send(&b, i, 1000, 10000000000);
	bench_set(&b, "rate=unlimited");
	bench_send(&b, 7, 1000, 10000000001);
	bench_run(&b, 20000000000);
	CU_ASSERT_EQUAL_FATAL(b.arrivals, 8);
	for (i = 4; i < 8; i++) {
		CU_ASSERT_EQUAL(b.arrival[i].at_ns, 11000000000);
		CU_ASSERT_EQUAL(b.arrival[i].id, i);
	}
	CU_ASSERT(link_stats(b.link)->queue_packets == 0);
	bench_balance(&b);
	bench_close(&b);
	/* 8000 bits at 3 kbit/s end within a nanosecond; the next begins with the one behind it. */
	bench_open(&b, "rate=3kbit", 1, "l", 2);
	bench_send(&b, 0, 1000, 0);
	bench_send(&b, 1, 1000, 0);
	bench_set(&b, "rate=7kbit");
	bench_run(&b, 10000000000);
	CU_ASSERT_EQUAL_FATAL(b.arrivals, 2);
	CU_ASSERT_EQUAL(b.arrival[0].at_ns, 2666666667);
	CU_ASSERT_EQUAL(b.arrival[1].at_ns, 2666666667 + 1142857143);
	bench_close(&b);
}

static void shorten_and_send(struct event *e, uint64_t now)
{
	struct bench *b = e->arg;

	bench_set(b, "delay=0ms");
	link_send(b->link, bench_frame(b, 1, 100));
}

/* Two of one moment: the one that was sent first is first, even if the second has no delay. */
static void no_overtaking(void)
{
	struct event e = {0};
	struct bench b;

	bench_open(&b, "delay=1ms", 1, "l", 2);
	bench_send(&b, 0, 100, 0);
	calendar_add(b.cal, &e, 1000000, BENCH_SOURCE - 1, shorten_and_send, &b);
	bench_run(&b, 2000000);
	CU_ASSERT_EQUAL_FATAL(b.arrivals, 2);
	CU_ASSERT(in_order(&b));
	CU_ASSERT_EQUAL(b.arrival[1].at_ns, 1000000);
	bench_close(&b);
}

/* A shorter delay does not let frames overtake; in flight keeps its time. */
static void delay_changes(void)
{
	struct bench b;

	bench_open(&b, "delay=100ms", 1, "l", 4);
	bench_send(&b, 0, 100, 0);
	bench_set(&b, "delay=1ms");
	bench_send(&b, 1, 100, 1000000);
	bench_send(&b, 2, 100, 99500000);
	bench_run(&b, 1000000000);
	CU_ASSERT_EQUAL_FATAL(b.arrivals, 3);
	CU_ASSERT_EQUAL(b.arrival[0].id, 0);
	CU_ASSERT_EQUAL(b.arrival[0].at_ns, 100000000);
	CU_ASSERT_EQUAL(b.arrival[1].id, 1);
	CU_ASSERT_EQUAL(b.arrival[1].at_ns, 100000000);
	CU_ASSERT_EQUAL(b.arrival[2].at_ns, 100500000);
	bench_close(&b);
}

/*
 * Settings that change at any time, in the middle of everything: nothing gets lost unaccounted,
 * nothing overtakes, nothing arrives before it was sent.
 */
static void changes_at_random(void)
{
	static uint64_t sent_ns[FRAMES];
	unsigned int round, i, early = 0, unordered = 0;
	char settings[SETTINGS_MAX];
	struct bench b;
	struct rng r;
	uint64_t time;
	bool reorder;

	rng_seed(&r, 4, "changes");
	for (round = 0; round < 100; round++) {
		bool ever = false;

		bench_open(&b, NULL, round, "l", FRAMES);
		for (i = 0, time = 0; i < FRAMES; i++) {
			if (!rng_below(&r, 20)) {
				make_settings(&r, settings, &reorder);
				/* In half of the rounds there is order all the time. */
				if (reorder && round % 2)
					put(settings, "perfect");
				else if (rng_below(&r, 4) == 0)
					snprintf(settings, sizeof(settings), "%s",
						 rng_below(&r, 3) ? "up rate=unlimited" : "down");
				else
					ever = ever || reorder;
				if (strstr(settings, "perfect"))
					snprintf(settings, sizeof(settings), "perfect");
				CU_ASSERT_EQUAL(bench_set(&b, settings), 0);
			}
			sent_ns[i] = time;
			bench_send(&b, i, 60 + (uint32_t)rng_below(&r, 1455), time);
			time += rng_below(&r, 2) ? 0 : rng_below(&r, 2000000);
			if (i % 100 == 0)
				bench_balance(&b);
		}
		if (round % 4 == 0) { /* or the link ends with all that it holds */
			while (calendar_next(b.cal) != CALENDAR_NEVER)
				bench_run(&b, calendar_next(b.cal));
			CU_ASSERT_EQUAL(link_stats(b.link)->in_flight, 0);
			CU_ASSERT_EQUAL(link_stats(b.link)->queue_bytes, 0);
			bench_balance(&b);
		}
		for (i = 0; i < b.arrivals; i++)
			early += b.arrival[i].at_ns < sent_ns[b.arrival[i].id];
		unordered += !ever && !in_order(&b);
		bench_close(&b);
	}
	CU_ASSERT_EQUAL(early, 0);
	CU_ASSERT_EQUAL(unordered, 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"equals the model to the nanosecond", equals_model},
		{"CoDel equals RFC 8289's pseudocode", equals_codel},
		{"rate is exact", rate_is_exact},
		{"same moment", same_moment},
		{"no overtaking", no_overtaking},
		{"rate changes", rate_changes},
		{"delay changes", delay_changes},
		{"changes at random", changes_at_random},
		CU_TEST_INFO_NULL,
	};

	return run_suite("link, times", NULL, NULL, tests);
}
