/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lexer: a text becomes lines of words, as they stand (quotes and variables untouched).
 *
 * Words are separated by blanks and tabs. `#` at the beginning of a word starts a comment. "..." and
 * '...' keep blanks together, also inside a word; neither goes beyond its line. A backslash as the
 * last character of a line joins the next one; so the last word of a statement cannot end in one,
 * unless it is quoted or a comment follows. The text is UTF-8 without control characters.
 */
#ifndef NESTLING_RIG_LEXER_H
#define NESTLING_RIG_LEXER_H

#include "source.h"

#define RIG_WORDS_MAX 256 /* of a statement */

/* A word as it stands in the text. */
struct rig_raw {
	const char *text; /* not ended by a 0 */
	uint32_t len, line, column;
};

/* A statement, or a blank line (no words, no comment). */
struct rig_line {
	struct rig_raw word[RIG_WORDS_MAX];
	uint32_t words;
	struct rig_raw comment; /* len 0: none */
	bool bad; /* had errors; only the words before are there */
};

struct rig_lexer {
	struct rig_private *texts;
	uint32_t file;
	uint32_t at, line; /* where to go on */
};

void rig_lexer_start(struct rig_lexer *l, struct rig_private *texts, uint32_t file);
/* The next statement, comment or blank line; false at the end. Errors are noted. */
bool rig_lexer_next(struct rig_lexer *l, struct rig_line *out);

/* The position of a raw word in a file. */
struct rig_pos rig_raw_pos(uint32_t file, const struct rig_raw *raw);
/* Whether it is this word, without quotes. */
bool rig_raw_is(const struct rig_raw *raw, const char *text);

#endif
