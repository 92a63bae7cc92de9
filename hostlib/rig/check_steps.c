// SPDX-License-Identifier: GPL-2.0
/* Captures, steps, samples, expectations and what is shown: what they are about is looked up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

/* Two names as a link; way: what leads from the first to the second. */
static int find_link(struct rig_parser *p, struct rig_names *names, char *name[2],
		     const struct rig_pos pos[2], uint32_t *link, uint8_t *way)
{
	struct rig_end end[2];
	int rc = 0;
	uint32_t i;

	for (i = 0; i < 2; i++)
		if (rig_names_find(p, names, name[i], pos[i], false, &end[i]) < 0)
			rc = -EINVAL;
	if (rc < 0)
		return rc;
	*link = rig_link_between(p->rig, &end[0], &end[1], way);
	if (*link != RIG_NONE || p->holes)
		return *link == RIG_NONE ? -EINVAL : 0;
	return rig_error(p->t, pos[0], "there is no link between '%s' and '%s'", name[0], name[1]);
}

static int find_node(struct rig_parser *p, struct rig_names *names, const char *name,
		     struct rig_pos pos, uint32_t *out)
{
	struct rig_end end;

	if (rig_names_find(p, names, name, pos, true, &end) < 0)
		return -EINVAL;
	*out = end.index;
	return 0;
}

static void check_capture(struct rig_parser *p, struct rig_names *names, struct rig_capture *c)
{
	uint8_t way;

	if (c->all)
		return;
	if (c->name[1])
		find_link(p, names, c->name, c->name_pos, &c->link, &way);
	else
		rig_names_find(p, names, c->name[0], c->name_pos[0], false, &c->of);
}

static void check_step(struct rig_parser *p, struct rig_names *names, struct rig_step *s)
{
	if (s->action == RIG_DO_LINK && s->name[0] && s->name[1]) {
		if (find_link(p, names, s->name, s->name_pos, &s->link, &s->way) < 0)
			return;
		if (!s->one_way)
			s->way = RIG_WAY_BOTH;
	} else if (s->action != RIG_DO_LINK && s->name[0]) {
		find_node(p, names, s->name[0], s->name_pos[0], &s->node);
	}
}

/* A name for what is measured in a node. */
struct label {
	uint32_t node;
	const char *name;
	struct rig_pos pos;
};

struct labels {
	struct label *label;
	uint32_t count;
};

static int by_label(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int add_label(struct rig_parser *p, struct labels *ls, uint32_t node, const char *name,
		     struct rig_pos pos)
{
	if (node == RIG_NONE || !name)
		return 0;
	if (rig_grow(&ls->label, &ls->count, UINT32_MAX, sizeof(*ls->label)) < 0)
		return p->fatal = -ENOMEM;
	ls->label[ls->count - 1] = (struct label){node, name, pos};
	return 0;
}

/* Samples of one name must be one measurement; steps may measure it again. */
static void collect_labels(struct rig_parser *p, struct labels *ls)
{
	struct rig *r = p->rig;
	uint32_t i;

	for (i = 0; i < r->nsamples; i++)
		add_label(p, ls, r->sample[i].node, r->sample[i].label, r->sample[i].pos);
	if (ls->count)
		qsort(ls->label, ls->count, sizeof(*ls->label), by_label);
	for (i = 1; i < ls->count; i++)
		if (by_label(&ls->label[i - 1], &ls->label[i]) == 0)
			rig_error(p->t, ls->label[i].pos, "'%s' has two samples '%s'",
				  r->node[ls->label[i].node].name, ls->label[i].name);
	for (i = 0; i < r->nsteps; i++)
		add_label(p, ls, r->step[i].node, r->step[i].label, r->step[i].pos);
	if (ls->count)
		qsort(ls->label, ls->count, sizeof(*ls->label), by_label);
}

/* key: a name that must be among those that are measured in its node, called `node`. */
static void check_label(struct rig_parser *p, const struct labels *ls, const struct label *key,
			const char *node)
{
	struct rig_nearest near;
	uint32_t i;

	if (ls->count && bsearch(key, ls->label, ls->count, sizeof(*key), by_label))
		return;
	if (p->holes)
		return;
	rig_nearest_start(&near, key->name);
	for (i = 0; i < ls->count && !rig_error_told(p->t, &key->pos); i++)
		if (ls->label[i].node == key->node)
			rig_nearest_try(&near, ls->label[i].name);
	rig_error(p->t, key->pos, "'%s' has no sample '%.40s'%s%s", node, key->name,
		  rig_nearest_text(&near),
		  near.best ? "" : "; 'every' or 'at ... run ... as=' makes one");
}

static void check_expect(struct rig_parser *p, struct rig_names *names, const struct labels *ls,
			 struct rig_expect *e)
{
	if (e->name[1])
		find_link(p, names, e->name, e->name_pos, &e->link, &e->way);
	else if (find_node(p, names, e->name[0], e->name_pos[0], &e->node) == 0)
		check_label(p, ls, &(struct label){e->node, e->label, e->label_pos}, e->name[0]);
}

static void check_show(struct rig_parser *p, struct rig_names *names, const struct labels *ls,
		       struct rig_show *s)
{
	if (find_node(p, names, s->name, s->name_pos, &s->node) == 0)
		check_label(p, ls, &(struct label){s->node, s->label, s->label_pos}, s->name);
}

void rig_check_deeds(struct rig_parser *p, struct rig_names *names)
{
	struct rig *r = p->rig;
	uint32_t i;

	for (i = 0; i < r->ncaptures; i++)
		check_capture(p, names, &r->capture[i]);
	for (i = 0; i < r->nsteps; i++)
		check_step(p, names, &r->step[i]);
}

int rig_check_steps(struct rig_parser *p, struct rig_names *names)
{
	struct rig *r = p->rig;
	struct labels ls = {0};
	uint32_t i;

	rig_check_deeds(p, names);
	for (i = 0; i < r->nsamples; i++) {
		struct rig_sample *s = &r->sample[i];

		if (s->name[1])
			find_link(p, names, s->name, s->name_pos, &s->link, &s->way);
		else if (s->name[0])
			find_node(p, names, s->name[0], s->name_pos[0], &s->node);
	}
	collect_labels(p, &ls);
	for (i = 0; i < r->nexpects && !p->fatal; i++)
		check_expect(p, names, &ls, &r->expect[i]);
	for (i = 0; i < r->nshows && !p->fatal; i++)
		check_show(p, names, &ls, &r->show[i]);
	free(ls.label);
	return p->fatal;
}
