// SPDX-License-Identifier: GPL-2.0
/* Results of runs are read back; see sweep_read.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_read.h"

#define LINE_MAX_BYTES 8192
#define NUMBER_ROOM 40 /* bytes of a number */

struct cursor {
	const char *text;
	size_t len, at;
	char line[LINE_MAX_BYTES]; /* the last that was taken, without its end */
};

/* The next line. False: there is none, or it is none that we wrote. */
static bool take(struct cursor *c)
{
	const char *start = c->text + c->at;
	const char *end = c->at < c->len ? memchr(start, '\n', c->len - c->at) : NULL;
	size_t n = end ? (size_t)(end - start) : 0;

	if (!end || n >= sizeof(c->line) || memchr(start, 0, n))
		return false;
	memcpy(c->line, start, n);
	c->line[n] = 0;
	c->at += n + 1;
	return true;
}

static bool take_this(struct cursor *c, const char *wanted)
{
	return take(c) && strcmp(c->line, wanted) == 0;
}

/* --- samples.csv --------------------------------------------------------------- */

/* The field at *s, which is moved behind the comma, or to NULL at the end of the line. */
static bool field(const char **s, char *out, size_t room)
{
	bool quoted = *s && **s == '"', closed = !quoted;
	const char *p = *s;
	size_t n = 0;

	if (!p)
		return false;
	for (p += quoted; *p && (quoted || *p != ','); p++) {
		closed = !quoted || (*p == '"' && *++p != '"');
		if (quoted && closed)
			break;
		if (n + 1 == room)
			return false;
		out[n++] = *p;
	}
	out[n] = 0;
	*s = *p ? p + 1 : NULL;
	return closed && (!*p || *p == ',');
}

/* All of a text is a number; nothing is none. */
static bool number(const char *s, bool *there, double *value)
{
	char *end;

	*there = *s != 0;
	if (!*there)
		return true;
	if (s[strspn(s, "0123456789.eE+-")])
		return false; /* strtod() takes more than what we write */
	*value = strtod(s, &end);
	return !*end && *value - *value == 0;
}

static bool status(const char *s, bool *there, int *value)
{
	*there = *s != 0;
	*value = atoi(s);
	return strspn(s, "0123456789") == strlen(s) && strlen(s) <= 3;
}

static bool row_of(const char *line, struct sweep_row *r)
{
	char time[NUMBER_ROOM], value[NUMBER_ROOM], exit[NUMBER_ROOM], cut[NUMBER_ROOM];
	const char *s = line;
	double at = 0;
	bool timed;

	*r = (struct sweep_row){.value = 0};
	return field(&s, time, sizeof(time)) && field(&s, r->source, sizeof(r->source)) &&
	       field(&s, r->name, sizeof(r->name)) && field(&s, value, sizeof(value)) &&
	       field(&s, r->unit, sizeof(r->unit)) && field(&s, exit, sizeof(exit)) &&
	       field(&s, cut, sizeof(cut)) && !s && number(time, &timed, &at) && timed &&
	       number(value, &r->has_value, &r->value) && status(exit, &r->has_status, &r->status);
}

int sweep_read_samples(const char *text, size_t len,
		       int (*fn)(void *arg, const struct sweep_row *row), void *arg)
{
	struct cursor c = {.text = text, .len = len};
	struct sweep_row row;
	int rc;

	if (!take_this(&c, "time_s,source,name,value,unit,status,cut"))
		return -EINVAL;
	while (c.at < len) {
		if (!take(&c) || !row_of(c.line, &row))
			return -EINVAL;
		rc = fn(arg, &row);
		if (rc)
			return rc;
	}
	return 0;
}

/* --- verdicts.tap -------------------------------------------------------------- */

/* Copies s without the backslashes in front of other characters; up to `end`, which must come last. */
static bool unescape(const char *s, char end, char *out, size_t room)
{
	size_t n = 0;

	for (; *s && *s != end; s++) {
		s += *s == '\\' && s[1];
		if (n + 1 == room)
			return false;
		out[n++] = *s;
	}
	out[n] = 0;
	return *s == end && (!end || !s[1]);
}

/* What stands behind `start`, which the text begins with; NULL: it does not. */
static const char *behind(const char *text, const char *start)
{
	size_t n = strlen(start);

	return strncmp(text, start, n) == 0 ? text + n : NULL;
}

static bool seconds(const char *s, uint64_t *ns)
{
	char digits[NUMBER_ROOM];
	const char *point = strchr(s, '.');
	size_t whole = point ? (size_t)(point - s) : 0;

	/* A hundred years have ten digits. */
	if (!whole || whole > 10 || strlen(point + 1) != 9)
		return false;
	memcpy(digits, s, whole);
	memcpy(digits + whole, point + 1, 10);
	*ns = strtoull(digits, NULL, 10);
	return strspn(digits, "0123456789") == whole + 9;
}

static bool point_of(struct cursor *c, unsigned long n, struct sweep_point *p)
{
	const char *s;
	char *end;

	if (!take(c))
		return false;
	s = behind(c->line, "not ");
	p->passed = !s;
	s = behind(s ? s : c->line, "ok ");
	if (!s || strtoul(s, &end, 10) != n)
		return false;
	s = behind(end, " - ");
	if (!s || !unescape(s, 0, p->title, sizeof(p->title)) || !take_this(c, "  ---") || !take(c))
		return false;
	s = behind(c->line, "  reason: \"");
	if (!s || !unescape(s, '"', p->reason, sizeof(p->reason)) || !take(c))
		return false;
	s = behind(c->line, "  at_s: ");
	return s && seconds(s, &p->decided_ns) && take_this(c, "  ...");
}

int sweep_read_verdicts(const char *text, size_t len,
			int (*fn)(void *arg, const struct sweep_point *point), void *arg)
{
	struct cursor c = {.text = text, .len = len};
	struct sweep_point point;
	unsigned long points, n;
	const char *plan;
	int rc;

	if (!take_this(&c, "TAP version 14") || !take(&c))
		return -EINVAL;
	plan = behind(c.line, "1..");
	if (!plan || !plan[strspn(plan, "0")] || plan[strspn(plan, "0123456789")] ||
	    strlen(plan) > 6)
		return -EINVAL;
	points = strtoul(plan, NULL, 10);
	for (n = 1; n <= points; n++) {
		if (!point_of(&c, n, &point))
			return -EINVAL;
		rc = fn(arg, &point);
		if (rc)
			return rc;
	}
	return c.at == len ? 0 : -EINVAL;
}

/* No other line can be like this one: quotes within texts have a backslash in front. */
bool sweep_read_doubtful(const char *text, size_t len)
{
	static const char line[] = "\n  \"deterministic\": false,\n";

	return memmem(text, len, line, sizeof(line) - 1) != NULL;
}
