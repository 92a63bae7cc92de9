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
#include <sys/uio.h>
#include <unistd.h>
#include "offload.h"
#include "port_guest.h"
#include "vhost.h"

#define RX 0 /* to the guest */
#define TX 1
#define BATCH 128 /* frames of one guest a turn */
#define SPREAD_MAX 64 /* buffers of one frame to the guest */

#define FEATURES                                                                      \
	(VIRTIO_F_VERSION_1 | VHOST_F_PROTOCOL_FEATURES | VIRTIO_F_EVENT_IDX |        \
	 VIRTIO_F_INDIRECT_DESC | VIRTIO_NET_F_STATUS | VIRTIO_NET_F_MRG_RXBUF |      \
	 VIRTIO_NET_F_MAC | VIRTIO_NET_F_CSUM | VIRTIO_NET_F_GUEST_CSUM |             \
	 VIRTIO_NET_F_GUEST_TSO4 | VIRTIO_NET_F_GUEST_TSO6 | VIRTIO_NET_F_GUEST_ECN | \
	 VIRTIO_NET_F_HOST_TSO4 | VIRTIO_NET_F_HOST_TSO6 | VIRTIO_NET_F_HOST_ECN)

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
	struct loop_timer lost; /* the ring for frames to the guest was found broken */
	/*
	 * Those at hand. Two, because a frame from the guest may be what a delayed frame to the same
	 * guest waited for.
	 */
	struct vring_buffer rx, tx;
	uint64_t bad; /* frames of the guest that made no sense */
	size_t header_len;
	struct port_guest_leader leader; /* interrupt is NULL: nobody leads its time */
};

static bool is_led(const struct guest *g)
{
	return g->leader.interrupt;
}

static void interrupt(struct guest *g, unsigned int n)
{
	vhost_call(&g->vhost, n);
	if (is_led(g))
		g->leader.interrupt(g->leader.arg);
}

static void end(struct guest *g)
{
	struct sw *sw = g->port->sw;

	port_remove(g->port);
	switch_flush(sw);
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

/*
 * The descriptor may be anything, and others may read it, too: never wait for it. False: it is of
 * no use, and would always be ready.
 */
static bool drain(int fd)
{
	uint64_t count;
	struct iovec iov = {&count, sizeof(count)};
	ssize_t n = preadv2(fd, &iov, 1, -1, RWF_NOWAIT);

	/* Hosts before 5.8 cannot for an eventfd; it is in non-blocking mode, unless others changed that. */
	if (n < 0 && errno == EOPNOTSUPP)
		n = read(fd, &count, sizeof(count));
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void tx_more(struct loop_timer *t);

static void tx_serve(struct guest *g)
{
	struct sw *sw = g->port->sw;

	/* More than a turn's worth: the others come first. */
	if (serve_tx(g))
		loop_timer_set(sw_loop(sw), &g->more, 0, tx_more, g);
	if (vring_publish(&g->vhost.ring[TX].vring))
		interrupt(g, TX);
	if (is_lost(g))
		end(g);
	else
		switch_flush(sw);
}

static void tx_more(struct loop_timer *t)
{
	tx_serve(t->arg);
}

static void tx_kicked(struct loop_watch *w, short revents)
{
	(void)revents;
	if (drain(w->fd))
		tx_serve(w->arg);
	else
		end(w->arg);
}

/* --- to the guest ----------------------------------------------------------- */

/* Bytes from `from` on, of header and packet as one. */
static void put_bytes(const struct net_header *h, uint32_t head, const struct packet *p,
		      uint32_t from, char *to, uint32_t len)
{
	if (from < head) {
		uint32_t n = head - from < len ? head - from : len;

		memcpy(to, (const char *)h + from, n);
		from += n;
		to += n;
		len -= n;
	}
	if (len)
		packet_copy(p, from - head, to, len);
}

/* Fills the buffer at hand from `from` on; returns bytes filled. */
static uint32_t fill_buffer(const struct guest *g, const struct net_header *h,
			    const struct packet *p, uint32_t from, uint32_t total)
{
	const struct vring_buffer *b = &g->rx;
	uint32_t filled = 0;
	unsigned int i;

	for (i = 0; i < b->nwrite && from + filled < total; i++) {
		uint32_t n = total - from - filled;

		if (n > b->write[i].iov_len)
			n = (uint32_t)b->write[i].iov_len;
		put_bytes(h, (uint32_t)g->header_len, p, from + filled, b->write[i].iov_base, n);
		filled += n;
	}
	return filled;
}

struct spread {
	uint16_t head[SPREAD_MAX];
	uint32_t len[SPREAD_MAX];
	unsigned int n;
	char *count_at; /* num_buffers in the first buffer; NULL: not to be set */
};

/*
 * Spreads header and packet over the guest's buffers. 0, -EAGAIN: too few now, none was used;
 * -EMSGSIZE: too large for what there is; -EPROTO.
 */
static int spread(struct guest *g, const struct net_header *h, const struct packet *p,
		  struct spread *s)
{
	struct vring *v = &g->vhost.ring[RX].vring;
	uint32_t total = (uint32_t)g->header_len + p->len, done = 0;
	bool merge = g->vhost.features & VIRTIO_NET_F_MRG_RXBUF;

	s->n = 0;
	while (done < total) {
		int got = s->n < SPREAD_MAX ? vring_pop(v, &g->rx) : -EMSGSIZE;

		if (got == 0 && vring_want_kick(v))
			continue;
		if (got <= 0 || (!merge && g->rx.write_len < total)) {
			vring_unpop(v, s->n + (got > 0));
			return got == 0 ? -EAGAIN : got < 0 ? got : -EMSGSIZE;
		}
		if (!s->n)
			s->count_at = g->rx.nwrite && g->rx.write[0].iov_len >= sizeof(*h)
					      ? g->rx.write[0].iov_base
					      : NULL;
		s->head[s->n] = g->rx.head;
		s->len[s->n] = fill_buffer(g, h, p, done, total);
		done += s->len[s->n];
		s->n++;
	}
	return 0;
}

static void lost(struct loop_timer *t)
{
	end(t->arg);
}

static int send_frame(struct port *port, const struct packet *p)
{
	struct guest *g = port->arg;
	struct vhost_ring *r = &g->vhost.ring[RX];
	struct net_header h = {
		.flags = p->meta.flags,
		.gso_type = p->meta.gso_type,
		.hdr_len = p->meta.hdr_len,
		.gso_size = p->meta.gso_size,
		.csum_start = p->meta.csum_start,
		.csum_offset = p->meta.csum_offset,
		.num_buffers = 1,
	};
	struct spread s;
	unsigned int i;
	int err;

	if (!r->on || !port->up)
		return -ENETDOWN;
	err = spread(g, &h, p, &s);
	if (err == -EPROTO) /* not from here: the switch is in the middle of it */
		loop_timer_set(sw_loop(port->sw), &g->lost, 0, lost, g);
	if (err)
		return err;
	if (s.n > 1 && s.count_at) {
		h.num_buffers = (uint16_t)s.n;
		memcpy(s.count_at, &h, g->header_len);
	}
	for (i = 0; i < s.n; i++)
		vring_push(&r->vring, s.head[i], s.len[i]);
	return 0;
}

static void flush(struct port *port)
{
	struct guest *g = port->arg;

	if (g->vhost.ring[RX].on && vring_publish(&g->vhost.ring[RX].vring))
		interrupt(g, RX);
}

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
		interrupt(g, TX);
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
	end(g);
	return -EPROTO;
}

/* The guest has put buffers into an empty ring. */
static void rx_kicked(struct loop_watch *w, short revents)
{
	struct guest *g = w->arg;
	struct sw *sw = g->port->sw;

	(void)revents;
	if (!drain(w->fd)) {
		end(g);
		return;
	}
	port_writable(g->port);
	if (is_lost(g))
		end(g);
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
	loop_add(sw_loop(g->port->sw), &g->kick[n], r->kick_fd, POLLIN,
		 n == RX ? rx_kicked : tx_kicked, g);
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
	if (vhost_serve(&g->vhost) < 0)
		end(g);
	else
		switch_flush(sw);
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
	.send = send_frame,
	.flush = flush,
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
	*out = g->port;
	return loop_add(sw_loop(sw), &g->session, fd, POLLIN, session_ready, g);
}

int port_guest_add(struct sw *sw, int fd, const char *name)
{
	static const struct port_guest_leader nobody;
	struct port *port;

	return port_guest_add_led(&port, sw, fd, name, &nobody);
}
