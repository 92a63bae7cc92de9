// SPDX-License-Identifier: GPL-2.0
/* Names of channels and keys on the command line; the escape key. */
#include <string.h>
#include "console_escape.h"
#include "console_spec.h"
#include "suite.h"

static void good(void)
{
	static const struct {
		const char *text;
		enum chan_kind in, out;
		int fd;
		unsigned int port;
		const char *arg;
	} table[] = {
		{"none", CHAN_NONE, CHAN_NONE, -1, 0, ""},
		{"null", CHAN_NULL, CHAN_NULL, -1, 0, ""},
		{"null:", CHAN_NULL, CHAN_NULL, -1, 0, ""},
		{"fd:0,fd:1", CHAN_FD, CHAN_FD, 0, 0, ""},
		{"fd:3", CHAN_FD, CHAN_FD, 3, 0, ""},
		{"none,fd:1", CHAN_NULL, CHAN_FD, -1, 0, ""},
		{"pts", CHAN_PTY, CHAN_PTY, -1, 0, ""},
		{"pty", CHAN_PTY, CHAN_PTY, -1, 0, ""},
		{"pty,pty", CHAN_PTY, CHAN_PTY, -1, 0, ""},
		{"xterm", CHAN_XTERM, CHAN_XTERM, -1, 0, ""},
		{"port:9000", CHAN_PORT, CHAN_PORT, -1, 9000, "127.0.0.1"},
		{"port:0", CHAN_PORT, CHAN_PORT, -1, 0, "127.0.0.1"},
		{"port:0.0.0.0:65535", CHAN_PORT, CHAN_PORT, -1, 65535, "0.0.0.0"},
		{"tty:/dev/tty9", CHAN_TTY, CHAN_TTY, -1, 0, "/dev/tty9"},
	};
	char why[CONSOLE_WHY_LEN];
	struct console_spec s;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		CU_ASSERT_EQUAL(console_spec_parse(table[i].text, &s, why), 0);
		CU_ASSERT_EQUAL(s.in.kind, table[i].in);
		CU_ASSERT_EQUAL(s.out.kind, table[i].out);
		CU_ASSERT_EQUAL(s.in.fd, table[i].fd);
		CU_ASSERT_EQUAL(s.in.port, table[i].port);
		CU_ASSERT_STRING_EQUAL(s.in.text, table[i].arg);
	}
}

static void bad(void)
{
	static const char *const table[] = {
		"",
		"fd",
		"fd:",
		"fd:x",
		"fd:-1",
		"fd:99999999999",
		"port",
		"port:",
		"port:65536",
		"port:1.2:5",
		"tty:",
		"tty:ttyS0",
		"xterm:foo",
		"pty,null",
		"null,port:5",
		",",
		"fd:0,",
		"telnet:5",
		"Null",
		"fd:0,fd:1,fd:2",
	};
	char why[CONSOLE_WHY_LEN], big[300];
	struct console_spec s;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		why[0] = 0;
		CU_ASSERT_NOT_EQUAL(console_spec_parse(table[i], &s, why), 0);
		CU_ASSERT(strlen(why) > 10);
		CU_ASSERT_PTR_NULL(strchr(why, '\n'));
	}
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	memcpy(big, "tty:/", 5);
	CU_ASSERT_NOT_EQUAL(console_spec_parse(big, &s, why), 0);
}

static void keys(void)
{
	char why[CONSOLE_WHY_LEN];
	int key;

	CU_ASSERT(console_escape_parse("^]", &key, why) == 0 && key == 0x1d);
	CU_ASSERT(console_escape_parse("^a", &key, why) == 0 && key == 1);
	CU_ASSERT(console_escape_parse("~", &key, why) == 0 && key == '~');
	CU_ASSERT(console_escape_parse("^", &key, why) == 0 && key == '^');
	CU_ASSERT(console_escape_parse("none", &key, why) == 0 && key == -1);
	CU_ASSERT_NOT_EQUAL(console_escape_parse("", &key, why), 0);
	CU_ASSERT_NOT_EQUAL(console_escape_parse("ctrl", &key, why), 0);
	CU_ASSERT_NOT_EQUAL(console_escape_parse("^1", &key, why), 0);
}

/* All of in through the filter: what the guest gets, and what was meant. */
static size_t run(struct console_escape *e, const char *in, char *out, char *meant)
{
	size_t n = strlen(in), len = 0, used;
	enum console_key key;

	while (n) {
		len += console_escape_filter(e, (const uint8_t *)in, n, (uint8_t *)out + len, &used,
					     &key);
		if (key != KEY_NOTHING)
			*meant++ = (char)('0' + key);
		in += used;
		n -= used;
	}
	out[len] = *meant = 0;
	return len;
}

static void escape(void)
{
	static const struct {
		const char *in, *out;
		enum console_key meant[4];
	} table[] = {
		{"ls\r", "ls\r", {0}},
		{"a\x1d.b", "ab", {KEY_MENU, KEY_END}},
		{"a\x1dhb", "ab", {KEY_MENU, KEY_CAD}},
		{"a\x1d\x1d"
		 "b",
		 "a\x1d"
		 "b",
		 {KEY_MENU, KEY_LITERAL}},
		{"a\x1dxb", "ab", {KEY_MENU, KEY_BACK}},
		{"\x1d?.", "", {KEY_MENU, KEY_HELP, KEY_END}},
	};
	char out[32], meant[32], want[8];
	size_t i, k;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct console_escape e = {.key = 0x1d};

		for (k = 0; k < 4 && table[i].meant[k]; k++)
			want[k] = (char)('0' + table[i].meant[k]);
		want[k] = 0;
		run(&e, table[i].in, out, meant);
		CU_ASSERT_STRING_EQUAL(out, table[i].out);
		CU_ASSERT_STRING_EQUAL(meant, want);
		CU_ASSERT_FALSE(e.pressed);
	}
}

static void escape_off_and_split(void)
{
	struct console_escape off = {.key = -1}, e = {.key = 0x1d};
	char out[32], meant[32];

	run(&off, "\x1d.", out, meant);
	CU_ASSERT_STRING_EQUAL(out, "\x1d.");
	run(&e, "\x1d", out, meant);
	CU_ASSERT(e.pressed);
	run(&e, ".", out, meant);
	CU_ASSERT_STRING_EQUAL(out, "");
	CU_ASSERT_EQUAL(meant[0], '0' + KEY_END);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"good channels", good},
		{"bad channels", bad},
		{"keys", keys},
		{"escape key", escape},
		{"escape key off, split", escape_off_and_split},
		CU_TEST_INFO_NULL,
	};

	return run_suite("channels and keys", NULL, NULL, tests);
}
