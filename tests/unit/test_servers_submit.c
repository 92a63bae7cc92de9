// SPDX-License-Identifier: GPL-2.0
/* The client of the mail rigs: what it takes for a reply of a server. */
#include <string.h>
#include "submit_reply.h"
#include "suite.h"

static char line[64];

/* The code of the reply at the beginning of text; *rest: how much of it is left. */
static unsigned int reply(const char *text, size_t *rest)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");
	unsigned int code;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	code = submit_reply_read(f, line, sizeof(line));
	*rest = strlen(text) - (size_t)ftell(f);
	fclose(f);
	return code;
}

static void test_replies(void)
{
	size_t rest;

	CU_ASSERT_EQUAL(reply("220 mx1.test ESMTP\r\n", &rest), 220);
	CU_ASSERT_STRING_EQUAL(line, "220 mx1.test ESMTP");
	CU_ASSERT_EQUAL(reply("250-mx1.test\r\n250-SIZE\r\n250 HELP\r\n354 go\r\n", &rest), 250);
	CU_ASSERT_STRING_EQUAL(line, "250 HELP");
	CU_ASSERT_EQUAL(rest, strlen("354 go\r\n"));
	CU_ASSERT_EQUAL(reply("250\r\n", &rest), 250);
	CU_ASSERT_EQUAL(reply("250\n", &rest), 250);
	CU_ASSERT_EQUAL(reply("451-later\r\n550 never\r\n", &rest), 550);
}

/* Numbers that are no codes, which a server may say in the place of one. */
static void test_no_replies(void)
{
	static const char *const text[] = {
		" 25 x\r\n", "+25 x\r\n", "-25 x\r\n",       "\t25 x\r\n", "25 x\r\n",
		"2500\r\n",  "0x2 \r\n",  "ok\r\n",          "\r\n",       "250:x\r\n",
		"25\r\n",    "250ok\r\n", "250-a\r\nhm\r\n", "250\rx\r\n", " 25-a\r\n250 x\r\n",
	};
	size_t i, rest;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		CU_ASSERT_EQUAL(reply(text[i], &rest), 0);
}

static void test_hang_up(void)
{
	static const char *const text[] = {"250-a\r\n", "2", "250 o", "250-a\r\n250"};
	size_t i, rest;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		CU_ASSERT_EQUAL(reply(text[i], &rest), 0);
		CU_ASSERT_STRING_EQUAL(line, "no answer");
	}
}

/* Of a long line, what is behind the buffer is no line of its own. */
static void test_long_line(void)
{
	char text[256];
	size_t rest;

	memset(text, 'x', sizeof(text));
	memcpy(text, "250-", 4);
	memcpy(text + sizeof(line) - 1, "550 no\r\n451 later\r\n?", 21);
	CU_ASSERT_EQUAL(reply(text, &rest), 451);
	CU_ASSERT_EQUAL(rest, 1);
	memcpy(text, "250 ", 4);
	CU_ASSERT_EQUAL(reply(text, &rest), 250);
	CU_ASSERT_EQUAL(strlen(line), sizeof(line) - 1);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"replies", test_replies},
		{"no replies", test_no_replies},
		{"the server hangs up", test_hang_up},
		{"a long line", test_long_line},
		CU_TEST_INFO_NULL,
	};

	return run_suite("the client of mail", NULL, NULL, tests);
}
