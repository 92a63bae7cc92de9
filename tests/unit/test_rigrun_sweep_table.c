// SPDX-License-Identifier: GPL-2.0
/*
 * What comes out of a sweep: results of runs read back, columns, statistics, files. Whichever run
 * ends first, the same bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "failing_malloc.h"
#include "remove_tree.h"
#include "results.h"
#include "suite.h"
#include "sweep_read.h"
#include "sweep_report.h"
#include "sweep_stats.h"

#define HEAD "time_s,source,name,value,unit,status,cut\n"

static char top_path[] = "/tmp/rigrun-sweep.XXXXXX";
static int top = -1; /* the folder of runs */

/* --- files are read back ----------------------------------------------------------------- */

static struct sweep_row rows[8];
static struct sweep_point points[8];
static uint32_t count;

static int keep_row(void *arg, const struct sweep_row *row)
{
	(void)arg;
	if (count == 8)
		return -E2BIG;
	rows[count++] = *row;
	return 0;
}

static int keep_point(void *arg, const struct sweep_point *point)
{
	(void)arg;
	if (count == 8)
		return -E2BIG;
	points[count++] = *point;
	return 0;
}

static int read_samples(const char *text)
{
	count = 0;
	return sweep_read_samples(text, strlen(text), keep_row, NULL);
}

static int read_verdicts(const char *text)
{
	count = 0;
	return sweep_read_verdicts(text, strlen(text), keep_point, NULL);
}

static void samples(void)
{
	static const char *const bad[] = {
		"",
		"time_s,source,name,value,unit,status,cut",
		HEAD "1.0,a,b,1,,0,0",
		HEAD "1.0,a,b,1,,0\n",
		HEAD "1.0,a,b,1,,0,0,\n",
		HEAD ",a,b,1,,0,0\n",
		HEAD "1.0,a,b,x,,0,0\n",
		HEAD "1.0,a,b,nan,,0,0\n",
		HEAD "1.0,a,b,0x10,,0,0\n",
		HEAD "1.0,a,b,1e999,,0,0\n",
		HEAD "1.0,a,b,1,,-1,0\n",
		HEAD "1.0,a,b,1,,1000,0\n",
		HEAD "1.0,\"a,b,1,,0,0\n",
		HEAD "1.0,\"a\"x,b,1,,0,0\n",
	};
	size_t i;

	CU_ASSERT_EQUAL(read_samples(HEAD), 0);
	CU_ASSERT_EQUAL(read_samples(HEAD "1.0,a,b,-1.5e-3,s,,1\n2.0,a->b,lost,3,,,0\n"
					  "3.0,\"a,\"\"x\"\"\",,,,255,0\n"),
			0);
	CU_ASSERT_EQUAL_FATAL(count, 3);
	CU_ASSERT_STRING_EQUAL(rows[0].source, "a");
	CU_ASSERT_STRING_EQUAL(rows[0].unit, "s");
	CU_ASSERT(rows[0].has_value && rows[0].value == -1.5e-3 && !rows[0].has_status);
	CU_ASSERT_STRING_EQUAL(rows[1].name, "lost");
	CU_ASSERT_STRING_EQUAL(rows[2].source, "a,\"x\"");
	CU_ASSERT(!rows[2].has_value && rows[2].status == 255);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CU_ASSERT_EQUAL(read_samples(bad[i]), -EINVAL);
		if (read_samples(bad[i]) != -EINVAL)
			printf("\ntaken: %s\n", bad[i]);
	}
	CU_ASSERT_EQUAL(
		sweep_read_samples(HEAD "1\0,a,b,1,,0,0\n", sizeof(HEAD) + 14, keep_row, NULL),
		-EINVAL);
}

#define POINT(n, title, reason, at) \
	n " - " title "\n  ---\n  reason: \"" reason "\"\n  at_s: " at "\n  ...\n"

static void verdicts(void)
{
	static const char *const bad[] = {
		"",
		"TAP version 14\n",
		"TAP version 13\n1..1\n" POINT("ok 1", "x", "y", "1.000000000"),
		"TAP version 14\n1..0\n",
		"TAP version 14\n1..2\n" POINT("ok 1", "x", "y", "1.000000000"),
		"TAP version 14\n1..1\n" POINT("ok 2", "x", "y", "1.000000000"),
		"TAP version 14\n1..1\n" POINT("ok 1", "x", "y", "1.0"),
		"TAP version 14\n1..1\n" POINT("ok 1", "x", "y", "1.00000000x"),
		"TAP version 14\n1..1\n" POINT("ok 1", "x", "y\"z", "1.000000000"),
		"TAP version 14\n1..1\n" POINT("ok 1", "x", "y", "1.000000000") "more\n",
		"TAP version 14\n1..1\nok 1 - x\n",
	};
	size_t i;

	CU_ASSERT_EQUAL(read_verdicts("TAP version 14\n1..2\n" POINT(
				"not ok 1", "q \\# is \\\\0", "was \\\"x\\\" \\\\", "12.500000001")
					      POINT("ok 2", "the run itself", "no failure",
						    "3155760000.000000000")),
			0);
	CU_ASSERT_EQUAL_FATAL(count, 2);
	CU_ASSERT_STRING_EQUAL(points[0].title, "q # is \\0");
	CU_ASSERT_STRING_EQUAL(points[0].reason, "was \"x\" \\");
	CU_ASSERT(!points[0].passed && points[0].decided_ns == 12500000001);
	CU_ASSERT(points[1].passed && points[1].decided_ns == 3155760000000000000);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CU_ASSERT_EQUAL(read_verdicts(bad[i]), -EINVAL);
		if (read_verdicts(bad[i]) != -EINVAL)
			printf("\ntaken: %s\n", bad[i]);
	}
}

static void doubts(void)
{
	static const char yes[] = "{\n  \"deterministic\": false,\n}",
			  no[] = "{\n  \"x\": \"\\n  \\\"deterministic\\\": false,\\n\"\n}";

	CU_ASSERT(sweep_read_doubtful(yes, strlen(yes)));
	CU_ASSERT(!sweep_read_doubtful(no, strlen(no)));
	CU_ASSERT(!sweep_read_doubtful("", 0));
}

/* --- tables -------------------------------------------------------------------------------- */

static void put(int folder, const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* A run whose node a has measured q twice and whose link has lost some. Its folder. */
static int make_run(uint32_t n, double q, double lost, bool passed)
{
	char name[32], text[2048];
	int folder;

	snprintf(name, sizeof(name), "run%u", n);
	mkdirat(top, name, 0755);
	folder = openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(text, sizeof(text),
		 HEAD "1.0,a->b,lost,0,,,0\n1.0,a,q,%g,s,0,0\n2.0,a,q,%g,s,0,0\n"
		      "2.0,a,ok,,,%d,0\n2.0,a->b,lost,%g,,,0\n2.0,a,,7,,0,0\n",
		 q, q + 1, passed ? 0 : 3, lost);
	put(folder, "samples.csv", text);
	snprintf(text, sizeof(text),
		 "TAP version 14\n1..3\n%s - <same>\n  ---\n  reason: \"was %g\"\n  at_s: "
		 "%u.000000000\n"
		 "  ...\n" POINT("ok 2", "<same>", "fine", "2.000000000")
			 POINT("ok 3", RESULTS_RUN, "no failure", "2.000000000"),
		 passed ? "ok 1" : "not ok 1", q, n + 1);
	put(folder, "verdicts.tap", text);
	put(folder, "manifest.json", n == 2 ? "{\n  \"deterministic\": false,\n}\n" : "{\n}\n");
	return folder;
}

/* Six runs: loss 0%, 5%, x with seeds 1 and 2. The last died, and the fifth failed. */
static void add_run(struct sweep_table *t, uint32_t run)
{
	int folder = run == 5 ? -1 : make_run(run, 10 * run, run, run != 4);

	CU_ASSERT_EQUAL(sweep_table_add(t, run, run == 5 ? -11 : run == 4, folder, ""), 0);
	t->result[run].report = run != 5;
	if (folder >= 0)
		close(folder);
}

static struct sweep_plan plan_of(void)
{
	struct sweep_plan p = {.naxes = 0};
	struct rig_why why = {""};

	CU_ASSERT_EQUAL_FATAL(sweep_plan_vary(&p, "loss=0%,5%,<b>&", &why), 0);
	CU_ASSERT_EQUAL_FATAL(sweep_plan_seed(&p, "1,2", &why), 0);
	return p;
}

static void table(void)
{
	struct sweep_plan p = plan_of();
	struct sweep_table t;
	const struct sweep_figure *f;
	uint32_t i;

	CU_ASSERT_EQUAL_FATAL(sweep_table_new(&t, &p), 0);
	CU_ASSERT_EQUAL(t.count[SWEEP_NOT_RUN], 6);
	for (i = 0; i < 6; i++)
		add_run(&t, 5 - i);
	CU_ASSERT_EQUAL(sweep_table_finish(&t), 0);
	CU_ASSERT_EQUAL(t.count[SWEEP_PASSED], 4);
	CU_ASSERT_EQUAL(t.count[SWEEP_FAILED], 1);
	CU_ASSERT_EQUAL(t.count[SWEEP_BROKEN], 1);
	CU_ASSERT_EQUAL(sweep_table_first_failed(&t), 4);
	CU_ASSERT_STRING_EQUAL(t.result[4].why, "<same> (was 40)");
	CU_ASSERT_STRING_EQUAL(t.result[5].why, "uml_rig died of signal 11");
	CU_ASSERT(t.result[2].doubtful && !t.result[3].doubtful);
	CU_ASSERT_EQUAL_FATAL(t.nfigures, 3); /* a.q.status is 0 throughout, and a.q has numbers */
	CU_ASSERT_STRING_EQUAL(t.figure[0].name, "a.q");
	CU_ASSERT_STRING_EQUAL(t.figure[0].unit, "s");
	CU_ASSERT_STRING_EQUAL(t.figure[1].name, "a.ok.status");
	CU_ASSERT_STRING_EQUAL(t.figure[2].name, "a->b.lost");
	CU_ASSERT(t.figure[0].mean && !t.figure[2].mean && t.figure[1].varies);
	CU_ASSERT_EQUAL_FATAL(t.nverdicts, 3);
	CU_ASSERT_STRING_EQUAL(t.verdict[1].name, "<same> (2)");
	CU_ASSERT(t.verdict[0].varies && !t.verdict[1].varies);
	f = sweep_table_figure(&t, 3, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(f->last == 31 && f->least == 30 && f->most == 31 && f->sum == 61 &&
		  f->count == 2);
	CU_ASSERT_PTR_NULL(sweep_table_figure(&t, 5, 0));
	sweep_table_free(&t);
	sweep_plan_free(&p);
}

static void stats(void)
{
	static const struct sweep_measure q = {SWEEP_FIGURE, 0}, same = {SWEEP_VERDICT, 0},
					  passing = {SWEEP_PASSING, 0};
	static const uint32_t seed_2[] = {1, 3, 5};
	struct sweep_pick all = {0}, pick;
	struct sweep_plan p = plan_of();
	struct sweep_table t;
	struct sweep_spread s;
	double room[6];
	uint32_t i, states[SWEEP_STATES];
	char text[SWEEP_NUMBER_ROOM];

	CU_ASSERT_EQUAL_FATAL(sweep_table_new(&t, &p), 0);
	for (i = 0; i < 6; i++)
		add_run(&t, i);
	CU_ASSERT_EQUAL(sweep_table_finish(&t), 0);
	sweep_stats_spread(&t, q, &all, room, &s);
	CU_ASSERT(s.count == 5 && s.least == 0.5 && s.median == 20.5 && s.most == 40.5);
	CU_ASSERT(s.least_run == 0 && s.most_run == 4);
	sweep_stats_point(&p, 3, &pick);
	sweep_stats_spread(&t, q, &pick, room, &s);
	CU_ASSERT(s.count == 2 && s.least == 20.5 && s.median == 25.5 && s.most == 30.5);
	pick = (struct sweep_pick){.behind = 3, .of = seed_2};
	sweep_stats_spread(&t, same, &pick, room, &s);
	CU_ASSERT(s.count == 2 && s.least == 2 && s.most == 4 && s.failed == 0);
	sweep_stats_spread(&t, same, &all, room, &s);
	CU_ASSERT_EQUAL(s.failed, 1);
	sweep_stats_spread(&t, passing, &all, room, &s);
	CU_ASSERT(s.count == 6 && fabs(s.mean - 400.0 / 6) < 1e-9);
	sweep_stats_states(&t, &pick, states);
	CU_ASSERT(states[SWEEP_PASSED] == 2 && states[SWEEP_BROKEN] == 1);
	sweep_stats_print(NAN, text);
	CU_ASSERT_STRING_EQUAL(text, "");
	sweep_stats_print(-0.0, text);
	CU_ASSERT_STRING_EQUAL(text, "0");
	sweep_stats_print(123456789, text);
	CU_ASSERT_STRING_EQUAL(text, "123456789");
	sweep_stats_print(1.0 / 3, text);
	CU_ASSERT_STRING_EQUAL(text, "0.333333");
	sweep_table_free(&t);
	sweep_plan_free(&p);
}

/* Ends of runs that are none. */
static void ends(void)
{
	struct sweep_plan p = plan_of();
	struct sweep_table t;
	int folder = make_run(9, 1, 1, true);

	CU_ASSERT_EQUAL_FATAL(sweep_table_new(&t, &p), 0);
	CU_ASSERT_EQUAL(sweep_table_add(&t, 0, 4, folder, "uml_rig: no \033 room\nmore\n"), 0);
	CU_ASSERT_STRING_EQUAL(t.result[0].why, "no \\x1b room");
	CU_ASSERT_EQUAL(sweep_table_add(&t, 1, 0, -1, ""), 0);
	CU_ASSERT_EQUAL(t.result[1].state, SWEEP_BROKEN);
	CU_ASSERT_EQUAL(sweep_table_add(&t, 2, 130, folder, ""), 0);
	CU_ASSERT_EQUAL(t.result[2].state, SWEEP_INTERRUPTED);
	put(folder, "verdicts.tap", "TAP version 14\n");
	CU_ASSERT_EQUAL(sweep_table_add(&t, 3, 0, folder, ""), 0);
	CU_ASSERT_EQUAL(t.result[3].state, SWEEP_BROKEN);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.result[3].why, "cannot be read"));
	CU_ASSERT_EQUAL(t.result[3].nfigures, 0);
	sweep_table_forget(&t, 3);
	CU_ASSERT_EQUAL(t.count[SWEEP_NOT_RUN], 3);
	CU_ASSERT_EQUAL(t.count[SWEEP_BROKEN], 2);
	CU_ASSERT_EQUAL(sweep_table_finish(&t), 0);
	CU_ASSERT_EQUAL(t.nfigures, 0);
	sweep_table_free(&t);
	sweep_plan_free(&p);
	close(folder);
}

/* --- files --------------------------------------------------------------------------------- */

typedef int writer(const struct sweep_report *r, FILE *out);

/* What a writer writes of runs that came in this order; to be freed. */
static char *written(writer *write, const char *order)
{
	static const struct rig_define own[] = {{"x", "1"}};
	struct sweep_plan p = plan_of();
	struct sweep_table t;
	struct sweep_config c = {
		.plan = &p,
		.rig_name = "x",
		.rig_file = "a&b.rig",
		.define = own,
		.ndefines = 1,
		.program = "bin/uml_rig",
		.folder = "x.sweep",
	};
	const struct sweep_report r = {&c, &t, false};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	CU_ASSERT_EQUAL_FATAL(sweep_table_new(&t, &p), 0);
	for (; *order; order++)
		add_run(&t, (uint32_t)(*order - '0'));
	CU_ASSERT_EQUAL(sweep_table_finish(&t), 0);
	CU_ASSERT_EQUAL(write(&r, f), 0);
	fclose(f);
	sweep_table_free(&t);
	sweep_plan_free(&p);
	return text;
}

static void orders(void)
{
	static writer *const writers[] = {sweep_report_csv, sweep_report_json, sweep_report_page,
					  sweep_report_text, sweep_report_tap};
	static const char *const others[] = {"543210", "204153", "351024"};
	size_t i, k;

	for (i = 0; i < sizeof(writers) / sizeof(*writers); i++) {
		char *first = written(writers[i], "012345");

		CU_ASSERT(strlen(first) > 300);
		for (k = 0; k < sizeof(others) / sizeof(*others); k++) {
			char *other = written(writers[i], others[k]);

			CU_ASSERT_STRING_EQUAL(first, other);
			free(other);
		}
		free(first);
	}
}

static void has(const char *text, const char *part, bool there)
{
	CU_ASSERT((strstr(text, part) != NULL) == there);
	if ((strstr(text, part) != NULL) != there)
		printf("\n%s '%s' in\n%s\n", there ? "no" : "a", part, text);
}

static void files(void)
{
	char *csv = written(sweep_report_csv, "0124"), *line;
	char *page = written(sweep_report_page, "012345");
	char *tap = written(sweep_report_tap, "01245");
	char *text = written(sweep_report_text, "012345");

	line = strtok(csv, "\n");
	CU_ASSERT_STRING_EQUAL(
		line, "run,folder,loss,seed,result,exit,end_s,<same>,<same>.at_s,<same> (2),"
		      "<same> (2).at_s,the run itself,the run itself.at_s,a.q.last,a.q.min,"
		      "a.q.max,a.q.mean,a.ok.status.last,a.ok.status.min,a.ok.status.max,"
		      "a.ok.status.mean,a->b.lost.last,a->b.lost.min,a->b.lost.max,a->b.lost.mean");
	line = strtok(NULL, "\n");
	line = strtok(NULL, "\n");
	CU_ASSERT_STRING_EQUAL(line, "2,2-loss=0-seed=2,0%,2,passed,0,2.000000000,passed,"
				     "2.000000000,passed,2.000000000,passed,2.000000000,11,10,11,"
				     "10.5,0,0,0,0,1,0,1,0.5");
	line = strtok(NULL, "\n");
	line = strtok(NULL, "\n");
	CU_ASSERT_STRING_EQUAL(line, "4,4-loss=5-seed=2,5%,2,not run,,,,,,,,,,,,,,,,,,,,");
	line = strtok(NULL, "\n");
	CU_ASSERT(strncmp(line, "5,5-loss=b-seed=1,<b>&,1,FAILED,1,2.000000000,FAILED,5.", 54) ==
		  0);
	has(page, "<b>&,", false);
	has(page, "&lt;b&gt;&amp;", true);
	has(page, "href=\"5-loss=b-seed=1/report.html\"", true);
	has(page, "href=\"6-loss=b-seed=2/report.html\"", false);
	has(page,
	    "uml_rig run -D x=1 -D &#39;loss=&lt;b&gt;&amp;&#39; --seed 1 &#39;a&amp;b.rig&#39;",
	    true);
	has(page, "nan", false);
	has(text, "4 passed, 1 failed, 1 broken; x.sweep/index.html\n", true);
	has(text, "FAILED  loss=<b>&, seed=1: <same> (was 40)\n", true);
	has(text, "\n  bin/uml_rig run -D x=1 -D 'loss=<b>&' --seed 1 'a&b.rig'\n", true);
	has(text, "  0%  2 of 2 passed    5.5 (0.5..10.5)  ", true);
	has(tap, "TAP version 14\n1..6\nok 1 - loss=0%, seed=1\n  ---\n  reason: \"passed\"\n",
	    true);
	has(tap, "\nok 4 - loss=5%, seed=2 # SKIP not run\nnot ok 5 - loss=<b>&, seed=1\n", true);
	free(tap);
	free(csv);
	free(page);
	free(text);
}

/* All of it, of one run; the n-th allocation fails. */
static int whole(long n)
{
	struct sweep_plan p = plan_of();
	struct sweep_table t;
	struct sweep_config c = {.plan = &p, .rig_name = "x", .rig_file = "y", .folder = "z"};
	const struct sweep_report r = {&c, &t, false};
	int folder = make_run(0, 1, 2, true), rc;
	FILE *out = fopen("/dev/null", "w");

	until_failure = n;
	rc = sweep_table_new(&t, &p);
	if (rc == 0)
		rc = sweep_table_add(&t, 0, 0, folder, "");
	if (rc == 0)
		rc = sweep_table_finish(&t);
	if (rc == 0)
		rc = sweep_report_page(&r, out);
	if (rc == 0)
		rc = sweep_report_text(&r, out);
	until_failure = -1;
	sweep_table_free(&t);
	sweep_plan_free(&p);
	fclose(out);
	close(folder);
	return rc;
}

/* Each allocation fails once; the last try is one in which none does. */
static void memory(void)
{
	int rc = -ENOMEM;
	long n;

	for (n = 0; rc == -ENOMEM && n < 1000; n++) {
		struct rig_why why;
		struct sweep_values v;

		until_failure = n;
		rc = sweep_range_read("1..3,a", &v, &why);
		until_failure = -1;
		sweep_values_free(&v);
	}
	CU_ASSERT_EQUAL(rc, 0);
	for (n = 0, rc = -ENOMEM; rc == -ENOMEM && n < 1000; n++)
		rc = whole(n);
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT(n > 15);
}

/* More figures than there can be columns are left out, and nothing else is. */
static void many_figures(void)
{
	struct sweep_keys k = {0};
	char text[16];
	uint32_t i, key = 0;
	int rc = 0;

	for (i = 0; i < SWEEP_KEYS_MAX && rc == 0; i++) {
		snprintf(text, sizeof(text), "k%u", i);
		rc = sweep_keys_find(&k, text, &key);
		CU_ASSERT_FATAL(rc == 0 && key == i);
	}
	CU_ASSERT_EQUAL(sweep_keys_find(&k, "one more", &key), -ENOSPC);
	CU_ASSERT_EQUAL(sweep_keys_find(&k, "k4711", &key), 0);
	CU_ASSERT_EQUAL(key, 4711);
	CU_ASSERT(sweep_keys_has(&k, "k0") && !sweep_keys_has(&k, "one more"));
	sweep_keys_free(&k);
	CU_ASSERT(!sweep_keys_has(&k, "k0"));
}

/* As many runs as there can be, half of which failed: the page stays a page, and comes soon. */
static void large(void)
{
	struct sweep_plan p = {.naxes = 0};
	struct rig_why why = {""};
	struct sweep_table t;
	struct sweep_config c = {.plan = &p, .rig_name = "x", .rig_file = "y", .folder = "z"};
	const struct sweep_report r = {&c, &t, false};
	int folder[2] = {make_run(0, 1, 2, true), make_run(1, 5, 3, false)};
	char *text = NULL;
	uint32_t i;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	CU_ASSERT_EQUAL_FATAL(sweep_plan_vary(&p, "x=1..10", &why), 0);
	CU_ASSERT_EQUAL_FATAL(sweep_plan_seed(&p, "1..1000", &why), 0);
	CU_ASSERT_EQUAL_FATAL(sweep_table_new(&t, &p), 0);
	for (i = 0; i < p.runs; i++)
		CU_ASSERT_EQUAL_FATAL(sweep_table_add(&t, i, i % 2, folder[i % 2], ""), 0);
	CU_ASSERT_EQUAL(sweep_table_finish(&t), 0);
	CU_ASSERT_EQUAL(sweep_report_page(&r, f), 0);
	fflush(f);
	CU_ASSERT(len > 1000000 && len < 4000000);
	CU_ASSERT_EQUAL(sweep_report_json(&r, f), 0);
	CU_ASSERT_EQUAL(sweep_report_csv(&r, f), 0);
	CU_ASSERT_EQUAL(sweep_report_text(&r, f), 0);
	fclose(f);
	has(text, "and 4990 more\n5000 passed, 5000 failed", true);
	free(text);
	sweep_table_free(&t);
	sweep_plan_free(&p);
	close(folder[0]);
	close(folder[1]);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"samples", samples}, {"verdicts", verdicts},
		{"doubts", doubts},   {"table", table},
		{"stats", stats},     {"ends", ends},
		{"orders", orders},   {"files", files},
		{"memory", memory},   {"many figures", many_figures},
		{"large", large},     CU_TEST_INFO_NULL,
	};
	int failed;

	top = open(mkdtemp(top_path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return 1;
	failed = run_suite("sweeps, what comes out", NULL, NULL, tests);
	remove_tree(top_path);
	return failed;
}
