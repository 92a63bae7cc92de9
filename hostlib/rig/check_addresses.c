// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses: who has none gets one from its lan's net=, and none is there twice on one network.
 * Lans that are linked with each other are one network, and so is a link between two nodes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

/* An address in use. */
struct used {
	uint32_t domain;
	struct rig_address address;
	struct rig_pos pos;
	uint32_t node;
	uint32_t order; /* the file's */
};

struct table {
	struct used *used;
	uint32_t count;
};

/* Lans that are linked with each other get the smallest number among them. */
static void find_domains(struct rig *r)
{
	bool changed = true;
	uint32_t i;

	for (i = 0; i < r->nlans; i++)
		r->lan[i].domain = i;
	while (changed) { /* the numbers go down in each round */
		changed = false;
		for (i = 0; i < r->nlinks; i++) {
			const struct rig_end *e = r->link[i].end;
			uint32_t *a, *b;

			if (e[0].kind != RIG_END_LAN || e[1].kind != RIG_END_LAN)
				continue;
			a = &r->lan[e[0].index].domain;
			b = &r->lan[e[1].index].domain;
			changed = changed || *a != *b;
			*a = *b = *a < *b ? *a : *b;
		}
	}
}

/* A number for the network that a card is on. */
static uint32_t domain_of(const struct rig *r, const struct rig_card *c)
{
	const struct rig_link *l = &r->link[c->link];
	uint32_t i;

	for (i = 0; i < 2; i++)
		if (l->end[i].kind == RIG_END_LAN)
			return r->lan[l->end[i].index].domain;
	return RIG_LANS_MAX + c->link;
}

static int compare(const struct used *x, const struct used *y)
{
	int d;

	if (x->domain != y->domain)
		return x->domain < y->domain ? -1 : 1;
	d = memcmp(x->address.bytes, y->address.bytes, sizeof(x->address.bytes));
	return d ? d : (int)x->address.v6 - (int)y->address.v6;
}

static int by_address(const void *a, const void *b)
{
	const struct used *x = a, *y = b;
	int d = compare(x, y);

	return d ? d : x->order < y->order ? -1 : x->order > y->order;
}

static int collect(struct rig_parser *p, struct table *t)
{
	struct rig *r = p->rig;
	uint32_t i, j, k;

	for (i = 0; i < r->nnodes; i++)
		for (j = 0; j < r->node[i].cards; j++)
			for (k = 0; k < r->node[i].card[j].addresses; k++) {
				struct rig_card *c = &r->node[i].card[j];
				struct used *u;

				if (rig_grow(&t->used, &t->count, UINT32_MAX, sizeof(*u)) < 0)
					return p->fatal = -ENOMEM;
				u = &t->used[t->count - 1];
				*u = (struct used){domain_of(r, c), c->address[k], c->pos, i,
						   t->count};
			}
	return 0;
}

/* Told at the later of the two. */
static void find_twice(struct rig_parser *p, struct table *t)
{
	uint32_t i;

	if (t->count)
		qsort(t->used, t->count, sizeof(*t->used), by_address);
	for (i = 1; i < t->count; i++) {
		const struct used *first = &t->used[i - 1], *second = &t->used[i];
		char text[64];

		if (compare(first, second) != 0)
			continue;
		rig_print_address(&second->address, false, text);
		rig_error(p->t, second->pos,
			  "'%s' and '%s' have the same address %s on one network",
			  p->rig->node[first->node].name, p->rig->node[second->node].name, text);
	}
}

static bool is_used(const struct table *t, uint32_t domain, const struct rig_address *a)
{
	const struct used key = {.domain = domain, .address = *a};
	uint32_t low = 0, high = t->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int d = compare(&t->used[mid], &key);

		if (d == 0)
			return true;
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* A bit mask of those in a lan that were given is not needed: `next` only goes up. */
static bool next_free(const struct rig_lan *lan, const struct table *t, uint32_t *next,
		      struct rig_address *out)
{
	uint32_t net, size = 1U << (32 - lan->net.prefix);

	memcpy(&net, lan->net.bytes, sizeof(net));
	*out = lan->net;
	for (; *next < size - 1; (*next)++) {
		uint32_t a = htonl(ntohl(net) + *next);

		memcpy(out->bytes, &a, sizeof(a));
		if (is_used(t, lan->domain, out))
			continue;
		(*next)++;
		return true;
	}
	return false;
}

/* t is sorted and has what the rig said. */
static void give(struct rig_parser *p, const struct table *t)
{
	struct rig *r = p->rig;
	uint32_t next[RIG_LANS_MAX], i, j;

	for (i = 0; i < r->nlans; i++)
		next[i] = 1;
	for (i = 0; i < r->nnodes; i++)
		for (j = 0; j < r->node[i].cards; j++) {
			struct rig_card *c = &r->node[i].card[j];
			const struct rig_end *e = r->link[c->link].end;
			const struct rig_end *lan = e[0].kind == RIG_END_LAN ? &e[0] : &e[1];

			if (c->addresses || lan->kind != RIG_END_LAN || !r->lan[lan->index].has_net)
				continue;
			if (!next_free(&r->lan[lan->index], t, &next[lan->index], &c->address[0])) {
				rig_error(p->t, c->pos, "'%s' has no address left for '%s'",
					  r->lan[lan->index].name, r->node[i].name);
				continue;
			}
			c->addresses = 1;
			c->address_auto = true;
		}
}

/* 02:4e ("N"), node, card: local, the same in every run. */
static void give_macs(struct rig *r)
{
	uint32_t i, j;

	for (i = 0; i < r->nnodes; i++)
		for (j = 0; j < r->node[i].cards; j++) {
			struct rig_card *c = &r->node[i].card[j];
			const uint8_t mac[6] = {0x02,       0x4e,      0, (uint8_t)(i >> 8),
						(uint8_t)i, (uint8_t)j};

			if (!c->mac_given)
				memcpy(c->mac, mac, sizeof(mac));
		}
}

int rig_check_addresses(struct rig_parser *p)
{
	struct table t = {0};

	find_domains(p->rig);
	if (collect(p, &t) == 0) {
		find_twice(p, &t);
		give(p, &t);
		give_macs(p->rig);
		free(t.used);
		t = (struct table){0};
		/* Two nets on one network may have given the same. */
		if (collect(p, &t) == 0)
			find_twice(p, &t);
	}
	free(t.used);
	return p->fatal;
}
