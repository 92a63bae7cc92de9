/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text for a person's terminal that holds what somebody else wrote: a name in a file's header, a
 * guest's answer. Terminals obey control characters, and a line break makes two messages of one.
 */
#ifndef NESTLING_TEXT_H
#define NESTLING_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Copies len bytes of in to out, terminated, control characters (C0, DEL and UTF-8's C1) written
 * as \xNN but for those in keep. What does not fit into room is left out. The length of out.
 */
size_t text_visible(char *out, size_t room, const char *in, size_t len, const char *keep);

/*
 * Bytes of the UTF-8 character at text, of at most len (1 or more). 0: it is none, is longer than it
 * need be, half of a pair, or what XML cannot hold; control characters are characters.
 */
uint32_t text_utf8(const char *text, size_t len);

/*
 * As vsnprintf(), control characters but tabs made visible; what is too long loses its middle,
 * since a message names its subject first and its cause last. There is room for 64 bytes or more.
 * The length of out.
 */
size_t text_line(char *out, size_t room, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

#endif
