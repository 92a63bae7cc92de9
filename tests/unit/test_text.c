// SPDX-License-Identifier: GPL-2.0
/* What is shown to a person: control characters made visible, one line, both ends of a long one. */
#include <stdlib.h>
#include <string.h>
#include "suite.h"
#include "text.h"

static const struct {
	const char *in, *keep, *out;
} table[] = {
	{"plain text", "", "plain text"},
	{"\xc3\xa4\xe2\x82\xac", "", "\xc3\xa4\xe2\x82\xac"}, /* UTF-8 */
	{"\x1b]0;title\x07", "", "\\x1b]0;title\\x07"},
	{"a\nb\tc\rd", "", "a\\x0ab\\x09c\\x0dd"},
	{"a\nb\tc\rd", "\n\t", "a\nb\tc\\x0dd"},
	{"\x7f", "\n", "\\x7f"},
	{"\xc2\x9b"
	 "31m",
	 "", "\\xc2\\x9b31m"}, /* CSI in one character */
	{"\xc2\xa0", "", "\xc2\xa0"},
};

static void visible(void)
{
	char out[100];
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t n = text_visible(out, sizeof(out), table[i].in, strlen(table[i].in),
					table[i].keep);

		CU_ASSERT_STRING_EQUAL(out, table[i].out);
		CU_ASSERT_EQUAL(n, strlen(table[i].out));
	}
	CU_ASSERT_EQUAL(text_visible(out, sizeof(out), "a\0b", 3, "\n"), 6);
	CU_ASSERT_STRING_EQUAL(out, "a\\x00b");
}

/* Never more than there is room for, and no half of an escape. */
static void room(void)
{
	const char in[] = "ab\x1b"
			  "cd\x1b\x1b";
	char out[32];
	size_t size;

	for (size = 1; size < sizeof(out); size++) {
		memset(out, 'X', sizeof(out));
		CU_ASSERT(text_visible(out, size, in, sizeof(in) - 1, "") < size);
		CU_ASSERT_EQUAL(out[strlen(out)], '\0');
		CU_ASSERT_EQUAL(out[size], 'X');
		CU_ASSERT(strncmp("ab\\x1bcd\\x1b\\x1b", out, strlen(out)) == 0);
		CU_ASSERT(!strchr(out, '\\') || strlen(strrchr(out, '\\')) >= 4);
	}
}

static size_t line(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = text_line(out, size, fmt, ap);
	va_end(ap);
	return n;
}

static void long_lines(void)
{
	static char name[1 << 20], out[2048];

	memset(name, 'x', sizeof(name) - 1);
	CU_ASSERT_EQUAL(line(out, sizeof(out), "opening %s: %s", name, "No such file"), 2047);
	CU_ASSERT_EQUAL(strlen(out), 2047);
	CU_ASSERT(strncmp(out, "opening xxx", 11) == 0);
	CU_ASSERT_STRING_EQUAL(out + 2047 - 15, "x: No such file");
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "x [...] x"));
	CU_ASSERT_EQUAL(line(out, sizeof(out), "%s", "a\nb"), 6);
	CU_ASSERT_STRING_EQUAL(out, "a\\x0ab");
	memset(name, '\x1b', sizeof(name) - 1);
	CU_ASSERT_EQUAL(line(out, sizeof(out), "%s", name), 2047);
	CU_ASSERT_PTR_NULL(strchr(out, '\x1b'));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"control characters", visible},
		{"room", room},
		{"long lines", long_lines},
		CU_TEST_INFO_NULL,
	};

	return run_suite("text", NULL, NULL, tests);
}
