// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of a console or serial line; see line_user.h.
 *
 * System calls: recvfrom, sendto, poll.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include "line_user.h"

int nl_line_recv(int fd, void *buf, unsigned int len)
{
	ssize_t n;

	do {
		n = recv(fd, buf, len, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int nl_line_send(int fd, const void *buf, unsigned int len)
{
	ssize_t n;

	do {
		n = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int nl_line_wait(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	/*
	 * A signal (the timer of the guest) ends the wait early; the caller
	 * counts waits, not time, so that no clock of the guest is needed.
	 */
	return poll(&p, 1, ms) > 0;
}
