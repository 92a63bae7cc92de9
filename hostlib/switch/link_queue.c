// SPDX-License-Identifier: GPL-2.0
/*
 * The queue of a link, its limits, CoDel (RFC 8289), and the transmitter that takes
 * bytes * 8 / rate for each frame.
 *
 * A frame's last bit leaves at a moment that is seldom a whole nanosecond. The transmitter keeps
 * that moment exactly, as a fraction, and events come at the next whole nanosecond; so the rate is
 * exact over any time, and a frame leaves at ceil(start + sum of bits / rate) when all before it
 * followed each other without a gap.
 *
 * At one moment the transmitter's end comes before the arrival of a new frame, in whatever order
 * the calendar calls them: the outcome does not depend on who else is in the calendar.
 *
 * The frame in the transmitter is not in the queue, and does not count for its limits.
 */
#include <math.h>
#include "link_private.h"

static bool full(const struct link *l, uint32_t len)
{
	const struct link_spec *spec = &l->spec;

	if (!l->sending && !l->queue)
		return false;
	return (spec->queue_packets && l->stats.queue_packets >= spec->queue_packets) ||
	       (spec->queue_bytes && l->stats.queue_bytes + len > spec->queue_bytes);
}

bool link_queue_add(struct link *l, struct link_item *it, uint64_t now)
{
	struct link_stats *s = &l->stats;

	if (full(l, it->f->len))
		return false;
	it->arrived_ns = now;
	it->next = NULL;
	*l->queue_end = it;
	l->queue_end = &it->next;
	s->queue_packets++;
	s->queue_bytes += it->f->len;
	/* A frame that the idle transmitter takes at once has not waited. */
	if (l->sending) {
		if (s->queue_packets > s->queue_packets_max)
			s->queue_packets_max = s->queue_packets;
		if (s->queue_bytes > s->queue_bytes_max)
			s->queue_bytes_max = s->queue_bytes;
	}
	return true;
}

static struct link_item *pop(struct link *l)
{
	struct link_item *it = l->queue;

	if (!it)
		return NULL;
	l->queue = it->next;
	if (!l->queue)
		l->queue_end = &l->queue;
	it->next = NULL;
	l->stats.queue_packets--;
	l->stats.queue_bytes -= it->f->len;
	return it;
}

/* The largest whole number whose square is not above x. */
static uint64_t root(uint64_t x)
{
	uint64_t r = (uint64_t)sqrt((double)x);

	while (r > UINT32_MAX || r * r > x)
		r--;
	while (r < UINT32_MAX && (r + 1) * (r + 1) <= x)
		r++;
	return r;
}

/* When CoDel drops next: t + interval / sqrt(count), rounded down to the nanosecond. */
static uint64_t control_law(const struct link *l, uint64_t t)
{
	uint64_t interval = l->spec.codel_interval_ns;

	return t + root(interval * interval / l->codel.count);
}

/*
 * The frame at the head, and whether CoDel may drop it: all frames have waited longer than the
 * target for an interval, and what is behind this one is more than one frame of the wire.
 */
static struct link_item *codel_pop(struct link *l, uint64_t now, bool *may_drop)
{
	const struct link_spec *spec = &l->spec;
	struct link_codel *c = &l->codel;
	uint64_t one_frame = (spec->mtu ? spec->mtu : 1500) + ETH_HLEN;
	struct link_item *it = pop(l);

	*may_drop = false;
	if (!it || now - it->arrived_ns < spec->codel_target_ns ||
	    l->stats.queue_bytes <= one_frame)
		c->first_above_ns = 0;
	else if (!c->first_above_ns)
		c->first_above_ns = now + spec->codel_interval_ns;
	else
		*may_drop = now >= c->first_above_ns;
	return it;
}

static void codel_drop(struct link *l, struct link_item *it, uint64_t now)
{
	link_fate(l, it->f, LINK_CODEL, now);
	frame_put(it->f);
	link_item_free(l, it);
}

/* CoDel begins to drop: where it left off if that was not long ago. */
static void codel_begin(struct link *l, uint64_t now)
{
	struct link_codel *c = &l->codel;
	uint32_t delta = c->count - c->last_count;
	bool recent = now < c->drop_next_ns + 16 * l->spec.codel_interval_ns;

	c->dropping = true;
	c->count = delta > 1 && recent ? delta : 1;
	c->drop_next_ns = control_law(l, now);
	c->last_count = c->count;
}

/* RFC 8289, 5.5. */
static struct link_item *codel_dequeue(struct link *l, uint64_t now)
{
	struct link_codel *c = &l->codel;
	bool may_drop;
	struct link_item *it = codel_pop(l, now, &may_drop);

	if (!c->dropping && may_drop) {
		codel_drop(l, it, now);
		it = codel_pop(l, now, &may_drop);
		codel_begin(l, now);
		return it;
	}
	c->dropping = c->dropping && may_drop;
	while (c->dropping && now >= c->drop_next_ns) {
		codel_drop(l, it, now);
		c->count++;
		it = codel_pop(l, now, &may_drop);
		c->dropping = may_drop;
		if (may_drop)
			c->drop_next_ns = control_law(l, c->drop_next_ns);
	}
	return it;
}

static struct link_item *dequeue(struct link *l, uint64_t now)
{
	return l->spec.queue_kind == LINK_QUEUE_CODEL ? codel_dequeue(l, now) : pop(l);
}

static void sent(struct event *e, uint64_t now)
{
	struct link *l = e->arg;
	struct link_item *it = l->sending;

	l->sending = NULL;
	l->stats.in_flight--;
	link_fly(l, it, now);
	link_queue_start(l, now);
}

/* Moves the transmitter's end on by the time of one frame; 0 or -ENOMEM. */
static int transmit(struct link *l, struct link_item *it)
{
	uint64_t rate = l->spec.rate_bps, work;

	/* Idle until it came; otherwise it follows the one before without a gap. */
	if (it->arrived_ns >= l->sent_ns + (l->sent_part > 0)) {
		l->sent_ns = it->arrived_ns;
		l->sent_part = 0;
	}
	/* (64 KiB twice) * 8 * 10^9, and less than one nanosecond's worth of LINK_RATE_MAX. */
	work = ((uint64_t)it->f->len + l->spec.overhead) * 8 * 1000000000 + l->sent_part;
	l->sent_ns += work / rate;
	l->sent_part = work % rate;
	return calendar_add(l->cal, &l->sent, l->sent_ns + (l->sent_part > 0), l->source, sent, l);
}

void link_queue_start(struct link *l, uint64_t now)
{
	struct link_item *it;

	while (!l->sending && (it = dequeue(l, now))) {
		if (!l->spec.rate_bps) {
			link_fly(l, it, now);
		} else if (transmit(l, it) < 0) {
			link_fate(l, it->f, LINK_NO_MEMORY, now);
			frame_put(it->f);
			link_item_free(l, it);
		} else {
			l->sending = it;
			l->stats.in_flight++;
		}
	}
}

void link_queue_settle(struct link *l, uint64_t now)
{
	while (l->sending && l->sent.due_ns <= now) {
		calendar_del(l->cal, &l->sent);
		sent(&l->sent, l->sent.due_ns);
	}
}
