// SPDX-License-Identifier: GPL-2.0
/*
 * Frames to a guest: header and packet are spread over as many of its buffers as they need, and
 * used buffers are published behind a batch. See port_guest.c.
 */
#include <errno.h>
#include <string.h>
#include "port_guest_private.h"

#define SPREAD_MAX 64 /* buffers of one frame to the guest */

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

int guest_send(struct port *port, const struct packet *p)
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
		loop_timer_set(sw_loop(port->sw), &g->lost, 0, guest_lost, g);
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

void guest_flush(struct port *port)
{
	struct guest *g = port->arg;

	if (g->vhost.ring[RX].on && vring_publish(&g->vhost.ring[RX].vring))
		guest_interrupt(g, RX);
}
