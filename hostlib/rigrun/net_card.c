// SPDX-License-Identifier: GPL-2.0
/* Cards of nodes: a socket for each, where the loader of its guest calls. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "accept.h"
#include "net_private.h"
#include "port_guest.h"

#define BACKLOG 4

void rig_net_socket(const struct rig_net *net, uint32_t node, uint32_t card, char *out, size_t len)
{
	snprintf(out, len, "%s/%u.%u", net->c.sockets, node, card);
}

static void card_interrupt(void *arg)
{
	struct net_card *card = arg;

	if (card->lane)
		lane_interrupt(card->lane);
}

static void card_warn(const struct net_card *card, const char *what, int err)
{
	const struct rig_net *net = card->net;
	char text[200];

	snprintf(text, sizeof(text), "%s: card %u: %s: %s", net->c.rig->node[card->node].name,
		 card->index, what, strerror(-err));
	net->c.warn(net->c.arg, text);
}

static void card_drop(struct net_card *card)
{
	if (card->port)
		port_remove(card->port); /* and net_card_lost() */
}

void net_card_name(const struct rig_net *net, uint32_t node, uint32_t card, char *out, size_t len)
{
	const struct rig_node *n = &net->c.rig->node[node];

	if (card < n->cards)
		snprintf(out, len, "%s.eth%u", n->name, card);
	else
		snprintf(out, len, "%s.rig", n->name);
}

static void card_called(struct loop_watch *w, short revents)
{
	struct net_card *card = w->arg;
	struct rig_net *net = card->net;
	struct port_guest_leader leader = {0};
	int fd = accept_caller(w, "a card of the rig", SOCK_NONBLOCK), err;
	char name[PORT_NAME_MAX];

	(void)revents;
	if (fd < 0)
		return;
	card_drop(card);
	card->lane = net->c.calendar ? net->c.lane(net->c.arg, card->node) : NULL;
	if (card->lane)
		leader = (struct port_guest_leader){card_interrupt, card};
	net_card_name(net, card->node, card->index, name, sizeof(name));
	/* Behind the runner's own, at the hidden switch. */
	net->next_index =
		card->link == RIG_NONE ? card->node + 2 : net->link[card->link].index[card->end];
	err = port_guest_add_led(&card->port, card->sw, fd, name, &leader);
	if (err)
		card->port = NULL;
	else if (card->link != RIG_NONE)
		err = net_port_came(net, card->link, card->end, card->port);
	else
		net->c.hidden_came(net->c.arg, card->node, card->port);
	if (err)
		card_warn(card, "its guest is not let in", err);
}

/* The guest, or its loader, hung up; or a port went that is no card's, even behind all cards. */
void net_card_lost(struct rig_net *net, const struct port *port)
{
	uint32_t n, i;

	for (n = 0; net->card && n < net->c.rig->nnodes && net->card[n]; n++) {
		for (i = 0; i <= net->c.rig->node[n].cards; i++) {
			struct net_card *card = &net->card[n][i];

			if (card->port != port)
				continue;
			if (card->link != RIG_NONE)
				net_port_goes(net, card->link, card->end);
			card->port = NULL;
			card->lane = NULL;
			return;
		}
	}
}

void rig_net_node_gone(struct rig_net *net, uint32_t node)
{
	uint32_t i;

	for (i = 0; i <= net->c.rig->node[node].cards; i++)
		card_drop(&net->card[node][i]);
	rig_net_flush(net);
}

void rig_net_kick(struct rig_net *net, uint32_t node, unsigned int card, unsigned int ring,
		  uint16_t avail)
{
	struct net_card *c;

	if (card > net->c.rig->node[node].cards)
		return;
	c = &net->card[node][card];
	if (c->port && c->lane)
		port_guest_kicked(c->port, ring, avail);
}

bool rig_net_ready(const struct rig_net *net, uint32_t node, unsigned int card)
{
	const struct net_card *c;

	if (card > net->c.rig->node[node].cards)
		return true;
	c = &net->card[node][card];
	return c->port && port_guest_ready(c->port);
}

static int card_open(struct net_card *card)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char path[sizeof(sun.sun_path) + 1];
	int fd, err = 0;

	rig_net_socket(card->net, card->node, card->index, path, sizeof(path));
	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 || listen(fd, BACKLOG) < 0)
		err = -errno;
	if (!err)
		err = loop_add(card->net->c.loop, &card->listening, fd, POLLIN, card_called, card);
	if (err)
		close(fd);
	return err;
}

/* Where a card is plugged in. */
static void card_place(struct net_card *card)
{
	const struct rig *r = card->net->c.rig;
	const struct rig_node *n = &r->node[card->node];
	const struct rig_link *l;

	if (card->index == n->cards) {
		card->link = RIG_NONE;
		card->sw = card->net->hidden;
		return;
	}
	card->link = n->card[card->index].link;
	l = &r->link[card->link];
	card->end = l->end[0].kind == RIG_END_NODE && l->end[0].index == card->node &&
				    l->end[0].card == card->index
			    ? 0
			    : 1;
	card->sw = net_switch_of(card->net, card->link, card->end);
}

int net_cards_open(struct rig_net *net)
{
	const struct rig *r = net->c.rig;
	uint32_t n, i;
	int err = 0;

	net->card = calloc(r->nnodes + 1, sizeof(*net->card));
	if (!net->card)
		return -ENOMEM;
	for (n = 0; n < r->nnodes; n++) {
		net->card[n] = calloc(r->node[n].cards + 1, sizeof(**net->card));
		if (!net->card[n])
			return -ENOMEM;
		for (i = 0; i <= r->node[n].cards && !err; i++) {
			net->card[n][i] = (struct net_card){.net = net, .node = n, .index = i};
			card_place(&net->card[n][i]);
			err = card_open(&net->card[n][i]);
		}
		if (err)
			return err;
	}
	return 0;
}

void net_cards_close(struct rig_net *net)
{
	const struct rig *r = net->c.rig;
	char path[128];
	uint32_t n, i;

	for (n = 0; net->card && n < r->nnodes && net->card[n]; n++) {
		for (i = 0; i <= r->node[n].cards; i++) {
			if (!net->card[n][i].listening.loop)
				continue;
			card_drop(&net->card[n][i]);
			loop_close(&net->card[n][i].listening);
			rig_net_socket(net, n, i, path, sizeof(path));
			unlink(path);
		}
		free(net->card[n]);
	}
	free(net->card);
	net->card = NULL;
}
