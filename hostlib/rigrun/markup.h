/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Texts of others (names, titles, what commands print) in files that programs read. What is neither
 * a character of UTF-8 that XML can hold nor printable is written as \xNN, a byte each.
 */
#ifndef NESTLING_RIGRUN_MARKUP_H
#define NESTLING_RIGRUN_MARKUP_H

#include <stddef.h>
#include <stdio.h>

/* One line, for XML and HTML, between tags or within quotes. */
void markup_text(FILE *out, const char *text);
/* The same of len bytes; ends of lines and tabs stay. Only between tags. */
void markup_block(FILE *out, const char *text, size_t len);
/* One line without any markup; the same of len bytes, where ends of lines and tabs stay. */
void markup_line(FILE *out, const char *text);
void markup_plain(FILE *out, const char *text, size_t len);

/*
 * One line without markup into out, terminated: as many whole characters as there is room for. The
 * number of bytes of text that were taken.
 */
size_t markup_visible(char *out, size_t room, const char *text, size_t len);

#endif
