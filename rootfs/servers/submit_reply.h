/* SPDX-License-Identifier: GPL-2.0 */
/* Replies of servers of mail, as a client reads them (RFC 5321, 4.2). */
#ifndef NESTLING_SERVERS_SUBMIT_REPLY_H
#define NESTLING_SERVERS_SUBMIT_REPLY_H

#include <stddef.h>
#include <stdio.h>

/*
 * Reads one reply with all its lines. Each begins with a code, exactly three digits; a '-' behind it
 * says that another line follows, a blank or the line's end that none does.
 *
 * The last line's code, or 0: the server hung up within the reply, or said something else. line gets
 * the last line without its end, of a longer one as much as there is room for, the rest is passed
 * over; when the server hung up, "no answer".
 */
unsigned int submit_reply_read(FILE *f, char *line, size_t room);

#endif
