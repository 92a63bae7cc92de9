// SPDX-License-Identifier: GPL-2.0
/* Telnet: negotiation ends, data survives, floods and nonsense stay inside the struct. */
#include <stdlib.h>
#include <string.h>
#include "suite.h"
#include "telnet.h"

enum {
	SE = 240,
	AYT = 246,
	SB = 250,
	WILL = 251,
	WONT,
	DO,
	DONT,
	IAC
};

static size_t feed(struct telnet *t, const char *bytes, size_t n, uint8_t *out)
{
	return telnet_input(t, (const uint8_t *)bytes, n, out);
}

static void opening(void)
{
	static const uint8_t want[] = {IAC, WILL, 1, IAC, WILL, 3, IAC, DO, 3, IAC, DO, 31};
	struct telnet t;

	telnet_start(&t);
	CU_ASSERT_EQUAL(t.reply_len, sizeof(want));
	CU_ASSERT_EQUAL(memcmp(t.reply, want, sizeof(want)), 0);
}

/* Answers to what we asked for are not answered: else two sides never stop. */
static void agreement_is_silent(void)
{
	static const char in[] = "\xff\xfd\x01\xff\xfd\x03\xff\xfb\x03\xff\xfb\x1f";
	uint8_t out[32];
	struct telnet t;

	telnet_start(&t);
	t.reply_len = 0;
	CU_ASSERT_EQUAL(feed(&t, in, sizeof(in) - 1, out), 0);
	CU_ASSERT_EQUAL(t.reply_len, 0);
	CU_ASSERT_EQUAL(feed(&t, in, sizeof(in) - 1, out), 0);
	CU_ASSERT_EQUAL(t.reply_len, 0);
}

static void unknown_is_refused(void)
{
	static const uint8_t want[] = {IAC, WONT, 24, IAC, DONT, 39};
	uint8_t out[32];
	struct telnet t;

	telnet_start(&t);
	t.reply_len = 0;
	feed(&t, "\xff\xfd\x18\xff\xfb\x27\xff\xfe\x18\xff\xfc\x27", 12, out);
	CU_ASSERT_EQUAL(t.reply_len, sizeof(want));
	CU_ASSERT_EQUAL(memcmp(t.reply, want, sizeof(want)), 0);
}

static void client_turns_echo_off(void)
{
	static const uint8_t want[] = {IAC, WONT, 1};
	uint8_t out[32];
	struct telnet t;

	telnet_start(&t);
	feed(&t, "\xff\xfd\x01", 3, out);
	t.reply_len = 0;
	feed(&t, "\xff\xfe\x01\xff\xfe\x01", 6, out);
	CU_ASSERT_EQUAL(t.reply_len, sizeof(want));
	CU_ASSERT_EQUAL(memcmp(t.reply, want, sizeof(want)), 0);
}

static void window(void)
{
	uint8_t out[32];
	struct telnet t;

	telnet_start(&t);
	/* 255 columns: the byte is doubled */
	feed(&t, "\xff\xfa\x1f\x00\xff\xff\x01\x02\xff\xf0", 10, out);
	CU_ASSERT(t.resized);
	CU_ASSERT_EQUAL(t.cols, 255);
	CU_ASSERT_EQUAL(t.rows, 258);
	t.resized = false;
	feed(&t, "\xff\xfa\x1f\x00\x50\x00\xff\xf0", 8, out);
	CU_ASSERT_FALSE(t.resized); /* one byte short */
	CU_ASSERT_EQUAL(t.cols, 255);
}

static void ends_of_line(void)
{
	uint8_t out[64];
	struct telnet t;
	size_t n;

	telnet_start(&t);
	n = feed(&t, "a\r\nb\r\0c\rd\ne", 11, out);
	CU_ASSERT_EQUAL(n, 9);
	CU_ASSERT_EQUAL(memcmp(out, "a\rb\rc\rd\ne", 9), 0);
	/* split between two reads */
	n = feed(&t, "x\r", 2, out);
	n += feed(&t, "\ny", 2, out + n);
	CU_ASSERT_EQUAL(n, 3);
	CU_ASSERT_EQUAL(memcmp(out, "x\ry", 3), 0);
}

static void output(void)
{
	uint8_t out[64];
	struct telnet t;
	size_t n, used;

	telnet_start(&t);
	n = telnet_output(&t, (const uint8_t *)"a\r\nb\rc\xff", 7, out, sizeof(out), &used);
	CU_ASSERT_EQUAL(used, 7);
	CU_ASSERT_EQUAL(n, 9);
	CU_ASSERT_EQUAL(memcmp(out, "a\r\nb\r\0c\xff\xff", 9), 0);
	n = telnet_output(&t, (const uint8_t *)"abcdef", 6, out, 5, &used);
	CU_ASSERT_EQUAL(n, used);
	CU_ASSERT(used > 0 && used < 6);
}

static void plain_client(void)
{
	uint8_t out[64];
	struct telnet t;

	telnet_start(&t);
	CU_ASSERT_EQUAL(feed(&t, "uname -a\n", 9, out), 9);
	CU_ASSERT_EQUAL(memcmp(out, "uname -a\n", 9), 0);
}

static void are_you_there(void)
{
	uint8_t out[8];
	struct telnet t;

	telnet_start(&t);
	t.reply_len = 0;
	CU_ASSERT_EQUAL(feed(&t, "\xff\xf6", 2, out), 0);
	CU_ASSERT(t.reply_len > 0);
	CU_ASSERT_PTR_NOT_NULL(memmem(t.reply, t.reply_len, "yes", 3));
}

/* 64 KiB of one subnegotiation, of requests, of noise. */
static void floods(void)
{
	static uint8_t in[65536], out[65536];
	struct telnet t;
	size_t i, n;

	telnet_start(&t);
	memset(in, 'x', sizeof(in));
	memcpy(in, "\xff\xfa\x1f", 3);
	CU_ASSERT_EQUAL(telnet_input(&t, in, sizeof(in), out), 0);
	CU_ASSERT_EQUAL(feed(&t, "\xff\xf0ok", 4, out), 2);
	CU_ASSERT_FALSE(t.resized);
	for (i = 0; i + 3 <= sizeof(in); i += 3)
		memcpy(in + i, "\xff\xfd\x63", 3);
	telnet_input(&t, in, i, out);
	CU_ASSERT(t.reply_len <= TELNET_REPLY_MAX);
	srand(1);
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(rand() >> 7);
	n = telnet_input(&t, in, sizeof(in), out);
	CU_ASSERT(n <= sizeof(in));
	CU_ASSERT(t.reply_len <= TELNET_REPLY_MAX);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"opening", opening},
		{"agreement is silent", agreement_is_silent},
		{"unknown is refused", unknown_is_refused},
		{"client turns echo off", client_turns_echo_off},
		{"window", window},
		{"ends of line", ends_of_line},
		{"output", output},
		{"plain client", plain_client},
		{"are you there", are_you_there},
		{"floods", floods},
		CU_TEST_INFO_NULL,
	};

	return run_suite("telnet", NULL, NULL, tests);
}
