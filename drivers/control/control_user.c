// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of the control channel; see control_user.h.
 *
 * @host run recvmsg: requests of the loader, with descriptors
 * @host run sendto EQ(4,0): answers and events; no address is named
 * @host run close: what a request that is refused came with
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "control_user.h"

static void take_fds(struct msghdr *msg, int *fds, unsigned int *nfds)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	size_t n;

	*nfds = 0;
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	*nfds = n;
}

static void close_fds(int *fds, unsigned int *nfds)
{
	while (*nfds)
		close(fds[--*nfds]);
}

int nl_control_recv(struct nl_msg *m, int *fds, unsigned int *nfds)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(NL_SLOT_FDS * sizeof(int))];
	} ancillary;
	struct iovec iov = {.iov_base = m, .iov_len = sizeof(*m)};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ancillary.buf,
		.msg_controllen = sizeof(ancillary.buf),
	};
	ssize_t n;

	*nfds = 0;
	do {
		n = recvmsg(NL_FD_CONTROL, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take_fds(&msg, fds, nfds);
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		close_fds(fds, nfds);
		return -EMSGSIZE;
	}
	return n;
}

int nl_control_send(const struct nl_msg *m)
{
	ssize_t n;

	do {
		n = send(NL_FD_CONTROL, m, sizeof(*m), MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}
