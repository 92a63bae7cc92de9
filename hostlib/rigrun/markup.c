// SPDX-License-Identifier: GPL-2.0
/* Texts of others; see markup.h. */
#include <stdbool.h>
#include <string.h>
#include "markup.h"
#include "text.h"

#define PIECE 8 /* bytes of one character as it is written, and a 0 */

/* The character at s, of at most len bytes, as it is written. How many bytes of s that takes. */
static size_t next(const char *s, size_t len, const char *keep, char piece[static PIECE])
{
	unsigned char c = (unsigned char)*s;
	size_t n = text_utf8(s, len);
	bool control = c < ' ' || c == 0x7f || (c == 0xc2 && n && (unsigned char)s[1] < 0xa0);

	if (n == 0 || (control && !(c && strchr(keep, c)))) {
		snprintf(piece, PIECE, "\\x%02x", c);
		return 1;
	}
	memcpy(piece, s, n);
	piece[n] = 0;
	return n;
}

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void write_all(FILE *out, const char *text, size_t len, const char *keep, bool markup)
{
	char piece[PIECE];
	size_t i;

	for (i = 0; i < len;) {
		const char *e;

		i += next(text + i, len - i, keep, piece);
		e = markup ? entity(*piece) : NULL;
		fputs(e ? e : piece, out);
	}
}

void markup_text(FILE *out, const char *text)
{
	write_all(out, text, strlen(text), "", true);
}

void markup_block(FILE *out, const char *text, size_t len)
{
	write_all(out, text, len, "\n\t", true);
}

void markup_line(FILE *out, const char *text)
{
	write_all(out, text, strlen(text), "", false);
}

void markup_plain(FILE *out, const char *text, size_t len)
{
	write_all(out, text, len, "\n\t", false);
}

size_t markup_visible(char *out, size_t room, const char *text, size_t len)
{
	char piece[PIECE];
	size_t i = 0, used = 0;

	while (i < len) {
		size_t n = next(text + i, len - i, "", piece), wide = strlen(piece);

		if (used + wide + 1 > room)
			break;
		memcpy(out + used, piece, wide);
		used += wide;
		i += n;
	}
	out[used] = 0;
	return i;
}
