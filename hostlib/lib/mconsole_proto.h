/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Management console: what travels over the datagram socket <uml_dir>/<umid>/mconsole,
 * as User Mode Linux and its tools have it. Pure functions over (buffer, length); no
 * sockets, no memory of their own. Integers are in host byte order: both ends run on one
 * machine.
 *
 *   request  magic4 version4 len4 text[len]                client to guest
 *   reply    err4 more4 len4 text[len]                     guest to client
 *   notify   magic4 version4 type4 len4 text[len]          guest to mconsole=notify:
 *
 * text is at most 512 bytes. A request may carry the whole field of 512 bytes behind its
 * header, whatever len says (Debian's client does). The text of a reply ends with a zero
 * byte, which len counts; more != 0 tells that another reply belongs to the same answer.
 */
#ifndef NESTLING_MCONSOLE_PROTO_H
#define NESTLING_MCONSOLE_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MCONSOLE_MAGIC 0xcafebabeU
#define MCONSOLE_VERSION 2U
#define MCONSOLE_TEXT 512 /* bytes of text in one datagram, terminator included */
#define MCONSOLE_REQUEST_MAX (12 + MCONSOLE_TEXT)
#define MCONSOLE_REPLY_MAX (12 + MCONSOLE_TEXT)
#define MCONSOLE_NOTIFY_MAX (16 + MCONSOLE_TEXT)

enum mconsole_notify_type {
	MCONSOLE_NOTIFY_SOCKET = 0, /* text: path of the guest's socket */
	MCONSOLE_NOTIFY_PANIC = 1, /* text: the reason */
	MCONSOLE_NOTIFY_HANG = 2,
	MCONSOLE_NOTIFY_USER = 3, /* text: written to /proc/mconsole in the guest */
};

/* A request: one command line without blanks around it; terminated. */
struct mconsole_request {
	char text[MCONSOLE_TEXT + 1];
	size_t len;
};

struct mconsole_reply {
	uint32_t err; /* 0, or what kind of error */
	bool more;
	char text[MCONSOLE_TEXT + 1]; /* terminated */
	size_t len; /* without the terminator */
};

struct mconsole_notify {
	enum mconsole_notify_type type;
	char text[MCONSOLE_TEXT + 1]; /* terminated */
	size_t len; /* without the terminator */
};

/*
 * Parses what a client sent. 0; -EBADMSG: no request at all, not to be answered;
 * -EPROTONOSUPPORT: of another version; -EMSGSIZE: longer than a request may be or than
 * the datagram is; -EINVAL: an empty line.
 */
int mconsole_request_parse(const void *buf, size_t n, struct mconsole_request *out);

/*
 * Writes a request with len bytes of text to buf. Its size in bytes, or 0 when the text
 * is empty or longer than MCONSOLE_TEXT - 1.
 */
size_t mconsole_request_build(uint8_t buf[static MCONSOLE_REQUEST_MAX], const char *text,
			      size_t len);

/*
 * Writes the next piece of an answer: as much of the text as fits, with more set when
 * some is left over or when more_follows. *used is what was taken. Its size in bytes.
 */
size_t mconsole_reply_build(uint8_t buf[static MCONSOLE_REPLY_MAX], uint32_t err, const char *text,
			    size_t len, bool more_follows, size_t *used);

/* Parses a piece of an answer. 0 or -EBADMSG. */
int mconsole_reply_parse(const void *buf, size_t n, struct mconsole_reply *out);

/* Writes a notification, its text cut to fit. Its size in bytes. */
size_t mconsole_notify_build(uint8_t buf[static MCONSOLE_NOTIFY_MAX],
			     enum mconsole_notify_type type, const char *text);

/* Parses a notification. 0 or -EBADMSG. */
int mconsole_notify_parse(const void *buf, size_t n, struct mconsole_notify *out);

/*
 * The first word of a line: its length. *rest is what stands behind the blanks that
 * follow, "" when nothing does.
 */
size_t mconsole_first_word(const char *line, const char **rest);

#endif
