// SPDX-License-Identifier: GPL-2.0
/*
 * One direction of a link; see link.h.
 *
 *   link_send -> down, MTU -> loss, corruption, duplication -> queue -> transmitter -> flight
 *
 * What chance does to a frame is decided when it arrives (link_chance.c), its delay with it. So
 * settings that change later change frames that arrive later, but for the rate: frames in the
 * queue leave at the rate of the moment. A frame in the transmitter keeps its end. A link that
 * goes down drops what arrives then; what it holds still arrives.
 *
 * Frames keep their order, whatever jitter and changes of the delay do: one that would overtake
 * arrives together with the one before it. With reorder=, those that are chosen go without delay,
 * and the others may overtake each other by jitter.
 *
 * A second copy of a frame follows it directly, with the same delay, through queue and transmitter.
 *
 * Frames are shared, so their `next` is not ours: an item stands for a frame in a link. Items come
 * from a bounded list of idle ones, malloc() only when that is empty.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "link_private.h"
#include "offload.h"

struct link *link_new(struct calendar *cal, uint32_t source, uint64_t seed, const char *name,
		      const struct link_ops *ops, void *arg)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->cal = cal;
	l->source = source;
	l->ops = ops;
	l->arg = arg;
	l->queue_end = &l->queue;
	l->flight_end = &l->flight;
	link_chances_seed(&l->chances, seed, name);
	return l;
}

/* An item that holds f, or NULL. */
static struct link_item *item_new(struct link *l, struct frame *f)
{
	struct link_item *it = l->idle;

	if (l->items >= LINK_ITEMS_MAX)
		return NULL;
	if (it) {
		l->idle = it->next;
		l->idle_count--;
	} else {
		it = malloc(sizeof(*it));
		if (!it)
			return NULL;
		it->arrival.place = 0;
		it->link = l;
	}
	it->f = f;
	it->prev = it->next = NULL;
	l->items++;
	return it;
}

void link_item_free(struct link *l, struct link_item *it)
{
	l->items--;
	if (l->idle_count >= LINK_IDLE_MAX) {
		free(it);
		return;
	}
	it->next = l->idle;
	l->idle = it;
	l->idle_count++;
}

/* Items of a list, frames and all. */
static void forget(struct link *l, struct link_item *it)
{
	while (it) {
		struct link_item *next = it->next;

		calendar_del(l->cal, &it->arrival);
		frame_put(it->f);
		free(it);
		it = next;
	}
}

void link_free(struct link *l)
{
	struct link_item *it;

	if (!l)
		return;
	calendar_del(l->cal, &l->sent);
	calendar_del(l->cal, &l->landing);
	forget(l, l->sending);
	forget(l, l->queue);
	forget(l, l->flight);
	forget(l, l->loose);
	while ((it = l->idle)) {
		l->idle = it->next;
		free(it);
	}
	free(l->table);
	free(l);
}

void link_fate(struct link *l, const struct frame *f, enum link_fate fate, uint64_t now)
{
	l->stats.fate[fate]++;
	if (l->ops->fate)
		l->ops->fate(l->arg, f, fate, now);
}

static void deliver(struct link *l, struct frame *f, uint64_t now)
{
	l->stats.delivered++;
	l->stats.delivered_bytes += f->len;
	l->stats.fate[LINK_SENT]++;
	l->ops->deliver(l->arg, f, now);
}

static void drop(struct link *l, struct frame *f, enum link_fate fate, uint64_t now)
{
	link_fate(l, f, fate, now);
	frame_put(f);
}

/* The end of an item's way. */
static void arrive(struct link *l, struct link_item *it, uint64_t now)
{
	struct frame *f = it->f;

	l->stats.in_flight--;
	link_item_free(l, it);
	deliver(l, f, now);
}

static void arrives_loose(struct event *e, uint64_t now)
{
	struct link_item *it = e->arg;

	if (it->prev)
		it->prev->next = it->next;
	else
		it->link->loose = it->next;
	if (it->next)
		it->next->prev = it->prev;
	arrive(it->link, it, now);
}

static struct link_item *flight_pop(struct link *l)
{
	struct link_item *it = l->flight;

	l->flight = it->next;
	if (!l->flight)
		l->flight_end = &l->flight;
	return it;
}

static void arrives_in_order(struct event *e, uint64_t now);

/* Waits for the first of those that keep their order. */
static void await_landing(struct link *l, uint64_t now)
{
	while (l->flight && calendar_add(l->cal, &l->landing, l->flight->due_ns, l->source,
					 arrives_in_order, l) < 0) {
		struct link_item *it = flight_pop(l);

		drop(l, it->f, LINK_NO_MEMORY, now);
		l->stats.in_flight--;
		link_item_free(l, it);
	}
}

/* One at a time: others in the calendar may have business between two of the same moment. */
static void arrives_in_order(struct event *e, uint64_t now)
{
	struct link *l = e->arg;
	struct link_item *it = flight_pop(l);

	await_landing(l, now);
	arrive(l, it, now);
}

/* When a frame arrives that is behind the transmitter at now. */
static uint64_t arrival(struct link *l, const struct link_item *it, uint64_t now)
{
	uint64_t due = now + it->lag_ns;

	if (!(l->spec.set & LINK_SET_REORDER) && due < l->last_due_ns)
		due = l->last_due_ns;
	if (due > l->last_due_ns)
		l->last_due_ns = due;
	return due;
}

static void fly_in_order(struct link *l, struct link_item *it, uint64_t now)
{
	bool first = !l->flight;

	it->next = NULL;
	*l->flight_end = it;
	l->flight_end = &it->next;
	if (first)
		await_landing(l, now);
}

static void fly_loose(struct link *l, struct link_item *it, uint64_t now)
{
	if (calendar_add(l->cal, &it->arrival, it->due_ns, l->source, arrives_loose, it) < 0) {
		drop(l, it->f, LINK_NO_MEMORY, now);
		l->stats.in_flight--;
		link_item_free(l, it);
		return;
	}
	it->prev = NULL;
	it->next = l->loose;
	if (it->next)
		it->next->prev = it;
	l->loose = it;
}

void link_fly(struct link *l, struct link_item *it, uint64_t now)
{
	bool ahead = it->reorder && it->lag_ns;
	struct frame *f = it->f;
	uint64_t due = ahead ? now : arrival(l, it, now);

	if (ahead)
		link_fate(l, f, LINK_REORDERED, now);
	if (due == now && (ahead || !l->stats.in_flight)) {
		link_item_free(l, it);
		deliver(l, f, now);
		return;
	}
	it->due_ns = due;
	l->stats.in_flight++;
	if (l->spec.set & LINK_SET_REORDER)
		fly_loose(l, it, now);
	else
		fly_in_order(l, it, now);
}

/* One copy of a frame goes on its way. */
static void enter(struct link *l, struct frame *f, const struct link_luck *luck, uint64_t now)
{
	struct link_item *it = item_new(l, f);

	if (!it) {
		drop(l, f, LINK_NO_MEMORY, now);
		return;
	}
	it->lag_ns = luck->lag_ns;
	it->reorder = luck->reorder;
	if (!l->spec.rate_bps && !l->sending && !l->queue) {
		link_fly(l, it, now);
	} else if (link_queue_add(l, it, now)) {
		link_queue_start(l, now);
	} else {
		link_item_free(l, it);
		drop(l, f, LINK_QUEUE_FULL, now);
	}
}

static bool too_long(const struct link *l, const struct frame *f)
{
	uint32_t head = ETH_HLEN;

	/* One tag: of a customer (802.1Q) or of a provider (802.1ad). */
	if (f->len >= ETH_HLEN + 4 && ((f->data[12] == 0x81 && f->data[13] == 0x00) ||
				       (f->data[12] == 0x88 && f->data[13] == 0xa8)))
		head += 4;
	return l->spec.mtu && f->len > head + l->spec.mtu;
}

/*
 * Turns one bit over, in a copy if others have the frame, too. A checksum that was left to be
 * filled in is so before: otherwise it would be made to fit afterwards. NULL without memory: f
 * is dropped then.
 */
static struct frame *corrupt(struct link *l, struct frame *f, uint64_t bit, uint64_t now)
{
	struct frame *own = f;

	if (f->refs > 1) {
		own = frame_copy(f);
		if (!own) {
			drop(l, f, LINK_NO_MEMORY, now);
			return NULL;
		}
		frame_put(f);
	}
	if (own->meta.flags & META_NEEDS_CSUM)
		offload_checksum(own); /* a frame that is wrong already goes on as it is */
	own->meta = (struct packet_meta){0};
	own->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	link_fate(l, own, LINK_CORRUPTED, now);
	return own;
}

void link_send(struct link *l, struct frame *f)
{
	uint64_t now = calendar_now(l->cal);
	struct link_luck luck;
	struct frame *second = NULL;

	l->stats.frames++;
	l->stats.bytes += f->len;
	link_queue_settle(l, now);
	if (l->spec.down || too_long(l, f)) {
		drop(l, f, l->spec.down ? LINK_DOWN : LINK_TOO_LONG, now);
		return;
	}
	link_chances_draw(&l->chances, &l->spec, l->table, f->len, &luck);
	if (luck.lost != LINK_SENT) {
		drop(l, f, luck.lost, now);
		return;
	}
	if (luck.corrupt && !(f = corrupt(l, f, luck.corrupt_bit, now)))
		return;
	if (luck.duplicate) {
		link_fate(l, f, LINK_DUPLICATED, now);
		second = frame_get(f);
	}
	enter(l, f, &luck, now);
	if (second)
		enter(l, second, &luck, now);
}

bool link_is_perfect(const struct link *l)
{
	return !(l->spec.set & ~(uint32_t)LINK_SET_QUEUE) && !l->items;
}

int link_set(struct link *l, const struct link_spec *spec)
{
	struct link_spec merged = l->spec;
	struct link_table *table = NULL;
	bool was_bursts = l->spec.set & LINK_SET_BURST;
	int ret;

	link_spec_merge(&merged, spec);
	ret = link_spec_check(&merged);
	if (ret < 0)
		return ret;
	if (spec->set & LINK_SET_JITTER) {
		if (merged.jitter_ns && merged.jitter_kind == LINK_JITTER_TABLE) {
			ret = link_table_load(&table, merged.table);
			if (ret < 0)
				return ret;
		}
		free(l->table);
		l->table = table;
	}
	if (merged.rate_bps != l->spec.rate_bps) {
		/* The fraction was of the old rate: the next frame begins at the next whole ns. */
		l->sent_ns += l->sent_part > 0;
		l->sent_part = 0;
	}
	if (merged.queue_kind != l->spec.queue_kind)
		l->codel = (struct link_codel){0};
	if (!was_bursts)
		l->chances.bad = false;
	l->spec = merged;
	return 0;
}

const struct link_spec *link_get(const struct link *l)
{
	return &l->spec;
}

const struct link_stats *link_stats(const struct link *l)
{
	return &l->stats;
}

void link_stats_reset(struct link *l)
{
	struct link_stats old = l->stats;

	l->stats = (struct link_stats){
		.queue_packets = old.queue_packets,
		.queue_bytes = old.queue_bytes,
		.queue_packets_max = old.queue_packets,
		.queue_bytes_max = old.queue_bytes,
		.in_flight = old.in_flight,
	};
}

const char *link_fate_name(enum link_fate fate)
{
	static const char *const names[] = {
		[LINK_SENT] = "sent",
		[LINK_LOST] = "loss",
		[LINK_LOST_BURST] = "burst loss",
		[LINK_CORRUPTED] = "corrupt",
		[LINK_DUPLICATED] = "duplicate",
		[LINK_REORDERED] = "reorder",
		[LINK_QUEUE_FULL] = "queue full",
		[LINK_CODEL] = "codel",
		[LINK_TOO_LONG] = "mtu",
		[LINK_DOWN] = "down",
		[LINK_NO_MEMORY] = "no memory",
	};

	_Static_assert(sizeof(names) / sizeof(*names) == LINK_FATES, "a name for each fate");
	return fate < LINK_FATES ? names[fate] : "?";
}
