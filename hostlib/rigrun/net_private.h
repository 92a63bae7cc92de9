/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of a rig's network share: net.c, net_card.c, net_patch.c, net_figures.c. */
#ifndef NESTLING_RIGRUN_NET_PRIVATE_H
#define NESTLING_RIGRUN_NET_PRIVATE_H

#include "net.h"

/* A node's card: its socket, and its port while a guest is there. */
struct net_card {
	struct rig_net *net;
	uint32_t node, index;
	struct sw *sw;
	uint32_t link; /* RIG_NONE: the hidden one */
	unsigned int end; /* of the link */
	struct loop_watch listening;
	struct port *port;
	struct lane *lane;
};

/* One way of a link: what it was set to, and what is counted of ports that went. */
struct net_way {
	struct link_spec spec;
	double counted[RIG_FIGURES];
};

struct net_link {
	struct net_way way[2];
	struct port *port[2]; /* at the ends; of nodes only while they are there */
	unsigned int index[2]; /* their numbers in their switches */
};

/* A capture that has begun later (net_live.c). */
struct rig_net_live {
	struct rig_net_live *next;
	struct rig_capture what;
	struct capture *capture;
};

struct rig_net {
	struct rig_net_config c;
	struct sw **lan; /* of rig->lan[] */
	struct sw **cable; /* of rig->link[], between two nodes; NULL for others */
	struct sw *hidden;
	struct net_link *link;
	struct net_card **card; /* of each node, its cards and the hidden one */
	struct capture **capture; /* of rig->capture[] */
	struct rig_net_live *live;
	unsigned int next_index; /* of the port that is being made; 0: any */
};

/* The switch that an end of a link is plugged into. */
struct sw *net_switch_of(const struct rig_net *net, uint32_t link, unsigned int end);
/*
 * Which port does way `way` of a link, and in which direction: the port at an end, once it is
 * there. NULL: it is not.
 */
struct port *net_port_of(const struct rig_net *net, uint32_t link, unsigned int way, bool *in);
/* A port of a link came: it gets the link's settings and its captures. 0 or -errno. */
int net_port_came(struct rig_net *net, uint32_t link, unsigned int end, struct port *port);
/* It goes: what it counted stays. */
void net_port_goes(struct rig_net *net, uint32_t link, unsigned int end);

/* Whether a link is among what a capture is about. */
bool net_is_captured(const struct rig_capture *c, const struct rig *r, uint32_t link);
/*
 * Its interfaces, in an order that does not depend on whose guest comes first. 0 or -errno.
 */
int net_name_interfaces(struct rig_net *net, const struct rig_capture *c, struct capture *cap);

/* A port of some switch goes: if it is a card's, it is not there any more. */
void net_card_lost(struct rig_net *net, const struct port *port);
/* The name of a card's port, which is that of its interface in captures. */
void net_card_name(const struct rig_net *net, uint32_t node, uint32_t card, char *out, size_t len);
/* net_card.c: sockets of cards. 0 or -errno. */
int net_cards_open(struct rig_net *net);
void net_cards_close(struct rig_net *net);

/* net_patch.c: a cable between two switches of one process. 0 or -errno. */
int net_patch(struct port *out[2], struct sw *a, struct sw *b, const char *name_a,
	      const char *name_b);

#endif
