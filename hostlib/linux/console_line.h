/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One line: the relay between a channel of the host and the guest's socket.
 */
#ifndef NESTLING_CONSOLE_LINE_H
#define NESTLING_CONSOLE_LINE_H

#include "chan.h"
#include "console_escape.h"

#define LINE_IN_BYTES 4096 /* read from the channel, not yet with the guest */
#define LINE_OUT_BYTES 16384 /* from the guest, not yet with the channel */

struct console_line;

/* What a line asks of the rest of the loader. */
struct line_host {
	void *arg;
	/* The session is to be hung up: line_renew() was done, tell the guest. */
	void (*renewed)(void *arg, struct console_line *l);
	void (*resized)(void *arg, struct console_line *l);
	/* The channel that the guest cannot do without is gone. */
	void (*lost)(void *arg, struct console_line *l);
	/* A key behind the escape key; KEY_END or KEY_CAD. */
	void (*key)(void *arg, enum console_key key);
};

struct console_line {
	enum nl_kind kind;
	unsigned int index;
	char name[16]; /* "con1" */
	const struct line_host *host;
	struct loop *loop;
	struct chan *in, *out; /* the same one, or two */
	int host_fd, guest_fd; /* both ends of the guest's socket; the second is the slot's */
	bool started;
	bool in_ended; /* no more input will come */
	uint16_t rows, cols; /* of the window, 0 = not known */
	bool size_owed; /* the guest is to be told of it (console.c) */
	struct console_escape escape;
	struct loop_watch guest, from, to; /* the socket, the channel's two directions */
	size_t in_start, in_len, out_start, out_len; /* what the buffers hold */
	uint8_t in_buf[LINE_IN_BYTES], out_buf[LINE_OUT_BYTES];
};

/*
 * A line with the channels that spec names. escape_key: -1 for none; it counts only on a
 * terminal. NULL with why and errno.
 */
struct console_line *line_new(struct chan_env *env, enum nl_kind kind, unsigned int index,
			      const struct console_spec *spec, bool by_name, int escape_key,
			      const struct line_host *host, char why[CONSOLE_WHY_LEN]);

/* Relays from now on. 0 or -errno with why. Does nothing when done already. */
int line_start(struct console_line *l, char why[CONSOLE_WHY_LEN]);

/* Asks the channel for its window size; true when it changed. */
bool line_measure(struct console_line *l);

/*
 * After the guest's end: passes on what it wrote. Waits for a slow reader, up to
 * patience_ms without progress.
 */
void line_drain(struct console_line *l, int patience_ms);

/* Closes and frees; NULL is allowed. */
void line_free(struct console_line *l);

#endif
