/* SPDX-License-Identifier: GPL-2.0 */
/* Host half of a line: the socket to the loader. Never blocks but in nl_line_nap(). */
#ifndef NESTLING_LINE_USER_H
#define NESTLING_LINE_USER_H

/* Takes up to len bytes that wait. Bytes, 0 when the loader closed, or -errno. */
int nl_line_recv(int fd, void *buf, unsigned int len);

/* Sends what the socket takes now: bytes, -EAGAIN when full, or -errno. */
int nl_line_send(int fd, const void *buf, unsigned int len);

/* Sleeps, less than a second. */
void nl_line_nap(int ms);

#endif
