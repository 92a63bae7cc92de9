/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vhost-user, the front-end's side: the loader speaks it for a guest's network card, so that the
 * guest kernel needs no socket. Never blocks, but vhost_front_hello_wait().
 */
#ifndef NESTLING_VHOST_FRONT_H
#define NESTLING_VHOST_FRONT_H

#include "abi.h"
#include "loop.h"
#include "vhost_proto.h"

enum front_state {
	FRONT_CLOSED,
	FRONT_HELLO, /* asked what the back-end can */
	FRONT_READY,
	FRONT_RUNNING, /* the back-end has the rings */
	FRONT_STOPPING, /* asked for them back */
};

struct vhost_front;

struct vhost_front_ops {
	void (*ready)(struct vhost_front *f); /* FRONT_HELLO is over; f->offered is known */
	void (*stopped)(struct vhost_front *f); /* nobody touches the rings any more */
	void (*status)(struct vhost_front *f, uint16_t status); /* the cable */
	void (*closed)(struct vhost_front *f); /* the back-end went; stopped() comes first */
};

struct vhost_front {
	const struct vhost_front_ops *ops;
	void *arg; /* the owner's */
	struct loop *loop;
	enum front_state state;
	uint64_t offered, protocol; /* features of the back-end */
	unsigned int answers; /* still to come in FRONT_HELLO and FRONT_STOPPING */
	struct loop_watch watch; /* fd -1: no session */
	struct loop_watch backend; /* the back-end's own messages */
	struct loop_timer patience; /* with a back-end that does not give the rings back */
	char in[sizeof(struct vhost_header) + sizeof(struct vhost_config)];
	size_t got;
};

/* Begins a session over fd, which is the front's from the call on. 0 or -errno. */
int vhost_front_open(struct vhost_front *f, struct loop *loop, int fd,
		     const struct vhost_front_ops *ops, void *arg);
/* Waits for the end of FRONT_HELLO, ms at most. 0, -ETIMEDOUT, or -ECONNRESET: it hung up. */
int vhost_front_hello_wait(struct vhost_front *f, int ms);

/* What the back-end needs to serve the rings. */
struct vhost_front_rings {
	const struct nl_net_rings *rings;
	int memory_fd; /* guest memory */
	uint64_t memory_size;
	int kick[NL_NET_RINGS];
	uint16_t base[NL_NET_RINGS];
	const char *name; /* of the port; NULL: none */
};

/* Gives the back-end the rings. 0 or -errno. */
int vhost_front_start(struct vhost_front *f, const struct vhost_front_rings *r);
/*
 * Asks for the rings back; ops->stopped() tells when, or is called at once if it has none. A back-end
 * that does not answer for seconds loses its session, and is taken to have let go.
 */
void vhost_front_stop(struct vhost_front *f);
/* Ends the session without asking; ops are not called. */
void vhost_front_close(struct vhost_front *f);

#endif
