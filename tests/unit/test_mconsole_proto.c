// SPDX-License-Identifier: GPL-2.0
/* Management console, wire format: tables of good and bad datagrams, answers in pieces. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "mconsole_proto.h"
#include "suite.h"

struct packet {
	uint32_t magic, version, len;
	char text[600];
};

static const struct {
	const char *what;
	uint32_t magic, version, len;
	char text[16];
	size_t size; /* of the datagram */
	int want;
	const char *parsed;
} requests[] = {
	{"plain", MCONSOLE_MAGIC, 2, 7, "version", 19, 0, "version"},
	{"whole field", MCONSOLE_MAGIC, 2, 7, "version", 524, 0, "version"},
	{"len cuts", MCONSOLE_MAGIC, 2, 4, "haltingly", 524, 0, "halt"},
	{"terminator counted", MCONSOLE_MAGIC, 2, 5, "halt", 524, 0, "halt"},
	{"text behind a zero byte", MCONSOLE_MAGIC, 2, 9, "halt\0me", 524, 0, "halt"},
	{"blanks around", MCONSOLE_MAGIC, 2, 11, " \tlog a b \n", 524, 0, "log a b"},
	{"only blanks", MCONSOLE_MAGIC, 2, 3, "   ", 524, -EINVAL, NULL},
	{"empty", MCONSOLE_MAGIC, 2, 0, "", 12, -EINVAL, NULL},
	{"no magic", 0xcafebabf, 2, 4, "halt", 524, -EBADMSG, NULL},
	{"short head", MCONSOLE_MAGIC, 2, 0, "", 11, -EBADMSG, NULL},
	{"nothing", MCONSOLE_MAGIC, 2, 0, "", 0, -EBADMSG, NULL},
	{"version 1", MCONSOLE_MAGIC, 1, 4, "halt", 524, -EPROTONOSUPPORT, NULL},
	{"version 3", MCONSOLE_MAGIC, 3, 4, "halt", 524, -EPROTONOSUPPORT, NULL},
	{"len beyond the datagram", MCONSOLE_MAGIC, 2, 5, "halt", 16, -EMSGSIZE, NULL},
	{"len beyond the field", MCONSOLE_MAGIC, 2, 513, "halt", 524, -EMSGSIZE, NULL},
	{"len negative", MCONSOLE_MAGIC, 2, 0xffffffff, "halt", 524, -EMSGSIZE, NULL},
	{"oversize", MCONSOLE_MAGIC, 2, 4, "halt", 525, -EMSGSIZE, NULL},
};

static void parse_requests(void)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct packet p = {requests[i].magic, requests[i].version, requests[i].len, ""};
		struct mconsole_request r;
		int got;

		memcpy(p.text, requests[i].text, sizeof(requests[i].text));
		got = mconsole_request_parse(&p, requests[i].size, &r);
		if (got != requests[i].want)
			printf("\n%s: %d\n", requests[i].what, got);
		CU_ASSERT_EQUAL(got, requests[i].want);
		if (requests[i].parsed)
			CU_ASSERT_STRING_EQUAL(r.text, requests[i].parsed);
	}
}

static void full_request(void)
{
	struct packet p = {MCONSOLE_MAGIC, 2, 512, ""};
	struct mconsole_request r;

	memset(p.text, 'a', sizeof(p.text));
	CU_ASSERT_EQUAL(mconsole_request_parse(&p, 524, &r), 0);
	CU_ASSERT_EQUAL(r.len, 512);
	CU_ASSERT_EQUAL(strlen(r.text), 512);
}

static void build_requests(void)
{
	uint8_t buf[MCONSOLE_REQUEST_MAX];
	struct mconsole_request r;
	char text[600];

	CU_ASSERT_EQUAL(mconsole_request_build(buf, "log x", 5), sizeof(buf));
	CU_ASSERT_EQUAL(mconsole_request_parse(buf, sizeof(buf), &r), 0);
	CU_ASSERT_STRING_EQUAL(r.text, "log x");
	memset(text, 'b', sizeof(text));
	CU_ASSERT_EQUAL(mconsole_request_build(buf, text, 0), 0);
	CU_ASSERT_EQUAL(mconsole_request_build(buf, text, 512), 0);
	CU_ASSERT_EQUAL(mconsole_request_build(buf, text, 511), sizeof(buf));
	CU_ASSERT_EQUAL(mconsole_request_parse(buf, sizeof(buf), &r), 0);
	CU_ASSERT_EQUAL(r.len, 511);
}

/* A text of len bytes in pieces: put together it is the text, and only the last is last. */
static void pieces_of(size_t len)
{
	char *text = malloc(len + 1), *all = malloc(len + 1);
	size_t done = 0, got = 0, used, n, count = 0;
	uint8_t buf[MCONSOLE_REPLY_MAX];
	struct mconsole_reply r;

	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + i % 23);
	do {
		n = mconsole_reply_build(buf, 7, text + done, len - done, false, &used);
		done += used;
		CU_ASSERT(n <= sizeof(buf));
		CU_ASSERT_EQUAL_FATAL(mconsole_reply_parse(buf, n, &r), 0);
		CU_ASSERT_EQUAL(r.err, 7);
		CU_ASSERT_EQUAL(r.len, used);
		CU_ASSERT_EQUAL(r.more, done < len);
		memcpy(all + got, r.text, r.len);
		got += r.len;
		CU_ASSERT_FATAL(++count < 100);
	} while (r.more);
	CU_ASSERT_EQUAL(got, len);
	CU_ASSERT_EQUAL(memcmp(all, text, len), 0);
	free(text);
	free(all);
}

static void pieces(void)
{
	static const size_t lengths[] = {0, 1, 510, 511, 512, 513, 1021, 1022, 1023, 5000};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		pieces_of(lengths[i]);
}

static void more_follows(void)
{
	uint8_t buf[MCONSOLE_REPLY_MAX];
	struct mconsole_reply r;
	size_t used, n;

	n = mconsole_reply_build(buf, 0, "x", 1, true, &used);
	CU_ASSERT_EQUAL(mconsole_reply_parse(buf, n, &r), 0);
	CU_ASSERT_TRUE(r.more);
}

static void bad_replies(void)
{
	struct packet p = {0, 0, 5, "hello"};
	struct mconsole_reply r;

	CU_ASSERT_EQUAL(mconsole_reply_parse(&p, 17, &r), 0);
	CU_ASSERT_STRING_EQUAL(r.text, "hello");
	CU_ASSERT_EQUAL(mconsole_reply_parse(&p, 16, &r), -EBADMSG);
	CU_ASSERT_EQUAL(mconsole_reply_parse(&p, 11, &r), -EBADMSG);
	CU_ASSERT_EQUAL(mconsole_reply_parse(&p, 0, &r), -EBADMSG);
	CU_ASSERT_EQUAL(mconsole_reply_parse(&p, 525, &r), -EBADMSG);
	p.len = 0xffffffff;
	CU_ASSERT_EQUAL(mconsole_reply_parse(&p, 524, &r), -EBADMSG);
}

static void notify(void)
{
	uint8_t buf[MCONSOLE_NOTIFY_MAX];
	struct mconsole_notify m;
	char text[700];
	size_t n;

	n = mconsole_notify_build(buf, MCONSOLE_NOTIFY_PANIC, "no init");
	CU_ASSERT_EQUAL(n, 16 + 8);
	CU_ASSERT_EQUAL(mconsole_notify_parse(buf, n, &m), 0);
	CU_ASSERT_EQUAL(m.type, MCONSOLE_NOTIFY_PANIC);
	CU_ASSERT_STRING_EQUAL(m.text, "no init");
	CU_ASSERT_EQUAL(mconsole_notify_parse(buf, n - 1, &m), -EBADMSG);
	CU_ASSERT_EQUAL(mconsole_notify_parse(buf, 15, &m), -EBADMSG);
	buf[8] = 4; /* no such type */
	CU_ASSERT_EQUAL(mconsole_notify_parse(buf, n, &m), -EBADMSG);
	memset(text, 'c', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	n = mconsole_notify_build(buf, MCONSOLE_NOTIFY_USER, text);
	CU_ASSERT_EQUAL(n, sizeof(buf));
	CU_ASSERT_EQUAL(mconsole_notify_parse(buf, n, &m), 0);
	CU_ASSERT_EQUAL(m.len, 511);
}

static void words(void)
{
	const char *rest;

	CU_ASSERT_EQUAL(mconsole_first_word("config ubd1=a b", &rest), 6);
	CU_ASSERT_STRING_EQUAL(rest, "ubd1=a b");
	CU_ASSERT_EQUAL(mconsole_first_word("cad", &rest), 3);
	CU_ASSERT_STRING_EQUAL(rest, "");
	CU_ASSERT_EQUAL(mconsole_first_word("log \t x", &rest), 3);
	CU_ASSERT_STRING_EQUAL(rest, "x");
	CU_ASSERT_EQUAL(mconsole_first_word("", &rest), 0);
	CU_ASSERT_STRING_EQUAL(rest, "");
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"requests", parse_requests},
		{"a full request", full_request},
		{"building requests", build_requests},
		{"answers in pieces", pieces},
		{"more follows", more_follows},
		{"bad replies", bad_replies},
		{"notifications", notify},
		{"words", words},
		CU_TEST_INFO_NULL,
	};

	return run_suite("mconsole", NULL, NULL, tests);
}
