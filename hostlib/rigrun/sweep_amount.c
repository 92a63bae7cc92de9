// SPDX-License-Identifier: GPL-2.0
/* Exact numbers with units; see sweep_amount.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "decimal.h"
#include "sweep_amount.h"

#define AMOUNT_MAX ((__int128)1000000000000000 * 1000000000000000)

static int bad(struct rig_why *why, const char *s, const char *what)
{
	snprintf(why->text, sizeof(why->text), "'%.40s' %s", s, what);
	return -EINVAL;
}

static int times(__int128 *v, uint64_t factor)
{
	if (*v > AMOUNT_MAX / factor || *v < -AMOUNT_MAX / factor)
		return -ERANGE;
	*v *= factor;
	return 0;
}

/* Digits and what stands behind them, at *s, which is moved behind it. False: it is no amount. */
static bool part(const char **s, struct sweep_amount *a)
{
	uint64_t value;
	const char *end = decimal_read(*s, &value, &a->places);

	if (!end || end[-1] == '.')
		return false;
	a->v = value;
	a->unit = (struct rig_value_unit){"", 1, NULL};
	if (strcmp(end, "%") == 0)
		a->unit.name = "%";
	*s = end + strlen(a->unit.name);
	if (**s)
		*s = rig_value_unit(end, &a->unit);
	return *s;
}

/* Behind 1h there can be 30m. */
static int more_parts(const char *s, struct sweep_amount *a)
{
	struct sweep_amount next, *const both[] = {a, &next};

	while (*s) {
		uint64_t factor = a->unit.factor;

		if (!part(&s, &next) || !sweep_amount_same_kind(a, &next) ||
		    next.unit.factor >= factor)
			return -EINVAL;
		if (sweep_amount_align(both, 2) < 0)
			return -ERANGE;
		a->v += next.v;
	}
	return 0;
}

int sweep_amount_read(const char *s, struct sweep_amount *a, struct rig_why *why)
{
	bool negative = *s == '-';
	const char *p = s + negative;
	int rc;

	if (!part(&p, a))
		return bad(why, s,
			   "is not a number, with a unit or without: 5, 0.5%, 20ms, 64M, 2Mbit");
	if (*p && strcmp(a->unit.what ? a->unit.what : "", "time") != 0)
		return bad(why, s, "is not one number with one unit");
	rc = more_parts(p, a);
	if (rc == -ERANGE)
		return bad(why, s, "is out of range");
	if (rc < 0)
		return bad(why, s, "is not a time: larger units come first, as in 1h30m");
	if (negative)
		a->v = -a->v;
	return 0;
}

bool sweep_amount_same_kind(const struct sweep_amount *a, const struct sweep_amount *b)
{
	return a->unit.what == b->unit.what &&
	       (a->unit.what || strcmp(a->unit.name, b->unit.name) == 0);
}

int sweep_amount_align(struct sweep_amount *const a[], uint32_t count)
{
	const struct sweep_amount *least = a[0];
	struct rig_value_unit unit;
	unsigned int places = 0;
	uint32_t i;

	for (i = 0; i < count; i++) {
		least = a[i]->unit.factor < least->unit.factor ? a[i] : least;
		places = a[i]->places > places ? a[i]->places : places;
	}
	unit = least->unit;
	for (i = 0; i < count; i++) {
		if (times(&a[i]->v, a[i]->unit.factor / unit.factor) < 0)
			return -ERANGE;
		for (; a[i]->places < places; a[i]->places++)
			if (times(&a[i]->v, 10) < 0)
				return -ERANGE;
		a[i]->unit = unit;
	}
	return 0;
}

void sweep_amount_print(const struct sweep_amount *a, char out[static SWEEP_AMOUNT_TEXT])
{
	char digits[48];
	unsigned int n = sizeof(digits), places = a->places;
	__int128 v = a->v < 0 ? -a->v : a->v;

	for (; places && v % 10 == 0; places--)
		v /= 10;
	digits[--n] = 0;
	for (; v || !digits[n] || places; v /= 10) {
		digits[--n] = (char)('0' + (int)(v % 10));
		if (places && --places == 0) {
			digits[--n] = '.';
			if (v < 10)
				digits[--n] = '0';
		}
	}
	snprintf(out, SWEEP_AMOUNT_TEXT, "%s%s%s", a->v < 0 ? "-" : "", digits + n, a->unit.name);
}
