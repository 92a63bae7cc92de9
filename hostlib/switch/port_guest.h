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

#endif
