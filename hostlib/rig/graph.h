/* SPDX-License-Identifier: GPL-2.0 */
/* What both kinds of picture say about nodes and links. */
#ifndef NESTLING_RIG_GRAPH_H
#define NESTLING_RIG_GRAPH_H

#include "rig.h"

#define GRAPH_LINES 6
#define GRAPH_TEXT 96

/* A few lines of text. */
struct graph_text {
	uint32_t count;
	char line[GRAPH_LINES][GRAPH_TEXT];
};

/* The n-th of all nodes, lans and nats. */
struct rig_end graph_thing(const struct rig *rig, uint32_t n);
uint32_t graph_things(const struct rig *rig);
uint32_t graph_number(const struct rig *rig, const struct rig_end *end);

/* The lines in the box of a thing; the first is its name. */
void graph_thing_text(const struct rig *rig, const struct rig_end *thing, struct graph_text *out);
/* What the link does: nothing for a perfect one. */
void graph_link_text(const struct rig *rig, const struct rig_link *link, struct graph_text *out);

#endif
