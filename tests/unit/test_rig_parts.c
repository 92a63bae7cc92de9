// SPDX-License-Identifier: GPL-2.0
/* The rig language in parts: values, the lexer, variables, suggestions, files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "parse.h"
#include "suite.h"

static void times(void)
{
	static const struct {
		const char *text;
		uint64_t ns; /* UINT64_MAX: an error */
		const char *print; /* or what the error says */
	} t[] = {
		{"0s", 0, "0s"},
		{"1ns", 1, "1ns"},
		{"40ms", 40000000, "40ms"},
		{"1.5s", 1500000000, "1s500ms"},
		{"10m", 600000000000, "10m"},
		{"90m", 5400000000000, "1h30m"},
		{"1h30m", 5400000000000, "1h30m"},
		{"1d2h3m4s5ms6us7ns", 93784005006007, "1d2h3m4s5ms6us7ns"},
		{"101h", 363600000000000, "4d5h"},
		{"36500d", RIG_TIME_MAX, "36500d"},
		{"10", UINT64_MAX, "'10' has no unit; say ns, us, ms, s, m, h or d, as in 10s"},
		{"1h30", UINT64_MAX, "'30' has no unit"},
		{"10min", UINT64_MAX, "there is no unit 'min'"},
		{"s", UINT64_MAX, "'s' is not a time like 10s"},
		{"", UINT64_MAX, "'' is not a time"},
		{"-1s", UINT64_MAX, "'-1s' is not a time"},
		{"1.s", UINT64_MAX, "not a time"},
		{"1..5s", UINT64_MAX, "'1..5s' is not a time"},
		{"0.5ns", UINT64_MAX, "'0.5ns' is finer than 1ns; leave out digits"},
		{"30m1h", UINT64_MAX, "larger units come first"},
		{"1m1m", UINT64_MAX, "larger units come first"},
		{"36500d1ns", UINT64_MAX, "out of range: at most 36500d"},
		{"36501d", UINT64_MAX, "out of range"},
		{"99999999999999999999s", UINT64_MAX, "not a time"},
	};
	struct rig_why why;
	char print[64];
	uint64_t ns;
	size_t i;

	for (i = 0; i < RIG_COUNT(t); i++) {
		int rc = rig_value_time(t[i].text, &ns, &why);

		CU_ASSERT_EQUAL(rc, t[i].ns == UINT64_MAX ? -EINVAL : 0);
		if (rc < 0) {
			if (!strstr(why.text, t[i].print))
				printf("\n  %s: %s\n", t[i].text, why.text);
			CU_ASSERT_PTR_NOT_NULL(strstr(why.text, t[i].print));
			continue;
		}
		CU_ASSERT_EQUAL(ns, t[i].ns);
		rig_print_time(ns, print);
		CU_ASSERT_STRING_EQUAL(print, t[i].print);
	}
}

/* A kind of value: its text, what it is, or what its error says. */
static void sizes(void)
{
	struct rig_why why;
	enum rig_unit unit;
	uint64_t n;
	double d;

	CU_ASSERT_EQUAL(rig_value_memory("96M", &n, &why), 0);
	CU_ASSERT_EQUAL(n, 96 << 20);
	CU_ASSERT_EQUAL(rig_value_memory("8192K", &n, &why), 0);
	CU_ASSERT_EQUAL(n, 8 << 20);
	CU_ASSERT_EQUAL(rig_value_memory("1.5G", &n, &why), 0);
	CU_ASSERT_EQUAL(n, 1536UL << 20);
	CU_ASSERT_EQUAL(rig_value_memory("96", &n, &why), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why.text, "'96' has no unit; say K, M or G, as in 96M");
	CU_ASSERT_EQUAL(rig_value_memory("96MiB", &n, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_memory("1M", &n, &why), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why.text, "'1M' is out of range: 8M to 256G");
	CU_ASSERT_EQUAL(rig_value_memory("257G", &n, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_memory("10M10K", &n, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_size("64KiB", &n, &why), 0);
	CU_ASSERT_EQUAL(n, 65536);
	CU_ASSERT_EQUAL(rig_value_size("64kB", &n, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_integer("18446744073709551615", UINT64_MAX, &n, &why), 0);
	CU_ASSERT_EQUAL(n, UINT64_MAX);
	CU_ASSERT_EQUAL(rig_value_integer("18446744073709551616", UINT64_MAX, &n, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_integer("11", 10, &n, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_integer("", 10, &n, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_integer("1x", 10, &n, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_number("-1.5", &d, &unit, &why), 0);
	CU_ASSERT(d == -1.5 && unit == RIG_UNIT_NONE);
	CU_ASSERT_EQUAL(rig_value_number("250ms", &d, &unit, &why), 0);
	CU_ASSERT(d == 0.25 && unit == RIG_UNIT_SECONDS);
	CU_ASSERT_EQUAL(rig_value_number("1KiB", &d, &unit, &why), 0);
	CU_ASSERT(d == 1024 && unit == RIG_UNIT_BYTES);
	CU_ASSERT_EQUAL(rig_value_number("2Mbit", &d, &unit, &why), 0);
	CU_ASSERT(d == 2e6 && unit == RIG_UNIT_BITS);
	CU_ASSERT_EQUAL(rig_value_number("99.9%", &d, &unit, &why), 0);
	CU_ASSERT(d == 99.9 && unit == RIG_UNIT_PERCENT);
	CU_ASSERT_EQUAL(rig_value_number("5parsec", &d, &unit, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_number("many", &d, &unit, &why), -EINVAL);
}

static void addresses(void)
{
	static const struct {
		const char *text;
		bool host;
		const char *print; /* NULL: an error */
	} t[] = {
		{"10.0.0.1/24", true, "10.0.0.1/24"},
		{"10.0.0.0/24", false, "10.0.0.0/24"},
		{"0.0.0.0/0", false, "0.0.0.0/0"},
		{"2001:DB8:0::1/64", true, "2001:db8::1/64"},
		{"2001:db8::/32", false, "2001:db8::/32"},
		{"10.0.0.1/24", false, NULL},
		{"2001:db8::1/64", false, NULL},
		{"10.0.0.1", true, NULL},
		{"10.0.0.1/", true, NULL},
		{"10.0.0.1/33", true, NULL},
		{"2001:db8::1/129", true, NULL},
		{"10.0.0.256/24", true, NULL},
		{"10.0.0/24", true, NULL},
		{"mx1/24", true, NULL},
		{"/24", true, NULL},
	};
	struct rig_address a;
	struct rig_why why;
	char print[64];
	uint8_t mac[6];
	size_t i;

	for (i = 0; i < RIG_COUNT(t); i++) {
		int rc = rig_value_address(t[i].text, t[i].host, &a, &why);

		CU_ASSERT_EQUAL(rc, t[i].print ? 0 : -EINVAL);
		if (rc < 0)
			continue;
		rig_print_address(&a, true, print);
		CU_ASSERT_STRING_EQUAL(print, t[i].print);
	}
	CU_ASSERT_EQUAL(rig_value_mac("02:00:00:00:aB:01", mac, &why), 0);
	CU_ASSERT_EQUAL(memcmp(mac, "\2\0\0\0\xab\1", 6), 0);
	CU_ASSERT_EQUAL(rig_value_mac("03:00:00:00:00:01", mac, &why), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "group"));
	CU_ASSERT_EQUAL(rig_value_mac("02:00:00:00:00", mac, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_mac("02:00:00:00:00:01:02", mac, &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_mac("", mac, &why), -EINVAL);
}

static void names_and_dates(void)
{
	static const char *const good[] = {"a", "mx1", "ns-bad",
					   "a123456789012345678901234567890b"};
	static const char *const bad[] = {
		"",     "1a",   "-a",  "a-",   "Mx1",
		"mx_1", "mx.1", "all", "link", "a1234567890123456789012345678901b"};
	static const struct {
		const char *text;
		uint64_t seconds; /* 1: an error */
	} dates[] = {
		{"1970-01-01T00:00:00Z", 0},          {"2026-01-16T00:00:00Z", 1768521600},
		{"2024-02-29T23:59:59Z", 1709251199}, {"2023-02-29T00:00:00Z", 1},
		{"2026-13-01T00:00:00Z", 1},          {"2026-01-16", 1},
		{"2026-01-16T00:00:00", 1},           {"2026-01-16T00:00:00+01:00", 1},
		{"1969-12-31T23:59:59Z", 1},          {"", 1},
	};
	struct rig_why why;
	uint64_t s;
	char print[64];
	size_t i;

	for (i = 0; i < RIG_COUNT(good); i++)
		CU_ASSERT_EQUAL(rig_value_name(good[i], "node", &why), 0);
	for (i = 0; i < RIG_COUNT(bad); i++)
		CU_ASSERT_EQUAL(rig_value_name(bad[i], "node", &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_label("Queue_1", "sample", &why), 0);
	CU_ASSERT_EQUAL(rig_value_label("1q", "sample", &why), -EINVAL);
	CU_ASSERT_EQUAL(rig_value_label("q-1", "sample", &why), -EINVAL);
	for (i = 0; i < RIG_COUNT(dates); i++) {
		int rc = rig_value_date(dates[i].text, &s, &why);

		CU_ASSERT_EQUAL(rc, dates[i].seconds == 1 ? -EINVAL : 0);
		if (rc == 0) {
			CU_ASSERT_EQUAL(s, dates[i].seconds);
			rig_print_date(s, print);
			CU_ASSERT_STRING_EQUAL(print, dates[i].text);
		}
	}
}

static void distances(void)
{
	static const struct {
		const char *a, *b;
		uint32_t d;
	} t[] = {
		{"", "", 0},         {"link", "link", 0},   {"link", "lnk", 1},
		{"link", "lnik", 1}, {"link", "links", 1},  {"link", "lenk", 1},
		{"abc", "", 3},      {"delay", "dealy", 1}, {"seed", "speed", 1},
		{"node", "lan", 4},
	};
	struct rig_nearest n;
	size_t i;

	for (i = 0; i < RIG_COUNT(t); i++) {
		CU_ASSERT_EQUAL(rig_distance(t[i].a, t[i].b, 100), t[i].d);
		CU_ASSERT_EQUAL(rig_distance(t[i].b, t[i].a, 100), t[i].d);
	}
	CU_ASSERT_EQUAL(rig_distance("abc", "xyz", 2), 2);
	rig_nearest_start(&n, "ruoter");
	rig_nearest_try(&n, "node");
	rig_nearest_try(&n, "router");
	CU_ASSERT_STRING_EQUAL(rig_nearest_text(&n), "; did you mean 'router'?");
	rig_nearest_start(&n, "x");
	rig_nearest_try(&n, "y");
	CU_ASSERT_STRING_EQUAL(rig_nearest_text(&n), "");
}

/*
 * What the lexer makes of a text: words in brackets, # for a comment, ; for the end of a statement,
 * ! for a bad one.
 */
static const struct {
	const char *text, *want;
} lexed[] = {
	{"", ""},
	{"\n", ";"},
	{"a b\n", "[a@1:1][b@1:3];"},
	{"  a\t b", "[a@1:3][b@1:6];"},
	{"a\r\nb\r\n", "[a@1:1];[b@2:1];"},
	{"a # b c\n", "[a@1:1]#;"},
	{"# only\n\na", "#;;[a@3:1];"},
	{"a#b", "[a#b@1:1];"},
	{"a \\\n  b\nc", "[a@1:1][b@2:3];[c@3:1];"},
	{"a\\\nb", "[a@1:1][b@2:1];"},
	{"a \\", "[a@1:1];"},
	{"a # c \\\nb", "[a@1:1]#;[b@2:1];"},
	{"\"a b\" c", "[\"a b\"@1:1][c@1:7];"},
	{"x=\"a # b\"'c d'e f", "[x=\"a # b\"'c d'e@1:1][f@1:17];"},
	{"\"a\\\"b\" c", "[\"a\\\"b\"@1:1][c@1:8];"},
	{"'a\\' b", "['a\\'@1:1][b@1:6];"},
	{"a \"b\nc", "[a@1:1]!;[c@2:1];"},
	{"a 'b\nc", "[a@1:1]!;[c@2:1];"},
	{"a \"b\\\nc\nd", "[a@1:1]!;[d@3:1];"},
	{"a\001b\nc", "!;[c@2:1];"},
	{"a\xff\nc", "!;[c@2:1];"},
	{"\xc3\xa4 b", "[\xc3\xa4@1:1][b@1:4];"},
	{"\xc0\x80", "!;"},
	{"\xed\xa0\x80", "!;"},
	{"\xef\xbf\xbf", "!;"},
	{"\xf4\x90\x80\x80", "!;"},
};

static void lex(const char *text, size_t len, char *out, size_t room)
{
	struct rig *r = rig_new();
	struct rig_line *l = malloc(sizeof(*l));
	struct rig_lexer x;
	uint32_t file, i;
	size_t n = 0;

	CU_ASSERT_EQUAL(rig_file_add(r->private, "x", text, len, &file), 0);
	rig_lexer_start(&x, r->private, file);
	*out = 0;
	while (rig_lexer_next(&x, l)) {
		for (i = 0; i < l->words; i++)
			n += (size_t)snprintf(out + n, room - n, "[%.*s@%u:%u]",
					      (int)l->word[i].len, l->word[i].text, l->word[i].line,
					      l->word[i].column);
		n += (size_t)snprintf(out + n, room - n, "%s%s;", l->comment.len ? "#" : "",
				      l->bad ? "!" : "");
		CU_ASSERT_EQUAL(l->bad, rig_errors(r) > 0 && l->bad);
	}
	free(l);
	rig_free(r);
}

static void lexer(void)
{
	char out[512];
	size_t i;

	for (i = 0; i < RIG_COUNT(lexed); i++) {
		lex(lexed[i].text, strlen(lexed[i].text), out, sizeof(out));
		if (strcmp(out, lexed[i].want))
			printf("\n  case %zu: %s\n", i, out);
		CU_ASSERT_STRING_EQUAL(out, lexed[i].want);
	}
	lex("a\0b\nc", 5, out, sizeof(out));
	CU_ASSERT_STRING_EQUAL(out, "!;[c@2:1];");
}

static void long_lines(void)
{
	static char text[RIG_LINE_MAX + 20];
	char *out = malloc(20000);

	memset(text, 'a', RIG_LINE_MAX);
	lex(text, RIG_LINE_MAX, out, 20000);
	CU_ASSERT_EQUAL(out[0], '[');
	memset(text, 'a', RIG_LINE_MAX + 1);
	lex(text, RIG_LINE_MAX + 1, out, 20000);
	CU_ASSERT_STRING_EQUAL(out, "!;");
	free(out);
}

/* Grows to its bound, not beyond, and what is new is zero. */
static void arrays(void)
{
	uint32_t *a = NULL, n = 0, i;

	for (i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(rig_grow(&a, &n, 100, sizeof(*a)), 0);
		CU_ASSERT_EQUAL(a[i], 0);
		a[i] = i + 1;
	}
	CU_ASSERT_EQUAL(rig_grow(&a, &n, 100, sizeof(*a)), -ENOSPC);
	CU_ASSERT_EQUAL(n, 100);
	for (i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(a[i], i + 1);
	free(a);
}

static void pools(void)
{
	struct rig_pool p = {0};
	char *a = rig_alloc(&p, 100), *b = rig_alloc(&p, 200000), *c;

	memset(a, 1, 100);
	memset(b, 1, 200000);
	c = rig_alloc(&p, 100);
	CU_ASSERT(c != a && c[0] == 0 && c[99] == 0);
	CU_ASSERT_PTR_NULL(rig_alloc(&p, RIG_MEMORY_MAX));
	rig_pool_reset(&p);
	c = rig_alloc(&p, 300);
	CU_ASSERT(c[0] == 0 && c[299] == 0);
	rig_pool_free(&p);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"times", times},           {"sizes and numbers", sizes},
		{"addresses", addresses},   {"names and dates", names_and_dates},
		{"distances", distances},   {"lexer", lexer},
		{"long lines", long_lines}, {"arrays", arrays},
		{"pools", pools},           CU_TEST_INFO_NULL,
	};

	return run_suite("rigs, parts", NULL, NULL, tests);
}
