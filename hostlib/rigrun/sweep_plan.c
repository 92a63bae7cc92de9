// SPDX-License-Identifier: GPL-2.0
/* What a sweep runs; see sweep_plan.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "markup.h"
#include "sweep_plan.h"

static int bad(struct rig_why *why, const char *what, const char *problem)
{
	snprintf(why->text, sizeof(why->text), "'%.60s' %s", what, problem);
	return -EINVAL;
}

/* Counts the runs once more. */
static int count(struct sweep_plan *p, struct rig_why *why)
{
	uint64_t runs = 1;
	uint32_t i;

	p->seeds = 1;
	for (i = 0; i < p->naxes; i++) {
		runs *= p->axis[i].values.count; /* both are at most SWEEP_RUNS_MAX */
		if (p->axis[i].seed)
			p->seeds = p->axis[i].values.count;
		if (runs <= SWEEP_RUNS_MAX)
			continue;
		snprintf(why->text, sizeof(why->text),
			 "%llu runs or more are too many, %d is the most; take fewer values",
			 (unsigned long long)runs, SWEEP_RUNS_MAX);
		return -EINVAL;
	}
	p->runs = (uint32_t)runs;
	return 0;
}

static int add(struct sweep_plan *p, const char *name, size_t len, const char *values,
	       struct rig_why *why)
{
	struct sweep_axis *a = &p->axis[p->naxes];
	int rc;

	a->name = strndup(name, len);
	if (!a->name)
		return -ENOMEM;
	p->naxes++;
	rc = sweep_range_read(values, &a->values, why);
	return rc < 0 ? rc : count(p, why);
}

int sweep_plan_vary(struct sweep_plan *p, const char *text, struct rig_why *why)
{
	const char *equals = strchr(text, '=');
	char name[RIG_NAME_MAX + 2];
	struct rig_why label = {""};

	if (!equals || equals == text)
		return bad(why, text, "is not NAME=VALUES, as in loss=0%..20%/5% or mem=32M,64M");
	snprintf(name, sizeof(name), "%.*s",
		 equals - text > RIG_NAME_MAX ? RIG_NAME_MAX + 1 : (int)(equals - text), text);
	if (rig_value_label(name, "variable", &label) < 0) {
		*why = label;
		return -EINVAL;
	}
	if (sweep_plan_varies(p, name))
		return bad(why, name, "is varied twice; put all of its values into one list");
	if (p->naxes == SWEEP_VARIABLES_MAX)
		return bad(why, name, "is one variable too many: 8 can be varied at once");
	return add(p, text, (size_t)(equals - text), equals + 1, why);
}

int sweep_plan_seed(struct sweep_plan *p, const char *text, struct rig_why *why)
{
	struct sweep_axis *a = &p->axis[p->naxes];
	uint64_t seed;
	uint32_t i;
	int rc;

	a->seed = true;
	rc = add(p, "seed", 4, text, why);
	for (i = 0; rc == 0 && i < a->values.count; i++)
		rc = rig_value_integer(a->values.value[i], UINT64_MAX, &seed, why);
	return rc;
}

void sweep_plan_free(struct sweep_plan *p)
{
	uint32_t i;

	for (i = 0; i < p->naxes; i++) {
		free(p->axis[i].name);
		sweep_values_free(&p->axis[i].values);
	}
	*p = (struct sweep_plan){0};
}

uint32_t sweep_plan_variables(const struct sweep_plan *p)
{
	return p->naxes && p->axis[p->naxes - 1].seed ? p->naxes - 1 : p->naxes;
}

bool sweep_plan_varies(const struct sweep_plan *p, const char *name)
{
	uint32_t i;

	for (i = 0; i < sweep_plan_variables(p); i++)
		if (strcmp(p->axis[i].name, name) == 0)
			return true;
	return false;
}

uint32_t sweep_plan_index(const struct sweep_plan *p, uint32_t run, uint32_t axis)
{
	uint32_t i;

	for (i = p->naxes - 1; i > axis; i--)
		run /= p->axis[i].values.count;
	return run % p->axis[axis].values.count;
}

const char *sweep_plan_value(const struct sweep_plan *p, uint32_t run, uint32_t axis)
{
	return p->axis[axis].values.value[sweep_plan_index(p, run, axis)];
}

void sweep_plan_defines(const struct sweep_plan *p, uint32_t run, struct rig_define *out)
{
	uint32_t i;

	for (i = 0; i < sweep_plan_variables(p); i++)
		out[i] = (struct rig_define){p->axis[i].name, sweep_plan_value(p, run, i)};
}

/* What a name of a folder can have wherever it goes: shells, addresses of pages, archives. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-_.=", c));
}

/* The number alone makes it unique, so that what has no place there can be left out. */
void sweep_plan_name(const struct sweep_plan *p, uint32_t run, char out[static SWEEP_NAME_ROOM])
{
	char digits[16], parts[SWEEP_LABEL_ROOM];
	const char *s;
	size_t n;
	uint32_t i;

	n = (size_t)snprintf(out, SWEEP_NAME_ROOM, "%0*u",
			     snprintf(digits, sizeof(digits), "%u", p->runs), run + 1);
	for (i = 0; i < p->naxes; i++) {
		snprintf(parts, sizeof(parts), "-%s=%s", p->axis[i].name,
			 sweep_plan_value(p, run, i));
		for (s = parts; *s && n < SWEEP_NAME_ROOM - 1; s++)
			if (is_plain(*s))
				out[n++] = *s;
	}
	out[n] = 0;
}

void sweep_plan_label(const struct sweep_plan *p, uint32_t run, uint32_t axes,
		      char out[static SWEEP_LABEL_ROOM])
{
	size_t n = 0;
	uint32_t i;

	*out = 0;
	for (i = 0; i < axes && n + 64 < SWEEP_LABEL_ROOM; i++) {
		const char *value = sweep_plan_value(p, run, i);

		n += (size_t)snprintf(out + n, SWEEP_LABEL_ROOM - n, "%s%.*s=", i ? ", " : "",
				      RIG_NAME_MAX, p->axis[i].name);
		markup_visible(out + n, SWEEP_LABEL_ROOM - n, value, strlen(value));
		n += strlen(out + n);
	}
}

/* A word for the shell, of two pieces: in quotes if it has anything that means something there. */
static void word(FILE *out, const char *before, const char *text)
{
	static const char harmless[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"%+,-./:=@_";
	bool plain = !text[strspn(text, harmless)] && (*before || *text);

	if (!plain)
		fputc('\'', out);
	fputs(before, out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	}
	if (!plain)
		fputc('\'', out);
}

static void define(FILE *out, const char *name, const char *value)
{
	char before[RIG_NAME_MAX + 8];

	snprintf(before, sizeof(before), "%s=", name);
	fputs(" -D ", out);
	word(out, before, value);
}

void sweep_plan_replay(const struct sweep_plan *p, uint32_t run, const struct sweep_replay *r,
		       FILE *out)
{
	uint32_t i;

	word(out, "", r->program);
	fprintf(out, " run%s", r->to_end ? " --to-end" : "");
	for (i = 0; i < r->ndefines; i++)
		define(out, r->define[i].name, r->define[i].value);
	for (i = 0; i < sweep_plan_variables(p); i++)
		define(out, p->axis[i].name, sweep_plan_value(p, run, i));
	if (p->naxes > sweep_plan_variables(p))
		fprintf(out, " --seed %s", sweep_plan_value(p, run, p->naxes - 1));
	if (!r->rig_file)
		return;
	if (*r->rig_file == '-')
		fputs(" --", out);
	fputc(' ', out);
	word(out, "", r->rig_file);
}
