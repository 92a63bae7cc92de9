/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the switch share among themselves. */
#ifndef NESTLING_SWITCH_PRIVATE_H
#define NESTLING_SWITCH_PRIVATE_H

#include "macs.h"
#include "switch.h"

struct stp;

struct sw {
	struct loop *loop;
	struct loop_timer tick; /* for the calendar's next event, in real time */
	uint64_t tick_ns; /* what it is set to; CALENDAR_NEVER: not set */
	struct sw_config config;
	struct calendar *cal;
	struct frame_pool pool;
	struct macs *macs;
	struct port *ports; /* in the order of index */
	struct port *by_index[SWITCH_PORTS_MAX + 1];
	unsigned int nports;
	struct port *flush_first; /* ports with flush_wanted */
	bool in_batch; /* the clock was read since the last switch_flush() */
	struct sw_lateness lateness;
	struct stp *stp; /* NULL: off */
};

/* One frame on its way through the switch, and the forms of it that were needed so far. */
struct transit {
	const struct packet *p;
	struct frame *f; /* a copy of p, made when somebody must keep it; NULL: not yet */
	bool owns_f;
	int vid; /* network; see vlan.h */
	bool tagged; /* carries the tag of vid */
	struct frame *other; /* with or without the tag, the other way than p */
};

/* port_queue.c: the end of the way, to the device. */
void port_output(struct port *port, const struct packet *p, struct frame *f);
void port_queue_free(struct port *port);

/* port_wire.c: captures and links, both directions. */
void port_receive(struct port *port, const struct packet *p);
void port_forward(struct port *port, const struct packet *p, struct frame *f);
void port_links_free(struct port *port);

/* bridge.c: who gets a frame that came in by port; f: p's owner, or NULL. */
void bridge_input(struct port *port, const struct packet *p, struct frame *f);

/* Counts a frame that ends here, and tells captures why. */
void port_drop_rx(struct port *port, enum port_drop why, const struct packet *p);
void port_drop_tx(struct port *port, enum port_drop why, const struct packet *p);

/* Why one that could not be cut or copied is dropped: a guest may claim what its frame is not. */
enum port_drop port_drop_why(int err);

/* Writes p to the captures that the port has; comment: NULL, or what became of p. */
void port_captured(struct port *port, enum capture_dir dir, const struct packet *p,
		   const char *comment);

#endif
