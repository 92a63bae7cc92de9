// SPDX-License-Identifier: GPL-2.0
/*
 * A port that is a tap of the host (linux: Documentation/networking/tuntap.rst).
 *
 * Frames carry struct virtio_net_hdr on the descriptor, so large segments and unfinished checksums
 * pass both ways as they are. A persistent tap that belongs to the user needs no privilege; to make
 * one does. The interface's addresses and whether it is up are the administrator's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "port_private.h"

#define OFFLOADS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)

struct tap {
	struct port *port;
	struct sw *sw;
	struct loop_watch watch;
	char name[IFNAMSIZ];
	uint8_t buf[sizeof(struct virtio_net_hdr) + PACKET_MAX];
};

static void to_header(struct virtio_net_hdr *h, const struct packet_meta *m)
{
	*h = (struct virtio_net_hdr){
		.flags = m->flags,
		.gso_type = m->gso_type,
		.hdr_len = m->hdr_len,
		.gso_size = m->gso_size,
		.csum_start = m->csum_start,
		.csum_offset = m->csum_offset,
	};
}

static void from_header(struct packet_meta *m, const struct virtio_net_hdr *h)
{
	*m = (struct packet_meta){
		.flags = h->flags & (META_NEEDS_CSUM | META_DATA_VALID),
		.gso_type = h->gso_type,
		.hdr_len = h->hdr_len,
		.gso_size = h->gso_size,
		.csum_start = h->csum_start,
		.csum_offset = h->csum_offset,
	};
}

static int tap_send(struct port *port, const struct packet *p)
{
	struct tap *tap = port->arg;
	struct iovec iov[PACKET_IOV_MAX + 1];
	struct virtio_net_hdr header;
	unsigned int n;

	to_header(&header, &p->meta);
	iov[0] = (struct iovec){&header, sizeof(header)};
	n = port_iov(p, iov + 1);
	if (writev(tap->watch.fd, iov, (int)n + 1) >= 0)
		return 0;
	if (errno == EAGAIN)
		loop_events(&tap->watch, POLLIN | POLLOUT);
	return -errno;
}

static void on_tap(struct loop_watch *w, short revents)
{
	struct tap *tap = w->arg;
	struct sw *sw = tap->sw;
	struct virtio_net_hdr header;
	struct packet_meta meta;

	if (revents & POLLOUT) {
		loop_events(w, POLLIN);
		port_writable(tap->port);
	}
	for (int i = 0; i < PORT_BURST && revents & ~POLLOUT; i++) {
		ssize_t n = read(w->fd, tap->buf, sizeof(tap->buf));

		if (n < 0 && errno == EBADFD) {
			port_remove(tap->port); /* somebody deleted the interface */
			break;
		}
		if (n < (ssize_t)sizeof(header))
			break;
		memcpy(&header, tap->buf, sizeof(header));
		from_header(&meta, &header);
		port_input(tap->port, tap->buf + sizeof(header), (size_t)n - sizeof(header), &meta);
	}
	switch_flush(sw);
}

static void tap_carrier(struct port *port, bool up)
{
	struct tap *tap = port->arg;
	int on = up;

	/* Kernels before 4.20 have no such call; the interface's carrier stays up then. */
	(void)ioctl(tap->watch.fd, TUNSETCARRIER, &on);
}

static void tap_describe(const struct port *port, char *out, size_t len)
{
	snprintf(out, len, "interface %s", ((const struct tap *)port->arg)->name);
}

static void tap_free(struct tap *tap)
{
	loop_close(&tap->watch);
	free(tap);
}

static void tap_close(struct port *port)
{
	tap_free(port->arg);
}

static const struct port_ops tap_ops = {
	.kind = "tap",
	.takes_large = true,
	.takes_csum = true,
	.send = tap_send,
	.carrier = tap_carrier,
	.describe = tap_describe,
	.close = tap_close,
};

/* What to do about it. */
static int open_failed(const char *name, int rc, char *err, size_t err_len)
{
	switch (rc) {
	case -ENOENT:
	case -ENODEV:
		return port_fail(err, err_len, rc,
				 "tap %s: there is no /dev/net/tun; an administrator loads the "
				 "module: modprobe tun",
				 name);
	case -EACCES:
		return port_fail(err, err_len, rc,
				 "tap %s: you may not open /dev/net/tun; an administrator allows "
				 "it: chmod 666 /dev/net/tun",
				 name);
	case -EPERM:
		return port_fail(err, err_len, rc,
				 "tap %s: it is not there, or not yours; an administrator makes "
				 "it: uml_tap add %s --user %u",
				 name, name, (unsigned int)getuid());
	case -EBUSY:
		return port_fail(err, err_len, rc, "tap %s: another program has it", name);
	case -EINVAL:
		return port_fail(err, err_len, rc,
				 "tap %s: the interface of that name is no tap, or one with other "
				 "settings",
				 name);
	default:
		return port_fail(err, err_len, rc, "tap %s: %s", name, strerror(-rc));
	}
}

/* The descriptor of the interface, or -errno. */
static int tap_open(char name[static IFNAMSIZ])
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int size = sizeof(struct virtio_net_hdr), rc = 0, fd;

	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, name, IFNAMSIZ);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0 || ioctl(fd, TUNSETVNETHDRSZ, &size) < 0 ||
	    ioctl(fd, TUNSETOFFLOAD, OFFLOADS) < 0)
		rc = -errno;
	if (rc) {
		close(fd);
		return rc;
	}
	memcpy(name, ifr.ifr_name, IFNAMSIZ);
	name[IFNAMSIZ - 1] = 0;
	return fd;
}

int port_tap_create(struct port **out, struct sw *sw, const char *args, const char *name, char *err,
		    size_t err_len)
{
	struct tap *tap;
	int rc, fd;

	if (!args || !*args || strlen(args) >= IFNAMSIZ || strpbrk(args, "/: "))
		return port_fail(err, err_len, -EINVAL,
				 "tap: the name of an interface is expected (1 to %d letters), as "
				 "in tap:tap0",
				 IFNAMSIZ - 1);
	tap = calloc(1, sizeof(*tap));
	if (!tap)
		return port_fail(err, err_len, -ENOMEM, "tap: no memory");
	tap->sw = sw;
	tap->watch.fd = -1;
	snprintf(tap->name, sizeof(tap->name), "%s", args);
	fd = tap_open(tap->name);
	if (fd < 0) {
		rc = open_failed(args, fd, err, err_len);
		goto fail;
	}
	loop_add(sw_loop(sw), &tap->watch, fd, POLLIN, on_tap, tap);
	rc = port_add_said(out, sw, &tap_ops, tap, name, err, err_len);
	if (rc)
		goto fail;
	tap->port = *out;
	return 0;
fail:
	tap_free(tap);
	return rc;
}
