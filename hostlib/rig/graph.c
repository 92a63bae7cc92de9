// SPDX-License-Identifier: GPL-2.0
/* What pictures say, and the one in dot's language. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include "graph.h"
#include "value.h"

#define CARDS_SHOWN 4
#define WIDTH 30 /* letters of settings in a line */

uint32_t graph_things(const struct rig *r)
{
	return r->nnodes + r->nlans + r->nnats;
}

struct rig_end graph_thing(const struct rig *r, uint32_t n)
{
	if (n < r->nnodes)
		return (struct rig_end){RIG_END_NODE, n, RIG_NONE};
	n -= r->nnodes;
	if (n < r->nlans)
		return (struct rig_end){RIG_END_LAN, n, RIG_NONE};
	return (struct rig_end){RIG_END_NAT, n - r->nlans, RIG_NONE};
}

uint32_t graph_number(const struct rig *r, const struct rig_end *e)
{
	if (e->kind == RIG_END_NODE)
		return e->index;
	return r->nnodes + e->index + (e->kind == RIG_END_NAT ? r->nlans : 0);
}

static void add(struct graph_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct graph_text *t, const char *fmt, ...)
{
	va_list ap;

	if (t->count == GRAPH_LINES)
		return;
	va_start(ap, fmt);
	vsnprintf(t->line[t->count++], GRAPH_TEXT, fmt, ap);
	va_end(ap);
}

static void node_text(const struct rig *r, const struct rig_node *n, struct graph_text *t)
{
	uint32_t i, shown = 0, more = 0;
	char a[64];

	add(t, "%s%lluM %s%s", n->kind == RIG_NODE_ROUTER ? "router, " : "",
	    (unsigned long long)(n->mem_bytes >> 20),
	    n->image == RIG_NONE ? "builtin" : r->image[n->image].name, n->off ? ", off" : "");
	for (i = 0; i < n->cards; i++) {
		if (!n->card[i].addresses)
			continue;
		rig_print_address(&n->card[i].address[0], true, a);
		if (shown++ < CARDS_SHOWN - 1)
			add(t, "%s%s", a, n->card[i].addresses > 1 ? " ..." : "");
		else
			more++;
	}
	if (more == 1)
		add(t, "%s", a);
	else if (more)
		add(t, "and %u more", more);
}

void graph_thing_text(const struct rig *r, const struct rig_end *e, struct graph_text *t)
{
	char a[64];

	t->count = 0;
	add(t, "%s", rig_end_name(r, e));
	if (e->kind == RIG_END_NODE) {
		node_text(r, &r->node[e->index], t);
	} else if (e->kind == RIG_END_LAN) {
		const struct rig_lan *lan = &r->lan[e->index];

		rig_print_address(&lan->net, true, a);
		if (lan->has_net)
			add(t, "%s", a);
		if (lan->stp || lan->hub)
			add(t, "%s", lan->stp ? "spanning tree" : "hub");
	} else {
		add(t, "the host's network");
	}
}

/* Settings, a few words a line. */
static void settings(struct graph_text *t, const char *before, const struct link_spec *s)
{
	char all[1024], out[GRAPH_TEXT], *rest = all, *word;
	size_t len;

	link_print(s, all, sizeof(all));
	snprintf(out, sizeof(out), "%s", before);
	len = strlen(out);
	while ((word = strsep(&rest, " "))) {
		if (len && len + strlen(word) > WIDTH + strlen(before)) {
			add(t, "%s", out);
			len = 0;
		}
		if (len + 1 < sizeof(out))
			snprintf(out + len, sizeof(out) - len, "%s%s",
				 len && out[len - 1] != ' ' ? " " : "", word);
		len = strlen(out);
	}
	add(t, "%s", out);
}

void graph_link_text(const struct rig *r, const struct rig_link *l, struct graph_text *t)
{
	char name[2][RIG_NAME_MAX + 4], a[1024], b[1024];
	uint32_t i;

	t->count = 0;
	link_print(&l->way[0], a, sizeof(a));
	link_print(&l->way[1], b, sizeof(b));
	if (strcmp(a, b) == 0) {
		if (l->way[0].set)
			settings(t, "", &l->way[0]);
		return;
	}
	for (i = 0; i < 2; i++) {
		snprintf(name[i], sizeof(name[i]), "%s: ", rig_end_name(r, &l->end[i]));
		if (l->way[i].set)
			settings(t, name[i], &l->way[i]);
	}
}

/* In quotes for dot; lines are joined by \n. */
static void quoted(FILE *out, const struct graph_text *t)
{
	const char *c;
	uint32_t i;

	fputc('"', out);
	for (i = 0; i < t->count; i++) {
		fputs(i ? "\\n" : "", out);
		for (c = t->line[i]; *c; c++) {
			if (*c == '"' || *c == '\\')
				fputc('\\', out);
			fputc(*c, out);
		}
	}
	fputc('"', out);
}

int rig_write_dot(const struct rig *r, FILE *out)
{
	static const char *const shape[] = {"box", "ellipse", "diamond"};
	struct graph_text t;
	uint32_t i;

	fprintf(out,
		"graph \"%s\" {\n\tlabel=\"%s, seed %llu\"\n\toverlap=false\n"
		"\tnode [fontname=\"sans-serif\"]\n\tedge [fontname=\"sans-serif\", fontsize=10]\n",
		r->name, r->name, (unsigned long long)r->seed);
	for (i = 0; i < graph_things(r); i++) {
		struct rig_end e = graph_thing(r, i);

		graph_thing_text(r, &e, &t);
		fprintf(out, "\t\"%s\" [shape=%s, label=", rig_end_name(r, &e), shape[e.kind]);
		quoted(out, &t);
		fputs("]\n", out);
	}
	for (i = 0; i < r->nlinks; i++) {
		graph_link_text(r, &r->link[i], &t);
		fprintf(out, "\t\"%s\" -- \"%s\" [label=", rig_end_name(r, &r->link[i].end[0]),
			rig_end_name(r, &r->link[i].end[1]));
		quoted(out, &t);
		fputs("]\n", out);
	}
	fputs("}\n", out);
	return ferror(out) ? -EIO : 0;
}
