// SPDX-License-Identifier: GPL-2.0
/* Files in mail. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mime.h"
#include "suite.h"

/* All parts of a message as text: [body] for those in base64, (body) for others, ... if it ends there. */
static const char *parts(const char *message)
{
	static char out[4096];
	struct mime_reader r;
	struct mime_part p;
	size_t used = 0;
	int rc;

	out[0] = 0;
	mime_read(&r, message, strlen(message));
	while ((rc = mime_next(&r, &p)) > 0)
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%c%.*s%s%c",
					 p.base64 ? '[' : '(', (int)p.len, p.body,
					 p.open ? "..." : "", p.base64 ? ']' : ')');
	if (rc < 0)
		snprintf(out + used, sizeof(out) - used, "error");
	return out;
}

#define B64 "Content-Transfer-Encoding: base64\n"
#define MULTI(b) "Content-Type: multipart/mixed; boundary=" b "\n"

static void test_parts(void)
{
	static const struct {
		const char *message, *parts;
	} t[] = {
		{"", ""},
		{"\n", "()"},
		{"Subject: x\n", "()"},
		{"Subject: x\n\nbody\n", "(body)"},
		{B64 "\nYWJj\n", "[YWJj]"},
		{"content-transfer-ENCODING:\n BASE64\n\nYWJj", "[YWJj]"},
		{"From me Fri\n" B64 "\nYWJj\n", "[YWJj]"},
		{MULTI("x") "\nnot\n--x\n" B64 "\nA\nB\n--x\n\nC\n--x--\nafter\n--x\n",
		 "[A\nB](C)"},
		{"Content-Type: multipart/mixed;\n\tcharset=x; boundary=\"a b\"\n\n--a b\n\nA\n--a "
		 "b--\n",
		 "(A)"},
		{MULTI("x") "\n--x \t\n\nA\n--x--  \n", "(A)"},
		{MULTI("x") "\n--xy\n\nA\n--x-\n\n--x\n\nB\n--x--\n", "(B)"},
		{MULTI("x") "\n--x\n" B64 "\nA\n", "[A...]"},
		{MULTI("x") "\n--x\n" MULTI("y") "\n--y\n\nA\n--y--\n--x\n\nB\n--x--\n", "(A)(B)"},
		/* The inner one's end is missing. */
		{MULTI("x") "\n--x\n" MULTI("y") "\n--y\n\nA\n--x\n\nB\n--x--\n", "(A)(B)"},
		{MULTI("x") "\n--x\nContent-Type: message/rfc822\n\n" MULTI(
			 "y") "\n--y\n" B64 "\nA\n--y--\n--x--\n",
		 "[A]"},
		/* A header that says boundary elsewhere, and one that has none. */
		{"X: y; boundary=z\n" MULTI("x") "\n--z\n--x\n\nA\n--x--\n", "(A)"},
		{"Content-Type: multipart/mixed\n\n--x\n\nA\n", "(--x\n\nA)"},
		{"Content-Type: multipart/mixed; boundary=\n\nA\n", "(A)"},
		{MULTI("x") "no colon here\n\n--x\n\nA\n--x--\n", "(A)"},
		{MULTI("x") "\n--x\n--x\n--x--", "(...)"},
	};
	char crlf[1024];

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		size_t n = 0;

		if (strcmp(parts(t[i].message), t[i].parts) != 0)
			printf("\n%s: %s", t[i].message, parts(t[i].message));
		CU_ASSERT_STRING_EQUAL(parts(t[i].message), t[i].parts);
		for (const char *p = t[i].message; *p; p++) {
			if (*p == '\n')
				crlf[n++] = '\r';
			crlf[n++] = *p;
		}
		crlf[n] = 0;
		/* With other line ends the same number of parts; one that has two lines keeps them. */
		CU_ASSERT_EQUAL(strlen(parts(crlf)) - !!strchr(t[i].parts, '\n') -
					(strstr(t[i].parts, "\n\n") != NULL),
				strlen(t[i].parts));
	}
}

static void test_depth(void)
{
	char message[8192];
	int n = 0, i;

	for (i = 0; i < MIME_DEPTH; i++)
		n += sprintf(message + n,
			     "Content-Type: multipart/mixed; boundary=b%02d\n\n--b%02d\n", i, i);
	sprintf(message + n, "\nA\n--b00--\n");
	CU_ASSERT_STRING_EQUAL(parts(message), "(A)");
	sprintf(message + n, MULTI("y") "\n--y\n\nA\n");
	CU_ASSERT_STRING_EQUAL(parts(message), "error");
	for (n = 0, i = 0; i <= MIME_DEPTH; i++)
		n += sprintf(message + n, "Content-Type: message/rfc822\n\n");
	CU_ASSERT_STRING_EQUAL(parts(message), "error");
}

static void test_decode(void)
{
	static const struct {
		const char *text, *bytes; /* NULL: refused */
	} t[] = {
		{"", ""},
		{"YQ==", "a"},
		{"YWI=", "ab"},
		{"YWJj", "abc"},
		{"Y W\r\nJ\tj", "abc"},
		{"YWJjZA==", "abcd"},
		{"YWJj\n\n", "abc"},
		{"YWJ", NULL},
		{"Y", NULL},
		{"=", NULL},
		{"Y===", NULL},
		{"YQ==YQ==", NULL},
		{"YQ=a", NULL},
		{"YW!j", NULL},
		{"YWJj-", NULL},
		{"+/+/", "\xfb\xff\xbf"},
		{"YQ=", NULL},
	};
	uint8_t out[64];
	size_t used;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		int err = mime_decode(t[i].text, strlen(t[i].text), out, &used);

		CU_ASSERT_EQUAL(err, t[i].bytes ? 0 : -EBADMSG);
		if (!t[i].bytes || err)
			continue;
		CU_ASSERT_EQUAL(used, strlen(t[i].bytes));
		CU_ASSERT_EQUAL(memcmp(out, t[i].bytes, used), 0);
	}
}

/* A file of each length up to a few lines is written, found and decoded again. */
static void test_write(void)
{
	uint8_t data[300], back[400];
	struct mime_mail m = {.from = "a@b",
			      .subject = "s",
			      .name = "n",
			      .text = "t\nu\n",
			      .data = data,
			      .boundary = "bound"};

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 3);
	for (m.len = 0; m.len < sizeof(data); m.len++) {
		char *text;
		size_t len, used = 0;
		FILE *f = open_memstream(&text, &len);
		struct mime_reader r;
		struct mime_part p = {.base64 = 0};

		CU_ASSERT_EQUAL(mime_write(&m, f), 0);
		fclose(f);
		for (char *line = text; *line; line = strchr(line, '\n') + 1)
			CU_ASSERT_FATAL(strcspn(line, "\r\n") <= 76 && strstr(line, "\r\n"));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "From: a@b\r\nSubject: s\r\nMIME-Version"));
		mime_read(&r, text, len);
		CU_ASSERT_EQUAL_FATAL(mime_next(&r, &p), 1);
		CU_ASSERT_FALSE(p.base64);
		CU_ASSERT_EQUAL_FATAL(mime_next(&r, &p), 1);
		CU_ASSERT_TRUE(p.base64 && !p.open);
		CU_ASSERT_EQUAL(mime_decode(p.body, p.len, back, &used), 0);
		CU_ASSERT_EQUAL(used, m.len);
		CU_ASSERT_EQUAL(memcmp(back, data, used), 0);
		CU_ASSERT_EQUAL(mime_next(&r, &p), 0);
		free(text);
	}
}

static void test_texts(void)
{
	char line[1000];

	CU_ASSERT_TRUE(mime_text_ok("a <b@c>"));
	CU_ASSERT_FALSE(mime_text_ok(""));
	CU_ASSERT_FALSE(mime_text_ok("a\nBcc: x"));
	CU_ASSERT_FALSE(mime_text_ok("a\rb"));
	CU_ASSERT_FALSE(mime_text_ok("\xc3\xa4"));
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	CU_ASSERT_FALSE(mime_text_ok(line));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"parts", test_parts},   {"depth", test_depth}, {"base64", test_decode},
		{"writing", test_write}, {"texts", test_texts}, CU_TEST_INFO_NULL,
	};

	return run_suite("mime", NULL, NULL, tests);
}
