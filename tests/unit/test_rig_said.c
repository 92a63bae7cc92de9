// SPDX-License-Identifier: GPL-2.0
/* Steps and captures that are said while a rig runs. */
#include <errno.h>
#include <string.h>
#include "rig.h"
#include "suite.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const char text[] = "rig x 1\n"
			   "set d 10ms\n"
			   "node a\n"
			   "node b\n"
			   "lan l net=10.1.0.0/24\n"
			   "link a@10.0.0.1/24 b@10.0.0.2/24 delay=$d\n"
			   "link a l\n"
			   "at 1s crash a\n"
			   "at 2s note \"still here\"\n"
			   "capture all\n";

static struct rig *rig;
static char err[600];

static int load(void)
{
	return rig_load_text(&rig, "x.rig", text, strlen(text), NULL, 0);
}

static int unload(void)
{
	rig_free(rig);
	return 0;
}

/* Words separated by '|'. */
static int say(bool capture, const char *line, struct rig_step *s, struct rig_capture *c)
{
	char copy[400], *save, *w;
	const char *word[40];
	uint32_t n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (w = strtok_r(copy, "|", &save); w; w = strtok_r(NULL, "|", &save))
		word[n++] = w;
	*err = 0;
	return capture ? rig_read_capture(rig, "/some/where", word, n, c, err, sizeof(err))
		       : rig_read_step(rig, "/some/where", word, n, s, err, sizeof(err));
}

/* The rig is what it was. */
static void same(void)
{
	CU_ASSERT_EQUAL(rig->nsteps, 2);
	CU_ASSERT_EQUAL(rig->step[0].action, RIG_DO_CRASH);
	CU_ASSERT_STRING_EQUAL(rig->step[1].command, "still here");
	CU_ASSERT_EQUAL(rig->ncaptures, 1);
	CU_ASSERT_EQUAL(rig_errors(rig), 0);
}

static void steps(void)
{
	struct rig_step s;

	CU_ASSERT_EQUAL(say(false, "link|a|->|b|delay=50ms|loss=1%", &s, NULL), 0);
	CU_ASSERT_EQUAL(s.action, RIG_DO_LINK);
	CU_ASSERT_EQUAL(s.link, 0);
	CU_ASSERT_EQUAL(s.way, RIG_WAY_0);
	CU_ASSERT_EQUAL(s.spec.delay_ns, 50000000);
	CU_ASSERT_EQUAL(say(false, "link|l|a|down", &s, NULL), 0);
	CU_ASSERT_EQUAL(s.link, 1);
	CU_ASSERT_EQUAL(s.way, RIG_WAY_BOTH);
	CU_ASSERT_EQUAL(say(false, "crash|b", &s, NULL), 0);
	CU_ASSERT_EQUAL(s.action, RIG_DO_CRASH);
	CU_ASSERT_EQUAL(s.node, 1);
	/* Files are where who says it stands; words are words, whatever is in them. */
	CU_ASSERT_EQUAL(say(false, "copy|a|f $d \"x\":/tmp/y z:600", &s, NULL), 0);
	CU_ASSERT_STRING_EQUAL(s.copy.host, "/some/where/f $d \"x\"");
	CU_ASSERT_STRING_EQUAL(s.copy.guest, "/tmp/y z");
	CU_ASSERT_EQUAL(s.copy.mode, 0600);
	CU_ASSERT_EQUAL(say(false, "note|a # b", &s, NULL), 0);
	CU_ASSERT_STRING_EQUAL(s.command, "a # b");
	same();
}

static void captures(void)
{
	struct rig_capture c;

	CU_ASSERT_EQUAL(say(true, "a|b|filter=tcp port 25|snap=64B", NULL, &c), 0);
	CU_ASSERT_EQUAL(c.link, 0);
	CU_ASSERT_STRING_EQUAL(c.filter, "tcp port 25");
	CU_ASSERT_EQUAL(c.snap_bytes, 64);
	CU_ASSERT_EQUAL(say(true, "all", NULL, &c), 0);
	CU_ASSERT_TRUE(c.all);
	CU_ASSERT_EQUAL(say(true, "l", NULL, &c), 0);
	CU_ASSERT_EQUAL(c.of.kind, RIG_END_LAN);
	CU_ASSERT_EQUAL(say(true, "a|c", NULL, &c), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "there is no node or lan 'c'"));
	same();
}

static void wrong(void)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"link|a|b|delay=5", "unit is missing"},
		{"link|a|b", "a setting like down or delay=40ms is missing"},
		{"link|a|bb|down", "there is no node or lan 'bb'; did you mean 'b'?"},
		{"link|b|l|down", "no link between 'b' and 'l'"},
		{"crash", "a name is missing"},
		{"crash|l", "'l' is not a node"},
		{"crash|a|b", "one word too many"},
		{"krash|a", "no action 'krash'; did you mean 'crash'?"},
		{"copy|a|f", "say FILE:/PLACE/IN/THE/GUEST"},
		{"fetch|a|x", "named from /"},
	};
	struct rig_step s;
	size_t i, round;

	for (round = 0; round < 100; round++) { /* more than a rig has room for files and errors */
		for (i = 0; i < COUNT(cases); i++) {
			CU_ASSERT_EQUAL(say(false, cases[i].line, &s, NULL), -EINVAL);
			CU_ASSERT_PTR_NOT_NULL(strstr(err, cases[i].says));
			if (!round && !strstr(err, cases[i].says))
				printf("%s: %s\n", cases[i].line, err);
		}
	}
	same();
}

static void long_ones(void)
{
	static char big[20000];
	const char *many[400];
	struct rig_step s;
	uint32_t i;

	memset(big, 'x', sizeof(big) - 1);
	for (i = 0; i < COUNT(many); i++)
		many[i] = "x";
	CU_ASSERT_EQUAL(rig_read_step(rig, "/", many, COUNT(many), &s, err, sizeof(err)), -E2BIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "too many words"));
	many[0] = "note";
	many[1] = big;
	CU_ASSERT_EQUAL(rig_read_step(rig, "/", many, 2, &s, err, sizeof(err)), -E2BIG);
	CU_ASSERT_EQUAL(rig_read_step(rig, "/", many, 0, &s, err, sizeof(err)), -EINVAL);
	same();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"steps", steps},         {"captures", captures}, {"wrong ones", wrong},
		{"long ones", long_ones}, CU_TEST_INFO_NULL,
	};

	return run_suite("said", load, unload, tests);
}
