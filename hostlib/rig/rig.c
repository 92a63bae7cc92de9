// SPDX-License-Identifier: GPL-2.0
/* Loading a rig, and looking into one; see rig.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

#define START_DEFAULT 1767225600 /* 2026-01-01T00:00:00Z: the same in every run */

struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->private = calloc(1, sizeof(*r->private));
	if (!r->private) {
		free(r);
		return NULL;
	}
	r->seed = 1;
	r->start_s = START_DEFAULT;
	return r;
}

static void free_node(struct rig_node *n)
{
	free(n->run.item);
	free(n->env.item);
	free(n->copy);
	free(n->route);
}

void rig_free(struct rig *r)
{
	uint32_t i;

	if (!r)
		return;
	for (i = 0; i < r->nnodes; i++)
		free_node(&r->node[i]);
	free(r->image);
	free(r->node);
	free(r->lan);
	free(r->nat);
	free(r->link);
	free(r->capture);
	free(r->step);
	free(r->sample);
	free(r->expect);
	free(r->show);
	free(r->variable);
	free(r->private->file);
	free(r->private->error);
	rig_pool_free(&r->private->pool);
	free(r->private);
	free(r);
}

struct rig_parser *rig_parser_new(struct rig *r)
{
	struct rig_parser *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->rig = r;
	p->t = r->private;
	p->building.text = malloc(RIG_WORD_MAX + 1);
	p->building.column = malloc((RIG_WORD_MAX + 1) * sizeof(*p->building.column));
	if (!p->building.text || !p->building.column)
		p->fatal = -ENOMEM;
	return p;
}

void rig_parser_free(struct rig_parser *p)
{
	free(p->building.text);
	free(p->building.column);
	free(p->var);
	free(p->stated);
	free_node(&p->defaults);
	rig_pool_free(&p->scratch);
	free(p);
}

/* -D options become variables that the rig's own `set` does not change. */
static int define(struct rig_parser *p, const struct rig_define *defines, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n && !p->fatal; i++) {
		struct rig_var *v = rig_var_find(p, defines[i].name);

		if (!v)
			v = rig_var_add(p, defines[i].name);
		if (!v)
			return p->fatal ? p->fatal : -E2BIG;
		v->defined = true;
		v->value = rig_keep(p, defines[i].value);
	}
	return p->fatal;
}

/* A -D that no `set` has taken up is a slip. Only believed when all was understood. */
static void check_defines(struct rig_parser *p)
{
	char text[256];
	uint32_t i, j;

	for (i = 0; i < p->nvars; i++) {
		struct rig_nearest n;

		if (!p->var[i].defined || p->var[i].set || p->holes)
			continue;
		rig_nearest_start(&n, p->var[i].name);
		for (j = 0; j < p->nvars; j++)
			if (p->var[j].set)
				rig_nearest_try(&n, p->var[j].name);
		snprintf(text, sizeof(text), "-D %s: the rig sets no variable of this name%s",
			 p->var[i].name, rig_nearest_text(&n));
		p->t->unknown_define = rig_keep(p, text);
		return;
	}
}

static int parse(struct rig *r, uint32_t file, const struct rig_define *defines, uint32_t n)
{
	struct rig_parser *p = rig_parser_new(r);
	int rc;

	if (!p)
		return -ENOMEM;
	rc = p->fatal ? p->fatal : define(p, defines, n);
	if (rc < 0)
		goto out;
	p->includes = 1;
	rig_parse_file(p, file);
	p->t->note = NULL;
	if (!p->fatal)
		rig_check(p);
	if (!r->name && !p->t->nerrors)
		rig_error(p->t, (struct rig_pos){file, 1, 1, 1},
			  "a rig begins with its name and the version of the language: rig NAME %d",
			  RIG_LANGUAGE);
	check_defines(p);
	rig_errors_sort(p->t);
	if (p->t->no_memory)
		p->fatal = -ENOMEM;
	rc = p->fatal ? p->fatal : r->private->nerrors || r->private->unknown_define ? -EINVAL : 0;
out:
	rig_parser_free(p);
	return rc;
}

/* Ends a load: what is no rig and has no errors to tell is put. */
static int loaded(struct rig **out, struct rig *r, int rc)
{
	if (rc < 0 && !(rc == -EINVAL && (r->private->nerrors || r->private->unknown_define))) {
		rig_free(r);
		r = NULL;
	}
	*out = r;
	return rc;
}

int rig_load_from(struct rig **out, const struct rig_files *files, const char *path,
		  const struct rig_define *defines, uint32_t ndefines)
{
	struct rig *r = rig_new();
	uint32_t file;
	int rc;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->private->files = files;
	rc = rig_file_read(r->private, path, RIG_NONE, 0, &file);
	if (rc == 0)
		rc = parse(r, file, defines, ndefines);
	return loaded(out, r, rc);
}

int rig_load(struct rig **out, const char *path, const struct rig_define *defines,
	     uint32_t ndefines)
{
	return rig_load_from(out, NULL, path, defines, ndefines);
}

int rig_load_text(struct rig **out, const char *path, const char *text, size_t len,
		  const struct rig_define *defines, uint32_t ndefines)
{
	struct rig *r = rig_new();
	uint32_t file;
	int rc;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	rc = rig_file_add(r->private, path, text, len, &file);
	if (rc == 0)
		rc = parse(r, file, defines, ndefines);
	return loaded(out, r, rc);
}

const char *rig_end_name(const struct rig *r, const struct rig_end *e)
{
	if (e->kind == RIG_END_NODE)
		return r->node[e->index].name;
	return e->kind == RIG_END_LAN ? r->lan[e->index].name : r->nat[e->index].name;
}

uint32_t rig_find_node(const struct rig *r, const char *name)
{
	uint32_t i;

	for (i = 0; i < r->nnodes; i++)
		if (strcmp(r->node[i].name, name) == 0)
			return i;
	return RIG_NONE;
}

uint32_t rig_find_lan(const struct rig *r, const char *name)
{
	uint32_t i;

	for (i = 0; i < r->nlans; i++)
		if (strcmp(r->lan[i].name, name) == 0)
			return i;
	return RIG_NONE;
}

static bool find_end(const struct rig *r, const char *name, struct rig_end *e)
{
	uint32_t i;

	*e = (struct rig_end){RIG_END_NODE, rig_find_node(r, name), RIG_NONE};
	if (e->index != RIG_NONE)
		return true;
	*e = (struct rig_end){RIG_END_LAN, rig_find_lan(r, name), RIG_NONE};
	for (i = 0; e->index == RIG_NONE && i < r->nnats; i++)
		if (strcmp(r->nat[i].name, name) == 0)
			*e = (struct rig_end){RIG_END_NAT, i, RIG_NONE};
	return e->index != RIG_NONE;
}

uint32_t rig_find_link(const struct rig *r, const char *a, const char *b, uint8_t *way)
{
	struct rig_end end[2];

	if (!find_end(r, a, &end[0]) || !find_end(r, b, &end[1]))
		return RIG_NONE;
	return rig_link_between(r, &end[0], &end[1], way);
}
