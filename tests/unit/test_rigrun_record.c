// SPDX-License-Identifier: GPL-2.0
/* What is kept of a run: numbers in outputs, bounds, what is refused, memory that runs out. */
#include <errno.h>
#include <math.h>
#include "failing_malloc.h"
#include "number.h"
#include "order.h"
#include "rigrun_case.h"
#include "suite.h"

static const char rig[] = "node a\nnode b\nlink a b\n"
			  "every 1s sample a q ls\nevery 1s sample b q ls\nat 1s run a ls as=p\n"
			  "at 2s run a ls as=q\nevery 1s sample a->b";

static void numbers(void)
{
	static const struct {
		const char *text;
		double number;
		enum rig_unit unit;
	} good[] = {
		{"5", 5, RIG_UNIT_NONE},
		{"-5\n", -5, RIG_UNIT_NONE},
		{"queue: 12 of 40", 12, RIG_UNIT_NONE},
		{"eth0: 7 packets", 7, RIG_UNIT_NONE},
		{"a_1 b1 \xc3\xa4"
		 "1 2",
		 2, RIG_UNIT_NONE},
		{"rtt=40.5", 40.5, RIG_UNIT_NONE},
		{"v1.2 done.6", 6, RIG_UNIT_NONE},
		{"\033[1;31m12\033[0m", 12, RIG_UNIT_NONE},
		{"3-4", 3, RIG_UNIT_NONE},
		{"x-4", 4, RIG_UNIT_NONE},
		{"(-4)", -4, RIG_UNIT_NONE},
		{"1.5e-3 x", 0.0015, RIG_UNIT_NONE},
		{"2E2", 200, RIG_UNIT_NONE},
		{"0x1f", 0, RIG_UNIT_NONE},
		{"10.0.0.1", 10, RIG_UNIT_NONE},
		{"5.", 5, RIG_UNIT_NONE},
		{"20ms", 0.02, RIG_UNIT_SECONDS},
		{"it took 1h30m.", 5400, RIG_UNIT_SECONDS},
		{"0.123456789012345ms", 0.123456789012345e-3, RIG_UNIT_SECONDS},
		{"1e3s", 1000, RIG_UNIT_SECONDS},
		{"-64KiB", -65536, RIG_UNIT_BYTES},
		{"2Mbit/s", 2000000, RIG_UNIT_BITS},
		{"97.5% full", 97.5, RIG_UNIT_PERCENT},
		{"33.333333333333333333333%", 33.333333333333333, RIG_UNIT_PERCENT},
		{"5 ms", 5, RIG_UNIT_NONE},
		{"5packets", 5, RIG_UNIT_NONE},
		{"9M", 9, RIG_UNIT_NONE},
		{"10.0.5m", 10, RIG_UNIT_NONE},
	};
	static const char *const bad[] = {"",  "none", "eth0", "nan",     "-",
					  ".", "%",    "v1.2", "\033[31", "\033[1m"};
	enum rig_unit unit;
	double n;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		n = -1;
		CU_ASSERT(number_first(good[i].text, strlen(good[i].text), &n, &unit));
		CU_ASSERT(fabs(n - good[i].number) <= fabs(n) * 1e-15 && unit == good[i].unit);
		if (n != good[i].number || unit != good[i].unit)
			printf("\n  '%s': %.17g, unit %d\n", good[i].text, n, unit);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT(!number_first(bad[i], strlen(bad[i]), &n, &unit));
	CU_ASSERT(number_first("a 5", 2, &n, &unit) == false);
	CU_ASSERT(number_first("\0 7", 3, &n, &unit) && n == 7);
}

static void long_number(void)
{
	char digits[400], text[32];
	enum rig_unit unit;
	double n;

	memset(digits, '9', sizeof(digits));
	CU_ASSERT(number_first(digits, sizeof(digits), &n, &unit) && n > 1e62 && isfinite(n));
	number_print(0.1, text);
	CU_ASSERT_STRING_EQUAL(text, "0.1");
	number_print(1.0 / 3, text);
	CU_ASSERT_EQUAL(strtod(text, NULL), 1.0 / 3);
	number_print(1e15, text);
	CU_ASSERT_EQUAL(strtod(text, NULL), 1e15);
	number_print(-NAN, text);
	CU_ASSERT_STRING_EQUAL(text, "");
}

/* All that can be measured is there once, and found. */
static void series(void)
{
	struct run_case c = case_of(rig);
	uint32_t q = record_find_series(c.rec, 0, "q");

	CU_ASSERT_EQUAL(c.rec->nseries, 3);
	CU_ASSERT_STRING_EQUAL(c.rec->series[0].label, "p");
	CU_ASSERT_EQUAL(q, 1);
	CU_ASSERT_EQUAL(record_find_series(c.rec, 1, "q"), 2);
	CU_ASSERT_EQUAL(record_find_series(c.rec, 1, "p"), RIG_NONE);
	CU_ASSERT_EQUAL(case_says(&c, 1, "q", "5\n"), 0);
	CU_ASSERT_EQUAL(c.rec->series[q].count, 1);
	CU_ASSERT_EQUAL(c.rec->result[0].series, q);
	CU_ASSERT(c.rec->result[0].has_number && c.rec->result[0].number == 5);
	CU_ASSERT_STRING_EQUAL(c.rec->result[0].output, "5\n");
	case_free(&c);
}

static void refused(void)
{
	struct run_case c = case_of(rig);
	double v[RIG_FIGURES] = {0};

	CU_ASSERT_EQUAL(case_says(&c, 5, "q", ""), 0);
	CU_ASSERT_EQUAL(case_says(&c, 4, "q", ""), -EINVAL);
	CU_ASSERT_EQUAL(case_says(&c, 5, "z", ""), -EINVAL);
	CU_ASSERT_EQUAL(record_command(c.rec, 5, 2, NULL, "c", 0, "", 0), -EINVAL);
	CU_ASSERT_EQUAL(record_command(c.rec, 5, 1, NULL, "c", -2, "", 0), -EINVAL);
	CU_ASSERT_EQUAL(record_link(c.rec, 4, 0, RIG_WAY_0, v), -EINVAL);
	CU_ASSERT_EQUAL(record_link(c.rec, 5, 1, RIG_WAY_0, v), -EINVAL);
	CU_ASSERT_EQUAL(record_link(c.rec, 5, 0, RIG_WAY_BOTH, v), -EINVAL);
	CU_ASSERT_EQUAL(record_event(c.rec, 4, RECORD_NOTE, RIG_NONE, RIG_NONE, "x"), -EINVAL);
	CU_ASSERT_EQUAL(record_event(c.rec, 5, RECORD_NOTE, 2, RIG_NONE, "x"), -EINVAL);
	CU_ASSERT_EQUAL(record_event(c.rec, 5, RECORD_NOTE, RIG_NONE, 1, "x"), -EINVAL);
	CU_ASSERT_EQUAL(record_event(c.rec, 5, RECORD_KINDS, RIG_NONE, RIG_NONE, "x"), -EINVAL);
	CU_ASSERT(c.rec->nresults == 1 && !c.rec->nfigures && !c.rec->nevents);
	CU_ASSERT_EQUAL(record_link(c.rec, 5, 0, RIG_WAY_1, v), 0);
	CU_ASSERT_EQUAL(record_event(c.rec, 6, RECORD_FAILURE, 1, 0, "%s", "<x>"), 0);
	CU_ASSERT(c.rec->nfailures == 1 && c.rec->last_ns == 6);
	CU_ASSERT_STRING_EQUAL(c.rec->event[0].text, "<x>");
	case_free(&c);
}

static void bounds(void)
{
	struct run_case c = case_of(rig);
	size_t len = RECORD_OUTPUT_MAX + 1, i;
	char *big = malloc(len);

	memset(big, 'x', len);
	CU_ASSERT_EQUAL(record_command(c.rec, 1, 0, NULL, "c", 0, big, len - 1), 0);
	CU_ASSERT(c.rec->result[0].len == RECORD_OUTPUT_MAX && !c.rec->result[0].cut);
	CU_ASSERT_EQUAL(record_command(c.rec, 1, 0, NULL, "c", 0, big, len), 0);
	CU_ASSERT(c.rec->result[1].len == RECORD_OUTPUT_MAX && c.rec->result[1].cut);
	CU_ASSERT_EQUAL(record_command_cut(c.rec, 1, 0, NULL, "c", 0, "ab", 2), 0);
	CU_ASSERT(c.rec->result[2].len == 2 && c.rec->result[2].cut);
	for (i = c.rec->output_bytes; i < RECORD_OUTPUT_ALL; i += len - 1)
		record_command(c.rec, 1, 0, NULL, "c", 0, big, len);
	CU_ASSERT_EQUAL(record_command(c.rec, 1, 0, NULL, "c", 0, big, len), 0);
	CU_ASSERT_EQUAL(c.rec->result[c.rec->nresults - 1].len, RECORD_OUTPUT_LATE);
	CU_ASSERT(c.rec->result[c.rec->nresults - 1].cut);
	free(big);
	case_free(&c);
}

/* Groups are whole, and in the order of time. */
static void ordered(void)
{
	struct run_case c = case_of(rig);
	struct order o;
	uint32_t i;

	for (i = 0; i < 100; i++) {
		case_says(&c, i, i % 3 ? "q" : "p", "1");
		record_command(c.rec, i, 1, i % 2 ? "q" : NULL, "c", 0, "", 0);
	}
	CU_ASSERT_EQUAL_FATAL(order_results(&o, c.rec), 0);
	CU_ASSERT_EQUAL(o.groups, 4);
	CU_ASSERT_EQUAL(order_count(&o, 0), 34);
	CU_ASSERT_EQUAL(order_count(&o, 1), 66);
	CU_ASSERT_EQUAL(order_count(&o, 2), 50);
	CU_ASSERT_EQUAL(order_count(&o, 3), 50);
	CU_ASSERT_EQUAL(o.most, 66);
	for (i = o.start[1] + 1; i < o.start[2]; i++)
		CU_ASSERT(o.index[i] > o.index[i - 1] && c.rec->result[o.index[i]].series == 1);
	order_free(&o);
	case_free(&c);
}

/* Every allocation fails once: -ENOMEM (or no record), and what was there stays. */
static void memory(void)
{
	struct run_case c = case_of(rig);
	struct record *r;
	long n;
	int rc, failed = 0;

	for (n = 0, r = NULL; !r; n++) {
		until_failure = n;
		r = record_new(c.rig);
		until_failure = -1;
	}
	CU_ASSERT_EQUAL(n, 3);
	for (n = 0; n < 40; n++) {
		until_failure = 0;
		rc = record_command(r, 1, 0, "q", "c", 0, "1", 1);
		until_failure = -1;
		CU_ASSERT_EQUAL(rc, -ENOMEM);
		until_failure = 1; /* the array, if it must grow */
		rc = record_command(r, 1, 0, "q", "c", 0, "1", 1);
		until_failure = -1;
		CU_ASSERT(rc == 0 || rc == -ENOMEM);
		failed += rc < 0;
		if (rc < 0)
			CU_ASSERT_EQUAL(record_command(r, 1, 0, "q", "c", 0, "1", 1), 0);
		CU_ASSERT_EQUAL(r->nresults, (uint32_t)n + 1);
		CU_ASSERT_EQUAL(r->series[1].count, (uint32_t)n + 1);
	}
	CU_ASSERT_EQUAL(failed, 4); /* at 0, 8, 16 and 32 */
	until_failure = 0;
	CU_ASSERT_EQUAL(record_event(r, 1, RECORD_NOTE, RIG_NONE, RIG_NONE, "x"), -ENOMEM);
	until_failure = 0;
	CU_ASSERT_EQUAL(record_link(r, 1, 0, RIG_WAY_0, (double[RIG_FIGURES]){0}), -ENOMEM);
	for (n = 0; n < 4; n++) {
		until_failure = n;
		CU_ASSERT_PTR_NULL(judge_new(r));
	}
	until_failure = -1;
	CU_ASSERT(r->nevents == 0 && r->nfigures == 0);
	record_free(r);
	case_free(&c);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"numbers", numbers}, {"long_number", long_number},
		{"series", series},   {"refused", refused},
		{"bounds", bounds},   {"ordered", ordered},
		{"memory", memory},   CU_TEST_INFO_NULL,
	};

	return run_suite("runs of rigs, record", NULL, NULL, tests);
}
