// SPDX-License-Identifier: GPL-2.0
/* Nodes and routers, and what they have by default. */
#include <errno.h>
#include <string.h>
#include "parse.h"

static int set_mem(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_node *n = object;
	struct rig_why why = {""};

	if (rig_value_memory(value, &n->mem_bytes, &why) < 0)
		return rig_error(p->t, rig_at(p, w, value), "%s", why.text);
	return 0;
}

static int set_image(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_node *n = object;

	n->image_name = rig_keep(p, value);
	n->image_pos = rig_at(p, w, value);
	return p->fatal;
}

static int set_cow(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_node *n = object;

	n->cow = rig_file_beside(p->t, p->file, value);
	return n->cow ? 0 : (p->fatal = -ENOMEM);
}

/* Words for the guest kernel; they add up. */
static int set_kernel(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_node *n = object;
	size_t before = n->kernel ? strlen(n->kernel) : 0, len = strlen(value);
	char *all;

	if (before + len > 2048)
		return rig_error(p->t, rig_at(p, w, value), "more than 2048 bytes for the kernel");
	all = rig_alloc(&p->t->pool, before + len + 2);
	if (!all)
		return p->fatal = -ENOMEM;
	snprintf(all, before + len + 2, "%s%s%s", before ? n->kernel : "", before ? " " : "",
		 value);
	n->kernel = all;
	return 0;
}

static int set_card(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_node *n = object;

	if (n->cards == RIG_CARDS_MAX)
		return rig_error(p->t, rig_at(p, w, NULL), "a node has at most %d cards",
				 RIG_CARDS_MAX);
	return rig_take_end(p, w, value, &n->card[n->cards++]);
}

/* The next entry of a node's copies or routes. */
static int more(struct rig_parser *p, struct rig_word *w, void *array, uint32_t *count, size_t size)
{
	int rc = rig_grow(array, count, RIG_LIST_MAX, size);

	if (rc == -ENOSPC)
		return rig_error(p->t, rig_at(p, w, NULL),
				 "a node has at most %d of each kind of setting", RIG_LIST_MAX);
	if (rc < 0)
		p->fatal = rc;
	return rc;
}

static int add_route(struct rig_parser *p, struct rig_node *n, struct rig_word *w,
		     const struct rig_route *route, const char *value)
{
	if (route->net.v6 != route->via.v6)
		return rig_error(p->t, rig_at(p, w, value),
				 "the network and the way to it are of different versions of IP");
	if (more(p, w, &n->route, &n->routes, sizeof(*n->route)) < 0)
		return -EINVAL;
	n->route[n->routes - 1] = *route;
	return 0;
}

static int set_gateway(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_route route = {0};
	struct rig_why why = {""};

	if (rig_value_ip(value, &route.via, &why) < 0)
		return rig_error(p->t, rig_at(p, w, value), "%s", why.text);
	route.net.v6 = route.via.v6;
	return add_route(p, object, w, &route, value);
}

static int set_route(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	char *via = strchr(value, ',');
	struct rig_route route;
	struct rig_why why = {""};

	if (!via)
		return rig_error(p->t, rig_at(p, w, value), "say NETWORK/PREFIX,ADDRESS");
	*via++ = 0;
	if (rig_value_address(value, false, &route.net, &why) < 0)
		return rig_error(p->t, rig_at(p, w, value), "%s", why.text);
	if (rig_value_ip(via, &route.via, &why) < 0)
		return rig_error(p->t, rig_at(p, w, via), "%s", why.text);
	return add_route(p, object, w, &route, value);
}

static int set_run(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	return rig_list_add(p, &((struct rig_node *)object)->run, value);
}

static int set_env(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	char *equals = strchr(value, '='), name[RIG_NAME_MAX + 2];
	struct rig_why why = {""};

	if (!equals)
		return rig_error(p->t, rig_at(p, w, value), "say env=NAME=VALUE");
	snprintf(name, sizeof(name), "%.*s", (int)(equals - value), value);
	if (rig_value_label(name, "variable of the environment", &why) < 0)
		return rig_error(p->t, rig_at(p, w, value), "%s", why.text);
	return rig_list_add(p, &((struct rig_node *)object)->env, value);
}

static int set_copy(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_node *n = object;

	if (more(p, w, &n->copy, &n->copies, sizeof(*n->copy)) < 0)
		return -EINVAL;
	return rig_take_copy(p, w, value, true, &n->copy[n->copies - 1]);
}

static int set_off(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	((struct rig_node *)object)->off = true;
	return 0;
}

static int set_nat(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_node *n = object;

	n->nat_name = rig_keep(p, value);
	n->nat_pos = rig_at(p, w, value);
	return p->fatal;
}

static int set_firewall(struct rig_parser *p, void *object, struct rig_word *w, char *value)
{
	struct rig_node *n = object;

	n->firewall = rig_file_beside(p->t, p->file, value);
	return n->firewall ? 0 : (p->fatal = -ENOMEM);
}

/* Those of routers come first, and those that have no default behind them. */
static const struct rig_setting settings[] = {
	{"nat", "nat=internet", set_nat, 0x100, false, false},
	{"firewall", "firewall=gw.nft", set_firewall, 0x200, false, false},
	{"card", "card=office@10.0.0.1/24", set_card, RIG_NODE_CARDS, true, false},
	{"cow", "cow=mx1.cow", set_cow, 0x10, false, false},
	{"mem", "mem=96M", set_mem, RIG_NODE_MEM, false, false},
	{"image", "image=base", set_image, RIG_NODE_IMAGE, false, false},
	{"off", "off", set_off, RIG_NODE_OFF, false, true},
	{"kernel", "kernel=panic=5", set_kernel, 0x20, true, false},
	{"gateway", "gateway=10.0.0.254", set_gateway, 0, true, false},
	{"route", "route=10.1.0.0/16,10.0.0.7", set_route, 0, true, false},
	{"copy", "copy=mx1.conf:/etc/mx.conf", set_copy, 0, true, false},
	{"env", "env=ROLE=server", set_env, 0, true, false},
	{"run", "run=/rig/mx1", set_run, 0, true, false},
};
#define OF_NODES 2
#define OF_DEFAULTS 4

/*
 * NAME=VALUE behind run= that is no setting is for those commands: their environment. What is
 * nearly a setting is taken for a slip.
 */
static int parameter(struct rig_parser *p, void *object, struct rig_word *w)
{
	struct rig_node *n = object;
	char *equals = strchr(w->text, '=');
	char name[64];
	uint32_t i;

	if (!n->run.count || !equals)
		return rig_unknown_setting(p, settings + OF_NODES, RIG_COUNT(settings) - OF_NODES,
					   w);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - w->text), w->text);
	for (i = 0; i < RIG_COUNT(settings); i++)
		if (rig_distance(name, settings[i].name, 2) < 2)
			return rig_error(
				p->t, rig_at(p, w, NULL),
				"there is no setting '%s'; did you mean '%s'? (env=%s=... if "
				"it is for the command)",
				name, settings[i].name, name);
	return set_env(p, object, w, w->text);
}

static int node(struct rig_parser *p, enum rig_node_kind kind, const struct rig_setting *table,
		uint32_t count)
{
	struct rig *rig = p->rig;
	struct rig_pos pos;
	struct rig_node *n;
	char *name;

	if (rig_take_name(p, kind == RIG_NODE_PLAIN ? "node" : "router", &name, &pos) < 0) {
		p->holes = true;
		return -EINVAL;
	}
	if (rig_more(p, &rig->node, &rig->nnodes, RIG_NODES_MAX, sizeof(*n), "nodes") < 0)
		return -EINVAL;
	n = &rig->node[rig->nnodes - 1];
	n->name = name;
	n->pos = pos;
	n->kind = kind;
	n->image = n->nat_card = RIG_NONE;
	return rig_settings(p, table, count, n, &n->set, parameter);
}

int rig_st_node(struct rig_parser *p)
{
	return node(p, RIG_NODE_PLAIN, settings + OF_NODES, RIG_COUNT(settings) - OF_NODES);
}

int rig_st_router(struct rig_parser *p)
{
	return node(p, RIG_NODE_ROUTER, settings, RIG_COUNT(settings));
}

int rig_node_defaults(struct rig_parser *p)
{
	struct rig_node *d = &p->defaults;

	if (p->next == p->words)
		return rig_need(p, "a setting like mem=96M") ? 0 : -EINVAL;
	return rig_settings(p, settings + OF_DEFAULTS, RIG_COUNT(settings) - OF_DEFAULTS, d,
			    &d->set, NULL);
}
