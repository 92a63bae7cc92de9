/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The server's side of telnet for a terminal line: RFC 854 (protocol), 855
 * (options), 856 (binary), 857 (echo), 858 (suppress go ahead), 1073 (window
 * size). Pure: bytes in, bytes out, no descriptors. What a client sends, in
 * whatever amount and order, changes a fixed-size struct and no more.
 *
 * A client that does not speak telnet (nc) works too: its bytes pass as they are.
 */
#ifndef NESTLING_TELNET_H
#define NESTLING_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TELNET_REPLY_MAX 512 /* replies that may wait; more are dropped */
#define TELNET_SB_MAX 16 /* bytes of a subnegotiation that are kept */

/* One connection. Zeroed by telnet_start(). */
struct telnet {
	uint8_t state; /* of the input parser */
	uint8_t command; /* WILL, WONT, DO, DONT that waits for its option */
	uint8_t us, him; /* options in force, bits by position in the table */
	uint8_t asked_us, asked_him; /* options that we asked for and wait for */
	bool after_cr; /* the byte behind an input CR may be its LF or NUL */
	bool out_cr; /* the last output byte was a CR: NUL follows unless LF does */
	uint8_t sb[TELNET_SB_MAX]; /* option and data of a subnegotiation */
	size_t sb_len; /* may exceed TELNET_SB_MAX: then it is not used */
	uint8_t reply[TELNET_REPLY_MAX]; /* to be sent before other output */
	size_t reply_len;
	uint16_t rows, cols; /* window, 0 = not told */
	bool resized; /* the window changed; cleared by the caller */
};

/* Begins a connection: the opening requests are in t->reply. */
void telnet_start(struct telnet *t);

/*
 * Takes n bytes from the client. Stores the characters meant for the line in out
 * (room for n) and returns how many. Answers are appended to t->reply.
 */
size_t telnet_input(struct telnet *t, const uint8_t *in, size_t n, uint8_t *out);

/*
 * Encodes output of the line: up to n bytes of in into out, which has room for max
 * bytes. Returns the bytes of out; *used tells how many of in are in them.
 */
size_t telnet_output(struct telnet *t, const uint8_t *in, size_t n, uint8_t *out, size_t max,
		     size_t *used);

#endif
