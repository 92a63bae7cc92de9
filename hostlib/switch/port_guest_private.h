/* SPDX-License-Identifier: GPL-2.0 */
/* What port_guest.c (the port, frames from the guest) and port_guest_send.c (frames to it) share. */
#ifndef NESTLING_PORT_GUEST_PRIVATE_H
#define NESTLING_PORT_GUEST_PRIVATE_H

#include "port_guest.h"
#include "vhost.h"

#define RX 0 /* to the guest */
#define TX 1

/* struct virtio_net_hdr_v1 (virtio 1.2, 5.1.6), little-endian as this machine. */
struct net_header {
	uint8_t flags, gso_type;
	uint16_t hdr_len, gso_size, csum_start, csum_offset, num_buffers;
};

struct guest {
	struct port *port;
	struct vhost vhost;
	struct loop_watch session, kick[VHOST_RINGS];
	struct loop_timer more; /* frames that a turn had no time for */
	struct loop_timer lost; /* it is of no use, which was found in the middle of something */
	/*
	 * Those at hand. Two, because a frame from the guest may be what a delayed frame to the same
	 * guest waited for.
	 */
	struct vring_buffer rx, tx;
	uint64_t bad; /* frames of the guest that made no sense */
	size_t header_len;
	struct port_guest_leader leader; /* interrupt is NULL: nobody leads its time */
};

/* port_guest.c */
/* Tells the guest of what is in ring n. */
void guest_interrupt(struct guest *g, unsigned int n);
/* The guest is of no use any more: its port goes, and g with it. */
void guest_end(struct guest *g);
/* For the timer `lost`: the same, in a turn of its own. */
void guest_lost(struct loop_timer *t);

/* port_guest_send.c: what a port of this kind does (port_ops). */
int guest_send(struct port *port, const struct packet *p);
void guest_flush(struct port *port);

#endif
