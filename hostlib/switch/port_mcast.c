// SPDX-License-Identifier: GPL-2.0
/*
 * UML's multicast network: every Ethernet frame is the contents of one UDP datagram to a group, by
 * default 239.192.168.1:1102. Whoever listens to the group has them all.
 *
 * Members on this host must hear each other, so our own datagrams come back to us, too. They are
 * told by the address and port that they were sent from: sending has a socket of its own, whose
 * port nobody else on this host can have.
 *
 * Limit: a frame of up to 65,507 bytes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "port_private.h"

#define FORM "mcast:ADDR:PORT[:TTL[:INTERFACE]]"

struct mcast {
	struct port *port;
	struct sw *sw;
	struct sockaddr_in group;
	unsigned int ttl;
	int ifindex; /* 0: the host's choice */
	struct loop_watch in; /* bound to the group */
	struct loop_watch out; /* connected to the group */
	struct sockaddr_in self; /* what our datagrams come from */
	uint8_t buf[PACKET_MAX];
};

static int mcast_send(struct port *port, const struct packet *p)
{
	struct mcast *m = port->arg;
	int rc = port_datagram_send(m->out.fd, p);

	/* An earlier datagram that met nobody is told now, and once. */
	if (rc == -ECONNREFUSED)
		rc = port_datagram_send(m->out.fd, p);
	if (rc == -EAGAIN)
		loop_events(&m->out, POLLOUT);
	return rc;
}

static void on_writable(struct loop_watch *w, short revents)
{
	struct mcast *m = w->arg;
	socklen_t len = sizeof(int);
	int error;

	(void)getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len); /* else it stays ready */
	loop_events(w, 0);
	port_writable(m->port);
	switch_flush(m->sw);
}

static bool is_self(const struct mcast *m, const struct sockaddr_in *from)
{
	return from->sin_port == m->self.sin_port &&
	       from->sin_addr.s_addr == m->self.sin_addr.s_addr;
}

static void on_datagram(struct loop_watch *w, short revents)
{
	struct mcast *m = w->arg;

	for (int i = 0; i < PORT_BURST; i++) {
		struct sockaddr_in from = {0};
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(w->fd, m->buf, sizeof(m->buf), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &len);

		if (n < 0)
			break;
		if (!is_self(m, &from))
			port_input(m->port, m->buf, (size_t)n, NULL);
	}
	switch_flush(m->sw);
}

static void mcast_describe(const struct port *port, char *out, size_t len)
{
	const struct mcast *m = port->arg;
	char group[INET_ADDRSTRLEN] = "", self[INET_ADDRSTRLEN] = "";

	inet_ntop(AF_INET, &m->group.sin_addr, group, sizeof(group));
	inet_ntop(AF_INET, &m->self.sin_addr, self, sizeof(self));
	snprintf(out, len, "group %s:%u, ttl %u, from %s:%u", group, ntohs(m->group.sin_port),
		 m->ttl, self, ntohs(m->self.sin_port));
}

static void mcast_free(struct mcast *m)
{
	loop_close(&m->in);
	loop_close(&m->out);
	free(m);
}

static void mcast_close(struct port *port)
{
	mcast_free(port->arg);
}

static const struct port_ops mcast_ops = {
	.kind = "mcast",
	.send = mcast_send,
	.describe = mcast_describe,
	.close = mcast_close,
};

/* Takes the next field, up to ':' or the end; false when there is none. */
static bool field(const char **text, char *out, size_t room)
{
	size_t len = strcspn(*text, ":");

	if (!**text || len >= room)
		return false;
	memcpy(out, *text, len);
	out[len] = 0;
	*text += len;
	if (**text == ':')
		(*text)++;
	return true;
}

static int parse(struct mcast *m, const char *args, char *err, size_t err_len)
{
	char addr[INET_ADDRSTRLEN] = "239.192.168.1", port[8] = "1102", ttl[8] = "1";
	char interface[IFNAMSIZ] = "";
	const char *p = args ? args : "";
	uint64_t port_n, ttl_n;

	if (field(&p, addr, sizeof(addr)) && field(&p, port, sizeof(port)) &&
	    field(&p, ttl, sizeof(ttl)))
		field(&p, interface, sizeof(interface));
	m->group.sin_family = AF_INET;
	if (*p || port_number(port, 1, 65535, &port_n) || port_number(ttl, 0, 255, &ttl_n) ||
	    inet_pton(AF_INET, addr, &m->group.sin_addr) != 1)
		return port_fail(err, err_len, -EINVAL, "'mcast:%s' is not " FORM,
				 args ? args : "");
	if (!IN_MULTICAST(ntohl(m->group.sin_addr.s_addr)))
		return port_fail(err, err_len, -EINVAL,
				 "mcast: %s is no multicast address (224.0.0.0 to "
				 "239.255.255.255)",
				 addr);
	m->group.sin_port = htons((uint16_t)port_n);
	m->ttl = (unsigned int)ttl_n;
	m->ifindex = *interface ? (int)if_nametoindex(interface) : 0;
	if (*interface && !m->ifindex)
		return port_fail(err, err_len, -ENODEV, "mcast: there is no interface %s",
				 interface);
	return 0;
}

/* The socket that hears the group. 0 or -errno. */
static int open_in(struct mcast *m)
{
	struct ip_mreqn membership = {.imr_multiaddr = m->group.sin_addr,
				      .imr_ifindex = m->ifindex};
	int one = 1, zero = 0;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	loop_add(sw_loop(m->sw), &m->in, fd, POLLIN, on_datagram, m);
	/* IP_MULTICAST_ALL off: only what this socket joined, not what others of this host did. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &zero, sizeof(zero)) < 0 ||
	    bind(fd, (struct sockaddr *)&m->group, sizeof(m->group)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof(membership)) < 0)
		return -errno;
	return 0;
}

/* The socket that sends to it. 0 or -errno. */
static int open_out(struct mcast *m)
{
	struct ip_mreqn interface = {.imr_ifindex = m->ifindex};
	int one = 1, ttl = (int)m->ttl;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(m->self);

	if (fd < 0)
		return -errno;
	loop_add(sw_loop(m->sw), &m->out, fd, 0, on_writable, m);
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)) < 0 ||
	    (m->ifindex &&
	     setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof(interface)) < 0) ||
	    connect(fd, (struct sockaddr *)&m->group, sizeof(m->group)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&m->self, &len) < 0)
		return -errno;
	return 0;
}

int port_mcast_create(struct port **out, struct sw *sw, const char *args, const char *name,
		      char *err, size_t err_len)
{
	struct mcast *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return port_fail(err, err_len, -ENOMEM, "mcast: no memory");
	m->sw = sw;
	m->in.fd = m->out.fd = -1;
	rc = parse(m, args, err, err_len);
	if (rc)
		goto fail;
	rc = open_in(m);
	if (!rc)
		rc = open_out(m);
	if (rc) {
		port_fail(err, err_len, rc, "mcast:%s: %s%s", args ? args : "", strerror(-rc),
			  rc == -ENODEV || rc == -ENETUNREACH
				  ? "; no interface leads there: name one, " FORM
				  : "");
		goto fail;
	}
	rc = port_add_said(out, sw, &mcast_ops, m, name, err, err_len);
	if (rc)
		goto fail;
	m->port = *out;
	return 0;
fail:
	mcast_free(m);
	return rc;
}
