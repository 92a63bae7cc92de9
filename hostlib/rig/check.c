// SPDX-License-Identifier: GPL-2.0
/*
 * What can be checked only when all is known: names of nodes, lans and nats, images, defaults.
 * Links, addresses and steps are checked by files of their own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

#define MEM_DEFAULT (64ULL << 20) /* the built-in system needs less, a Debian about this */

static int add_name(struct rig_parser *p, struct rig_names *names, const char *name,
		    struct rig_end end, struct rig_pos pos)
{
	struct rig_pos other;

	if (rig_names_add(names, name, end, pos, &other) == 0)
		return 0;
	/* The later one is wrong, whichever kind it is of. */
	if (other.file == pos.file && other.line > pos.line) {
		struct rig_pos swap = other;

		other = pos;
		pos = swap;
	}
	return rig_error(p->t, pos, "the name '%s' is taken by another, at %s:%u", name,
			 rig_file_name(p->rig, other.file), other.line);
}

static void collect_names(struct rig_parser *p, struct rig_names *names)
{
	struct rig *r = p->rig;
	uint32_t i;

	for (i = 0; i < r->nnodes; i++)
		add_name(p, names, r->node[i].name, (struct rig_end){RIG_END_NODE, i, RIG_NONE},
			 r->node[i].pos);
	for (i = 0; i < r->nlans; i++)
		add_name(p, names, r->lan[i].name, (struct rig_end){RIG_END_LAN, i, RIG_NONE},
			 r->lan[i].pos);
	for (i = 0; i < r->nnats; i++)
		add_name(p, names, r->nat[i].name, (struct rig_end){RIG_END_NAT, i, RIG_NONE},
			 r->nat[i].pos);
}

static int find_image(struct rig_parser *p, const char *name, struct rig_pos pos, uint32_t *out)
{
	struct rig_nearest near;
	uint32_t i;

	*out = RIG_NONE;
	if (strcmp(name, "builtin") == 0)
		return 0;
	rig_nearest_start(&near, name);
	rig_nearest_try(&near, "builtin");
	for (i = 0; i < p->rig->nimages; i++) {
		if (strcmp(p->rig->image[i].name, name) == 0) {
			*out = i;
			return 0;
		}
		rig_nearest_try(&near, p->rig->image[i].name);
	}
	if (p->holes)
		return -EINVAL;
	return rig_error(p->t, pos, "there is no image '%.40s'%s", name, rig_nearest_text(&near));
}

/*
 * Entries of the default come before the node's own. The array is not rig_grow()'s any more: it has
 * no room for another.
 */
static int prepend(struct rig_parser *p, void *array, uint32_t *count, const void *before,
		   uint32_t n, size_t size)
{
	void **a = array;
	void *all;

	if (!n)
		return 0;
	if (*count + n > RIG_LIST_MAX)
		return rig_error(p->t, p->pos, "a node has at most %d of each kind of setting",
				 RIG_LIST_MAX);
	all = malloc((*count + n) * size);
	if (!all)
		return p->fatal = -ENOMEM;
	memcpy(all, before, n * size);
	if (*count)
		memcpy((char *)all + n * size, *a, *count * size);
	free(*a);
	*a = all;
	*count += n;
	return 0;
}

static int join_kernel(struct rig_parser *p, struct rig_node *n, const char *before)
{
	size_t len = strlen(before) + (n->kernel ? strlen(n->kernel) : 0) + 2;
	char *all;

	if (len > 4000)
		return rig_error(p->t, n->pos, "more than 4000 bytes for the kernel");
	all = rig_alloc(&p->t->pool, len);
	if (!all)
		return p->fatal = -ENOMEM;
	snprintf(all, len, "%s%s%s", before, *before && n->kernel ? " " : "",
		 n->kernel ? n->kernel : "");
	n->kernel = all;
	return 0;
}

static int fill_in(struct rig_parser *p, struct rig_node *n)
{
	const struct rig_node *d = &p->defaults;

	if (!(n->set & RIG_NODE_MEM))
		n->mem_bytes = d->mem_bytes ? d->mem_bytes : MEM_DEFAULT;
	if (!(n->set & RIG_NODE_OFF))
		n->off = d->off;
	if (!(n->set & RIG_NODE_IMAGE) && n->kind == RIG_NODE_PLAIN) {
		n->image_name = d->image_name;
		n->image_pos = d->image_pos;
	}
	if (n->image_name)
		find_image(p, n->image_name, n->image_pos, &n->image);
	if (n->cow && n->image == RIG_NONE)
		rig_error(p->t, n->pos,
			  "cow= is a file over an image, and '%s' has none; say image=", n->name);
	p->pos = n->pos;
	prepend(p, &n->run.item, &n->run.count, d->run.item, d->run.count, sizeof(*d->run.item));
	prepend(p, &n->env.item, &n->env.count, d->env.item, d->env.count, sizeof(*d->env.item));
	prepend(p, &n->copy, &n->copies, d->copy, d->copies, sizeof(*d->copy));
	prepend(p, &n->route, &n->routes, d->route, d->routes, sizeof(*d->route));
	join_kernel(p, n, d->kernel ? d->kernel : "");
	return p->fatal;
}

/* One COW file cannot be written by two nodes. */
static void check_cows(struct rig_parser *p)
{
	struct rig *r = p->rig;
	uint32_t i, j;

	for (i = 0; i < r->nnodes; i++)
		for (j = 0; r->node[i].cow && j < i; j++)
			if (r->node[j].cow && strcmp(r->node[j].cow, r->node[i].cow) == 0)
				rig_error(p->t, r->node[i].pos,
					  "'%s' writes to the same cow= file as '%s'",
					  r->node[i].name, r->node[j].name);
}

static void check_nats(struct rig_parser *p)
{
	if (p->rig->nnats && !p->rig->real_time && p->time_pos.line)
		rig_error(p->t, p->rig->nat[0].pos,
			  "the host's network does not wait for virtual time; say 'time real'");
	else if (p->rig->nnats && !p->rig->real_time)
		rig_error(
			p->t, p->rig->nat[0].pos,
			"the host's network does not wait for virtual time, which is the default; "
			"say 'time real'");
}

static void later(uint64_t *end, uint64_t ns)
{
	if (ns != UINT64_MAX && ns > *end)
		*end = ns;
}

static void find_end(struct rig *r)
{
	uint32_t i;

	for (i = 0; i < r->nsteps; i++)
		later(&r->end_ns, r->step[i].at_ns);
	for (i = 0; i < r->nexpects; i++)
		later(&r->end_ns, r->expect[i].until_ns);
	for (i = 0; i < r->nsamples; i++)
		later(&r->end_ns, r->sample[i].until_ns);
	for (i = r->nsteps; i--;)
		if (r->step[i].action == RIG_DO_STOP)
			r->end_ns = r->step[i].at_ns;
}

static int keep_variables(struct rig_parser *p)
{
	struct rig *r = p->rig;
	uint32_t i;

	for (i = 0; i < p->nvars; i++) {
		struct rig_var *v = &p->var[i];

		if (!v->set)
			continue;
		if (rig_more(p, &r->variable, &r->nvariables, RIG_VARIABLES_MAX,
			     sizeof(*r->variable), "variables") < 0)
			return -EINVAL;
		r->variable[r->nvariables - 1].name = rig_keep(p, v->name);
		r->variable[r->nvariables - 1].value = rig_keep(p, v->value);
	}
	return p->fatal;
}

int rig_check(struct rig_parser *p)
{
	struct rig_names *names = rig_names_new();
	uint32_t i;

	if (!names)
		return p->fatal = -ENOMEM;
	collect_names(p, names);
	for (i = 0; i < p->rig->nnodes && !p->fatal; i++)
		fill_in(p, &p->rig->node[i]);
	check_cows(p);
	check_nats(p);
	if (!p->fatal)
		rig_check_links(p, names);
	if (!p->fatal)
		rig_check_addresses(p);
	if (!p->fatal)
		rig_check_steps(p, names);
	find_end(p->rig);
	if (!p->fatal)
		keep_variables(p);
	rig_names_free(names);
	return p->fatal;
}

int rig_check_said(struct rig_parser *p)
{
	struct rig_names *names = rig_names_new();

	if (!names)
		return p->fatal = -ENOMEM;
	collect_names(p, names);
	rig_check_deeds(p, names);
	rig_names_free(names);
	return p->fatal;
}
