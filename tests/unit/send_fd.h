/* SPDX-License-Identifier: GPL-2.0 */
/* A message on a socket, with a descriptor unless fd is -1; for unit tests and fuzz targets. */
#ifndef NESTLING_TEST_SEND_FD_H
#define NESTLING_TEST_SEND_FD_H

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static inline ssize_t send_fd(int to, struct iovec *iov, size_t n, int fd, int flags)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = n};

	if (fd >= 0) {
		m.msg_control = control.buf;
		m.msg_controllen = sizeof(control.buf);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	}
	return sendmsg(to, &m, flags);
}

#endif
