// SPDX-License-Identifier: GPL-2.0
/*
 * The hidden card: found by its hardware address, moved to a network namespace that nobody else
 * is in, spoken to by a packet socket. The namespace lives as long as the socket; when the agent is
 * killed the card comes back among the others.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "agent_private.h"

#define CARRIER_WAIT_MS 10000
#define RECEIVE_BYTES (4 << 20) /* a window of frames, as the kernel counts them */

static int namespace_fd(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The namespace that the card has moved to, where we are then, or -errno: it is where it was. */
static int hide(int ifindex, int old)
{
	int fd, err;

	if (unshare(CLONE_NEWNET))
		return -errno;
	fd = namespace_fd();
	err = setns(old, CLONE_NEWNET) ? -errno : fd < 0 ? fd : 0;
	if (!err)
		err = rtnl_link_move(ifindex, fd);
	if (!err && setns(fd, CLONE_NEWNET))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/* The kernel would look for routers and neighbours there. One without IPv6 has no such file. */
static void be_quiet(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	file_write(path, "1");
}

/* Up, and a socket at it, in the namespace where we are. 0 or -errno. */
static int open_card(struct card *c, const char *name)
{
	struct sockaddr_ll sa = {.sll_family = AF_PACKET, .sll_protocol = htons(AGENT_ETHERTYPE)};
	int bytes = RECEIVE_BYTES, err;

	be_quiet(name);
	err = rtnl_link_up(c->ifindex, AGENT_MTU);
	if (err)
		return err;
	rtnl_link_wait(c->ifindex, CARRIER_WAIT_MS);
	c->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return -errno;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	sa.sll_ifindex = c->ifindex;
	if (bind(c->fd, (struct sockaddr *)&sa, sizeof(sa))) {
		err = -errno;
		close(c->fd);
		return err;
	}
	return 0;
}

int card_take(struct card *c)
{
	static const uint8_t prefix[] = AGENT_PREFIX;
	char name[IF_NAMESIZE];
	int old = namespace_fd(), hidden, err;

	if (old < 0)
		return old;
	c->ifindex = rtnl_find(prefix, sizeof(prefix), c->mac, name);
	if (c->ifindex < 0) {
		err = c->ifindex;
		goto out;
	}
	hidden = hide(c->ifindex, old);
	if (hidden < 0)
		dprintf(2, "agent: the card %s stays visible: error %d\n", name, -hidden);
	else
		c->ifindex = rtnl_find(prefix, sizeof(prefix), c->mac, name);
	err = open_card(c, name);
	/* The socket keeps the namespace; commands run in the old one. */
	if (hidden >= 0) {
		close(hidden);
		if (setns(old, CLONE_NEWNET) && !err)
			err = -errno;
	}
out:
	close(old);
	return err;
}

int card_send(const struct card *c, struct agent_frame *head, const void *data, size_t len)
{
	static const uint8_t host[] = AGENT_HOST;
	const struct iovec iov[] = {{head, sizeof(*head)}, {(void *)data, len}};

	memcpy(head->to, host, sizeof(host));
	memcpy(head->from, c->mac, sizeof(c->mac));
	head->length = (uint32_t)len;
	if (writev(c->fd, iov, len ? 2 : 1) < 0)
		return -errno;
	return 0;
}
