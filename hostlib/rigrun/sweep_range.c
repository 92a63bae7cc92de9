// SPDX-License-Identifier: GPL-2.0
/* Values of a sweep; see sweep_range.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "memory.h"
#include "sweep_amount.h"
#include "sweep_range.h"

#define FACTOR_MAX 1000000

__attribute__((format(printf, 2, 3))) static int bad(struct rig_why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int add(struct sweep_values *v, const char *text, struct rig_why *why)
{
	char *copy = strdup(text);
	int rc = copy ? rig_grow(&v->value, &v->count, SWEEP_RUNS_MAX, sizeof(*v->value)) : -ENOMEM;

	if (rc == 0) {
		v->value[v->count - 1] = copy;
		return 0;
	}
	free(copy);
	return rc == -ENOSPC ? bad(why, "there are more than %d values; a larger step has fewer",
				   SWEEP_RUNS_MAX)
			     : rc;
}

/* The three parts of a range. */
struct range {
	struct sweep_amount from, to, step;
	uint64_t factor; /* from value to value; 0: `step` is added */
};

static int read_factor(const char *step, struct range *r, struct rig_why *why)
{
	if (rig_value_integer(step + 1, FACTOR_MAX, &r->factor, why) < 0 || r->factor < 2)
		return bad(why, "'%.40s' is no step; x2 doubles, and other whole numbers multiply",
			   step);
	return 0;
}

/* step: what stands behind the slash; NULL: there is none. */
static int read_step(const char *step, const char *range, struct range *r, struct rig_why *why)
{
	if (step && *step == 'x')
		return read_factor(step, r, why);
	if (!step && (r->from.unit.what || *r->from.unit.name || r->from.places || r->to.places))
		return bad(why, "%.60s has no step; say for example %.60s/%s%s, or /x2", range,
			   range, r->from.unit.what ? "10" : "1", r->from.unit.name);
	if (sweep_amount_read(step ? step : "1", &r->step, why) < 0)
		return -EINVAL;
	return r->step.v > 0 ? 0 : bad(why, "the step of %.60s is not more than 0", range);
}

static int read_range(char *text, struct range *r, struct rig_why *why)
{
	char *end = strstr(text, ".."), *slash = strchr(end, '/'), range[80];
	struct sweep_amount *const all[] = {&r->from, &r->to, &r->step};
	int rc;

	*r = (struct range){0};
	snprintf(range, sizeof(range), "%.*s", slash ? (int)(slash - text) : 79, text);
	*end = 0;
	if (slash)
		*slash = 0;
	if (sweep_amount_read(text, &r->from, why) < 0 ||
	    sweep_amount_read(end + 2, &r->to, why) < 0)
		return -EINVAL;
	if (!sweep_amount_same_kind(&r->from, &r->to))
		return bad(
			why,
			"the ends of %.60s are not of one kind; both have a unit, as in 0%%..20%%",
			range);
	rc = read_step(slash ? slash + 1 : NULL, range, r, why);
	if (rc == 0 && !r->factor && !sweep_amount_same_kind(&r->from, &r->step))
		return bad(why, "the step %.40s is not of the kind of %.60s; it has a unit, too",
			   slash + 1, range);
	if (rc == 0 && sweep_amount_align(all, r->factor ? 2 : 3) < 0)
		return bad(why, "%.60s is out of range", range);
	if (rc == 0 && r->factor && (r->from.v <= 0 || r->to.v <= 0))
		return bad(why, "%.60s cannot be multiplied through: its ends must be more than 0",
			   range);
	return rc;
}

/* Moves to the next value. False: there is none. */
static bool next(struct range *r)
{
	bool down = r->to.v < r->from.v;

	if (!r->factor)
		r->from.v += down ? -r->step.v : r->step.v;
	else if (!down)
		r->from.v *= r->factor; /* at most 10^36 */
	else if (r->from.v % (__int128)r->factor)
		return false;
	else
		r->from.v /= (__int128)r->factor;
	return down ? r->from.v >= r->to.v : r->from.v <= r->to.v;
}

static int add_range(char *text, struct sweep_values *out, struct rig_why *why)
{
	char value[SWEEP_AMOUNT_TEXT];
	struct range r;
	int rc = read_range(text, &r, why);
	bool more = rc == 0;

	while (more && rc == 0) {
		sweep_amount_print(&r.from, value);
		rc = add(out, value, why);
		more = r.from.v != r.to.v && next(&r);
	}
	return rc;
}

/* A range begins with a number; what else has two points is a text, like ../x. */
static bool is_range(const char *raw)
{
	const char *p = raw + (*raw == '-');

	return *p >= '0' && *p <= '9' && strstr(raw, "..") && !strchr(raw, '\\');
}

/* Up to the next comma: a copy, its backslashes still there. NULL: no memory. */
static char *cut(const char **text)
{
	size_t len = 0;
	char *copy;

	while ((*text)[len] && (*text)[len] != ',')
		len += (*text)[len] == '\\' && (*text)[len + 1] ? 2 : 1;
	copy = strndup(*text, len);
	*text += len;
	return copy;
}

static void unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		s += *s == '\\' && s[1];
		*out++ = *s;
	}
	*out = 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Twice the same would be the same run twice. */
static int check_twice(const struct sweep_values *v, struct rig_why *why)
{
	char **sorted = malloc((v->count + 1) * sizeof(*sorted));
	uint32_t i;
	int rc = 0;

	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, v->value, v->count * sizeof(*sorted));
	qsort(sorted, v->count, sizeof(*sorted), by_text);
	for (i = 1; i < v->count && rc == 0; i++)
		if (strcmp(sorted[i], sorted[i - 1]) == 0)
			rc = bad(why, "%.60s is there twice; leave one out", sorted[i]);
	free(sorted);
	return rc;
}

int sweep_range_read(const char *text, struct sweep_values *out, struct rig_why *why)
{
	int rc = 0;

	*out = (struct sweep_values){0};
	for (;;) {
		char *one = cut(&text);

		if (!one)
			return -ENOMEM;
		if (!*one) {
			rc = bad(why, "%s", "a value is missing; they stand between commas");
		} else if (is_range(one)) {
			rc = add_range(one, out, why);
		} else {
			unescape(one);
			rc = add(out, one, why);
		}
		free(one);
		if (rc < 0)
			return rc;
		if (!*text)
			return check_twice(out, why);
		text++;
	}
}

void sweep_values_free(struct sweep_values *v)
{
	uint32_t i;

	for (i = 0; i < v->count; i++)
		free(v->value[i]);
	free(v->value);
	*v = (struct sweep_values){0};
}
