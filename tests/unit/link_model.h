/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A link computed from the whole list of its frames, without events: for each frame the moments
 * at which it would be sent and arrive, from those of the one before. Exact, in units of
 * 1 / rate ns. What chance decides is taken from the caller.
 */
#ifndef LINK_MODEL_H
#define LINK_MODEL_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include "link.h"

typedef unsigned __int128 model_time; /* ns * rate */

struct model_frame {
	uint64_t at_ns; /* handed to the link */
	uint32_t len;
	/* Decided by chance. */
	unsigned int copies; /* 0: lost, 2: duplicated */
	uint64_t lag_ns; /* delay and jitter */
	bool ahead; /* goes without delay */
	/* The outcome. */
	uint64_t arrival_ns[2];
	unsigned int arrived, refused;
	/* For the model's own use: when the last bit and the first left (copy by copy). */
	uint64_t begins_ns[2];
};

static inline uint64_t model_ceil(model_time t, uint64_t rate)
{
	return (uint64_t)((t + rate - 1) / rate);
}

/* Frames and bytes that wait at a moment: accepted before and not begun. */
static inline bool model_room(const struct link_spec *s, const struct model_frame *f,
			      unsigned int i, uint64_t last_end, uint64_t now)
{
	uint64_t packets = 0, bytes = 0;
	unsigned int j, c;

	if (last_end <= now)
		return true;
	for (j = i + 1; j-- > 0;) {
		if (j < i && f[j].arrived && f[j].begins_ns[f[j].arrived - 1] <= now)
			break;
		for (c = 0; c < f[j].arrived; c++)
			if (f[j].begins_ns[c] > now) {
				packets++;
				bytes += f[j].len;
			}
	}
	return !(s->queue_packets && packets + 1 > s->queue_packets) &&
	       !(s->queue_bytes && bytes + f[i].len > s->queue_bytes);
}

static inline void model_run(const struct link_spec *s, struct model_frame *f, unsigned int n)
{
	uint64_t rate = s->rate_bps ? s->rate_bps : 1, last_due = 0, out;
	model_time end = 0, begin;
	unsigned int i, c;

	for (i = 0; i < n; i++) {
		f[i].arrived = f[i].refused = 0;
		for (c = 0; c < f[i].copies; c++) {
			out = f[i].at_ns;
			if (s->rate_bps) {
				if (!model_room(s, f, i, model_ceil(end, rate), out)) {
					f[i].refused++;
					continue;
				}
				begin = (model_time)out * rate;
				if (end > begin)
					begin = end;
				f[i].begins_ns[f[i].arrived] = model_ceil(begin, rate);
				end = begin + (model_time)(f[i].len + s->overhead) * 8 * 1000000000;
				out = model_ceil(end, rate);
			}
			if (!f[i].ahead) {
				out += f[i].lag_ns;
				if (out < last_due && !(s->reorder > 0))
					out = last_due;
				if (out > last_due)
					last_due = out;
			}
			f[i].arrival_ns[f[i].arrived++] = out;
		}
	}
}

/*
 * CoDel over an unlimited queue, after the pseudocode of RFC 8289, 5, in floating point where it
 * has a square root. Outcome as above; copies are 1, lag 0.
 */
struct model_codel {
	const struct link_spec *s;
	struct model_frame *f;
	unsigned int n, head;
	long double first_above, drop_next; /* first_above < 0: none */
	unsigned int count, last_count;
	bool dropping;
};

static inline bool model_ok_to_drop(struct model_codel *c, uint64_t now)
{
	uint64_t behind = 0, mtu = c->s->mtu ? c->s->mtu + 14 : 1514;
	unsigned int j;

	for (j = c->head + 1; j < c->n && c->f[j].at_ns < now; j++)
		behind += c->f[j].len;
	if (now - c->f[c->head].at_ns < c->s->codel_target_ns || behind <= mtu) {
		c->first_above = -1;
		return false;
	}
	if (c->first_above < 0) {
		c->first_above = (long double)now + c->s->codel_interval_ns;
		return false;
	}
	return now >= c->first_above;
}

static inline long double model_law(const struct model_codel *c, long double t)
{
	return floorl(t + c->s->codel_interval_ns / sqrtl(c->count));
}

static inline void model_codel_pick(struct model_codel *c, uint64_t now)
{
	bool ok = model_ok_to_drop(c, now);

	if (c->dropping) {
		if (!ok)
			c->dropping = false;
		while (c->dropping && now >= c->drop_next) {
			c->f[c->head++].refused = 1;
			c->count++;
			if (!model_ok_to_drop(c, now))
				c->dropping = false;
			else
				c->drop_next = model_law(c, c->drop_next);
		}
	} else if (ok) {
		unsigned int delta = c->count - c->last_count;

		c->f[c->head++].refused = 1;
		model_ok_to_drop(c, now);
		c->dropping = true;
		c->count = 1;
		if (delta > 1 && now - c->drop_next < 16.0L * c->s->codel_interval_ns)
			c->count = delta;
		c->drop_next = model_law(c, now);
		c->last_count = c->count;
	}
}

static inline void model_codel_run(const struct link_spec *s, struct model_frame *f, unsigned int n)
{
	struct model_codel c = {.s = s, .f = f, .n = n, .first_above = -1};
	uint64_t rate = s->rate_bps, now;
	model_time end = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		f[i].arrived = f[i].refused = 0;
	while (c.head < n) {
		now = model_ceil(end, rate);
		if (f[c.head].at_ns >= now) { /* the queue ran empty */
			now = f[c.head].at_ns;
			c.first_above = -1;
			c.dropping = false;
			end = (model_time)now * rate;
		}
		model_codel_pick(&c, now);
		end += (model_time)(f[c.head].len + s->overhead) * 8 * 1000000000;
		f[c.head].arrival_ns[0] = model_ceil(end, rate);
		f[c.head++].arrived = 1;
	}
}

#endif
