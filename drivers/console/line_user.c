// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of a console or serial line; see line_user.h.
 *
 * @host run recvmsg: input
 * @host run sendto EQ(4,0): output; no address is named
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <nestling.h>
#include <os.h>
#include "line_user.h"

int nl_line_recv(int fd, void *buf, unsigned int len)
{
	struct iovec iov = {.iov_base = buf, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	do {
		n = recvmsg(fd, &msg, MSG_DONTWAIT);
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

void nl_line_nap(int ms)
{
	long long end = os_nsecs() + ms * 1000000LL, left;

	/* The guest's timer interrupts it. */
	while ((left = end - os_nsecs()) > 0)
		nl_nap_us(left / 1000 + 1);
}
