// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's network card: virtio-net (virtio 1.2, 5.1) over vhost-user.
 *
 * Ring 0 has empty buffers for frames to the guest, ring 1 frames from it. Frames are read where
 * they lie in the guest's memory and copied once, to where they go. The guest is told of many
 * frames at a time: used entries are published by flush(), behind a batch.
 *
 * A guest that sends faster than others can take is served a batch a turn: a timer that is due at
 * once brings the next one, behind the others' turn.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "offload.h"
#include "port_guest_private.h"

#define BATCH 128 /* frames of one guest a turn */

#define FEATURES                                                                      \
	(VIRTIO_F_VERSION_1 | VHOST_F_PROTOCOL_FEATURES | VIRTIO_F_EVENT_IDX |        \
	 VIRTIO_F_INDIRECT_DESC | VIRTIO_NET_F_STATUS | VIRTIO_NET_F_MRG_RXBUF |      \
	 VIRTIO_NET_F_MAC | VIRTIO_NET_F_CSUM | VIRTIO_NET_F_GUEST_CSUM |             \
	 VIRTIO_NET_F_GUEST_TSO4 | VIRTIO_NET_F_GUEST_TSO6 | VIRTIO_NET_F_GUEST_ECN | \
	 VIRTIO_NET_F_HOST_TSO4 | VIRTIO_NET_F_HOST_TSO6 | VIRTIO_NET_F_HOST_ECN)

static bool is_led(const struct guest *g)
{
	return g->leader.interrupt;
}

void guest_interrupt(struct guest *g, unsigned int n)
{
	vhost_call(&g->vhost, n);
	if (is_led(g))
		g->leader.interrupt(g->leader.arg);
}

void guest_end(struct guest *g)
{
	struct sw *sw = g->port->sw;

	port_remove(g->port);
	switch_flush(sw);
}

void guest_lost(struct loop_timer *t)
{
	guest_end(t->arg);
}

/* --- from the guest --------------------------------------------------------- */

/* The pieces behind the first `skip` bytes; returns how many. */
static unsigned int pieces_behind(const struct vring_buffer *b, uint32_t skip, struct iovec *out)
{
	unsigned int i, n = 0;

	for (i = 0; i < b->nread; i++) {
		struct iovec v = b->read[i];

		if (skip >= v.iov_len) {
			skip -= (uint32_t)v.iov_len;
			continue;
		}
		v.iov_base = (char *)v.iov_base + skip;
		v.iov_len -= skip;
		skip = 0;
		out[n++] = v;
	}
	return n;
}

static void frame_in(struct guest *g)
{
	const struct vring_buffer *b = &g->tx;
	const struct packet all = {.iov = b->read, .niov = b->nread};
	struct iovec iov[VRING_CHAIN_MAX];
	uint32_t head = (uint32_t)g->header_len;
	struct net_header h = {0};
	struct packet_meta meta;
	struct packet p;

	if (b->read_len <= head) {
		g->bad++;
		return;
	}
	packet_copy(&all, 0, &h, head);
	meta = (struct packet_meta){
		.flags = h.flags & META_NEEDS_CSUM,
		.gso_type = h.gso_type,
		.hdr_len = h.hdr_len,
		.gso_size = h.gso_size,
		.csum_start = h.csum_start,
		.csum_offset = h.csum_offset,
	};
	if (packet_init(&p, iov, pieces_behind(b, head, iov), b->read_len - head, &meta) < 0 ||
	    ((meta.flags || meta.gso_type) && !offload_valid(&p))) {
		g->bad++;
		return;
	}
	switch_input(g->port, &p);
}

/* A batch of frames. Whether there are more. */
static bool serve_tx(struct guest *g)
{
	struct vring *v = &g->vhost.ring[TX].vring;
	unsigned int n;

	vring_no_kick(v);
	for (n = 0; n < BATCH; n++) {
		int got = vring_pop(v, &g->tx);

		if (got < 0)
			return false;
		if (!got && !vring_want_kick(v))
			return false;
		if (!got)
			continue;
		frame_in(g);
		vring_push(v, g->tx.head, 0);
	}
	return true;
}

static bool is_lost(const struct guest *g)
{
	return g->vhost.memory_lost || g->vhost.ring[RX].vring.broken ||
	       g->vhost.ring[TX].vring.broken;
}

static void tx_more(struct loop_timer *t);

static void tx_serve(struct guest *g)
{
	struct sw *sw = g->port->sw;

	/* More than a turn's worth: the others come first. */
	if (serve_tx(g))
		loop_timer_set(sw_loop(sw), &g->more, 0, tx_more, g);
	if (vring_publish(&g->vhost.ring[TX].vring))
		guest_interrupt(g, TX);
	if (is_lost(g))
		guest_end(g);
	else
		switch_flush(sw);
}

static void tx_more(struct loop_timer *t)
{
	tx_serve(t->arg);
}

/*
 * Of a kick all that counts is that it comes. What the descriptor holds stays there: it may be
 * anything, and nobody has to wait for it. One at its end kicks no more.
 */
static void tx_kicked(struct loop_watch *w, short revents)
{
	if (revents & (POLLHUP | POLLERR))
		guest_end(w->arg);
	else
		tx_serve(w->arg);
}

/* --- led, or not --------------------------------------------------------------- */

/* Frames up to index avail, or as many as a ring holds. */
static void serve_tx_until(struct guest *g, uint16_t avail)
{
	struct vring *v = &g->vhost.ring[TX].vring;
	uint32_t n;

	for (n = 0; v->next != avail && n < v->num; n++) {
		if (vring_pop(v, &g->tx) <= 0)
			break;
		frame_in(g);
		vring_push(v, g->tx.head, 0);
	}
	if (vring_publish(v))
		guest_interrupt(g, TX);
}

bool port_guest_ready(const struct port *port)
{
	const struct guest *g = port->arg;

	return g->vhost.ring[RX].on && g->vhost.ring[TX].on;
}

int port_guest_kicked(struct port *port, unsigned int n, uint16_t avail)
{
	struct guest *g = port->arg;

	if (n == TX && g->vhost.ring[TX].on)
		serve_tx_until(g, avail);
	else if (n == RX)
		port_writable(port);
	if (!is_lost(g))
		return 0;
	guest_end(g);
	return -EPROTO;
}

/* The guest has put buffers into an empty ring. */
static void rx_kicked(struct loop_watch *w, short revents)
{
	struct guest *g = w->arg;
	struct sw *sw = g->port->sw;

	if (revents & (POLLHUP | POLLERR)) {
		guest_end(g);
		return;
	}
	port_writable(g->port);
	if (is_lost(g))
		guest_end(g);
	else
		switch_flush(sw);
}

/* --- the session ------------------------------------------------------------ */

static void ring_changed(struct vhost *v, unsigned int n, bool on)
{
	struct guest *g = v->arg;
	struct vhost_ring *r = &v->ring[n];

	if (!on) {
		loop_del(&g->kick[n]);
		if (n == TX)
			loop_timer_del(&g->more);
		/* What was taken out of the ring is told, or it would be taken again. */
		vring_publish(&r->vring);
		return;
	}
	if (is_led(g))
		return;
	if (loop_add_many(sw_loop(g->port->sw), &g->kick[n], r->kick_fd, true,
			  n == RX ? rx_kicked : tx_kicked, g) < 0)
		loop_timer_set(sw_loop(g->port->sw), &g->lost, 0, guest_lost, g);
	/* What it sent before it knew of us is there without a kick. */
	if (n == TX)
		loop_timer_set(sw_loop(g->port->sw), &g->more, 0, tx_more, g);
}

static void features_set(struct vhost *v)
{
	struct guest *g = v->arg;
	const uint64_t large = VIRTIO_NET_F_GUEST_TSO4 | VIRTIO_NET_F_GUEST_TSO6;

	g->port->takes_csum = v->features & VIRTIO_NET_F_GUEST_CSUM;
	g->port->takes_large = (v->features & large) == large;
	g->header_len = sizeof(struct net_header);
	if (!(v->features & (VIRTIO_F_VERSION_1 | VIRTIO_NET_F_MRG_RXBUF)))
		g->header_len = offsetof(struct net_header, num_buffers);
}

static void name_set(struct vhost *v, const char *name)
{
	struct guest *g = v->arg;

	/* One that is in use, or cannot be one: the number stays. */
	port_rename(g->port, name);
}

static const struct vhost_ops vhost_ops = {
	.ring = ring_changed,
	.features = features_set,
	.name = name_set,
};

static void session_ready(struct loop_watch *w, short revents)
{
	struct guest *g = w->arg;
	struct sw *sw = g->port->sw;

	(void)revents;
	if (vhost_serve(&g->vhost) == 0)
		switch_flush(sw);
	else if (is_led(g)) /* when it hung up is real time: its leader knows when it is gone */
		loop_del(&g->session);
	else
		guest_end(g);
}

static void carrier(struct port *port, bool up)
{
	struct guest *g = port->arg;

	g->vhost.config.status = up;
	vhost_config_changed(&g->vhost);
}

static void describe(const struct port *port, char *out, size_t len)
{
	const struct guest *g = port->arg;
	const uint8_t *m = g->vhost.config.mac;
	const char *ready = g->vhost.ring[RX].on && g->vhost.ring[TX].on ? "ready" : "not set up";

	/* Our own loader has addresses to give; other front-ends may take ours. */
	if (g->vhost.doorbell)
		snprintf(out, len, "%s, %" PRIu64 " bad frames", ready, g->bad);
	else
		snprintf(out, len,
			 "%s, %" PRIu64 " bad frames, offers %02x:%02x:%02x:%02x:%02x:%02x", ready,
			 g->bad, m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void guest_close(struct port *port)
{
	struct guest *g = port->arg;

	loop_del(&g->session);
	vhost_exit(&g->vhost);
	loop_timer_del(&g->more);
	loop_timer_del(&g->lost);
	close(g->vhost.fd);
	free(g);
}

static const struct port_ops guest_ops = {
	.kind = "guest",
	.takes_large = true,
	.takes_csum = true,
	.send = guest_send,
	.flush = guest_flush,
	.carrier = carrier,
	.describe = describe,
	.close = guest_close,
};

int port_guest_add_led(struct port **out, struct sw *sw, int fd, const char *name,
		       const struct port_guest_leader *leader)
{
	struct guest *g = calloc(1, sizeof(*g));
	uint64_t features = FEATURES;
	int err = -ENOMEM;

	/* It says when it has something, always: what we asked for would be asked for in real time. */
	if (leader->interrupt)
		features &= ~VIRTIO_F_EVENT_IDX;
	if (g) {
		g->leader = *leader;
		g->header_len = sizeof(struct net_header);
		vhost_init(&g->vhost, fd, features, &vhost_ops, g);
		err = port_add(&g->port, sw, &guest_ops, g, name);
	}
	if (err) {
		free(g);
		close(fd);
		return err;
	}
	/* For front-ends that have no address of their own to give. */
	g->vhost.config = (struct vhost_net_config){
		.mac = {0x02, 0x4e, 0x53, 0, (uint8_t)(g->port->index >> 8),
			(uint8_t)g->port->index},
		.status = 1,
	};
	err = loop_add_many(sw_loop(sw), &g->session, fd, false, session_ready, g);
	if (err) {
		port_remove(g->port); /* and with it the descriptor */
		return err;
	}
	*out = g->port;
	return 0;
}

int port_guest_add(struct sw *sw, int fd, const char *name)
{
	static const struct port_guest_leader nobody;
	struct port *port;

	return port_guest_add_led(&port, sw, fd, name, &nobody);
}
