/* SPDX-License-Identifier: GPL-2.0 */
/* What stp.c (bridges and ports come and go) and stp_tree.c (the algorithm) share. */
#ifndef NESTLING_STP_PRIVATE_H
#define NESTLING_STP_PRIVATE_H

#include "stp_bpdu.h"
#include "switch_private.h"

#define STP_SECOND 1000000000ULL
#define STP_MAX_AGE (20 * STP_SECOND) /* table 8-3 */
#define STP_HELLO (2 * STP_SECOND)
#define STP_DELAY (15 * STP_SECOND)

enum stp_state {
	STP_DISABLED,
	STP_BLOCKING,
	STP_LISTENING,
	STP_LEARNING,
	STP_FORWARDING
};

struct stp_port {
	struct port *port;
	uint16_t id;
	enum stp_state state;
	struct stp_vector best; /* of what was heard and what we would say */
	bool pending; /* a configuration waits for the end of `hold` */
	bool ack; /* the next configuration acknowledges a topology change */
	uint64_t heard_ns, heard_age_ns; /* when `best` was heard, and how old it was */
	struct event age, delay, hold;
};

struct stp {
	struct sw *sw;
	uint64_t id; /* priority (16 bits), address */
	uint8_t mac[6];
	uint64_t root;
	uint32_t cost; /* to the root */
	struct stp_port *root_port; /* NULL: we are the root */
	uint64_t max_age_ns, hello_ns, delay_ns; /* the root's */
	bool change_detected; /* and the root does not know yet, or we are the root */
	bool change; /* the root says that the tree changes */
	struct event hello, notify, change_end;
};

bool stp_is_designated(const struct stp *s, const struct stp_port *p);

/* A port begins: blocked, with our own word. stp_reconsider() follows. */
void stp_port_begin(struct stp *s, struct stp_port *p);
/* Its timers end. */
void stp_port_end(struct stp_port *p);
/* The bridge begins to say hello, as the root. */
void stp_begin(struct stp *s);
void stp_end(struct stp *s);

/* After something at a port has changed: roles and states of all. */
void stp_reconsider(struct stp *s);
/* Says what we know, now or when a second has gone since the last time. */
void stp_send_config(struct stp *s, struct stp_port *p);
/* What a neighbour says. */
void stp_hear(struct stp *s, struct stp_port *p, const struct stp_bpdu *b);

#endif
