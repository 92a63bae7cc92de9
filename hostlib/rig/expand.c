// SPDX-License-Identifier: GPL-2.0
/*
 * Variables and quotes of a word.
 *
 *   $name ${name}     the variable's value, outside of quotes and in "..."
 *   ${name+1}         whole numbers: + - * / %, from left to right, as many as you like
 *   "\" \\ \$ \n \t"  in double quotes; '...' holds everything as it is
 *
 * A `$` in front of anything else is a `$`.
 */
#include <errno.h>
#include <string.h>
#include "parse.h"

struct expansion {
	struct rig_parser *p;
	const struct rig_raw *raw;
	struct rig_word *out;
	uint32_t i; /* in raw */
};

static struct rig_pos place(const struct expansion *x, uint32_t i, uint32_t len)
{
	return (struct rig_pos){x->p->file, x->raw->line, x->raw->column + i, len ? len : 1};
}

struct rig_var *rig_var_find(struct rig_parser *p, const char *name)
{
	uint32_t i;

	for (i = 0; i < p->nvars; i++)
		if (strcmp(p->var[i].name, name) == 0)
			return &p->var[i];
	return NULL;
}

struct rig_var *rig_var_add(struct rig_parser *p, const char *name)
{
	struct rig_var *v;

	if (rig_more(p, &p->var, &p->nvars, RIG_VARIABLES_MAX, sizeof(*v), "variables") < 0)
		return NULL;
	v = &p->var[p->nvars - 1];
	snprintf(v->name, sizeof(v->name), "%s", name);
	return v;
}

/* One byte of the word, which comes from raw byte `from`. */
static int put(struct expansion *x, char c, uint32_t from)
{
	if (x->out->len >= RIG_WORD_MAX)
		return rig_error(x->p->t, place(x, 0, x->raw->len),
				 "the word is longer than %d bytes with its variables put in",
				 RIG_WORD_MAX);
	x->out->column[x->out->len] = x->raw->column + from;
	x->out->text[x->out->len++] = c;
	return 0;
}

static bool in_name(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!first && c >= '0' && c <= '9');
}

static int unknown_variable(struct expansion *x, const char *name, uint32_t start)
{
	struct rig_nearest n;
	uint32_t i;

	rig_nearest_start(&n, name);
	for (i = 0; i < x->p->nvars; i++)
		if (x->p->var[i].set)
			rig_nearest_try(&n, x->p->var[i].name);
	return rig_error(x->p->t, place(x, start, x->i - start),
			 "no variable '%.40s' was set above%s%s", name, rig_nearest_text(&n),
			 n.best ? "" : "; '$' stands for itself in single quotes");
}

/* The operations in ${name+1*2...} up to the brace, applied to v. */
static int operations(struct expansion *x, int64_t *v)
{
	const struct rig_raw *r = x->raw;

	while (x->i < r->len && r->text[x->i] != '}') {
		uint32_t start = x->i;
		char op = r->text[x->i++];
		int64_t n = 0;
		uint32_t digits = 0;

		for (; x->i < r->len && r->text[x->i] >= '0' && r->text[x->i] <= '9'; x->i++)
			if (++digits <= 9)
				n = n * 10 + (r->text[x->i] - '0');
		if (!strchr("+-*/%", op) || !digits || digits > 9)
			return rig_error(x->p->t, place(x, start, x->i - start),
					 "'%.*s' is no operation; say for example ${i+1}",
					 (int)(x->i - start), r->text + start);
		if ((op == '/' || op == '%') && !n)
			return rig_error(x->p->t, place(x, start, x->i - start), "a division by 0");
		*v = op == '+'   ? *v + n
		     : op == '-' ? *v - n
		     : op == '*' ? *v * n
		     : op == '/' ? *v / n
				 : *v % n;
		if (*v > INT32_MAX || *v < INT32_MIN)
			return rig_error(x->p->t, place(x, start, x->i - start),
					 "the number gets too large");
	}
	return 0;
}

/* What a variable in braces or without stands for, from behind the `$`. */
static int value_of(struct expansion *x, uint32_t start, char number[static 24], const char **value)
{
	const struct rig_raw *r = x->raw;
	bool braces = r->text[x->i] == '{';
	char name[RIG_NAME_MAX + 2];
	struct rig_why why = {""};
	struct rig_var *v;
	uint64_t n;
	int64_t sum;
	uint32_t len = 0;

	x->i += braces;
	while (x->i < r->len && in_name(r->text[x->i], !len) && len <= RIG_NAME_MAX)
		name[len++] = r->text[x->i++];
	name[len] = 0;
	v = rig_var_find(x->p, name);
	if (!v || !(v->set || v->round))
		return unknown_variable(x, name, start);
	*value = v->value;
	if (!braces)
		return 0;
	if (x->i < r->len && r->text[x->i] != '}') {
		if (rig_value_integer(v->value, INT32_MAX, &n, &why) < 0)
			return rig_error(x->p->t, place(x, start, x->i - start),
					 "'%s' is '%.40s', which cannot be reckoned with", name,
					 v->value);
		sum = (int64_t)n;
		if (operations(x, &sum) < 0)
			return -EINVAL;
		snprintf(number, 24, "%lld", (long long)sum);
		*value = number;
	}
	if (x->i >= r->len)
		return rig_error(x->p->t, place(x, start, x->i - start), "the } is missing");
	x->i++;
	return 0;
}

static int variable(struct expansion *x)
{
	uint32_t start = x->i++;
	const char *value = NULL;
	char next = x->i < x->raw->len ? x->raw->text[x->i] : 0, number[24];

	if (next != '{' && !in_name(next, true))
		return put(x, '$', start);
	if (value_of(x, start, number, &value) < 0)
		return -EINVAL;
	for (; *value; value++)
		if (put(x, *value, start) < 0)
			return -EINVAL;
	return 0;
}

static int backslash(struct expansion *x)
{
	uint32_t start = x->i++;
	char c = x->raw->text[x->i++];

	if (!strchr("\"\\$nt", c))
		return rig_error(x->p->t, place(x, start, 2),
				 "'\\%c' means nothing; there are \\\" \\\\ \\$ \\n \\t, and '...' "
				 "holds everything as it is",
				 (unsigned char)c < 128 ? c : '?');
	return put(x, c == 'n' ? '\n' : c == 't' ? '\t' : c, start);
}

/* What stands in quotes, up to the other one, which the lexer has seen. */
static int quoted(struct expansion *x)
{
	const char *s = x->raw->text;
	char quote = s[x->i++];
	int rc = 0;

	while (s[x->i] != quote && rc == 0) {
		if (quote == '"' && s[x->i] == '\\')
			rc = backslash(x);
		else if (quote == '"' && s[x->i] == '$')
			rc = variable(x);
		else
			rc = put(x, s[x->i], x->i), x->i++;
	}
	x->i++;
	return rc;
}

/* So that repeats of long words end, too. */
static int spend(struct expansion *x, uint32_t bytes)
{
	x->p->expanded += bytes;
	if (x->p->expanded <= RIG_EXPANDED_MAX)
		return 0;
	if (x->p->full)
		return -EINVAL; /* told */
	x->p->full = true;
	return rig_error(x->p->t, place(x, 0, x->raw->len),
			 "more than %d MiB of words with variables put in, repeats included",
			 RIG_EXPANDED_MAX >> 20);
}

int rig_expand(struct rig_parser *p, const struct rig_raw *raw, struct rig_word *out)
{
	struct rig_word *b = &p->building;
	struct expansion x = {p, raw, b, 0};
	int rc = 0;

	b->len = 0;
	while (x.i < raw->len && rc == 0) {
		char c = raw->text[x.i];

		if (c == '"' || c == '\'')
			rc = quoted(&x);
		else if (c == '$')
			rc = variable(&x);
		else
			rc = put(&x, c, x.i), x.i++;
	}
	b->column[b->len] = raw->column + raw->len;
	out->line = raw->line;
	out->start = raw->column;
	out->length = raw->len;
	out->len = b->len;
	out->quoted = *raw->text == '"' || *raw->text == '\'';
	out->text = rig_copy_text(&p->scratch, b->text, b->len);
	out->column = rig_alloc(&p->scratch, (b->len + 1) * sizeof(*b->column));
	if (!out->text || !out->column)
		return p->fatal = -ENOMEM;
	memcpy(out->column, b->column, (b->len + 1) * sizeof(*b->column));
	return rc < 0 ? rc : spend(&x, b->len);
}
