// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts: each kind of expectation passing, failing and never measured, at its boundaries; what
 * counts as a number and a text; reasons; when a run can end.
 */
#include <math.h>
#include "rigrun_case.h"
#include "suite.h"

#define NET "node a\nnode b\nlink a b\nevery 1s sample a q ls\n"

/* What comes in, at up to four moments; NULL ends the list. */
struct said {
	uint64_t at_ms;
	const char *output;
};

static const struct one {
	const char *expect; /* behind 'expect ' */
	struct said said[4];
	uint64_t end_ms;
	enum judge_verdict verdict;
	uint64_t decided_ms;
	const char *reason;
} cases[] = {
	/* by: true once, up to and with that time. */
	{"a.q == 0 by 5s",
	 {{1000, "3"}, {5000, "0"}},
	 9000,
	 JUDGE_PASSED,
	 5000,
	 "was 0 at 5s; wanted == 0 by 5s"},
	{"a.q == 0 by 5s",
	 {{1000, "0"}, {2000, "7"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was 0 at 1s; wanted == 0 by 5s"},
	{"a.q == 0 by 5s",
	 {{1000, "3"}, {5001, "0"}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "was 3 at 1s; wanted == 0 by 5s"},
	{"a.q == 0 by 5s",
	 {{1000, "3"}, {2000, "4"}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "was 4 at 2s, the last of 2; wanted == 0 by 5s"},
	{"a.q == 0 by 5s",
	 {{0, NULL}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "was never measured; wanted == 0 by 5s"},
	{"a.q == 0 by 5s",
	 {{6000, "0"}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "was never measured; wanted == 0 by 5s"},
	{"a.q == 0 by 5s",
	 {{1000, "3"}},
	 2000,
	 JUDGE_FAILED,
	 2000,
	 "was 3 at 1s; wanted == 0 by 5s; the run ended at 2s"},
	{"a.q == 0 by 5s",
	 {{1000, "3"}},
	 5000,
	 JUDGE_FAILED,
	 5000,
	 "was 3 at 1s; wanted == 0 by 5s"},
	/* within: the same, from the step at 2s. */
	{"a.q == 0 within 3s",
	 {{1999, "0"}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "was never measured; wanted == 0 from 2s to 5s"},
	{"a.q == 0 within 3s",
	 {{2000, "0"}},
	 9000,
	 JUDGE_PASSED,
	 2000,
	 "was 0 at 2s; wanted == 0 from 2s to 5s"},
	{"a.q == 0 within 3s",
	 {{1000, "0"}, {4000, "1"}, {5000, "0"}},
	 9000,
	 JUDGE_PASSED,
	 5000,
	 "was 0 at 5s; wanted == 0 from 2s to 5s"},
	{"a.q == 0 within 3s",
	 {{4000, "1"}, {5001, "0"}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "was 1 at 4s; wanted == 0 from 2s to 5s"},
	/* always: each, and one at least. */
	{"a.q < 5 always",
	 {{1000, "4"}, {2000, "-1"}, {3000, "2"}},
	 9000,
	 JUDGE_PASSED,
	 9000,
	 "was -1 to 4 in 3 samples; wanted < 5 always"},
	{"a.q < 5 always",
	 {{1000, "4"}, {2000, "5"}, {3000, "2"}},
	 9000,
	 JUDGE_FAILED,
	 2000,
	 "was 5 at 2s; wanted < 5 always"},
	{"a.q < 5 always",
	 {{0, NULL}},
	 9000,
	 JUDGE_FAILED,
	 9000,
	 "was never measured; wanted < 5 always"},
	{"a.q < 5 always from 2s until 4s",
	 {{1999, "9"}, {2000, "1"}, {4000, "2"}, {4001, "9"}},
	 9000,
	 JUDGE_PASSED,
	 4000,
	 "was 1 to 2 in 2 samples; wanted < 5 always from 2s until 4s"},
	{"a.q < 5 always from 2s until 4s",
	 {{2000, "9"}},
	 9000,
	 JUDGE_FAILED,
	 2000,
	 "was 9 at 2s; wanted < 5 always from 2s until 4s"},
	{"a.q < 5 always from 2s until 4s",
	 {{3000, "1"}, {4000, "9"}},
	 9000,
	 JUDGE_FAILED,
	 4000,
	 "was 9 at 4s; wanted < 5 always from 2s until 4s"},
	{"a.q < 5 always from 2s until 4s",
	 {{1000, "1"}, {5000, "1"}},
	 9000,
	 JUDGE_FAILED,
	 4000,
	 "was never measured; wanted < 5 always from 2s until 4s"},
	{"a.q < 5 always until 4s",
	 {{1000, "1"}},
	 2000,
	 JUDGE_PASSED,
	 2000,
	 "was 1 in 1 sample; wanted < 5 always until 4s; the run ended at 2s"},
	/* Comparisons. */
	{"a.q != 3 by 5s",
	 {{1000, "3"}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "was 3 at 1s; wanted != 3 by 5s"},
	{"a.q != 3 by 5s",
	 {{1000, "4"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was 4 at 1s; wanted != 3 by 5s"},
	{"a.q <= 3 by 5s",
	 {{1000, "3"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was 3 at 1s; wanted <= 3 by 5s"},
	{"a.q <= 3 by 5s",
	 {{1000, "3.1"}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "was 3.1 at 1s; wanted <= 3 by 5s"},
	{"a.q > 3 by 5s", {{1000, "3"}}, 9000, JUDGE_FAILED, 5000, "was 3 at 1s; wanted > 3 by 5s"},
	{"a.q >= 3 by 5s",
	 {{1000, "3"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was 3 at 1s; wanted >= 3 by 5s"},
	/* Without a number nothing is true. */
	{"a.q != 3 by 5s",
	 {{1000, "none"}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "had no number at 1s; wanted != 3 by 5s"},
	{"a.q != 3 always",
	 {{1000, "4"}, {2000, ""}},
	 9000,
	 JUDGE_FAILED,
	 2000,
	 "had no number at 2s; wanted != 3 always"},
	/* Units. */
	{"a.q == 20ms by 5s",
	 {{1000, "20ms"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was 0.02 s at 1s; wanted == 0.02 s by 5s"},
	{"a.q == 20ms by 5s",
	 {{1000, "0.02"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was 0.02 s at 1s; wanted == 0.02 s by 5s"},
	{"a.q < 1KiB by 5s",
	 {{1000, "20ms"}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "was 0.02 s at 1s; wanted < 1024 B by 5s"},
	{"a.q < 50% by 5s",
	 {{1000, "20%"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was 20 % at 1s; wanted < 50 % by 5s"},
	{"a.q == 2000 by 5s",
	 {{1000, "2kbit"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was 2000 bit/s at 1s; wanted == 2000 by 5s"},
	/* Texts. */
	{"a.q == \"up\" by 5s",
	 {{1000, "up\r\n\n"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was \"up\\x0d\" at 1s; wanted == \"up\" by 5s"},
	{"a.q == \"up\" by 5s",
	 {{1000, " up"}},
	 9000,
	 JUDGE_FAILED,
	 5000,
	 "was \" up\" at 1s; wanted == \"up\" by 5s"},
	{"a.q != \"up\" by 5s",
	 {{1000, "upper"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was \"upper\" at 1s; wanted != \"up\" by 5s"},
	{"a.q has \"up\" always",
	 {{1000, "is up\n"}, {2000, "upper"}},
	 9000,
	 JUDGE_PASSED,
	 9000,
	 "was \"upper\" at 2s, the last of 2; wanted has \"up\" always"},
	{"a.q has \"up\" always",
	 {{1000, "is up\n"}, {2000, "UP"}},
	 9000,
	 JUDGE_FAILED,
	 2000,
	 "was \"UP\" at 2s; wanted has \"up\" always"},
	{"a.q has \"up\" by 5s",
	 {{1000, "0123456789012345678901234567890123456789012345678901234567890123456789up"}},
	 9000,
	 JUDGE_PASSED,
	 1000,
	 "was \"0123456789012345678901234567890123456789012345678901234567890123\"... at 1s; "
	 "wanted "
	 "has \"up\" by 5s"},
};

static void check(const struct one *o)
{
	char text[512], reason[JUDGE_REASON];
	struct run_case c;
	size_t i;

	snprintf(text, sizeof(text), NET "at 2s note x\nexpect %s", o->expect);
	c = case_of(text);
	for (i = 0; i < 4 && o->said[i].output; i++) {
		uint64_t at = o->said[i].at_ms * 1000000;

		CU_ASSERT_EQUAL(case_says(&c, at, "q", o->said[i].output), 0);
		judge_update(c.judge, at);
	}
	judge_end(c.judge, o->end_ms * 1000000);
	judge_reason(c.judge, 0, reason);
	CU_ASSERT_EQUAL(c.judge->cases[0].verdict, o->verdict);
	CU_ASSERT_EQUAL(c.judge->cases[0].decided_ns, o->decided_ms * 1000000);
	CU_ASSERT_STRING_EQUAL(reason, o->reason);
	if (strcmp(reason, o->reason) != 0 || c.judge->cases[0].verdict != o->verdict)
		printf("\n  %s\n  %s: %s\n  not  %s\n", o->expect,
		       judge_verdict_name(c.judge->cases[0].verdict), reason, o->reason);
	CU_ASSERT(judge_decided(c.judge));
	CU_ASSERT_EQUAL(judge_all_well(c.judge), o->verdict == JUDGE_PASSED);
	case_free(&c);
}

static void each(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(&cases[i]);
}

/* .status is the command's, not what it printed; a command whose node ended has none. */
static void statuses(void)
{
	struct run_case c =
		case_of(NET "expect a.q.status == 0 by 5s\nexpect a.q.status != 0 by 5s\n"
			    "expect a.q.status >= -5 always");
	char reason[JUDGE_REASON];

	record_command(c.rec, S, 0, "q", "c", RECORD_NO_STATUS, "0", 1);
	judge_update(c.judge, S);
	CU_ASSERT_EQUAL(c.judge->count[JUDGE_OPEN], 2);
	CU_ASSERT_EQUAL(c.judge->cases[2].verdict, JUDGE_FAILED);
	judge_reason(c.judge, 2, reason);
	CU_ASSERT_STRING_EQUAL(reason, "had no exit status at 1s; wanted >= -5 always");
	record_command(c.rec, 2 * S, 0, "q", "c", 7, "0", 1);
	judge_update(c.judge, 2 * S);
	CU_ASSERT_EQUAL(c.judge->cases[0].verdict, JUDGE_OPEN);
	CU_ASSERT_EQUAL(c.judge->cases[1].verdict, JUDGE_PASSED);
	judge_reason(c.judge, 1, reason);
	CU_ASSERT_STRING_EQUAL(reason, "was 7 at 2s; wanted != 0 by 5s");
	record_command(c.rec, 3 * S, 0, "q", "c", 0, "9", 1);
	judge_update(c.judge, 3 * S);
	CU_ASSERT_EQUAL(c.judge->cases[0].verdict, JUDGE_PASSED);
	case_free(&c);
}

/* What was cut has no whole text to be equal to; what is kept can be searched. */
static void cut(void)
{
	struct run_case c = case_of(NET "expect a.q == \"up\" by 5s\nexpect a.q != \"up\" by 5s\n"
					"expect a.q has \"up\" by 5s");

	record_command_cut(c.rec, S, 0, "q", "c", 0, "up", 2);
	judge_update(c.judge, S);
	CU_ASSERT_EQUAL(c.judge->cases[0].verdict, JUDGE_OPEN);
	CU_ASSERT_EQUAL(c.judge->cases[1].verdict, JUDGE_PASSED);
	CU_ASSERT_EQUAL(c.judge->cases[2].verdict, JUDGE_PASSED);
	case_free(&c);
}

/* Zeros in an output hide nothing behind them. */
static void zeros(void)
{
	struct run_case c = case_of(NET "expect a.q has \"up\" by 5s\nexpect a.q == \"x\" by 5s");

	record_command(c.rec, S, 0, "q", "c", 0, "x\0up", 4);
	judge_end(c.judge, 9 * S);
	CU_ASSERT_EQUAL(c.judge->cases[0].verdict, JUDGE_PASSED);
	CU_ASSERT_EQUAL(c.judge->cases[1].verdict, JUDGE_FAILED);
	case_free(&c);
}

/* Only what is asked for is looked at: another sample, node, way and figure do not count. */
static void others(void)
{
	struct run_case c = case_of(NET "every 1s sample a z ls\nevery 1s sample b q ls\n"
					"expect a.q == 1 by 5s\nexpect b->a.lost == 1 by 5s\n"
					"expect a->b.lost == 1 by 5s\nexpect a->b.lost == 2 by 5s");
	double v[RIG_FIGURES] = {[RIG_FIGURE_LOST] = 1};

	record_command(c.rec, S, 0, "z", "c", 0, "1", 1);
	record_command(c.rec, S, 1, "q", "c", 0, "1", 1);
	record_command(c.rec, S, 0, NULL, "c", 0, "1", 1);
	case_figure(&c, S, RIG_FIGURE_DROPPED, 1);
	judge_update(c.judge, S);
	CU_ASSERT_EQUAL(c.judge->count[JUDGE_OPEN], 4);
	record_link(c.rec, S, 0, RIG_WAY_1, v);
	judge_update(c.judge, S);
	CU_ASSERT_EQUAL(c.judge->cases[1].verdict, JUDGE_PASSED);
	CU_ASSERT_EQUAL(c.judge->count[JUDGE_OPEN], 3);
	record_link(c.rec, S, 0, RIG_WAY_0, v);
	judge_update(c.judge, S);
	CU_ASSERT_EQUAL(c.judge->cases[2].verdict, JUDGE_PASSED);
	CU_ASSERT_EQUAL(c.judge->count[JUDGE_OPEN], 2);
	case_free(&c);
}

static void figures(void)
{
	struct run_case c = case_of(NET "expect a->b.queue < 64KiB always until 5s\n"
					"expect a->b.queue != 1 by 5s");
	char reason[JUDGE_REASON];

	case_figure(&c, S, RIG_FIGURE_QUEUE, 1000);
	case_figure(&c, 2 * S, RIG_FIGURE_QUEUE, 65535);
	judge_end(c.judge, 9 * S);
	CU_ASSERT(judge_all_well(c.judge));
	judge_reason(c.judge, 0, reason);
	CU_ASSERT_STRING_EQUAL(reason,
			       "was 1000 B to 65535 B in 2 samples; wanted < 65536 B always "
			       "until 5s");
	case_free(&c);
}

/* A figure that is no number fulfils nothing and spoils no range. */
static void nan_figures(void)
{
	struct run_case c =
		case_of(NET "expect a->b.queue != 1 by 5s\nexpect a->b.lost >= 0 always");
	char reason[JUDGE_REASON];

	case_figure(&c, S, RIG_FIGURE_QUEUE, -NAN);
	judge_end(c.judge, 9 * S);
	CU_ASSERT_EQUAL(c.judge->cases[0].verdict, JUDGE_FAILED);
	judge_reason(c.judge, 0, reason);
	CU_ASSERT_STRING_EQUAL(reason, "was no number at 1s; wanted != 1 by 5s");
	CU_ASSERT_EQUAL(c.judge->cases[1].verdict, JUDGE_PASSED);
	case_free(&c);
}

/* When a run can end: never for an `always` without until, but if it has failed. */
static void decided(void)
{
	struct run_case c = case_of(NET "expect a.q == 0 by 5s\nexpect a.q < 9 always");
	char reason[JUDGE_REASON];

	judge_update(c.judge, 0);
	judge_reason(c.judge, 0, reason);
	CU_ASSERT_STRING_EQUAL(reason, "is not measured yet; wanted == 0 by 5s");
	judge_update(c.judge, 5 * S);
	CU_ASSERT_EQUAL(c.judge->count[JUDGE_OPEN], 2);
	judge_update(c.judge, 5 * S + 1);
	CU_ASSERT_EQUAL(c.judge->cases[0].verdict, JUDGE_FAILED);
	CU_ASSERT_EQUAL(c.judge->cases[0].decided_ns, 5 * S);
	judge_update(c.judge, RIG_TIME_MAX);
	CU_ASSERT(!judge_decided(c.judge) && !judge_all_well(c.judge));
	case_says(&c, RIG_TIME_MAX, "q", "9");
	judge_update(c.judge, RIG_TIME_MAX);
	CU_ASSERT(judge_decided(c.judge));
	case_free(&c);

	c = case_of(NET);
	judge_end(c.judge, S);
	CU_ASSERT(!judge_decided(c.judge) && judge_all_well(c.judge));
	record_event(c.rec, S, RECORD_FAILURE, 0, RIG_NONE, "a crashed");
	CU_ASSERT(!judge_all_well(c.judge));
	case_free(&c);
}

/* Moments at which figures of links are needed, though nobody samples them. */
static void looks(void)
{
	struct run_case c = case_of(NET "expect a.q == 0 by 1s\nexpect a->b.lost == 0 by 5s\n"
					"expect a->b.lost == 1 always from 3s until 7s");

	CU_ASSERT_EQUAL(judge_next_look(c.judge, 0), 3 * S);
	CU_ASSERT_EQUAL(judge_next_look(c.judge, 3 * S), 5 * S);
	CU_ASSERT_EQUAL(judge_next_look(c.judge, 5 * S), 7 * S);
	CU_ASSERT_EQUAL(judge_next_look(c.judge, 7 * S), UINT64_MAX);
	CU_ASSERT(judge_watches(c.judge, 0, RIG_WAY_0) && !judge_watches(c.judge, 0, RIG_WAY_1));
	case_figure(&c, 3 * S, RIG_FIGURE_LOST, 0);
	judge_update(c.judge, 3 * S);
	CU_ASSERT(judge_next_look(c.judge, 0) == UINT64_MAX);
	CU_ASSERT(!judge_watches(c.judge, 0, RIG_WAY_0));
	CU_ASSERT_EQUAL(c.judge->count[JUDGE_OPEN], 0);
	case_free(&c);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"each", each},
		{"statuses", statuses},
		{"cut", cut},
		{"zeros", zeros},
		{"others", others},
		{"figures", figures},
		{"nan_figures", nan_figures},
		{"decided", decided},
		{"looks", looks},
		CU_TEST_INFO_NULL,
	};

	return run_suite("runs of rigs, verdicts", NULL, NULL, tests);
}
