// SPDX-License-Identifier: GPL-2.0
/*
 * Goes through the lines of a rig: variables are put in, repeats repeated, and each statement is
 * given to its function. All is bounded: statements carried out, depth of includes and repeats.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

/* A line without blank ones and comments; `repeat` knows where its `end` is. */
struct line {
	struct rig_raw *word;
	uint32_t words, end;
};

struct lines {
	struct line *line;
	uint32_t count;
	struct rig_pool pool;
};

/* Statements that parse.c carries out itself. */
static bool is_repeat(const struct line *l)
{
	return rig_raw_is(&l->word[0], "repeat");
}

static bool is_end(const struct line *l)
{
	return rig_raw_is(&l->word[0], "end");
}

/* All lines of a file that say something. 0 or -ENOMEM. */
static int read_lines(struct rig_parser *p, uint32_t file, struct lines *out)
{
	struct rig_line *raw = malloc(sizeof(*raw));
	struct rig_lexer lexer;
	int rc = raw ? 0 : -ENOMEM;

	rig_lexer_start(&lexer, p->t, file);
	while (rc == 0 && rig_lexer_next(&lexer, raw)) {
		struct line *l;

		/* Of a bad line only the first word is believed, so that repeats keep their end. */
		p->holes = p->holes || raw->bad;
		if (!raw->words || (raw->bad && !rig_raw_is(&raw->word[0], "repeat") &&
				    !rig_raw_is(&raw->word[0], "end")))
			continue;
		rc = rig_grow(&out->line, &out->count, UINT32_MAX, sizeof(*out->line));
		if (rc < 0)
			break;
		l = &out->line[out->count - 1];
		l->words = raw->words;
		l->word = rig_alloc(&out->pool, raw->words * sizeof(*l->word));
		if (l->word)
			memcpy(l->word, raw->word, raw->words * sizeof(*l->word));
		else
			rc = -ENOMEM;
	}
	free(raw);
	return rc;
}

/* Finds the end of each repeat. */
static void pair_repeats(struct rig_parser *p, uint32_t file, struct lines *ls)
{
	uint32_t open[RIG_REPEAT_DEPTH], depth = 0, over = 0, i;

	for (i = 0; i < ls->count; i++) {
		struct line *l = &ls->line[i];

		if (is_repeat(l) && depth == RIG_REPEAT_DEPTH) {
			rig_error(p->t, rig_raw_pos(file, l->word), "repeats are at most %d deep",
				  RIG_REPEAT_DEPTH);
			over++;
		} else if (is_repeat(l)) {
			open[depth++] = i;
		} else if (is_end(l) && over) {
			over--;
		} else if (is_end(l) && depth) {
			ls->line[open[--depth]].end = i;
		} else if (is_end(l)) {
			rig_error(p->t, rig_raw_pos(file, l->word), "no repeat is open here");
		}
		if (is_end(l) && l->words > 1)
			rig_error(p->t, rig_raw_pos(file, &l->word[1]),
				  "'end' stands on a line of its own");
	}
	while (depth) {
		struct line *l = &ls->line[open[--depth]];

		rig_error(p->t, rig_raw_pos(file, l->word), "this repeat has no end");
		l->end = ls->count;
	}
}

static int unknown_statement(struct rig_parser *p, const struct rig_raw *raw)
{
	const struct rig_statement *s;
	struct rig_nearest n;
	char name[64];
	uint32_t i;

	snprintf(name, sizeof(name), "%.*s", (int)raw->len, raw->text);
	p->holes = true;
	rig_nearest_start(&n, name);
	for (i = 0; (s = rig_statement_at(i)); i++)
		rig_nearest_try(&n, s->help.name);
	return rig_error(p->t, rig_raw_pos(p->file, raw), "there is no statement '%s'%s%s", name,
			 rig_nearest_text(&n), n.best ? "" : "; 'uml_rig help' lists them");
}

/* Words with variables put in; p->statement, p->pos and p->word are set. */
static int prepare(struct rig_parser *p, const struct line *l)
{
	char name[64];
	uint32_t i;
	int rc = 0;

	rig_pool_reset(&p->scratch);
	snprintf(name, sizeof(name), "%.*s", (int)l->word[0].len, l->word[0].text);
	p->statement = rig_statement_find(name);
	if (!p->statement)
		return unknown_statement(p, &l->word[0]);
	p->pos = rig_raw_pos(p->file, &l->word[0]);
	p->words = l->words;
	for (i = 0; i < l->words && !p->fatal; i++)
		if (rig_expand(p, &l->word[i], &p->word[i]) < 0)
			rc = -EINVAL;
	p->next = 1;
	p->holes = p->holes || rc < 0;
	return p->fatal ? p->fatal : rc;
}

/* Whether one more statement may be carried out. */
static bool count(struct rig_parser *p, const struct line *l)
{
	if (p->statements++ < RIG_STATEMENTS_MAX)
		return true;
	if (!p->full)
		rig_error(p->t, rig_raw_pos(p->file, &l->word[0]),
			  "more than %d statements, repeats included", RIG_STATEMENTS_MAX);
	p->full = true;
	return false;
}

static int run_lines(struct rig_parser *p, struct lines *ls, uint32_t from, uint32_t to);

/* What a repeat goes through: FIRST..LAST, or words. */
struct rounds {
	uint64_t first, count;
	char **word; /* NULL: numbers */
};

/* FIRST..LAST */
static int range(struct rig_parser *p, struct rig_word *w, struct rounds *r)
{
	char *dots = strstr(w->text, "..");
	struct rig_why why = {""};
	uint64_t last;

	if (!dots)
		return rig_error(p->t, rig_at(p, w, NULL),
				 "'%.40s' is not a range like 1..8; words stand behind 'in'",
				 w->text);
	*dots = 0;
	if (rig_value_integer(w->text, 1000000, &r->first, &why) < 0)
		return rig_error(p->t, rig_at(p, w, NULL), "%s", why.text);
	if (rig_value_integer(dots + 2, 1000000, &last, &why) < 0)
		return rig_error(p->t, rig_at(p, w, dots + 2), "%s", why.text);
	if (last < r->first)
		return rig_error(p->t, rig_at(p, w, NULL), "the range goes down; say %llu..%llu",
				 (unsigned long long)last, (unsigned long long)r->first);
	r->count = last - r->first + 1;
	return rig_no_more(p);
}

/* repeat NAME FIRST..LAST, or repeat NAME in WORD...; the name into *name. */
static int repeat_header(struct rig_parser *p, struct rounds *r, char name[RIG_NAME_MAX + 1],
			 struct rig_pool *pool)
{
	struct rig_word *w = rig_need(p, "the name of a variable");
	struct rig_why why = {""};
	struct rig_var *v;
	uint32_t i;

	if (!w)
		return -EINVAL;
	if (rig_value_label(w->text, "variable", &why) < 0)
		return rig_error(p->t, rig_at(p, w, NULL), "%s", why.text);
	snprintf(name, RIG_NAME_MAX + 1, "%s", w->text);
	v = rig_var_find(p, name);
	if (v && (v->set || v->round || v->defined))
		return rig_error(p->t, rig_at(p, w, NULL),
				 "'%s' is a variable already; choose another name", name);
	w = rig_need(p, "a range like 1..8, or 'in' and words");
	if (!w)
		return -EINVAL;
	if (strcmp(w->text, "in") != 0)
		return range(p, w, r);
	if (!rig_need(p, "a word to repeat for"))
		return -EINVAL;
	p->next--;
	r->count = p->words - p->next;
	r->word = rig_alloc(pool, r->count * sizeof(*r->word));
	for (i = 0; r->word && i < r->count; i++) {
		r->word[i] =
			rig_copy_text(pool, p->word[p->next + i].text, p->word[p->next + i].len);
		if (!r->word[i])
			p->fatal = -ENOMEM;
	}
	return r->word ? p->fatal : (p->fatal = -ENOMEM);
}

/* The rounds themselves. */
static int go_round(struct rig_parser *p, struct lines *ls, uint32_t i, const struct rounds *r,
		    const char *name)
{
	const char *outer = p->t->note;
	struct rig_var *v = rig_var_find(p, name);
	char number[24], note[80];
	uint64_t n;
	int rc = 0;

	if (!v)
		v = rig_var_add(p, name);
	if (!v)
		return p->fatal ? p->fatal : -EINVAL;
	for (n = 0; n < r->count && !p->full && rc != -ENOMEM; n++) {
		int one;

		/* The array may have moved. */
		v = rig_var_find(p, name);
		snprintf(number, sizeof(number), "%llu", (unsigned long long)(r->first + n));
		v->value = r->word ? r->word[n] : number;
		v->round = true;
		snprintf(note, sizeof(note), "with %s=%.30s", name, v->value);
		p->t->note = note;
		/* A repeat of nothing must end, too. */
		if (!count(p, &ls->line[i]))
			break;
		one = run_lines(p, ls, i + 1, ls->line[i].end);
		rc = one < 0 ? one : rc;
	}
	v = rig_var_find(p, name);
	v->round = false;
	v->value = NULL; /* it ends with the repeat */
	p->t->note = outer;
	return rc;
}

static int repeat(struct rig_parser *p, struct lines *ls, uint32_t i)
{
	struct rounds r = {0};
	struct rig_pool pool = {0};
	char name[RIG_NAME_MAX + 1];
	int rc = prepare(p, &ls->line[i]);

	if (rc == 0)
		rc = repeat_header(p, &r, name, &pool);
	if (rc == 0)
		rc = go_round(p, ls, i, &r, name);
	else
		p->holes = true;
	rig_pool_free(&pool);
	return rc;
}

/* 0, -EINVAL when there were errors, -ENOMEM. */
static int run_lines(struct rig_parser *p, struct lines *ls, uint32_t from, uint32_t to)
{
	uint32_t i, file = p->file;
	int rc = 0;

	for (i = from; i < to && !p->full && !p->fatal; i++) {
		struct line *l = &ls->line[i];
		int one = 0;

		p->file = file;
		if (is_repeat(l)) {
			/* One too deep, whose end is not known, was told. */
			one = l->end ? repeat(p, ls, i) : -EINVAL;
			i = l->end ? l->end : i;
		} else if (!is_end(l) && count(p, l)) {
			one = prepare(p, l);
			if (one == 0)
				one = p->statement->parse(p);
		}
		rc = one < 0 ? one : rc;
	}
	return p->fatal ? p->fatal : rc;
}

int rig_parse_file(struct rig_parser *p, uint32_t file)
{
	struct lines ls = {0};
	uint32_t outer = p->file;
	int rc = read_lines(p, file, &ls);

	if (rc == 0) {
		pair_repeats(p, file, &ls);
		p->file = file;
		rc = run_lines(p, &ls, 0, ls.count);
		p->file = outer;
	} else {
		p->fatal = rc;
	}
	free(ls.line);
	rig_pool_free(&ls.pool);
	return rc;
}
