/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vhost-user session, the back-end's side: messages of one front-end. What the rings are for is
 * the owner's business.
 */
#ifndef NESTLING_VHOST_H
#define NESTLING_VHOST_H

#include "memory_map.h"
#include "vring.h"

#define VHOST_RINGS 2

struct vhost;

struct vhost_ops {
	/* A ring began (on) or ended; v->ring[n] is good between the two. */
	void (*ring)(struct vhost *v, unsigned int n, bool on);
	/* SET_FEATURES was done. */
	void (*features)(struct vhost *v);
	/* A name for the port, as it came. */
	void (*name)(struct vhost *v, const char *name);
};

/* What the front-end said about a ring so far. */
struct vhost_ring {
	struct vring vring;
	bool on; /* all is known and it is enabled: vring may be used */
	uint32_t num;
	struct vhost_vring_addr addr;
	bool have_addr;
	uint16_t base;
	bool enabled;
	int kick_fd, call_fd; /* -1: none */
};

struct vhost {
	const struct vhost_ops *ops;
	void *arg; /* the owner's */
	int fd; /* of the session; the owner's */
	uint64_t offered, features, protocol_features;
	struct guest_memory memory;
	volatile int memory_lost;
	struct vhost_ring ring[VHOST_RINGS];
	uint64_t doorbell_addr; /* 0: call descriptors */
	uint32_t *doorbell; /* struct nl_doorbell in guest memory */
	int backend_fd; /* for our own messages, -1: none */
	struct vhost_net_config config;
	/* The message that is being read. */
	struct {
		struct vhost_header header;
		union vhost_body body;
		size_t got;
		int fds[VHOST_FDS_MAX];
		unsigned int nfds;
	} in;
};

/* A session over fd, which stays the caller's. */
void vhost_init(struct vhost *v, int fd, uint64_t offered, const struct vhost_ops *ops, void *arg);
/* Ends all rings, unmaps, closes what came. */
void vhost_exit(struct vhost *v);
/* Serves what has come, a number of messages at most. 0, or -errno: the session is over (-ECONNRESET: hung up). */
int vhost_serve(struct vhost *v);
/* Interrupts the guest for ring n. */
void vhost_call(struct vhost *v, unsigned int n);
/* Tells the front-end that config has changed, if it can be told. */
void vhost_config_changed(struct vhost *v);

#endif
