/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files in mail: just enough of MIME (RFC 2045, 2046) to write a message with one file, and to find
 * files in a message that others have handled since.
 *
 * Reading takes lines that end in LF or CR LF, an mbox line in front, header fields in any order and
 * folded, multiparts in multiparts and messages in messages, both at most MIME_DEPTH deep.
 */
#ifndef NESTLING_MIME_H
#define NESTLING_MIME_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MIME_DEPTH 16
#define MIME_BOUNDARY_MAX 70 /* bytes; RFC 2046, 5.1.1 */

/* A part that has no parts itself: its body, as it stands in the message. */
struct mime_part {
	const char *body;
	size_t len;
	_Bool base64; /* its transfer encoding; otherwise the body is as it is */
	_Bool open; /* the message ends in it, without the line that should follow */
};

/* Reading a message. Private but for its beginning. */
struct mime_reader {
	const char *at, *end;
	unsigned int depth; /* boundaries that are open */
	struct {
		const char *text;
		size_t len;
	} boundary[MIME_DEPTH];
	unsigned int nested; /* messages in messages */
	_Bool between; /* at lines that belong to no part */
};

/* Starts at the beginning of a message, which must stay. */
void mime_read(struct mime_reader *r, const char *text, size_t len);

/* The next part. 1; 0: there are no more; -EBADMSG: the message is deeper than MIME_DEPTH. */
int mime_next(struct mime_reader *r, struct mime_part *out);

/*
 * Decodes base64, line ends and blanks left out, to out, which has room for len / 4 * 3 + 3 bytes.
 * 0 and *used, or -EBADMSG: there is something else in it, or its end is missing.
 */
int mime_decode(const char *text, size_t len, uint8_t *out, size_t *used);

/* A message to be written. Texts are ASCII without control characters (mime_text_ok()); NULL: none. */
struct mime_mail {
	const char *from, *to, *subject;
	const char *name; /* of the file */
	const char *text; /* for people, in front of the file: lines that end in LF */
	const uint8_t *data; /* the file */
	uint64_t len;
	const char *boundary; /* letters and digits */
};

/* Whether a text may stand in a header field, on one line. */
_Bool mime_text_ok(const char *text);

/* Writes it, with lines that end in CR LF (RFC 5322). 0 or -errno. */
int mime_write(const struct mime_mail *m, FILE *out);

#endif
