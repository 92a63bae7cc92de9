/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an operator may write behind con<n>= and ssl<n>=: one channel for both
 * directions, or "in,out". A pure parser.
 *
 *   none            no such device in the guest
 *   null            a device that says nothing and takes everything
 *   fd:N            descriptor N of the loader
 *   tty:/dev/x      a terminal of the host
 *   pty, pts        a new pseudo-terminal, its name is announced
 *   port:N          telnet on 127.0.0.1; port:ADDRESS:N elsewhere; 0 = any free one
 *   xterm           a terminal window
 */
#ifndef NESTLING_CONSOLE_SPEC_H
#define NESTLING_CONSOLE_SPEC_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"

#define CONSOLE_SPEC_LEN (sizeof(((struct nl_slot *)0)->spec))
#define CONSOLE_WHY_LEN 256

enum chan_kind {
	CHAN_NONE,
	CHAN_NULL,
	CHAN_FD,
	CHAN_TTY,
	CHAN_PTY,
	CHAN_PORT,
	CHAN_XTERM,
};

struct chan_spec {
	enum chan_kind kind;
	int fd; /* CHAN_FD */
	uint16_t port; /* CHAN_PORT */
	char text[CONSOLE_SPEC_LEN]; /* CHAN_TTY: path; CHAN_PORT: IPv4 address */
};

struct console_spec {
	struct chan_spec in, out;
	bool one; /* in and out are the same channel */
};

/*
 * Parses text. 0, or -EINVAL with one line in why that names what is wrong and what
 * would be right.
 */
int console_spec_parse(const char *text, struct console_spec *out, char why[CONSOLE_WHY_LEN]);

/*
 * Parses escape=: "^]" or "^A", one character, or "none". *key is the byte, -1 for
 * none. 0, or -EINVAL with one line in why.
 */
int console_escape_parse(const char *text, int *key, char why[CONSOLE_WHY_LEN]);

#endif
