// SPDX-License-Identifier: GPL-2.0
/* Finding files in a message; see mime.h. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include "mime.h"

struct line {
	const char *text;
	size_t len; /* without its end */
};

/* What the header of a message or part says. */
struct head {
	bool multipart, message, base64;
	const char *boundary;
	size_t boundary_len;
};

static bool next_line(struct mime_reader *r, struct line *l)
{
	const char *end;

	if (r->at == r->end)
		return false;
	end = memchr(r->at, '\n', (size_t)(r->end - r->at));
	l->text = r->at;
	l->len = (size_t)((end ? end : r->end) - r->at);
	r->at = end ? end + 1 : r->end;
	if (l->len && l->text[l->len - 1] == '\r')
		l->len--;
	return true;
}

/* Skips white space and, where a line is folded, its end. */
static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && strchr(" \t\r\n", *p) && *p)
		p++;
	return p;
}

static bool starts(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - p) >= len && strncasecmp(p, word, len) == 0;
}

/* boundary=TEXT or boundary="TEXT" behind a semicolon of a field's body. */
static void find_boundary(const char *p, const char *end, struct head *h)
{
	const char *start;

	while ((p = memchr(p, ';', (size_t)(end - p)))) {
		p = skip_blanks(p + 1, end);
		if (!starts(p, end, "boundary="))
			continue;
		p += strlen("boundary=");
		start = p + (p < end && *p == '"');
		for (p = start; p < end && !strchr(start[-1] == '"' ? "\"\r\n" : "; \t\r\n", *p);
		     p++)
			;
		h->boundary = start;
		h->boundary_len = (size_t)(p - start);
		return;
	}
}

/* A field with the lines that go on with it. */
static void take_field(const char *p, const char *end, struct head *h)
{
	const char *colon = memchr(p, ':', (size_t)(end - p));
	const char *body = colon ? skip_blanks(colon + 1, end) : NULL;

	if (!colon)
		return;
	if (starts(p, end, "content-transfer-encoding:"))
		h->base64 = starts(body, end, "base64");
	if (!starts(p, end, "content-type:"))
		return;
	h->multipart = starts(body, end, "multipart/");
	h->message = starts(body, end, "message/rfc822");
	if (h->multipart)
		find_boundary(body, end, h);
}

static bool goes_on(const struct mime_reader *r)
{
	return r->at < r->end && (*r->at == ' ' || *r->at == '\t');
}

/* Up to the empty line. */
static void read_head(struct mime_reader *r, struct head *h)
{
	struct line l, more;

	*h = (struct head){.multipart = false};
	while (next_line(r, &l) && l.len) {
		const char *start = l.text, *end = l.text + l.len;

		while (goes_on(r) && next_line(r, &more))
			end = more.text + more.len;
		take_field(start, end, h);
	}
}

/* The level whose boundary the line is, from 1, and whether it is the last one of it; 0: none. */
static unsigned int boundary_of(const struct mime_reader *r, const struct line *l, bool *last)
{
	unsigned int i;

	if (l->len < 2 || memcmp(l->text, "--", 2) != 0)
		return 0;
	for (i = r->depth; i > 0; i--) {
		const char *behind = l->text + 2 + r->boundary[i - 1].len;
		size_t len = r->boundary[i - 1].len;

		if (l->len < 2 + len || memcmp(l->text + 2, r->boundary[i - 1].text, len) != 0)
			continue;
		*last = l->len >= 4 + len && memcmp(behind, "--", 2) == 0;
		behind += *last ? 2 : 0;
		/* Blanks may have been put behind it on its way. */
		if (skip_blanks(behind, l->text + l->len) == l->text + l->len)
			return i;
	}
	return 0;
}

/* Goes on behind a boundary. */
static void pass(struct mime_reader *r, unsigned int level, bool last)
{
	r->depth = last ? level - 1 : level;
	r->between = last;
}

/* Reads up to the next boundary: what is in front of it, without the line end that belongs to it. */
static void read_body(struct mime_reader *r, struct mime_part *out)
{
	const char *end = r->at;
	unsigned int level;
	struct line l;
	bool last;

	out->body = r->at;
	out->open = r->depth > 0;
	while (next_line(r, &l)) {
		level = boundary_of(r, &l, &last);
		if (level) {
			pass(r, level, last);
			out->open = false;
			break;
		}
		end = l.text + l.len;
	}
	out->len = (size_t)(end - out->body);
}

/* Behind the head of what is no part of its own: -EBADMSG: too deep. */
static int go_deeper(struct mime_reader *r, const struct head *h)
{
	if (h->message)
		return ++r->nested > MIME_DEPTH ? -EBADMSG : 0;
	if (r->depth == MIME_DEPTH)
		return -EBADMSG;
	r->boundary[r->depth].text = h->boundary;
	r->boundary[r->depth].len = h->boundary_len;
	r->depth++;
	r->between = true;
	return 0;
}

void mime_read(struct mime_reader *r, const char *text, size_t len)
{
	struct line l;

	*r = (struct mime_reader){.at = text, .end = text + len};
	if (starts(text, text + len, "From ") || starts(text, text + len, ">From "))
		next_line(r, &l);
}

int mime_next(struct mime_reader *r, struct mime_part *out)
{
	struct mime_part skipped;
	struct head h;
	int err = 0;

	while (r->at < r->end && !err) {
		if (r->between) {
			/* Behind the last boundary of all there is nothing of ours. */
			if (!r->depth)
				return 0;
			read_body(r, &skipped);
			continue;
		}
		read_head(r, &h);
		if (h.message ||
		    (h.multipart && h.boundary_len && h.boundary_len <= MIME_BOUNDARY_MAX)) {
			err = go_deeper(r, &h);
			continue;
		}
		read_body(r, out);
		out->base64 = h.base64;
		/* A message of one part ends with it. */
		return 1;
	}
	return err;
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int mime_decode(const char *text, size_t len, uint8_t *out, size_t *used)
{
	unsigned int have = 0, pads = 0;
	uint32_t bits = 0;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\r' || c == '\n' || c == ' ' || c == '\t')
			continue;
		if (c == '=' ? have < 2 : value_of(c) < 0 || pads)
			return -EBADMSG;
		pads += c == '=';
		bits = bits << 6 | (uint32_t)(c == '=' ? 0 : value_of(c));
		if (++have < 4)
			continue;
		out[n++] = (uint8_t)(bits >> 16);
		if (pads < 2)
			out[n++] = (uint8_t)(bits >> 8);
		if (pads < 1)
			out[n++] = (uint8_t)bits;
		have = 0;
	}
	*used = n;
	return have ? -EBADMSG : 0;
}
