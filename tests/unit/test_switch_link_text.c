// SPDX-License-Identifier: GPL-2.0
/* Settings of links: as text and back, errors that help, merging, and what down, MTU and limits do. */
#include <errno.h>
#include "link_bench.h"
#include "suite.h"

#define ALL 0x7ff

static int parse(struct link_spec *spec, const char *text)
{
	char err[256] = "";
	int ret = link_parse(spec, text, err, sizeof(err));

	if (ret < 0)
		printf("\n  %s\n", err);
	return ret;
}

static void values(void)
{
	struct link_spec s;

	CU_ASSERT_EQUAL(parse(&s,
			      "delay=40ms jitter=5ms/normal loss=0.5% duplicate=0.1% "
			      "corrupt=0.01% reorder=1% rate=2Mbit/24 queue=64KiB mtu=1400 down"),
			0);
	CU_ASSERT_EQUAL(s.set, ALL & ~LINK_SET_BURST);
	CU_ASSERT_EQUAL(s.delay_ns, 40000000);
	CU_ASSERT_EQUAL(s.jitter_ns, 5000000);
	CU_ASSERT_EQUAL(s.jitter_kind, LINK_JITTER_NORMAL);
	CU_ASSERT_EQUAL(s.loss, 0.005);
	CU_ASSERT_EQUAL(s.duplicate, 0.001);
	CU_ASSERT_EQUAL(s.corrupt, 0.0001);
	CU_ASSERT_EQUAL(s.reorder, 0.01);
	CU_ASSERT_EQUAL(s.rate_bps, 2000000);
	CU_ASSERT_EQUAL(s.overhead, 24);
	CU_ASSERT_EQUAL(s.queue_bytes, 65536);
	CU_ASSERT_EQUAL(s.queue_packets, 0);
	CU_ASSERT_EQUAL(s.mtu, 1400);
	CU_ASSERT(s.down);
	CU_ASSERT_EQUAL(parse(&s, "burst=1%/25%\tqueue=100p/codel\n delay=1.5us rate=1.25Gbit"), 0);
	CU_ASSERT_EQUAL(s.burst_enter, 0.01);
	CU_ASSERT_EQUAL(s.burst_leave, 0.25);
	CU_ASSERT_EQUAL(s.burst_loss_bad, 1);
	CU_ASSERT_EQUAL(s.burst_loss_good, 0);
	CU_ASSERT_EQUAL(s.queue_packets, 100);
	CU_ASSERT_EQUAL(s.queue_kind, LINK_QUEUE_CODEL);
	CU_ASSERT_EQUAL(s.codel_target_ns, 5000000);
	CU_ASSERT_EQUAL(s.codel_interval_ns, 100000000);
	CU_ASSERT_EQUAL(s.delay_ns, 1500);
	CU_ASSERT_EQUAL(s.rate_bps, 1250000000);
	CU_ASSERT_EQUAL(parse(&s, "jitter=3s/table:pareto"), 0);
	CU_ASSERT_EQUAL(s.jitter_kind, LINK_JITTER_TABLE);
	CU_ASSERT_STRING_EQUAL(s.table, "pareto");
	CU_ASSERT_EQUAL(parse(&s, "up"), 0);
	CU_ASSERT_EQUAL(s.set, LINK_SET_STATE);
	CU_ASSERT(!s.down);
	CU_ASSERT_EQUAL(parse(&s, "perfect"), 0);
	CU_ASSERT_EQUAL(s.set, ALL);
}

/* Every text is printed as the second one, which is read back to the same settings. */
static void round_trips(void)
{
	static const char *const t[][2] = {
		{"delay=40ms", "delay=40ms"},
		{"delay=1500000ns", "delay=1500us"},
		{"delay=0.001s loss=0%", "delay=1ms loss=0%"},
		{"delay=0s", "delay=0ns"},
		{"jitter=5ms/uniform", "jitter=5ms"},
		{"jitter=5ms/pareto delay=2s", "delay=2s jitter=5ms/pareto"},
		{"jitter=5ms/table:/a/b", "jitter=5ms/table:/a/b"},
		{"loss=33.333333333333%", "loss=33.333333333333%"},
		{"loss=0.000000000001%", "loss=0.000000000001%"},
		{"loss=100%", "loss=100%"},
		{"burst=1%/25%/100%/0%", "burst=1%/25%"},
		{"burst=1%/25%/90%", "burst=1%/25%/90%"},
		{"burst=1%/25%/100%/2%", "burst=1%/25%/100%/2%"},
		{"rate=64kbit/24", "rate=64kbit/24"},
		{"rate=1500kbit", "rate=1500kbit"},
		{"rate=1.5Mbit", "rate=1500kbit"},
		{"rate=unlimited", "rate=unlimited"},
		{"queue=64KiB", "queue=64KiB"},
		{"queue=1500B", "queue=1500B"},
		{"queue=100p/codel", "queue=100p/codel"},
		{"queue=1MiB,50p/codel:1ms:20ms", "queue=1MiB,50p/codel:1ms:20ms"},
		{"queue=50p,1MiB", "queue=1MiB,50p"},
		{"queue=unlimited/codel", "queue=unlimited/codel"},
		{"queue=unlimited", "queue=unlimited"},
		{"mtu=unlimited up", "mtu=unlimited up"},
		{"down mtu=576", "mtu=576 down"},
		{"perfect", "perfect"},
		{"perfect loss=3% down", "perfect loss=3% down"},
	};
	struct link_spec s, back;
	char out[512];
	unsigned int i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		CU_ASSERT_EQUAL(parse(&s, t[i][0]), 0);
		link_print(&s, out, sizeof(out));
		CU_ASSERT_STRING_EQUAL(out, t[i][1]);
		CU_ASSERT_EQUAL(parse(&back, out), 0);
		CU_ASSERT_EQUAL(memcmp(&s, &back, sizeof(s)), 0);
	}
	/* A short buffer is filled, and ended. */
	memset(out, 'x', sizeof(out));
	CU_ASSERT_EQUAL(parse(&s, "delay=40ms loss=1%"), 0);
	link_print(&s, out, 6);
	CU_ASSERT_STRING_EQUAL(out, "delay");
	CU_ASSERT_EQUAL(out[6], 'x');
}

/* An error names the word and what would be right. */
static void errors(void)
{
	static const char *const t[][3] = {
		{"delay=40", "delay=40", "ns, us, ms or s"},
		{"delay=40min", "delay=40min", "'min'"},
		{"delay=ms", "delay=ms", "40ms"},
		{"delay=-1ms", "delay=-1ms", "no number"},
		{"delay=1.5ns", "delay=1.5ns", "finer than 1ns"},
		{"delay=1e3ms", "delay=1e3ms", "unit"},
		{"delay=2000000s", "delay=2000000s", "at most"},
		{"delay=99999999999999999999s", "delay=9", "18 digits"},
		{"delay=1..5ms", "delay=1..5ms", "unit"},
		{"delay", "delay", "for example delay=40ms"},
		{"delay=", "delay=", "for example delay=40ms"},
		{"delay=1ms delay=2ms", "delay=2ms", "already"},
		{"dealy=40ms", "dealy=40ms", "did you mean delay"},
		{"los=1%", "los=1%", "did you mean loss"},
		{"queu=1p", "queu=1p", "did you mean queue"},
		{"col\033[1mour=red", "col?[1mour=red", "say delay, jitter"},
		{"colour=red", "colour=red", "say delay, jitter"},
		{"jitter=5ms/gauss", "jitter=5ms/gauss", "uniform, normal, pareto"},
		{"jitter=5ms/table:", "jitter=5ms/table:", "1 to 63"},
		{"loss=0.5", "loss=0.5", "percent"},
		{"loss=101%", "loss=101%", "more than 100%"},
		{"loss=nan%", "loss=nan%", "percent"},
		{"loss=0.1234567890123%", "loss=0.1", "12 digits"},
		{"burst=1%", "burst=1%", "ENTER/LEAVE"},
		{"burst=1%/2%/3%/4%/5%", "burst=1%", "ENTER/LEAVE"},
		{"loss=1% burst=1%/2%", "loss=1% burst", "exclude"},
		{"rate=2", "rate=2", "Mbit"},
		{"rate=2mbit", "rate=2mbit", "Mbit"},
		{"rate=0bit", "rate=0bit", "rate=unlimited"},
		{"rate=1Mbit/24B", "rate=1Mbit/24B", "in bytes"},
		{"rate=1Mbit/70000", "rate=1Mbit/70000", "at most 65535"},
		{"queue=64", "queue=64", "KiB"},
		{"queue=64KB", "queue=64KB", "KiB"},
		{"queue=0p", "queue=0p", "queue=unlimited"},
		{"queue=1p,2p", "queue=1p,2p", "one in bytes"},
		{"queue=1.5p", "queue=1.5p", "finer than 1p"},
		{"queue=1p/red", "queue=1p/red", "codel"},
		{"queue=1p/codel:5ms", "queue=1p/codel:5ms", "TARGET:INTERVAL"},
		{"queue=1p/codel:5ms:5s", "queue=1p/codel:5ms:5s", "at most 4s"},
		{"queue=1p/codel:0ms:5ms", "queue=1p/codel", "1ns or more"},
		{"mtu=0", "mtu=0", "mtu=unlimited"},
		{"mtu=1400B", "mtu=1400B", "in bytes"},
		{"up down", "down", "once"},
		{"up=1", "up=1", "setting 'up'"},
		{"loss=1% perfect", "perfect", "first"},
		{"", "link", "delay=40ms"},
		{"  ", "  ", "delay=40ms"},
	};
	char err[256], longest[2000];
	struct link_spec s;
	unsigned int i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		err[0] = 0;
		CU_ASSERT_EQUAL(link_parse(&s, t[i][0], err, sizeof(err)), -EINVAL);
		if (strncmp(err, t[i][1], strlen(t[i][1])) != 0 || !strstr(err, t[i][2]))
			printf("\n  '%s': %s\n", t[i][0], err);
		CU_ASSERT_EQUAL(strncmp(err, t[i][1], strlen(t[i][1])), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(err, t[i][2]));
	}
	memset(longest, ' ', sizeof(longest));
	longest[sizeof(longest) - 1] = 0;
	CU_ASSERT_EQUAL(link_parse(&s, longest, err, sizeof(err)), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "1023"));
	memset(longest, 'x', 1000);
	longest[1000] = 0;
	CU_ASSERT_EQUAL(link_parse(&s, longest, err, 8), -EINVAL);
	CU_ASSERT_EQUAL(strlen(err), 7);
}

static void is(struct bench *b, const char *settings, const char *want)
{
	char out[512];

	CU_ASSERT_EQUAL(bench_set(b, settings), 0);
	link_print(link_get(b->link), out, sizeof(out));
	CU_ASSERT_STRING_EQUAL(out, want);
}

static void merges(void)
{
	struct link_spec bad = {.set = LINK_SET_LOSS, .loss = 1.5};
	struct link_spec more = {.set = LINK_SET_LOSS, .burst_enter = 0.5, .mtu = 5};
	struct bench b;

	bench_open(&b, NULL, 1, "l", 0);
	CU_ASSERT(link_is_perfect(b.link));
	is(&b, "delay=40ms loss=1%", "delay=40ms loss=1%");
	is(&b, "rate=1Mbit", "delay=40ms loss=1% rate=1Mbit");
	is(&b, "burst=1%/25%", "delay=40ms burst=1%/25% rate=1Mbit");
	is(&b, "loss=2%", "delay=40ms loss=2% rate=1Mbit");
	is(&b, "delay=0ms loss=0% down", "rate=1Mbit down");
	is(&b, "up queue=10p/codel", "rate=1Mbit queue=10p/codel");
	is(&b, "rate=2Mbit/4 jitter=1ms/normal", "jitter=1ms/normal rate=2Mbit/4 queue=10p/codel");
	is(&b, "jitter=2ms", "jitter=2ms rate=2Mbit/4 queue=10p/codel");
	CU_ASSERT_EQUAL(link_set(b.link, &bad), -EINVAL);
	bad.loss = 0.0 / 0.0;
	CU_ASSERT_EQUAL(link_set(b.link, &bad), -EINVAL);
	is(&b, "up", "jitter=2ms rate=2Mbit/4 queue=10p/codel");
	CU_ASSERT_EQUAL(link_set(b.link, &more), 0); /* only what is named counts */
	is(&b, "up", "jitter=2ms rate=2Mbit/4 queue=10p/codel");
	is(&b, "perfect mtu=1400", "mtu=1400");
	CU_ASSERT(!link_is_perfect(b.link));
	is(&b, "perfect", "perfect");
	CU_ASSERT(link_is_perfect(b.link));
	is(&b, "queue=10p", "queue=10p"); /* of no effect without a rate */
	CU_ASSERT(link_is_perfect(b.link));
	bench_close(&b);
}

/* A link that still holds frames is not perfect: they would be overtaken. */
static void perfect_again(void)
{
	struct bench b;

	bench_open(&b, "delay=1ms", 1, "l", 2);
	bench_send(&b, 0, 60, 0);
	bench_set(&b, "perfect");
	CU_ASSERT(!link_is_perfect(b.link));
	bench_send(&b, 1, 60, 500000);
	CU_ASSERT_EQUAL(b.arrivals, 0);
	bench_run(&b, 1000000);
	CU_ASSERT_EQUAL_FATAL(b.arrivals, 2);
	CU_ASSERT_EQUAL(b.arrival[1].id, 1);
	CU_ASSERT_EQUAL(b.arrival[1].at_ns, 1000000);
	CU_ASSERT(link_is_perfect(b.link));
	bench_close(&b);
}

/* Down drops what comes; what is on its way arrives. */
static void down(void)
{
	struct bench b;

	bench_open(&b, "delay=1ms rate=8Mbit", 1, "l", 4);
	bench_send(&b, 0, 1000, 0);
	bench_send(&b, 1, 1000, 0);
	bench_set(&b, "down");
	bench_send(&b, 2, 1000, 100);
	bench_run(&b, 100000000);
	bench_set(&b, "up");
	bench_send(&b, 3, 1000, 100000000);
	bench_run(&b, 200000000);
	CU_ASSERT_EQUAL_FATAL(b.arrivals, 3);
	CU_ASSERT_EQUAL(b.arrival[1].at_ns, 3000000);
	CU_ASSERT_EQUAL(b.arrival[2].id, 3);
	CU_ASSERT_EQUAL(b.fate[2], LINK_DOWN);
	bench_balance(&b);
	bench_close(&b);
}

/* The MTU is behind the Ethernet header, and a tag. */
static void mtu(void)
{
	static const uint8_t tag[2] = {0x81, 0x00}, outer[2] = {0x88, 0xa8};
	struct frame *f;
	struct bench b;
	unsigned int i;

	bench_open(&b, "mtu=1400", 1, "l", 8);
	bench_send(&b, 0, 1414, 0);
	bench_send(&b, 1, 1415, 0);
	for (i = 2; i < 6; i++) {
		f = bench_frame(&b, i, 1416 + i);
		memcpy(f->data + 12, i % 2 ? tag : outer, 2);
		link_send(b.link, f);
	}
	CU_ASSERT_EQUAL(b.fate[1], LINK_TOO_LONG);
	CU_ASSERT_EQUAL(b.told[LINK_TOO_LONG], 4); /* 1, and 3 to 5 */
	CU_ASSERT_EQUAL(b.arrivals, 2);
	CU_ASSERT_EQUAL(b.arrival[1].id, 2);
	bench_close(&b);
}

/* Limits of the queue, by bytes and by packets; the frame in the transmitter is outside. */
static void limits(void)
{
	struct bench b;
	unsigned int i;

	bench_open(&b, "rate=8kbit queue=2p", 1, "l", 20);
	for (i = 0; i < 4; i++)
		bench_send(&b, i, 100, 0);
	CU_ASSERT_EQUAL(link_stats(b.link)->queue_packets, 2);
	CU_ASSERT_EQUAL(link_stats(b.link)->queue_bytes, 200);
	CU_ASSERT_EQUAL(b.fate[3], LINK_QUEUE_FULL);
	bench_run(&b, 10000000000);
	CU_ASSERT_EQUAL(b.arrivals, 3);
	bench_set(&b, "queue=250B");
	for (i = 4; i < 8; i++)
		bench_send(&b, i, 100, 10000000000);
	CU_ASSERT_EQUAL(b.fate[7], LINK_QUEUE_FULL);
	bench_send(&b, 8, 50, 10000000000); /* a smaller one fits */
	CU_ASSERT_EQUAL(link_stats(b.link)->queue_bytes, 250);
	CU_ASSERT_EQUAL(link_stats(b.link)->queue_bytes_max, 250);
	CU_ASSERT_EQUAL(link_stats(b.link)->queue_packets_max, 3);
	bench_run(&b, 20000000000);
	/* An idle link takes a frame that the queue would not. */
	bench_send(&b, 9, 1000, 20000000000);
	bench_run(&b, 30000000000);
	CU_ASSERT_EQUAL(b.arrivals, 8);
	bench_balance(&b);
	link_stats_reset(b.link);
	CU_ASSERT_EQUAL(link_stats(b.link)->frames, 0);
	CU_ASSERT_EQUAL(link_stats(b.link)->queue_packets_max, 0);
	bench_close(&b);
}

/* A link that goes takes what it holds with it; and it holds only so much. */
static void ends(void)
{
	struct frame *f;
	struct bench b;
	unsigned int i;

	bench_open(&b, "delay=10ms rate=1Mbit", 1, "l", 100);
	for (i = 0; i < 50; i++)
		bench_send(&b, i, 1000, 0);
	bench_run(&b, 20000000);
	CU_ASSERT(link_stats(b.link)->queue_packets > 10 && link_stats(b.link)->in_flight == 2);
	bench_close(&b);

	bench_open(&b, "delay=10ms", 1, "l", 1);
	f = bench_frame(&b, 0, 60);
	for (i = 0; i < 262144 + 10; i++)
		link_send(b.link, frame_get(f));
	frame_put(f);
	CU_ASSERT_EQUAL(b.told[LINK_NO_MEMORY], 10);
	bench_run(&b, 10000000);
	CU_ASSERT_EQUAL(b.arrivals, 262144);
	bench_close(&b);
}

static void names(void)
{
	unsigned int i, j;

	for (i = 0; i < LINK_FATES; i++)
		for (j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(link_fate_name(i), link_fate_name(j));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"values", values},
		{"round trips", round_trips},
		{"errors", errors},
		{"merges", merges},
		{"perfect again", perfect_again},
		{"down", down},
		{"mtu", mtu},
		{"limits", limits},
		{"ends", ends},
		{"names", names},
		CU_TEST_INFO_NULL,
	};

	return run_suite("link, settings", NULL, NULL, tests);
}
