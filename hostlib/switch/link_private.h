/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of a link share: link.c (the way of a frame), link_chance.c (what chance does to
 * it), link_queue.c (queue, CoDel and transmitter), link_table.c (tables of deviations),
 * link_spec.c (settings that join others), link_parse.c and link_print.c (settings as text).
 */
#ifndef NESTLING_LINK_PRIVATE_H
#define NESTLING_LINK_PRIVATE_H

#include "link.h"
#include "rng.h"

#define LINK_TIME_MAX 1000000000000000ULL /* delay and jitter: eleven days, in ns */
#define LINK_RATE_MAX 10000000000000ULL /* 10 Tbit/s */
#define LINK_OVERHEAD_MAX 65535U
#define LINK_INTERVAL_MAX 4000000000ULL /* CoDel's: its square fits 64 bits */
#define LINK_MTU_MAX 65536U
#define LINK_SET_ALL 0x7ffU
#define LINK_CODEL_TARGET 5000000ULL /* RFC 8289, 4.2 and 4.3 */
#define LINK_CODEL_INTERVAL 100000000ULL

#define LINK_TABLE_MAX 65536 /* entries */
#define LINK_TABLE_UNIT 8192 /* an entry of this much is one standard deviation */
#define LINK_TABLE_ENTRY_MAX (1000 * LINK_TABLE_UNIT)

struct link_table {
	uint32_t count;
	int32_t entry[];
};

/* Reads the table that `name` stands for: 0 or -errno. */
int link_table_load(struct link_table **out, const char *name);
/* Parses a table's text. Pure; 0, -EINVAL or -ENOMEM. */
int link_table_parse(struct link_table **out, const char *text, size_t len);

/* Each kind of chance has numbers of its own, so that one does not shift another's. */
enum link_chance {
	CHANCE_LOSS,
	CHANCE_BURST,
	CHANCE_CORRUPT,
	CHANCE_DUPLICATE,
	CHANCE_REORDER,
	CHANCE_JITTER,
	CHANCES
};

struct link_chances {
	struct rng rng[CHANCES];
	bool bad; /* Gilbert and Elliott's state */
};

/* What chance decided about one frame. */
struct link_luck {
	enum link_fate lost; /* LINK_SENT, LINK_LOST or LINK_LOST_BURST */
	bool corrupt, duplicate, reorder;
	uint64_t corrupt_bit; /* from [0, bits of the frame) */
	uint64_t lag_ns; /* delay and jitter together */
};

void link_chances_seed(struct link_chances *c, uint64_t seed, const char *name);
void link_chances_draw(struct link_chances *c, const struct link_spec *spec,
		       const struct link_table *table, uint32_t len, struct link_luck *luck);

/* State of CoDel; names in RFC 8289, 5: first_above_time_, drop_next_, count_, lastcount_. */
struct link_codel {
	uint64_t first_above_ns, drop_next_ns;
	uint32_t count, last_count;
	bool dropping;
};

/* A frame on its way. */
struct link_item {
	struct event arrival; /* for those that may overtake */
	struct link *link;
	struct frame *f;
	struct link_item *prev, *next; /* prev: only among those that may overtake */
	uint64_t arrived_ns, lag_ns; /* when it was handed in; delay and jitter */
	uint64_t due_ns; /* when it arrives at the other end */
	bool reorder;
};

#define LINK_ITEMS_MAX 262144 /* frames that a link holds */
#define LINK_IDLE_MAX 4096 /* items kept for the next frame */

struct link {
	struct calendar *cal;
	uint32_t source;
	const struct link_ops *ops;
	void *arg;
	struct link_spec spec; /* spec.set: what does something */
	struct link_table *table; /* for LINK_JITTER_TABLE */
	struct link_chances chances;
	struct link_codel codel;
	struct link_stats stats;
	/* Waiting for the transmitter; counted by stats.queue_*. */
	struct link_item *queue, **queue_end;
	/*
	 * The transmitter: its frame, NULL when it is idle; and the moment it is or was done with
	 * all that it was given, exactly: sent_ns + sent_part / rate_bps, sent_part < rate_bps.
	 */
	struct link_item *sending;
	struct event sent;
	uint64_t sent_ns, sent_part;
	/*
	 * Behind the transmitter: those that keep their order, with one event for the first of
	 * them (a calendar of few events is fast), and those that may overtake.
	 */
	struct link_item *flight, **flight_end;
	struct event landing;
	struct link_item *loose;
	uint64_t last_due_ns; /* latest arrival of all frames up to now */
	struct link_item *idle;
	unsigned int idle_count, items;
};

/* Tells of a fate and counts it. */
void link_fate(struct link *l, const struct frame *f, enum link_fate fate, uint64_t now_ns);
void link_item_free(struct link *l, struct link_item *it);
/* Behind the transmitter at now_ns: delay, then delivery. */
void link_fly(struct link *l, struct link_item *it, uint64_t now_ns);

/* Puts it into the queue; false: the queue is full. */
bool link_queue_add(struct link *l, struct link_item *it, uint64_t now_ns);
/* Starts on the next frame if the transmitter is idle. */
void link_queue_start(struct link *l, uint64_t now_ns);
/* What leaves at a moment makes room for what arrives then. */
void link_queue_settle(struct link *l, uint64_t now_ns);

/* 0, or -EINVAL for settings that no link can have. */
int link_spec_check(const struct link_spec *spec);

#endif
