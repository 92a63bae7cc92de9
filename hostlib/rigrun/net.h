/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The network of a rig: a switch for each lan and each cable between two nodes, their links, the
 * captures, and one hidden switch by which the runner talks to its guests.
 *
 * A card's port comes when its guest's loader calls at the card's socket, and goes with the guest.
 * What its link was set to, and what its link has counted, stays.
 */
#ifndef NESTLING_RIGRUN_NET_H
#define NESTLING_RIGRUN_NET_H

#include "lane.h"
#include "loop.h"
#include "rig.h"
#include "switch.h"

struct rig_net;

struct rig_net_config {
	const struct rig *rig;
	struct loop *loop;
	struct calendar *calendar; /* virtual time; NULL: real */
	const char *sockets; /* an existing folder of ours, for the cards' sockets */
	int folder_fd; /* of the run, for captures */
	/*
	 * Whose time a node's guest runs in, or NULL; asked when its loader calls. Only in virtual
	 * time.
	 */
	struct lane *(*lane)(void *arg, uint32_t node);
	/* The port of a node's hidden card came. */
	void (*hidden_came)(void *arg, uint32_t node, struct port *port);
	/* Something that the user should know, which ends nothing. */
	void (*warn)(void *arg, const char *text);
	void *arg;
};

/* 0, or -errno with a sentence in err. */
int rig_net_new(struct rig_net **out, const struct rig_net_config *config, char *err, size_t len);
/* Captures are written out. */
void rig_net_free(struct rig_net *net);

/* Where the loader of a node finds the switch for its card; `card` == node's cards: the hidden one. */
void rig_net_socket(const struct rig_net *net, uint32_t node, uint32_t card, char *out, size_t len);
/* The switch that all nodes' hidden cards are on. */
struct sw *rig_net_hidden(struct rig_net *net);

/* Merges settings into one way or both (RIG_WAY_*) of a link. 0 or -errno. */
int rig_net_set_link(struct rig_net *net, uint32_t link, uint8_t way, const struct link_spec *spec);
/* What one way (0 or 1) of a link is set to now. */
const struct link_spec *rig_net_link(const struct rig_net *net, uint32_t link, unsigned int way);
/* All figures of one way (RIG_WAY_0 or RIG_WAY_1). */
void rig_net_figures(const struct rig_net *net, uint32_t link, uint8_t way,
		     double out[RIG_FIGURES]);
/* Frames that came to their ends since the start, in all switches. */
uint64_t rig_net_frames(const struct rig_net *net);

struct rig_net_live;
/*
 * Captures that begin while guests run: what->filter and so on, written to fd, which is owned from
 * the call on. 0 and *out, to be ended by rig_net_live_end() before rig_net_free(); or -errno with a
 * sentence in err.
 */
int rig_net_live_begin(struct rig_net *net, const struct rig_capture *what, int fd,
		       struct rig_net_live **out, char *err, size_t len);
void rig_net_live_end(struct rig_net *net, struct rig_net_live *live);
/* Writes out what is gathered, so that it can be looked at. */
void rig_net_live_flush(struct rig_net *net);

/* The time that it takes at least from one node to another, or to the runner; 0: none. */
uint64_t rig_net_lookahead(const struct rig_net *net);

/* For lanes_ops. */
void rig_net_kick(struct rig_net *net, uint32_t node, unsigned int card, unsigned int ring,
		  uint16_t avail);
bool rig_net_ready(const struct rig_net *net, uint32_t node, unsigned int card);
void rig_net_flush(struct rig_net *net);
/* The ports of a guest that is gone go, too. */
void rig_net_node_gone(struct rig_net *net, uint32_t node);

#endif
