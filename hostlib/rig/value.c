// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers with units; see value.h. Decimal and exact: what is finer than the smallest unit is an
 * error, not rounded.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "decimal.h"
#include "value_private.h"

int rig_why(struct rig_why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

struct unit {
	const char *name;
	uint64_t factor; /* of the smallest unit */
};

/* What a number can be. */
struct quantity {
	struct unit unit[8]; /* the smallest first; ends with NULL, or full */
	uint64_t min, max;
	const char *what, *units, *example; /* for people */
	const char *range; /* of min and max, for people */
};

static const struct quantity a_time = {
	{{"ns", 1},
	 {"us", 1000},
	 {"ms", 1000000},
	 {"s", 1000000000},
	 {"m", 60000000000},
	 {"h", 3600000000000},
	 {"d", 86400000000000}},
	0,
	RIG_TIME_MAX,
	"time",
	"ns, us, ms, s, m, h or d",
	"10s",
	"at most 36500d",
};
static const struct quantity a_memory = {
	{{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}},
	8UL << 20,
	256UL << 30,
	"memory",
	"K, M or G",
	"96M",
	"8M to 256G",
};
static const struct quantity a_size = {
	{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}},
	0,
	1UL << 50,
	"size",
	"B, KiB, MiB or GiB",
	"64KiB",
	"at most 1048576GiB",
};
static const struct quantity a_rate = {
	{{"bit", 1}, {"kbit", 1000}, {"Mbit", 1000000}, {"Gbit", 1000000000}},
	0,
	10000000000000,
	"rate",
	"bit, kbit, Mbit or Gbit",
	"2Mbit",
	"at most 10000Gbit",
};

/* As decimal_read(), but a point has a digit behind it. */
static const char *decimal(const char *s, uint64_t *value, unsigned int *places)
{
	const char *end = decimal_read(s, value, places);

	return end && end[-1] != '.' ? end : NULL;
}

/* The unit that s begins with, up to the next digit or the end; NULL: there is no such. */
static const struct unit *unit_at(const struct quantity *q, const char *s, size_t *len)
{
	unsigned int i;

	*len = strcspn(s, "0123456789.");
	for (i = 0; i < 8 && q->unit[i].name; i++)
		if (strlen(q->unit[i].name) == *len && memcmp(q->unit[i].name, s, *len) == 0)
			return &q->unit[i];
	return NULL;
}

/* One number and its unit at *s, which is moved behind it. *factor: the unit's. */
static int part(const struct quantity *q, const char **s, uint64_t *out, uint64_t *factor,
		struct rig_why *why)
{
	const struct unit *u;
	unsigned int places;
	uint64_t value;
	size_t len;
	const char *end = decimal(*s, &value, &places);
	int rc;

	if (!end)
		return rig_why(why, "'%.40s' is not a %s like %s", *s, q->what, q->example);
	u = unit_at(q, end, &len);
	if (!u && !*end)
		return rig_why(why, "'%.40s' has no unit; say %s, as in %s", *s, q->units,
			       q->example);
	if (!u)
		return rig_why(why, "there is no unit '%.*s'; say %s, as in %s",
			       len < 40 ? (int)len : 40, end, q->units, q->example);
	rc = decimal_scale(value, places, u->factor, q->max, out);
	if (rc == -EDOM)
		return rig_why(why, "'%.40s' is finer than 1%s; leave out digits", *s,
			       q->unit[0].factor == 1 ? q->unit[0].name : "B");
	if (rc < 0)
		return rig_why(why, "'%.40s' is out of range: %s", *s, q->range);
	*factor = u->factor;
	*s = end + len;
	return 0;
}

static int quantity(const struct quantity *q, const char *s, uint64_t *out, struct rig_why *why)
{
	uint64_t factor;
	const char *p = s;

	if (part(q, &p, out, &factor, why) < 0)
		return -EINVAL;
	if (*p)
		return rig_why(why, "'%.40s' is not a %s like %s", s, q->what, q->example);
	if (*out < q->min || *out > q->max)
		return rig_why(why, "'%.40s' is out of range: %s", s, q->range);
	return 0;
}

int rig_value_time(const char *s, uint64_t *ns, struct rig_why *why)
{
	uint64_t v, factor, last = UINT64_MAX, sum = 0;
	const char *p = s;

	do {
		if (part(&a_time, &p, &v, &factor, why) < 0)
			return -EINVAL;
		if (factor >= last)
			return rig_why(why,
				       "'%.40s': larger units come first, each once, as in "
				       "1h30m",
				       s);
		last = factor;
		sum += v; /* both are at most RIG_TIME_MAX, a sixth of what fits */
		if (sum > RIG_TIME_MAX)
			return rig_why(why, "'%.40s' is out of range: %s", s, a_time.range);
	} while (*p);
	*ns = sum;
	return 0;
}

int rig_value_memory(const char *s, uint64_t *bytes, struct rig_why *why)
{
	return quantity(&a_memory, s, bytes, why);
}

int rig_value_size(const char *s, uint64_t *bytes, struct rig_why *why)
{
	return quantity(&a_size, s, bytes, why);
}

const char *rig_value_unit(const char *s, struct rig_value_unit *unit)
{
	static const struct quantity *const kinds[] = {&a_time, &a_memory, &a_size, &a_rate};
	size_t len, i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct unit *u = unit_at(kinds[i], s, &len);

		if (u) {
			*unit = (struct rig_value_unit){u->name, u->factor, kinds[i]->what};
			return s + len;
		}
	}
	return NULL;
}

int rig_value_number(const char *s, double *number, enum rig_unit *unit, struct rig_why *why)
{
	const char *digits = s + (*s == '-'), *end;
	uint64_t v = 0;
	unsigned int places;
	size_t len;
	int rc;

	end = decimal(digits, &v, &places);
	if (!end)
		return rig_why(why, "'%.40s' is not a number; a text stands in quotes", s);
	*number = strtod(s, NULL);
	*unit = strcmp(end, "%") == 0 ? RIG_UNIT_PERCENT : RIG_UNIT_NONE;
	if (!*end || *unit == RIG_UNIT_PERCENT)
		return 0;
	if (unit_at(&a_time, end, &len)) {
		*unit = RIG_UNIT_SECONDS;
		rc = rig_value_time(digits, &v, why);
	} else if (unit_at(&a_size, end, &len)) {
		*unit = RIG_UNIT_BYTES;
		rc = rig_value_size(digits, &v, why);
	} else if (unit_at(&a_rate, end, &len)) {
		*unit = RIG_UNIT_BITS;
		rc = quantity(&a_rate, digits, &v, why);
	} else {
		return rig_why(why,
			       "'%.40s' is no number with a unit of time (%s), size (%s), "
			       "rate (%s) or %%",
			       s, "ns us ms s m h d", "B KiB MiB GiB", "bit kbit Mbit Gbit");
	}
	*number = *unit == RIG_UNIT_SECONDS ? (double)v / 1e9 : (double)v;
	if (*s == '-')
		*number = -*number;
	return rc;
}

int rig_value_integer(const char *s, uint64_t max, uint64_t *n, struct rig_why *why)
{
	unsigned __int128 v = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9' && v <= max; p++)
		v = v * 10 + (unsigned int)(*p - '0');
	if (v > max)
		return rig_why(why, "'%.40s' is out of range: at most %llu", s,
			       (unsigned long long)max);
	if (p == s || *p)
		return rig_why(why, "'%.40s' is not a whole number", s);
	*n = (uint64_t)v;
	return 0;
}

void rig_print_time(uint64_t ns, char out[static 64])
{
	static const int order[] = {6, 5, 4, 3, 2, 1, 0};
	size_t n = 0;
	unsigned int i;

	snprintf(out, 64, "0s");
	for (i = 0; i < 7; i++) {
		const struct unit *u = &a_time.unit[order[i]];
		uint64_t v = ns / u->factor;

		ns %= u->factor;
		if (v)
			n += (size_t)snprintf(out + n, 64 - n, "%llu%s", (unsigned long long)v,
					      u->name);
	}
}
