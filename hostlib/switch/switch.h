/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Ethernet switch: ports, learning, VLANs, and what lies between them.
 *
 *   device of port A -> capture -> link in -> bridge -> link out -> capture -> queue -> device of B
 *
 * One thread, no locks. A port is a thing that frames go into and come out of; what is behind it
 * (a guest, a tap, another switch) is a set of operations and an argument. With perfect links and
 * nobody capturing, a frame is handed from the device of one port to that of another within one
 * call and copied only there.
 *
 * Ports and their devices are served by the loop (hostlib/lib/loop.h); delayed frames by the
 * calendar, which the switch moves along with CLOCK_MONOTONIC, or the owner in virtual time.
 */
#ifndef NESTLING_SWITCH_H
#define NESTLING_SWITCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "calendar.h"
#include "capture.h"
#include "link.h"
#include "loop.h"
#include "packet.h"

#define SWITCH_PORTS_MAX 1024
#define SWITCH_MACS_MAX 8192 /* addresses learned at a time */
#define PORT_NAME_MAX 64
#define VLAN_MAX 4094
#define PORT_CAPTURES_MAX 4

struct sw;
struct port;

enum port_drop {
	PORT_DROP_RUNT, /* shorter than an Ethernet header */
	PORT_DROP_DOWN, /* the port has no carrier, or spanning tree blocks it */
	PORT_DROP_VLAN, /* not of the port's VLANs */
	PORT_DROP_SELF, /* its destination is where it came from */
	PORT_DROP_QUEUE, /* the device does not take frames and the queue is full */
	PORT_DROP_MEMORY,
	PORT_DROP_DEVICE, /* the device refused it */
	PORT_DROP_LINK, /* lost, too long, ...: see the link's statistics */
	PORT_DROPS
};

struct port_stats {
	uint64_t rx_frames, rx_bytes; /* from the device into the switch */
	uint64_t tx_frames, tx_bytes; /* given to the device */
	uint64_t rx_drop[PORT_DROPS], tx_drop[PORT_DROPS];
};

struct port_ops {
	const char *kind; /* "guest", "old", "tap", "nat", ... */
	bool takes_large, takes_csum; /* what a new port's fields of these names begin with */
	/*
	 * Gives p to the device. 0; -EAGAIN: not now (p is queued; the port calls port_writable()
	 * when it takes frames again); else p is dropped and counted. Never blocks, never calls
	 * back into the switch.
	 */
	int (*send)(struct port *port, const struct packet *p);
	/* Called once behind a number of send()s, to tell the device. May be NULL. */
	void (*flush)(struct port *port);
	/* What the other side sees as a cable: up or not. May be NULL. */
	void (*carrier)(struct port *port, bool up);
	/* A few words about the peer for `show ports`. May be NULL. */
	void (*describe)(const struct port *port, char *out, size_t len);
	/* The port goes: frees arg and all that belongs to it, leaves the loop. Not called back. */
	void (*close)(struct port *port);
};

enum port_vlan_mode {
	PORT_VLAN_NONE, /* one network with all such ports, tags pass as they are */
	PORT_VLAN_ACCESS, /* untagged frames of VLAN `vlan`; tagged ones are dropped */
	PORT_VLAN_TRUNK, /* tagged frames of `allowed`; untagged ones belong to `vlan` (0: dropped) */
};

struct port_vlan {
	enum port_vlan_mode mode;
	uint16_t vlan;
	uint8_t allowed[(VLAN_MAX + 8) / 8]; /* a bit for each */
};

/* Fields are read by everybody, written by switch.c and bridge files only. */
struct port {
	struct sw *sw;
	unsigned int index; /* number of the port, from 1, not used again while it is there */
	char name[PORT_NAME_MAX]; /* unique in the switch */
	const struct port_ops *ops;
	void *arg; /* the device's */
	bool up; /* frames pass: wanted and linked */
	bool wanted; /* administrative: `port NAME down` */
	bool linked; /* the device's other side is there */
	bool blocked; /* by spanning tree */
	/* May be changed by the device. */
	bool takes_large; /* packets with meta.gso_type; otherwise they are cut before send() */
	bool takes_csum; /* packets with META_NEEDS_CSUM; otherwise it is filled in before */
	struct port_vlan vlan;
	struct link *in, *out; /* NULL: perfect and never set */
	struct frame *queue, **queue_end; /* for a device that said -EAGAIN */
	uint64_t queue_bytes;
	unsigned int queue_frames;
	bool flush_wanted; /* send() was called since the last flush() */
	struct port *flush_next;
	struct port_stats stats;
	struct {
		struct capture *capture;
		unsigned int interface;
	} captures[PORT_CAPTURES_MAX];
	struct stp_port *stp;
	struct port *next; /* in the order of index */
};

/* What the owner of a switch may want to know. All may be NULL. */
struct sw_events {
	/*
	 * The number that a new port is to have, which decides who comes first among things of one
	 * moment; 0, or one that is taken: the first that is free.
	 */
	unsigned int (*choose_index)(void *arg);
	void (*port_came)(void *arg, struct port *port);
	void (*port_goes)(void *arg, struct port *port); /* still whole */
};

struct sw_config {
	bool hub; /* no learning: everything everywhere */
	uint64_t seed; /* of all links */
	uint64_t age_ns; /* an address that was silent for so long is forgotten; 0: 300 s */
	uint64_t memory; /* bytes of frames at a time; 0: 256 MiB */
	uint64_t queue_bytes; /* of each port's device; 0: 4 MiB */
	unsigned int queue_frames; /* 0: 4096 */
	bool own_time; /* the owner moves the calendar (virtual time) */
	bool count_links; /* links that do nothing are gone through, too, and count */
	struct calendar *calendar; /* with own_time: one for many switches; NULL: its own */
	const struct sw_events *events; /* NULL: nobody wants to know */
	void *events_arg;
};

/* A switch served by loop, which must stay. NULL without memory. */
struct sw *sw_new(struct loop *loop, const struct sw_config *config);
/* Closes all ports. */
void sw_free(struct sw *sw);

struct loop *sw_loop(struct sw *sw);
struct calendar *sw_calendar(struct sw *sw);
struct frame_pool *sw_pool(struct sw *sw);
const struct sw_config *sw_config(const struct sw *sw);
/* Learning or not, from now on. */
void sw_set_hub(struct sw *sw, bool hub);

/*
 * A new port, up, with perfect links. name: NULL for kind and number ("guest3"). The switch owns
 * arg from now on (ops->close()). 0, -EEXIST for a name in use, -ENOSPC for too many, -ENOMEM;
 * arg stays the caller's then.
 */
int port_add(struct port **out, struct sw *sw, const struct port_ops *ops, void *arg,
	     const char *name);
/* Ends a port: ops->close() is called, port is gone. Not from within send(). */
void port_remove(struct port *port);
/* 0, -EEXIST, or -EINVAL for what cannot be a name. */
int port_rename(struct port *port, const char *name);
/* NULL when there is none. */
struct port *port_find(struct sw *sw, const char *name);
/* The first port, then port->next; in the order of index. */
struct port *port_first(struct sw *sw);

/*
 * A frame came from the port's device. Called by devices, any number of times; then
 * switch_flush().
 */
void switch_input(struct port *port, const struct packet *p);
/* Behind a number of switch_input() or port_writable(): tells the devices that got something. */
void switch_flush(struct sw *sw);
/*
 * Sends a frame of the switch's own (spanning tree) out of a port, blocked or not. Followed by
 * switch_flush().
 */
void port_transmit(struct port *port, const struct packet *p);
/* The device takes frames again: those that wait are sent. */
void port_writable(struct port *port);
/* Whether the device of a port may be asked for less: its frames' way is full. */
bool port_queue_full(const struct port *port);

/* Cable in or out; tells the device, and forgets addresses behind it. */
void port_set_up(struct port *port, bool up);
/* The same, said by a device whose other side comes and goes; the cable stays where it is. */
void port_set_linked(struct port *port, bool linked);
/* New VLANs; 0 or -EINVAL. */
int port_set_vlan(struct port *port, const struct port_vlan *vlan);
/* Merges settings into one direction (in: from the device into the switch). 0 or -errno. */
int port_set_link(struct port *port, bool in, const struct link_spec *spec);
/* All frames of the port in both directions go to cap, which must stay. 0 or -ENOSPC. */
int port_capture(struct port *port, struct capture *cap);
/* Ends it; does nothing for a capture that is not there. */
void port_capture_end(struct port *port, struct capture *cap);

/* How well real time was kept. */
struct sw_lateness {
	uint64_t events; /* that were due */
	uint64_t late; /* by more than SWITCH_LATE_NS */
	uint64_t worst_ns;
};
#define SWITCH_LATE_NS 1000000
const struct sw_lateness *sw_lateness(const struct sw *sw);

const char *port_drop_name(enum port_drop drop);

/* Addresses: called for each that is known, mac[6], with the ns since it was heard. */
typedef void (*sw_mac_fn)(void *arg, const uint8_t *mac, uint16_t vlan, const struct port *port,
			  uint64_t age_ns);
void sw_macs(struct sw *sw, sw_mac_fn fn, void *arg);
void sw_macs_forget(struct sw *sw, const struct port *port); /* NULL: all */
unsigned int sw_macs_count(const struct sw *sw);

#endif
