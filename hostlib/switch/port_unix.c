// SPDX-License-Identifier: GPL-2.0
/* Unix sockets as old switches and their clients use them; see port_private.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "port_private.h"

#define ROOM (1 << 20) /* bytes of a socket's buffer: a few of the largest frames */

socklen_t port_unix_len(const struct sockaddr_un *addr)
{
	if (!addr->sun_path[0])
		return sizeof(*addr);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			   strnlen(addr->sun_path, sizeof(addr->sun_path)));
}

int port_unix_path(struct sockaddr_un *addr, const char *path)
{
	size_t len = strlen(path);

	if (!len)
		return -EINVAL;
	if (len >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, path, len);
	return 0;
}

void port_unix_abstract(struct sockaddr_un *addr)
{
	uint64_t random = 0;

	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = loop_now_ns();
	snprintf(addr->sun_path + 1, sizeof(addr->sun_path) - 1, "uml_switch-%d-%016llx",
		 (int)getpid(), (unsigned long long)random);
}

int port_unix_socket(int type)
{
	int room = ROOM, fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	/* More than the host's limit is cut to that, which is no mistake. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

int port_datagram_send(int fd, const struct packet *p)
{
	struct iovec iov[PACKET_IOV_MAX];
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = port_iov(p, iov)};

	if (sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	return -errno;
}
