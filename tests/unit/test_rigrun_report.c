// SPDX-License-Identifier: GPL-2.0
/*
 * The files that a run leaves: what stands in them, the same bytes twice, hostile texts, nothing at
 * all, very much. With a folder as its argument, the runs stay there (tests/system/rig-report.sh
 * reads them with parsers of others).
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "axis.h"
#include "failing_malloc.h"
#include "results.h"
#include "rigrun_case.h"
#include "shown.h"
#include "suite.h"

static int top = -1; /* the folder that runs go into */

static const char *const files[] = {"samples.csv", "outputs.txt",   "timeline.txt", "verdicts.tap",
				    "junit.xml",   "manifest.json", "report.html",  "wall.json"};

static const struct results_fact hashes[] = {{"kernel", "00ff"}, {"image <base>", "\"&'\001\xff"}};
static const struct results_fact versions[] = {{"nestling", "1.0"}};
static const char *const doubts[] = {"a guest used <rdtsc>"};

static struct results_facts facts_of(uint64_t end_ns)
{
	return (struct results_facts){
		.rig_file = "a&b.rig",
		.hash = hashes,
		.nhashes = 2,
		.version = versions,
		.nversions = 1,
		.cpu_model = "A CPU @ 1 GHz",
		.end_ns = end_ns,
		.ended = "stop",
		.deterministic = false,
		.doubt = doubts,
		.ndoubts = 1,
	};
}

static int folder(const char *name)
{
	mkdirat(top, name, 0755);
	return openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Ends the run, writes it into the folder `name`, frees it. */
static void leave(struct run_case *c, const char *name, uint64_t end_ns)
{
	struct results_facts facts = facts_of(end_ns);
	struct results r = {c->rig, c->rec, c->judge, &facts};
	struct results_wall wall = {1700000000, 5};
	int fd = folder(name);

	judge_end(c->judge, end_ns);
	CU_ASSERT_EQUAL(results_write(&r, fd), 0);
	CU_ASSERT_EQUAL(results_write_wall(&wall, fd), 0);
	CU_ASSERT(faccessat(fd, ".new", F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT);
	close(fd);
	case_free(c);
}

/* A whole file, terminated; to be freed. */
static char *file_of(const char *run, const char *name, size_t *len)
{
	char path[64];
	struct stat st = {0};
	char *text;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", run, name);
	fd = openat(top, path, O_RDONLY | O_CLOEXEC);
	CU_ASSERT_FATAL(fd >= 0 && fstat(fd, &st) == 0);
	text = malloc((size_t)st.st_size + 1);
	n = read(fd, text, (size_t)st.st_size);
	CU_ASSERT_EQUAL_FATAL(n, st.st_size);
	text[n] = 0;
	close(fd);
	if (len)
		*len = (size_t)n;
	return text;
}

static void expect_text(const char *run, const char *name, const char *want)
{
	char *text = file_of(run, name, NULL);

	CU_ASSERT_STRING_EQUAL(text, want);
	if (strcmp(text, want) != 0)
		printf("\n%s/%s is\n%s", run, name, text);
	free(text);
}

static void expect_part(const char *run, const char *name, const char *part, bool there)
{
	char *text = file_of(run, name, NULL);

	CU_ASSERT((strstr(text, part) != NULL) == there);
	if ((strstr(text, part) != NULL) != there)
		printf("\n%s/%s: %s '%s'\n", run, name, there ? "no" : "has", part);
	free(text);
}

#define WAN                                                                                   \
	"node a\nnode b\nlink a b delay=10ms\nevery 1s sample a q ls\nevery 1s sample a->b\n" \
	"at 2s link a b down\nat 3s run b \"date\"\nat 4s run b \"id\" as=who\n"              \
	"expect a.q == 0 by 5s title=\"q # is 0\"\nexpect a->b.lost == 0 always\n"            \
	"expect b.who has \"root\" by 9s\n"

static void small(const char *name)
{
	struct run_case c = case_of(WAN);

	record_event(c.rec, 0, RECORD_BOOT, 0, RIG_NONE, "up");
	case_says(&c, S, "q", "3,5\n");
	case_figure(&c, S, RIG_FIGURE_BYTES, 1000);
	record_event(c.rec, 2 * S, RECORD_STEP, RIG_NONE, 0, "link a b down");
	case_says(&c, 2 * S + 1, "q", "0 at last\n");
	case_figure(&c, 3 * S, RIG_FIGURE_BYTES, 3000);
	record_command(c.rec, 3 * S, 1, NULL, "date", 1, "x\n", 2);
	record_event(c.rec, 3600 * S, RECORD_WARNING, 1, RIG_NONE, "slow\nly");
	record_command_cut(c.rec, 3600 * S, 1, "who", "id", RECORD_NO_STATUS, "5ms", 3);
	leave(&c, name, 3601 * S);
}

static void texts(void)
{
	small("small");
	expect_text("small", "samples.csv",
		    "time_s,source,name,value,unit,status,cut\n"
		    "1.000000000,a,q,3,,0,0\n"
		    "1.000000000,a->b,frames,0,,,0\n1.000000000,a->b,bytes,1000,,,0\n"
		    "1.000000000,a->b,delivered,0,,,0\n1.000000000,a->b,delivered_bytes,0,,,0\n"
		    "1.000000000,a->b,lost,0,,,0\n1.000000000,a->b,dropped,0,,,0\n"
		    "1.000000000,a->b,queue,0,,,0\n1.000000000,a->b,queue_packets,0,,,0\n"
		    "1.000000000,a->b,queue_max,0,,,0\n"
		    "2.000000001,a,q,0,,0,0\n"
		    "3.000000000,b,,,,1,0\n"
		    "3.000000000,a->b,frames,0,,,0\n3.000000000,a->b,bytes,3000,,,0\n"
		    "3.000000000,a->b,delivered,0,,,0\n3.000000000,a->b,delivered_bytes,0,,,0\n"
		    "3.000000000,a->b,lost,0,,,0\n3.000000000,a->b,dropped,0,,,0\n"
		    "3.000000000,a->b,queue,0,,,0\n3.000000000,a->b,queue_packets,0,,,0\n"
		    "3.000000000,a->b,queue_max,0,,,0\n"
		    "3600.000000000,b,who,0.005,s,,1\n");
	expect_text("small", "outputs.txt",
		    "# 1.000000000 a, status 0, 4 bytes: cmd\n3,5\n\n"
		    "# 2.000000001 a, status 0, 10 bytes: cmd\n0 at last\n\n"
		    "# 3.000000000 b, status 1, 2 bytes: date\nx\n\n"
		    "# 3600.000000000 b, no status, 3 bytes (cut): id\n5ms\n");
	expect_text("small", "timeline.txt",
		    "0s             boot     a                    up\n"
		    "2s             step     a - b                link a b down\n"
		    "1h             warning  b                    slow\\x0aly\n");
	expect_text("small", "verdicts.tap",
		    "TAP version 14\n1..4\n"
		    "ok 1 - q \\# is 0\n  ---\n  reason: \"was 0 at 2s1ns; wanted == 0 by 5s\"\n"
		    "  at_s: 2.000000001\n  ...\n"
		    "ok 2 - a->b.lost == 0 always\n  ---\n"
		    "  reason: \"was 0 in 2 samples; wanted == 0 always\"\n  at_s: "
		    "3601.000000000\n  ...\n"
		    "not ok 3 - b.who has root by 9s\n  ---\n"
		    "  reason: \"was never measured; wanted has \\\"root\\\" by 9s\"\n"
		    "  at_s: 9.000000000\n  ...\n"
		    "ok 4 - the run itself\n  ---\n  reason: \"no failure\"\n"
		    "  at_s: 3601.000000000\n  ...\n");
	expect_part("small", "manifest.json", "\"end_ns\": 3601000000000", true);
	expect_part("small", "manifest.json", "1700000000", false);
	expect_part("small", "wall.json", "\"began\": \"2023-11-14T22:13:20Z\"", true);
}

/* 8000 bit/s between the two moments: the top of the axis of the rate, one dot. */
static void rates(void)
{
	expect_part("small", "report.html", "<title>3s: 8000 bit/s</title>", true);
	expect_part("small", "report.html", "<title>1s: 8000 bit/s</title>", false);
	expect_part("small", "report.html", "<title>2s link a b down</title>", true);
	expect_part("small", "report.html", "Failed: 2 of 3 expectations came true", true);
}

static void twice(void)
{
	size_t i, n, m;

	small("small-again");
	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char *a = file_of("small", files[i], &n), *b = file_of("small-again", files[i], &m);

		CU_ASSERT(n > 0 && n == m && memcmp(a, b, n) == 0);
		free(a);
		free(b);
	}
}

static void hostile(void)
{
	static const char nasty[] =
		"</pre><script>x</script>&\"'\033[31m\0\r\xff\xc2\x9b\xed\xa0\x80\x7f"
		"]]>\n\tend";
	struct run_case c =
		case_of("node a\nevery 1s sample a q \"</code><b>&\\n'\"\n"
			"expect a.q == 0 by 5s title=\"<i>&'\\\"# \\\\ \\n\xc3\xa4]]>\"\n"
			"expect a.q == \"</td>&\\n\" by 5s");

	record_event(c.rec, 0, RECORD_FAILURE, 0, RIG_NONE, "<u>&\001\xfe\n");
	record_command(c.rec, S, 0, "q", "</code>\002", 0, nasty, sizeof(nasty) - 1);
	leave(&c, "hostile", 2 * S);
	expect_part("hostile", "report.html", "<b>&", false);
	expect_part("hostile", "report.html", "<script>x", false);
	expect_part("hostile", "report.html", "<u>", false);
	expect_part(
		"hostile", "report.html",
		"&lt;script&gt;x&lt;/script&gt;&amp;&quot;&#39;\\x1b[31m\\x00\\x0d\\xff\\xc2\\x9b"
		"\\xed\\xa0\\x80\\x7f]]&gt;\n\tend</pre>",
		true);
	expect_part("hostile", "verdicts.tap", "not ok 1 - <i>&'\"\\# \\\\ \\\\x0a\xc3\xa4]]>\n",
		    true);
	expect_part("hostile", "verdicts.tap",
		    "not ok 3 - the run itself\n  ---\n"
		    "  reason: \"a failure at 0s: a: "
		    "<u>&\\\\x01\\\\xfe\\\\x0a\"\n",
		    true);
	expect_part("hostile", "junit.xml", "tests=\"3\" failures=\"3\"", true);
	expect_part("hostile", "manifest.json", "\"image <base>\": \"\\\"&'\\\\x01\\\\xff\"", true);
}

/* A run of which nothing is known. */
static void empty(void)
{
	struct run_case c = case_of("node a");
	struct results_facts facts = {.deterministic = true};
	struct results r = {c.rig, c.rec, c.judge, &facts};
	int fd = folder("empty");

	judge_end(c.judge, 0);
	CU_ASSERT_EQUAL(results_write(&r, fd), 0);
	close(fd);
	case_free(&c);
	expect_text("empty", "samples.csv", "time_s,source,name,value,unit,status,cut\n");
	expect_text("empty", "timeline.txt", "");
	expect_part("empty", "verdicts.tap", "1..1\nok 1 - the run itself", true);
	expect_part("empty", "report.html", "Passed: nothing was expected", true);
	expect_part("empty", "manifest.json", "\"cpu\": null", true);
}

/* What a rig shows: the last output, in the report and on the terminal, without what it would obey. */
static void shows(void)
{
	struct run_case c =
		case_of("node a\nevery 1s sample a q ls\nevery 1s sample a r ls\n"
			"show a.q title=\"<b> table\"\nshow a.r\nat 1s run a x as=s\nshow a.s");
	char *text = NULL, *big = calloc(1, SHOWN_BYTES + 8);
	size_t len;
	FILE *f = open_memstream(&text, &len);

	CU_ASSERT_FATAL(f && big);
	memset(big, 'x', SHOWN_BYTES + 7);
	case_says(&c, S, "q", "old\n");
	record_command(c.rec, S, 0, "s", "x", 3, big, SHOWN_BYTES + 7);
	record_command(c.rec, 2 * S, 0, "q", "ls", 3, "1 & 2\033[31m\n\tend", 15);
	shown_print(c.rec, f);
	fclose(f);
	big[SHOWN_BYTES] = 0;
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n<b> table\n\n1 & 2\\x1b[31m\n\tend\n"
					    "The command ended with status 3.\n\na.r\n\n"
					    "It was never measured.\n\na.s\n\nxxx"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, big));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "xxx\n7 bytes more are in outputs.txt.\n"));
	free(text);
	free(big);
	leave(&c, "shows", 2 * S);
	expect_part("shows", "report.html",
		    "<h3>&lt;b&gt; table</h3>\n<pre>1 &amp; 2\\x1b[31m\n\tend</pre>\n"
		    "<p class=\"note\">The command ended with status 3.</p>\n",
		    true);
	expect_part("shows", "report.html", "<a href=\"#shown\">", true);
	expect_part("empty", "report.html", "id=\"shown\"", false);
}

/* Samples that never came, or once, or are no numbers. */
static void gaps(void)
{
	struct run_case c = case_of("node a\nnode b\nlink a b\nevery 1s sample a q ls\n"
				    "every 1s sample a r ls\nevery 1s sample a s ls\n"
				    "every 1s sample a t ls\nevery 1s sample b u ls");

	case_says(&c, S, "r", "none\nsecond line");
	case_says(&c, S, "s", "1");
	case_says(&c, S, "t", "1e309");
	record_link(c.rec, S, 0, RIG_WAY_1, (double[RIG_FIGURES]){NAN, -NAN, INFINITY, 1e308});
	case_says(&c, 2 * S, "s", "none");
	case_says(&c, 2 * S, "t", "-1e308");
	record_link(c.rec, 2 * S, 0, RIG_WAY_1, (double[RIG_FIGURES]){[RIG_FIGURE_QUEUE] = -1e308});
	case_says(&c, 3 * S, "s", "2");
	leave(&c, "gaps", 3 * S);
	expect_part("gaps", "report.html", "<td class=\"m t\">a.q</td><td>never</td>", true);
	expect_part("gaps", "report.html", "<td class=\"m\">none</td>", true);
	expect_part("gaps", "report.html", "<figcaption><b>a.s</b></figcaption>", true);
	expect_part("gaps", "report.html", "<path class=\"failed\"", true);
	expect_part("gaps", "report.html", ">no number</text>", true);
	expect_part("gaps", "samples.csv", "1.000000000,b->a,frames,,,,0\n", true);
	expect_part("gaps", "report.html", "nan", false);
}

static size_t count(const char *text, const char *what, const char *end)
{
	size_t n = 0;

	while ((text = strstr(text, what)) && (!end || text < end)) {
		n++;
		text++;
	}
	return n;
}

/* 10,000 samples: as many points as columns can show, and both spikes among them. */
static void many(void)
{
	struct run_case c = case_of("node a\nevery 1s sample a q ls");
	char *page, *line;
	uint32_t i;

	for (i = 0; i < 10000; i++)
		case_says(&c, i * S, "q",
			  i == 5001   ? "100"
			  : i == 7003 ? "-100"
			  : i % 2     ? "3"
				      : "2");
	leave(&c, "many", 10000 * S);
	page = file_of("many", "report.html", NULL);
	line = strstr(page, "class=\"line l0\" d=\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(line);
	i = (uint32_t)count(line, "L", strstr(line, "/>"));
	CU_ASSERT(i > 800 && i < 4 * 410);
	CU_ASSERT_EQUAL(count(line, " 10.0L", strstr(line, "/>")), 1);
	CU_ASSERT_EQUAL(count(line, " 144.0L", strstr(line, "/>")), 1);
	CU_ASSERT_EQUAL(count(page, "<pre>", NULL), 10);
	expect_part("many", "report.html", "9990 earlier ones are in outputs.txt", true);
	free(page);
}

/* 300 nodes and their links: the page stays a page. */
static void large(void)
{
	struct run_case c = case_of("lan l\nrepeat i 1..300\nnode n$i\nlink n$i l delay=1ms\n"
				    "every 1m sample n$i q ls\nevery 1m sample n$i->l\n"
				    "expect n$i.q >= 0 always\nend\nat 3m note x");
	size_t len;
	char text[32];
	uint32_t i, k;

	for (k = 0; k < 60; k++) {
		for (i = 0; i < 300; i++) {
			snprintf(text, sizeof(text), "%u", (i * k) % 17);
			record_command(c.rec, k * 60 * S, i, "q", "ls", 0, text, strlen(text));
			record_link(c.rec, k * 60 * S, i, RIG_WAY_0,
				    (double[RIG_FIGURES]){k, k * 100.0 * i});
		}
	}
	leave(&c, "large", 3600 * S);
	free(file_of("large", "report.html", &len));
	CU_ASSERT(len > 1000000 && len < 24000000);
}

static void axes(void)
{
	static const struct {
		double least, most, from, to, step;
	} t[] = {
		{0, 0, 0, 1, 0.2},         {5, 5, 0, 10, 2},          {-5, -5, -10, 0, 2},
		{0, 100, 0, 100, 20},      {3, 97, 0, 100, 20},       {990, 1000, 990, 1000, 2},
		{-1, 1, -1, 1, 0.5},       {0, 1e-9, 0, 1e-9, 2e-10}, {-97, -3, -100, 0, 20},
		{0, 1.1e6, 0, 1.5e6, 5e5},
	};
	char text[AXIS_TEXT];
	struct axis tiny;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct axis a = axis_of(t[i].least, t[i].most);

		CU_ASSERT_DOUBLE_EQUAL(a.least, t[i].from, fabs(t[i].step) / 1000);
		CU_ASSERT_DOUBLE_EQUAL(a.most, t[i].to, fabs(t[i].step) / 1000);
		CU_ASSERT_DOUBLE_EQUAL(a.step, t[i].step, fabs(t[i].step) / 1000);
	}
	tiny = axis_of(0, 1e-320);
	CU_ASSERT(tiny.step > 0 && tiny.most > tiny.least && tiny.most < 1e-319);
	CU_ASSERT_EQUAL(axis_of_time(3600 * S).step, 600e9);
	CU_ASSERT_EQUAL(axis_of_time(7 * S).step, 2e9);
	CU_ASSERT_EQUAL(axis_of_time(3).step, 0.5);
	CU_ASSERT_EQUAL(axis_of_time(0).most, 1e9);
	CU_ASSERT_EQUAL(axis_of_time(100 * 86400 * S).step, 20 * 86400e9);
	axis_text(-0.0, text);
	CU_ASSERT_STRING_EQUAL(text, "0");
	axis_text(2500000, text);
	CU_ASSERT_STRING_EQUAL(text, "2.5M");
	axis_text(9999, text);
	CU_ASSERT_STRING_EQUAL(text, "9999");
}

/* Files appear whole or not at all, and errors are told. */
static void failures(void)
{
	struct run_case c = case_of(WAN);
	struct results_facts facts = facts_of(S);
	struct results r = {c.rig, c.rec, c.judge, &facts};
	FILE *full = fopen("/dev/full", "w");
	int fd = folder("failures");

	setvbuf(full, NULL, _IONBF, 0);
	CU_ASSERT_EQUAL(results_report(&r, full), -EIO);
	CU_ASSERT_EQUAL(results_csv(&r, full), -EIO);
	CU_ASSERT_EQUAL(results_junit(&r, full), -EIO);
	fclose(full);
	CU_ASSERT_EQUAL(results_write(&r, -1), -EBADF);
	CU_ASSERT_EQUAL(symlinkat("samples.csv", fd, ".new"), 0);
	CU_ASSERT_EQUAL(results_write(&r, fd), -ELOOP);
	CU_ASSERT(faccessat(fd, "samples.csv", F_OK, 0) < 0);
	unlinkat(fd, ".new", 0);
	mkdirat(fd, "samples.csv", 0755);
	CU_ASSERT_EQUAL(results_write(&r, fd), -EISDIR);
	CU_ASSERT(faccessat(fd, ".new", F_OK, 0) < 0);
	unlinkat(fd, "samples.csv", AT_REMOVEDIR);
	close(fd);
	unlinkat(top, "failures", AT_REMOVEDIR);
	case_free(&c);
}

static void memory(void)
{
	struct run_case c = case_of(WAN);
	struct results_facts facts = facts_of(S);
	struct results r = {c.rig, c.rec, c.judge, &facts};
	int rc = -ENOMEM;
	long n;

	for (n = 0; rc == -ENOMEM; n++) {
		FILE *out = fopen("/dev/null", "w");

		until_failure = n;
		rc = results_report(&r, out);
		until_failure = -1;
		fclose(out);
	}
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT(n > 8);
	case_free(&c);
}

static void remove_all(const char *path)
{
	static const char *const runs[] = {"small", "small-again", "hostile", "empty",
					   "gaps",  "many",        "large",   "shows"};
	char name[64];
	size_t i, k;

	for (i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
		for (k = 0; k < sizeof(files) / sizeof(*files); k++) {
			snprintf(name, sizeof(name), "%s/%s", runs[i], files[k]);
			unlinkat(top, name, 0);
		}
		unlinkat(top, runs[i], AT_REMOVEDIR);
	}
	rmdir(path);
}

int main(int argc, char **argv)
{
	char path[] = "/tmp/rigrun-report.XXXXXX";
	static CU_TestInfo tests[] = {
		{"texts", texts},  {"rates", rates}, {"twice", twice},       {"hostile", hostile},
		{"empty", empty},  {"shows", shows}, {"gaps", gaps},         {"many", many},
		{"large", large},  {"axes", axes},   {"failures", failures}, {"memory", memory},
		CU_TEST_INFO_NULL,
	};
	int failed;

	top = open(argc > 1 ? argv[1] : mkdtemp(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return 1;
	failed = run_suite("runs of rigs, results", NULL, NULL, tests);
	if (argc < 2)
		remove_all(path);
	return failed;
}
