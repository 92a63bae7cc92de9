/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which address was heard behind which port: a bounded table that forgets what was silent for
 * long, and the oldest entry when it is full.
 */
#ifndef NESTLING_MACS_H
#define NESTLING_MACS_H

#include <stdint.h>

struct macs;
struct port;

/* age_ns: an entry that was not heard for so long is gone. NULL without memory. */
struct macs *macs_new(unsigned int max, uint64_t age_ns);
void macs_free(struct macs *m);

/* mac was heard behind port. Group addresses are not for this table. */
void macs_learn(struct macs *m, const uint8_t mac[6], uint16_t vlan, struct port *port,
		uint64_t now_ns);
/* The port behind which mac is, or NULL. */
struct port *macs_find(struct macs *m, const uint8_t mac[6], uint16_t vlan, uint64_t now_ns);
/* Forgets what is behind port; NULL: everything. */
void macs_forget(struct macs *m, const struct port *port);
unsigned int macs_count(const struct macs *m);
/* fn for each entry, the one that was heard last first. */
void macs_each(struct macs *m,
	       void (*fn)(void *arg, const uint8_t *mac, uint16_t vlan, const struct port *port,
			  uint64_t age_ns),
	       void *arg, uint64_t now_ns);

#endif
