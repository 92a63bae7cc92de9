// SPDX-License-Identifier: GPL-2.0
/* Nodes as JSON. */
#include "json.h"
#include "value.h"

static void list(struct json *j, const char *name, const struct rig_list *l)
{
	uint32_t i;

	json_open(j, name, '[');
	for (i = 0; i < l->count; i++)
		json_text(j, NULL, l->item[i]);
	json_close(j, ']');
}

static void card(struct json *j, const struct rig *r, const struct rig_card *c)
{
	char text[64];
	uint32_t i;

	json_open(j, NULL, '{');
	json_number(j, "link", c->link);
	json_text(j, "peer", c->peer);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", c->mac[0], c->mac[1],
		 c->mac[2], c->mac[3], c->mac[4], c->mac[5]);
	json_text(j, "mac", text);
	json_open(j, "addresses", '[');
	for (i = 0; i < c->addresses; i++) {
		rig_print_address(&c->address[i], true, text);
		json_text(j, NULL, text);
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void routes(struct json *j, const struct rig_node *n)
{
	char text[64];
	uint32_t i;

	json_open(j, "routes", '[');
	for (i = 0; i < n->routes; i++) {
		json_open(j, NULL, '{');
		rig_print_address(&n->route[i].net, true, text);
		json_text(j, "net", text);
		rig_print_address(&n->route[i].via, false, text);
		json_text(j, "via", text);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void copies(struct json *j, const struct rig_node *n)
{
	uint32_t i;

	json_open(j, "copy", '[');
	for (i = 0; i < n->copies; i++) {
		json_open(j, NULL, '{');
		json_copy(j, &n->copy[i]);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void node(struct json *j, const struct rig *r, const struct rig_node *n)
{
	uint32_t i;

	json_open(j, NULL, '{');
	json_text(j, "name", n->name);
	json_text(j, "kind", n->kind == RIG_NODE_ROUTER ? "router" : "node");
	json_number(j, "mem_bytes", n->mem_bytes);
	json_text(j, "image", n->image == RIG_NONE ? "builtin" : r->image[n->image].name);
	json_text(j, "cow", n->cow);
	json_text(j, "kernel", n->kernel);
	json_bool(j, "off", n->off);
	json_open(j, "cards", '[');
	for (i = 0; i < n->cards; i++)
		card(j, r, &n->card[i]);
	json_close(j, ']');
	routes(j, n);
	copies(j, n);
	list(j, "env", &n->env);
	list(j, "run", &n->run);
	if (n->kind == RIG_NODE_ROUTER) {
		json_text(j, "firewall", n->firewall);
		json_text(j, "nat", n->nat_card == RIG_NONE ? NULL : n->card[n->nat_card].peer);
	}
	json_close(j, '}');
}

void json_nodes(struct json *j, const struct rig *r)
{
	uint32_t i;

	json_open(j, "nodes", '[');
	for (i = 0; i < r->nnodes; i++)
		node(j, r, &r->node[i]);
	json_close(j, ']');
}
