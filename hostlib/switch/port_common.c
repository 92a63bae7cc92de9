// SPDX-License-Identifier: GPL-2.0
/* What the kinds of ports share; see port_private.h. */
#include <errno.h>
#include <string.h>
#include "port_private.h"

int port_add_said(struct port **out, struct sw *sw, const struct port_ops *ops, void *arg,
		  const char *name, char *err, size_t err_len)
{
	int rc = port_add(out, sw, ops, arg, name);

	if (rc == -EEXIST)
		return port_fail(err, err_len, rc, "there is a port '%s' already", name);
	if (rc == -ENOSPC)
		return port_fail(err, err_len, rc, "the switch is full: it has %d ports",
				 SWITCH_PORTS_MAX);
	if (rc)
		return port_fail(err, err_len, rc, "adding a port failed: %s", strerror(-rc));
	return 0;
}

void port_input(struct port *port, const void *data, size_t len, const struct packet_meta *meta)
{
	struct iovec iov = {(void *)data, len};
	struct packet p;

	if (len <= PACKET_MAX && !packet_init(&p, &iov, 1, (uint32_t)len, meta))
		switch_input(port, &p);
}

unsigned int port_iov(const struct packet *p, struct iovec *out)
{
	size_t left = p->len;
	unsigned int n;

	for (n = 0; n < p->niov && n < PACKET_IOV_MAX && left; n++) {
		out[n] = p->iov[n];
		if (out[n].iov_len > left)
			out[n].iov_len = left;
		left -= out[n].iov_len;
	}
	return n;
}
