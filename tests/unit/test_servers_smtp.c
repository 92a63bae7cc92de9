// SPDX-License-Identifier: GPL-2.0
/* The server of mail of the mail rigs: commands, rules, greylisting, and times in text. */
#include <stdio.h>
#include <string.h>
#include "common.h"
#include "smtpd_greylist.h"
#include "smtpd_plan.h"
#include "suite.h"

static struct plan p;

static const char *rule(const char *text)
{
	char copy[600];

	snprintf(copy, sizeof(copy), "%s", text);
	return plan_line(&p, copy);
}

static void test_times(void)
{
	uint64_t ms = 0;

	CU_ASSERT(common_time("250ms", &ms) && ms == 250);
	CU_ASSERT(common_time("30s", &ms) && ms == 30000);
	CU_ASSERT(common_time("4d", &ms) && ms == 345600000);
	CU_ASSERT_FALSE(common_time("30", &ms));
	CU_ASSERT_FALSE(common_time("-1s", &ms));
	CU_ASSERT_FALSE(common_time("1x", &ms));
	CU_ASSERT_FALSE(common_time("99999999999999999999s", &ms));
}

static void test_commands(void)
{
	static const struct {
		const char *line;
		enum smtp_verb verb;
		bool bad;
		const char *argument;
	} cases[] = {
		{"EHLO mx.test", VERB_EHLO, false, "mx.test"},
		{"helo", VERB_HELO, true, ""},
		{"MAIL FROM:<a@b.test> SIZE=100", VERB_MAIL, false, "a@b.test"},
		{"mail from: <>", VERB_MAIL, false, ""},
		{"MAIL FROM:a@b.test", VERB_MAIL, true, NULL},
		{"RCPT TO:<\"a>b\"@c.test>", VERB_RCPT, false, "\"a>b\"@c.test"},
		{"RCPT TO:<>", VERB_RCPT, true, NULL},
		{"RCPT TO:<a@b", VERB_RCPT, true, NULL},
		{"DATA", VERB_DATA, false, ""},
		{"NONSENSE a\tb", VERB_UNKNOWN, false, "a?b"},
		{"", VERB_UNKNOWN, false, ""},
	};
	struct smtp_command c;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		smtp_command_read(&c, cases[i].line, strlen(cases[i].line));
		CU_ASSERT_EQUAL(c.verb, cases[i].verb);
		CU_ASSERT_EQUAL(c.bad, cases[i].bad);
		if (cases[i].argument)
			CU_ASSERT_STRING_EQUAL(c.argument, cases[i].argument);
	}
	CU_ASSERT(smtp_is_final_dot(".", 1));
	CU_ASSERT_FALSE(smtp_is_final_dot("..", 2));
}

static void test_rules(void)
{
	static const char *const bad[] = {
		"",
		"nowhere then=close",
		"rcpt",
		"rcpt for=",
		"rcpt reply=45",
		"rcpt reply=4510 x",
		"rcpt then=explode",
		"rcpt delay=1",
		"mail greylist=5m",
		"rcpt at=5 then=reset",
		"body reply=250 ok",
		"rcpt times=0 then=close",
		"rcpt wrong=1 then=close",
	};
	size_t i;

	memset(&p, 0, sizeof(p));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_PTR_NOT_NULL(rule(bad[i]));
	CU_ASSERT_EQUAL(p.rules, 0);
	CU_ASSERT_PTR_NULL(
		rule("rcpt for=bob@* times=2 after=1 reply=451 4.2.0 then=this is text"));
	CU_ASSERT_EQUAL_FATAL(p.rules, 1);
	CU_ASSERT_EQUAL(p.rule[0].code, 451);
	CU_ASSERT_STRING_EQUAL(p.rule[0].text, "4.2.0 then=this is text");
	CU_ASSERT_EQUAL(p.rule[0].then, THEN_GO_ON);
	while (p.rules < PLAN_RULES_MAX)
		CU_ASSERT_PTR_NULL_FATAL(rule("quit then=reset"));
	CU_ASSERT_PTR_NOT_NULL(rule("quit then=reset"));
}

static void test_which_rule(void)
{
	memset(&p, 0, sizeof(p));
	CU_ASSERT_PTR_NULL(rule("rcpt for=bob@* after=1 times=2 reply=451 x"));
	CU_ASSERT_PTR_NULL(rule("rcpt from=10s until=20s reply=452 x"));
	CU_ASSERT_PTR_NULL(plan_find(&p, STAGE_MAIL, "bob@a", 0));
	CU_ASSERT_PTR_NULL(plan_find(&p, STAGE_RCPT, "alice@a", 0));
	CU_ASSERT_PTR_NULL(plan_find(&p, STAGE_RCPT, "bob@a", 0));
	CU_ASSERT_PTR_EQUAL(plan_find(&p, STAGE_RCPT, "BOB@a", 0), &p.rule[0]);
	CU_ASSERT_PTR_EQUAL(plan_find(&p, STAGE_RCPT, "bob@b", 0), &p.rule[0]);
	CU_ASSERT_PTR_NULL(plan_find(&p, STAGE_RCPT, "bob@b", 0));
	CU_ASSERT_PTR_EQUAL(plan_find(&p, STAGE_RCPT, "bob@b", 10000), &p.rule[1]);
	CU_ASSERT_PTR_NULL(plan_find(&p, STAGE_RCPT, "bob@b", 20000));
	CU_ASSERT(plan_has(&p, STAGE_RCPT));
	CU_ASSERT_FALSE(plan_has(&p, STAGE_STARTTLS));
}

static void test_greylist(void)
{
	static struct greylist g;

	CU_ASSERT(greylist_defers(&g, "1.2.3.4", "a@a", "b@b", 1000, 0));
	CU_ASSERT(greylist_defers(&g, "1.2.3.4", "a@a", "b@b", 1000, 999));
	CU_ASSERT_FALSE(greylist_defers(&g, "1.2.3.4", "a@a", "b@b", 1000, 1000));
	CU_ASSERT(greylist_defers(&g, "1.2.3.5", "a@a", "b@b", 1000, 1000));
	CU_ASSERT(greylist_defers(&g, "1.2.3.4", "a@ab", "@b", 1000, 1000));
	CU_ASSERT_EQUAL(g.entries, 3);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"times", test_times},           {"commands", test_commands}, {"rules", test_rules},
		{"which rule", test_which_rule}, {"greylist", test_greylist}, CU_TEST_INFO_NULL,
	};

	return run_suite("servers: smtp", NULL, NULL, tests);
}
