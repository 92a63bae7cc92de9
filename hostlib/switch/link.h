/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One direction of a link: what happens to frames between a port and the switch.
 *
 * A frame passes, in this order: down and MTU; loss; corruption; duplication; the queue before
 * the rate (tail drop or CoDel, RFC 8289); transmission at the rate; delay, jitter and reordering.
 * Chance comes from generators seeded for this direction, one for each kind of chance, with a
 * fixed number of draws a frame for each kind that is switched on: so the same frames meet the
 * same fate, and one kind does not shift another's.
 *
 * Frames keep their order, whatever jitter and changes of the delay do, unless reorder= is set.
 *
 * Times are the calendar's. Nothing here reads a clock or knows of ports. deliver() and fate() must
 * not free the link. Documentation/links.md has the meaning of each setting.
 */
#ifndef NESTLING_LINK_H
#define NESTLING_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "calendar.h"
#include "packet.h"

enum link_jitter {
	LINK_JITTER_UNIFORM,
	LINK_JITTER_NORMAL,
	LINK_JITTER_PARETO,
	LINK_JITTER_TABLE
};
enum link_queue {
	LINK_QUEUE_TAIL,
	LINK_QUEUE_CODEL
};

/* What became of a frame. All but LINK_SENT are told to `fate` (for capture and statistics). */
enum link_fate {
	LINK_SENT,
	LINK_LOST, /* by chance */
	LINK_LOST_BURST, /* in the bad state of Gilbert and Elliott */
	LINK_CORRUPTED, /* a bit was turned over; the frame goes on */
	LINK_DUPLICATED, /* a second copy goes on */
	LINK_REORDERED, /* goes on ahead of others */
	LINK_QUEUE_FULL,
	LINK_CODEL,
	LINK_TOO_LONG, /* for the MTU */
	LINK_DOWN,
	LINK_NO_MEMORY,
	LINK_FATES
};

/* Bits of link_spec.set: what a text named. */
#define LINK_SET_DELAY 0x1
#define LINK_SET_JITTER 0x2
#define LINK_SET_LOSS 0x4
#define LINK_SET_BURST 0x8
#define LINK_SET_DUPLICATE 0x10
#define LINK_SET_CORRUPT 0x20
#define LINK_SET_REORDER 0x40
#define LINK_SET_RATE 0x80
#define LINK_SET_QUEUE 0x100
#define LINK_SET_MTU 0x200
#define LINK_SET_STATE 0x400

/* Settings; `set` says which of them a text named, and a merge takes over. */
struct link_spec {
	uint32_t set; /* LINK_SET_* */
	uint64_t delay_ns;
	uint64_t jitter_ns; /* half width (uniform), standard deviation (normal, pareto, table) */
	enum link_jitter jitter_kind;
	char table[64]; /* name of a table of deviations, for LINK_JITTER_TABLE */
	double loss; /* probability, as all below; ends loss in bursts, and the other way round */
	double burst_enter, burst_leave; /* good to bad, bad to good */
	double burst_loss_bad, burst_loss_good;
	double duplicate;
	double corrupt;
	double reorder; /* goes without delay, ahead of those that wait */
	uint64_t rate_bps; /* bits a second; 0: no limit */
	uint32_t overhead; /* bytes that each frame costs more on the wire (rate=10Mbit/24) */
	uint64_t queue_bytes; /* 0: not limited by bytes */
	uint32_t queue_packets; /* 0: not limited by packets */
	enum link_queue queue_kind;
	uint64_t codel_target_ns, codel_interval_ns;
	uint32_t mtu; /* bytes behind the Ethernet header and a VLAN tag; 0: no limit */
	bool down;
};

struct link_stats {
	uint64_t frames, bytes; /* handed to the link */
	uint64_t delivered, delivered_bytes;
	uint64_t fate[LINK_FATES];
	uint64_t queue_packets, queue_bytes; /* waiting for the rate now */
	uint64_t queue_packets_max, queue_bytes_max;
	uint64_t in_flight; /* in the transmitter, or behind it and waiting for their time */
};

struct link;

struct link_ops {
	/* The frame arrives; the callee takes the reference. */
	void (*deliver)(void *arg, struct frame *f, uint64_t now_ns);
	/* Something other than delivery came to pass; f is only looked at. May be NULL. */
	void (*fate)(void *arg, const struct frame *f, enum link_fate fate, uint64_t now_ns);
};

/*
 * A perfect link. name and seed choose its chances, source its place among events of one moment.
 * ops and arg must stay. NULL without memory.
 */
struct link *link_new(struct calendar *cal, uint32_t source, uint64_t seed, const char *name,
		      const struct link_ops *ops, void *arg);
/* Frames on their way are put. */
void link_free(struct link *l);

/* Whether it does nothing to any frame, holds none, and link_send() need not be called. */
bool link_is_perfect(const struct link *l);

/*
 * Takes over what spec->set names; what was there stays otherwise. Frames that are queued or in
 * flight keep the time they were given, but leave the queue at the new rate. 0; -EINVAL for
 * what cannot be, -ENOENT or another -errno when the table of jitter=.../table: cannot be read;
 * nothing is changed then.
 */
int link_set(struct link *l, const struct link_spec *spec);
const struct link_spec *link_get(const struct link *l);
/* Puts what `from` names into `to`; to->set becomes what does something. */
void link_spec_merge(struct link_spec *to, const struct link_spec *from);

/*
 * Sends f, whose reference the link takes, at calendar_now(). Segments larger than the wire's
 * (meta.gso_type) must have been cut before.
 */
void link_send(struct link *l, struct frame *f);

const struct link_stats *link_stats(const struct link *l);
void link_stats_reset(struct link *l);

/* A word for each fate: "loss", "queue", ... */
const char *link_fate_name(enum link_fate fate);

/*
 * Reads settings as rigs and `uml_switch ctl link` have them: words of NAME=VALUE separated by
 * blanks, or `up`, `down`, `perfect` (which resets all):
 *
 *   delay=40ms jitter=5ms/normal loss=0.5% burst=1%/25%[/100%[/0%]] duplicate=0.1% corrupt=0.01%
 *   reorder=1% rate=2Mbit[/24] queue=64KiB|100p[/codel[:5ms:100ms]] mtu=1400
 *
 * rate=, queue= and mtu= take `unlimited`, queue= both limits (64KiB,100p); jitter= takes /uniform,
 * /normal, /pareto, /table:NAME. `perfect` may be followed by settings that hold then.
 *
 * Units are mandatory (ns us ms s, bit kbit Mbit Gbit, B KiB MiB, p, %), but for mtu. 0, or -EINVAL
 * with a sentence in err that names the word and the cure.
 */
int link_parse(struct link_spec *spec, const char *text, char *err, size_t err_len);
/* Settings as a text that link_parse() reads back to the same; `perfect` for none. */
void link_print(const struct link_spec *spec, char *out, size_t len);

#endif
