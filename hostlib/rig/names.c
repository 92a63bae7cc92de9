// SPDX-License-Identifier: GPL-2.0
/* Nodes, lans and nats by name: a hash table without removal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

#define SLOTS 8192 /* a power of two, far above the number of names */
static_assert(SLOTS >= 2 * (RIG_NODES_MAX + RIG_LANS_MAX + RIG_NATS_MAX), "names do not fit");

struct rig_names {
	struct {
		const char *name; /* NULL: free */
		struct rig_end end;
		struct rig_pos pos;
	} slot[SLOTS];
};

struct rig_names *rig_names_new(void)
{
	return calloc(1, sizeof(struct rig_names));
}

void rig_names_free(struct rig_names *n)
{
	free(n);
}

/* The slot of a name, or the free one where it would be. */
static uint32_t slot_of(const struct rig_names *n, const char *name)
{
	uint32_t h = 2166136261U;
	const char *c;

	for (c = name; *c; c++)
		h = (h ^ (unsigned char)*c) * 16777619U;
	for (h %= SLOTS; n->slot[h].name && strcmp(n->slot[h].name, name) != 0;)
		h = (h + 1) % SLOTS;
	return h;
}

int rig_names_add(struct rig_names *n, const char *name, struct rig_end end, struct rig_pos pos,
		  struct rig_pos *other)
{
	uint32_t s = slot_of(n, name);

	if (n->slot[s].name) {
		*other = n->slot[s].pos;
		return -EEXIST;
	}
	n->slot[s].name = name;
	n->slot[s].end = end;
	n->slot[s].pos = pos;
	return 0;
}

int rig_names_find(struct rig_parser *p, struct rig_names *n, const char *name, struct rig_pos pos,
		   bool nodes, struct rig_end *out)
{
	uint32_t s = slot_of(n, name), i;
	struct rig_nearest near;

	if (n->slot[s].name && (!nodes || n->slot[s].end.kind == RIG_END_NODE)) {
		*out = n->slot[s].end;
		return 0;
	}
	if (n->slot[s].name)
		return rig_error(p->t, pos, "'%.40s' is not a node", name);
	/* It may be named by what was not understood. */
	if (p->holes)
		return -EINVAL;
	rig_nearest_start(&near, name);
	for (i = 0; i < SLOTS && !rig_error_told(p->t, &pos); i++)
		if (n->slot[i].name && (!nodes || n->slot[i].end.kind == RIG_END_NODE))
			rig_nearest_try(&near, n->slot[i].name);
	return rig_error(p->t, pos, "there is no %s '%.40s'%s", nodes ? "node" : "node or lan",
			 name, rig_nearest_text(&near));
}

static bool same_end(const struct rig_end *a, const struct rig_end *b)
{
	return a->kind == b->kind && a->index == b->index;
}

uint32_t rig_link_between(const struct rig *rig, const struct rig_end *a, const struct rig_end *b,
			  uint8_t *way)
{
	uint32_t i;

	for (i = 0; i < rig->nlinks; i++) {
		const struct rig_end *e = rig->link[i].end;
		bool along = same_end(&e[0], a) && same_end(&e[1], b);

		if (along || (same_end(&e[0], b) && same_end(&e[1], a))) {
			*way = along ? RIG_WAY_0 : RIG_WAY_1;
			return i;
		}
	}
	return RIG_NONE;
}
