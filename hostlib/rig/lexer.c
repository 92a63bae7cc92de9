// SPDX-License-Identifier: GPL-2.0
/* The lexer; see lexer.h. */
#include <string.h>
#include "lexer.h"
#include "text.h"

void rig_lexer_start(struct rig_lexer *l, struct rig_private *texts, uint32_t file)
{
	*l = (struct rig_lexer){.texts = texts, .file = file, .line = 1};
}

struct rig_pos rig_raw_pos(uint32_t file, const struct rig_raw *raw)
{
	return (struct rig_pos){file, raw->line, raw->column, raw->len ? raw->len : 1};
}

bool rig_raw_is(const struct rig_raw *raw, const char *text)
{
	return raw->len == strlen(text) && memcmp(raw->text, text, raw->len) == 0;
}

/* The code of the control character at s, which is UTF-8; -1: it is none, or a tab. */
static int control(const unsigned char *s)
{
	if (*s == 0xc2 && s[1] < 0xa0)
		return s[1];
	return (*s < ' ' && *s != '\t') || *s == 127 ? *s : -1;
}

/* Whether a line of the text may be looked at further. */
static bool line_is_text(struct rig_lexer *l, const char *s, uint32_t len)
{
	struct rig_pos pos = {l->file, l->line, 1, 1};
	uint32_t i, n;
	int code;

	if (len > RIG_LINE_MAX) {
		pos.column = RIG_LINE_MAX + 1;
		rig_error(l->texts, pos,
			  "the line is longer than %d bytes; a \\ at its end goes on "
			  "in the next",
			  RIG_LINE_MAX);
		return false;
	}
	for (i = 0; i < len; i += n) {
		pos.column = i + 1;
		n = text_utf8(s + i, len - i);
		if (!n) {
			rig_error(l->texts, pos, "this is not UTF-8 text");
			return false;
		}
		code = control((const unsigned char *)s + i);
		if (code >= 0) {
			rig_error(l->texts, pos, "a control character (code %d) has no place here",
				  code);
			return false;
		}
	}
	return true;
}

/* The end of the word at s+i: at a blank outside quotes. 0: a quote has no end. */
static uint32_t word_end(struct rig_lexer *l, const char *s, uint32_t i, uint32_t len)
{
	while (i < len && s[i] != ' ' && s[i] != '\t') {
		struct rig_pos pos = {l->file, l->line, i + 1, 1};
		char quote = s[i++];

		if (quote != '"' && quote != '\'')
			continue;
		while (i < len && s[i] != quote)
			i += quote == '"' && s[i] == '\\' && i + 1 < len ? 2 : 1;
		if (i >= len) {
			rig_error(l->texts, pos, "this %c has no other one on its line", quote);
			return 0;
		}
		i++;
	}
	return i;
}

/* The words of one line of the text. */
static void split(struct rig_lexer *l, const char *s, uint32_t len, struct rig_line *out)
{
	uint32_t i = 0, end;

	while (i < len) {
		struct rig_raw *w;

		if (s[i] == ' ' || s[i] == '\t') {
			i++;
			continue;
		}
		if (s[i] == '#') {
			while (s[len - 1] == ' ' || s[len - 1] == '\t')
				len--;
			out->comment = (struct rig_raw){s + i, len - i, l->line, i + 1};
			return;
		}
		end = word_end(l, s, i, len);
		if (out->words == RIG_WORDS_MAX) {
			struct rig_pos pos = {l->file, l->line, i + 1, 1};

			rig_error(l->texts, pos, "a statement has at most %d words", RIG_WORDS_MAX);
			end = 0;
		}
		if (!end) {
			out->bad = true;
			return;
		}
		w = &out->word[out->words++];
		*w = (struct rig_raw){s + i, end - i, l->line, i + 1};
		i = end;
	}
}

/* Whether a backslash at its end joins the next line: not in a comment. */
static bool goes_on(const struct rig_line *out, const char *s, uint32_t len, bool text)
{
	const struct rig_raw *last = out->words ? &out->word[out->words - 1] : NULL;

	if (!len || s[len - 1] != '\\')
		return false;
	if (!text || out->bad)
		return true; /* the rest of a bad statement is bad, too */
	return !out->comment.len && last && last->text + last->len == s + len;
}

/* Takes the backslash away again. */
static void drop_backslash(struct rig_line *out)
{
	struct rig_raw *last = out->words ? &out->word[out->words - 1] : NULL;

	if (!out->bad && last && !--last->len)
		out->words--;
}

/*
 * A statement whose last word ends in a backslash, before blanks or where the next line is empty: as
 * the end of a line it would join that to the next one, and uml_rig fmt makes it that.
 */
static void check_end(struct rig_lexer *l, struct rig_line *out)
{
	const struct rig_raw *last = out->words ? &out->word[out->words - 1] : NULL;

	if (out->bad || !last || out->comment.len || last->text[last->len - 1] != '\\')
		return;
	rig_error(l->texts, rig_raw_pos(l->file, last),
		  "the last word of a statement cannot end in a \\; put quotes around it");
	out->bad = true;
}

bool rig_lexer_next(struct rig_lexer *l, struct rig_line *out)
{
	const struct rig_file *f = &l->texts->file[l->file];
	bool more = true;

	out->words = 0;
	out->comment.len = 0;
	out->bad = false;
	if (l->at >= f->len)
		return false;
	while (more && l->at < f->len) {
		const char *s = f->text + l->at, *end = memchr(s, '\n', f->len - l->at);
		uint32_t len = end ? (uint32_t)(end - s) : f->len - l->at;
		bool text;

		l->at += len + (end != NULL);
		if (len && s[len - 1] == '\r')
			len--;
		text = line_is_text(l, s, len);
		if (!text)
			out->bad = true;
		if (!out->bad)
			split(l, s, len, out);
		more = goes_on(out, s, len, text);
		if (more)
			drop_backslash(out);
		l->line++;
	}
	check_end(l, out);
	return true;
}
