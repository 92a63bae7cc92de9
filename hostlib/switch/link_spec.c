// SPDX-License-Identifier: GPL-2.0
/* Settings of a link: which can be, and how new ones join those that are there. */
#include <errno.h>
#include <string.h>
#include "link_private.h"

static bool is_probability(double p)
{
	return p >= 0 && p <= 1; /* not so for NaN */
}

static bool in_bursts(const struct link_spec *s)
{
	return s->burst_enter > 0 || s->burst_loss_good > 0;
}

int link_spec_check(const struct link_spec *s)
{
	bool good = is_probability(s->loss) && is_probability(s->burst_enter) &&
		    is_probability(s->burst_leave) && is_probability(s->burst_loss_bad) &&
		    is_probability(s->burst_loss_good) && is_probability(s->duplicate) &&
		    is_probability(s->corrupt) && is_probability(s->reorder);

	if (!good || (s->loss > 0 && in_bursts(s)))
		return -EINVAL;
	if (s->delay_ns > LINK_TIME_MAX || s->jitter_ns > LINK_TIME_MAX ||
	    s->jitter_kind > LINK_JITTER_TABLE || !memchr(s->table, 0, sizeof(s->table)))
		return -EINVAL;
	if (s->rate_bps > LINK_RATE_MAX || s->overhead > LINK_OVERHEAD_MAX ||
	    s->mtu > LINK_MTU_MAX || s->queue_kind > LINK_QUEUE_CODEL)
		return -EINVAL;
	if (s->queue_kind == LINK_QUEUE_CODEL &&
	    (!s->codel_interval_ns || s->codel_interval_ns > LINK_INTERVAL_MAX ||
	     s->codel_target_ns > LINK_TIME_MAX))
		return -EINVAL;
	return 0;
}

/* Bits of the settings that do something. */
static uint32_t effective(const struct link_spec *s)
{
	uint32_t set = 0;

	set |= s->delay_ns ? LINK_SET_DELAY : 0;
	set |= s->jitter_ns ? LINK_SET_JITTER : 0;
	set |= s->loss > 0 ? LINK_SET_LOSS : 0;
	set |= in_bursts(s) ? LINK_SET_BURST : 0;
	set |= s->duplicate > 0 ? LINK_SET_DUPLICATE : 0;
	set |= s->corrupt > 0 ? LINK_SET_CORRUPT : 0;
	set |= s->reorder > 0 ? LINK_SET_REORDER : 0;
	set |= s->rate_bps ? LINK_SET_RATE : 0;
	set |= s->queue_bytes || s->queue_packets || s->queue_kind ? LINK_SET_QUEUE : 0;
	set |= s->mtu ? LINK_SET_MTU : 0;
	set |= s->down ? LINK_SET_STATE : 0;
	return set;
}

static void merge_bursts(struct link_spec *to, const struct link_spec *from)
{
	to->burst_enter = from->burst_enter;
	to->burst_leave = from->burst_leave;
	to->burst_loss_bad = from->burst_loss_bad;
	to->burst_loss_good = from->burst_loss_good;
}

static void merge_queue(struct link_spec *to, const struct link_spec *from)
{
	to->queue_bytes = from->queue_bytes;
	to->queue_packets = from->queue_packets;
	to->queue_kind = from->queue_kind;
	to->codel_target_ns = from->codel_target_ns;
	to->codel_interval_ns = from->codel_interval_ns;
	if (from->queue_kind == LINK_QUEUE_CODEL && !from->codel_target_ns)
		to->codel_target_ns = LINK_CODEL_TARGET;
	if (from->queue_kind == LINK_QUEUE_CODEL && !from->codel_interval_ns)
		to->codel_interval_ns = LINK_CODEL_INTERVAL;
}

/* What does nothing leaves no traces: equal effects are equal settings. */
static void tidy(struct link_spec *s)
{
	static const struct link_spec none;

	s->set = effective(s);
	if (!(s->set & LINK_SET_BURST))
		merge_bursts(s, &none);
	if (!(s->set & LINK_SET_JITTER)) {
		s->jitter_kind = LINK_JITTER_UNIFORM;
		memset(s->table, 0, sizeof(s->table));
	}
	if (!(s->set & LINK_SET_RATE))
		s->overhead = 0;
	if (s->queue_kind == LINK_QUEUE_TAIL)
		s->codel_target_ns = s->codel_interval_ns = 0;
}

void link_spec_merge(struct link_spec *to, const struct link_spec *from)
{
	static const struct link_spec none;
	uint32_t set = from->set;

	if (set & LINK_SET_DELAY)
		to->delay_ns = from->delay_ns;
	if (set & LINK_SET_JITTER) {
		to->jitter_ns = from->jitter_ns;
		to->jitter_kind = from->jitter_kind;
		memcpy(to->table, from->table, sizeof(to->table));
	}
	/* Each of them ends the other, unless both are named. */
	if (set & (LINK_SET_LOSS | LINK_SET_BURST)) {
		to->loss = set & LINK_SET_LOSS ? from->loss : 0;
		merge_bursts(to, set & LINK_SET_BURST ? from : &none);
	}
	if (set & LINK_SET_DUPLICATE)
		to->duplicate = from->duplicate;
	if (set & LINK_SET_CORRUPT)
		to->corrupt = from->corrupt;
	if (set & LINK_SET_REORDER)
		to->reorder = from->reorder;
	if (set & LINK_SET_RATE) {
		to->rate_bps = from->rate_bps;
		to->overhead = from->overhead;
	}
	if (set & LINK_SET_QUEUE)
		merge_queue(to, from);
	if (set & LINK_SET_MTU)
		to->mtu = from->mtu;
	if (set & LINK_SET_STATE)
		to->down = from->down;
	tidy(to);
}
