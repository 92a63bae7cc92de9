// SPDX-License-Identifier: GPL-2.0
/*
 * Cards and links.
 *
 * A link comes into being with the first statement that names its two ends: a card of a node, a
 * nat, or `link`. What `link A B` says holds for both ways, what `link A -> B` says for one and goes
 * on top, wherever it stands; below both lies `default link`.
 */
#include <errno.h>
#include <string.h>
#include "link_private.h" /* link_spec_merge(): what settings on top of others come to */
#include "parse.h"

/* A card of the node at the end `e` for `link`. */
static int add_card(struct rig_parser *p, struct rig_end *e, uint32_t link,
		    const struct rig_card *said, struct rig_pos pos)
{
	struct rig_node *n = &p->rig->node[e->index];
	struct rig_card *c;

	if (n->cards == RIG_CARDS_MAX)
		return rig_error(p->t, pos, "this would be more than %d cards for '%s'",
				 RIG_CARDS_MAX, n->name);
	e->card = n->cards++;
	c = &n->card[e->card];
	*c = *said;
	c->link = link;
	c->pos = pos;
	return 0;
}

static int new_link(struct rig_parser *p, const struct rig_end end[2], struct rig_pos pos,
		    uint32_t *out)
{
	struct rig *r = p->rig;
	struct rig_link *l;
	uint32_t i;

	p->pos = pos;
	if (rig_more(p, &r->link, &r->nlinks, RIG_LINKS_MAX, sizeof(*l), "links") < 0)
		return -EINVAL;
	l = &r->link[r->nlinks - 1];
	l->pos = pos;
	for (i = 0; i < 2; i++) {
		l->end[i] = end[i];
		l->end[i].card = RIG_NONE;
		link_spec_merge(&l->way[i], &p->default_link);
	}
	*out = r->nlinks - 1;
	return 0;
}

/* Cards that nodes name themselves, in the order in which they name them. */
static void node_cards(struct rig_parser *p, struct rig_names *names, uint32_t index)
{
	struct rig_node *n = &p->rig->node[index];
	struct rig_end end[2] = {{RIG_END_NODE, index, RIG_NONE}};
	uint32_t i, link, kept = 0;
	uint8_t way;

	for (i = 0; i < n->cards && !p->fatal; i++) {
		struct rig_card c = n->card[i];
		const char *name = c.peer;

		if (rig_names_find(p, names, name, c.pos, false, &end[1]) < 0)
			continue;
		if (end[1].kind != RIG_END_LAN) {
			rig_error(p->t, c.pos,
				  "'%s' is no lan; a card is on a lan, and 'link %s %s' "
				  "connects two nodes",
				  name, n->name, name);
			continue;
		}
		if (rig_link_between(p->rig, &end[0], &end[1], &way) != RIG_NONE) {
			rig_error(p->t, c.pos, "'%s' has a card on '%s' already", n->name, name);
			continue;
		}
		if (new_link(p, end, c.pos, &link) < 0)
			break;
		c.link = link;
		p->rig->link[link].end[0].card = kept;
		n->card[kept++] = c;
	}
	n->cards = kept;
}

static void nat_link(struct rig_parser *p, struct rig_names *names, uint32_t index)
{
	struct rig_nat *nat = &p->rig->nat[index];
	struct rig_end end[2] = {{RIG_END_NAT, index, RIG_NONE}};

	if (!nat->lan_name ||
	    rig_names_find(p, names, nat->lan_name, nat->lan_pos, false, &end[1]) < 0)
		return;
	if (end[1].kind != RIG_END_LAN)
		rig_error(p->t, nat->lan_pos, "'%s' is no lan; a nat is on a lan", nat->lan_name);
	else
		new_link(p, end, nat->pos, &nat->link);
}

/* Both ends of a statement looked up: 0 or -EINVAL. */
static int find_ends(struct rig_parser *p, struct rig_names *names, const struct rig_stated *s,
		     struct rig_end end[2])
{
	uint32_t i;
	int rc = 0;

	for (i = 0; i < 2; i++) {
		if (rig_names_find(p, names, s->name[i], s->name_pos[i], false, &end[i]) < 0)
			rc = -EINVAL;
		else if (end[i].kind != RIG_END_NODE &&
			 (s->card[i].addresses || s->card[i].mac_given))
			rc = rig_error(p->t, s->name_pos[i],
				       "only a node has addresses; '%s' is none", s->name[i]);
	}
	if (rc == 0 && end[0].kind == end[1].kind && end[0].index == end[1].index)
		rc = rig_error(p->t, s->name_pos[1], "'%s' cannot be linked to itself", s->name[1]);
	return rc;
}

/* Addresses that a link names for a card that is there already. */
static void add_addresses(struct rig_parser *p, const struct rig_end *e,
			  const struct rig_card *said)
{
	struct rig_card *c = &p->rig->node[e->index].card[e->card];
	uint32_t i;

	for (i = 0; i < said->addresses; i++) {
		if (c->addresses == RIG_ADDRESSES_MAX) {
			rig_error(p->t, said->pos, "a card has at most %d addresses",
				  RIG_ADDRESSES_MAX);
			return;
		}
		c->address[c->addresses++] = said->address[i];
	}
	if (said->mac_given && c->mac_given)
		rig_error(p->t, said->pos, "the card has a hardware address already");
	if (said->mac_given) {
		memcpy(c->mac, said->mac, sizeof(c->mac));
		c->mac_given = true;
	}
}

/* The link of a statement, made if it is not there; its cards get what the statement says. */
static int link_of(struct rig_parser *p, const struct rig_stated *s, struct rig_end end[2],
		   uint32_t *out, uint8_t *way)
{
	struct rig_link *l;
	uint32_t i;

	*out = rig_link_between(p->rig, &end[0], &end[1], way);
	if (*out == RIG_NONE) {
		*way = RIG_WAY_0;
		if (end[0].kind == RIG_END_NAT || end[1].kind == RIG_END_NAT)
			return rig_error(p->t, s->pos,
					 "a nat has one link: to the lan that its own "
					 "statement names");
		if (new_link(p, end, s->pos, out) < 0)
			return -EINVAL;
	}
	l = &p->rig->link[*out];
	for (i = 0; i < 2; i++) {
		struct rig_end *e = &l->end[*way == RIG_WAY_0 ? i : !i];

		if (e->kind != RIG_END_NODE)
			continue;
		if (e->card != RIG_NONE)
			add_addresses(p, e, &s->card[i]);
		else if (add_card(p, e, *out, &s->card[i], s->name_pos[i]) < 0)
			return -EINVAL;
	}
	return 0;
}

static void stated_link(struct rig_parser *p, struct rig_names *names, const struct rig_stated *s)
{
	struct rig_end end[2];
	struct rig_link *l;
	uint32_t link;
	uint8_t way;
	bool *stated;

	if (find_ends(p, names, s, end) < 0 || link_of(p, s, end, &link, &way) < 0)
		return;
	l = &p->rig->link[link];
	stated = s->one_way ? &l->way_stated[way == RIG_WAY_1] : &l->both_stated;
	if (*stated)
		rig_error(p->t, s->pos,
			  "this link was stated already; 'link %s -> %s' adds what holds "
			  "for one way",
			  s->name[0], s->name[1]);
	*stated = true;
}

/* Settings: first what holds for both ways, then for one. */
static void settings(struct rig_parser *p, struct rig_names *names, bool one_way)
{
	struct rig_end end[2];
	uint32_t i, link;
	uint8_t way;

	for (i = 0; i < p->nstated; i++) {
		const struct rig_stated *s = &p->stated[i];

		if (s->one_way != one_way || find_ends(p, names, s, end) < 0)
			continue;
		link = rig_link_between(p->rig, &end[0], &end[1], &way);
		if (link == RIG_NONE)
			continue;
		link_spec_merge(&p->rig->link[link].way[way == RIG_WAY_1], &s->spec);
		if (!one_way)
			link_spec_merge(&p->rig->link[link].way[way != RIG_WAY_1], &s->spec);
	}
}

static void router_nat(struct rig_parser *p, struct rig_node *n)
{
	uint32_t i;

	for (i = 0; n->nat_name && i < n->cards; i++)
		if (n->card[i].peer && strcmp(n->card[i].peer, n->nat_name) == 0)
			n->nat_card = i;
	if (n->nat_name && n->nat_card == RIG_NONE && !p->holes)
		rig_error(p->t, n->nat_pos, "'%s' has no card on '%s', where its nat= would be",
			  n->name, n->nat_name);
}

int rig_check_links(struct rig_parser *p, struct rig_names *names)
{
	struct rig *r = p->rig;
	uint32_t i, j;

	for (i = 0; i < r->nnodes && !p->fatal; i++)
		node_cards(p, names, i);
	for (i = 0; i < r->nnats && !p->fatal; i++)
		nat_link(p, names, i);
	for (i = 0; i < p->nstated && !p->fatal; i++)
		stated_link(p, names, &p->stated[i]);
	if (p->fatal)
		return p->fatal;
	settings(p, names, false);
	settings(p, names, true);
	for (i = 0; i < r->nnodes; i++) {
		for (j = 0; j < r->node[i].cards; j++) {
			struct rig_card *c = &r->node[i].card[j];
			const struct rig_link *l = &r->link[c->link];
			bool first = l->end[0].kind == RIG_END_NODE && l->end[0].index == i;

			c->peer = (char *)rig_end_name(r, &l->end[first]);
		}
		router_nat(p, &r->node[i]);
	}
	return p->fatal;
}
