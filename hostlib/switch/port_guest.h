/* SPDX-License-Identifier: GPL-2.0 */
/* Ports with a guest's network card behind them (virtio-net over vhost-user). */
#ifndef NESTLING_PORT_GUEST_H
#define NESTLING_PORT_GUEST_H

#include "switch.h"

/*
 * A port for the front-end at the other end of fd, a stream socket, which is the switch's from the
 * call on. name: NULL for what the front-end says, or a number. 0 or -errno.
 */
int port_guest_add(struct sw *sw, int fd, const char *name);

/*
 * The same for a guest whose virtual time somebody leads, who must be ours. Its rings are looked at
 * when the leader says so, and not before; interrupt() is called when it has something to look at.
 */
struct port_guest_leader {
	void (*interrupt)(void *arg);
	void *arg;
};
int port_guest_add_led(struct port **out, struct sw *sw, int fd, const char *name,
		       const struct port_guest_leader *leader);
/* Both rings are there. */
bool port_guest_ready(const struct port *port);
/*
 * The guest said that ring n (0: frames to it, 1: from it) has buffers up to index avail. Followed by
 * switch_flush(). -EPROTO: the guest broke a ring, and port is gone.
 */
int port_guest_kicked(struct port *port, unsigned int n, uint16_t avail);

#endif
