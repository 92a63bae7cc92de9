// SPDX-License-Identifier: GPL-2.0
/* Writing a message with a file; see mime.h. */
#include <errno.h>
#include <stdbool.h>
#include "mime.h"

#define LINE_BYTES 57 /* of the file: 76 characters, the most that RFC 2045 allows */
#define TEXT_MAX 900 /* bytes of a header field's text: a line has at most 998 (RFC 5322) */

bool mime_text_ok(const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if (text[i] < ' ' || text[i] > '~' || i >= TEXT_MAX)
			return false;
	return i > 0;
}

static void field(FILE *out, const char *name, const char *text)
{
	if (text)
		fprintf(out, "%s: %s\r\n", name, text);
}

static void lines(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputc('\r', out);
		fputc(*text, out);
	}
}

/* Up to three bytes as four characters. */
static void quad(const uint8_t *p, uint64_t n, char out[static 4])
{
	static const char letter[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) |
			(n > 2 ? (uint32_t)p[2] : 0);

	out[0] = letter[bits >> 18];
	out[1] = letter[bits >> 12 & 63];
	out[2] = '=';
	out[3] = '=';
	if (n > 1)
		out[2] = letter[bits >> 6 & 63];
	if (n > 2)
		out[3] = letter[bits & 63];
}

/* Ends early when the file cannot take more. */
static void base64(FILE *out, const uint8_t *data, uint64_t len)
{
	char line[LINE_BYTES / 3 * 4];
	uint64_t at, i;

	for (at = 0; at < len && !ferror(out); at += LINE_BYTES) {
		uint64_t n = len - at < LINE_BYTES ? len - at : LINE_BYTES;
		size_t used = 0;

		for (i = 0; i < n; i += 3, used += 4)
			quad(data + at + i, n - i, line + used);
		fwrite(line, 1, used, out);
		fputs("\r\n", out);
	}
}

int mime_write(const struct mime_mail *m, FILE *out)
{
	field(out, "From", m->from);
	field(out, "To", m->to);
	field(out, "Subject", m->subject);
	fprintf(out,
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/mixed; boundary=\"%s\"\r\n"
		"\r\n"
		"--%s\r\n"
		"Content-Type: text/plain; charset=us-ascii\r\n"
		"\r\n",
		m->boundary, m->boundary);
	lines(out, m->text);
	fprintf(out,
		"\r\n"
		"--%s\r\n"
		"Content-Type: application/octet-stream; name=\"%s\"\r\n"
		"Content-Disposition: attachment; filename=\"%s\"\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"\r\n",
		m->boundary, m->name, m->name);
	base64(out, m->data, m->len);
	fprintf(out, "--%s--\r\n", m->boundary);
	return ferror(out) ? -EIO : 0;
}
