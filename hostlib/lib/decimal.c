// SPDX-License-Identifier: GPL-2.0
/* Exact numbers; see decimal.h. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include "decimal.h"

const char *decimal_read(const char *s, uint64_t *value, unsigned int *places)
{
	unsigned int digits = 0;
	bool point = false;

	*value = *places = 0;
	for (; (*s >= '0' && *s <= '9') || (*s == '.' && !point); s++) {
		if (*s == '.') {
			point = true;
			continue;
		}
		if (++digits > 18)
			return NULL;
		*value = *value * 10 + (uint64_t)(*s - '0');
		*places += point;
	}
	return digits ? s : NULL;
}

int decimal_scale(uint64_t value, unsigned int places, uint64_t factor, uint64_t max, uint64_t *out)
{
	unsigned __int128 v = (unsigned __int128)value * factor;

	for (; places; places--, v /= 10)
		if (v % 10)
			return -EDOM;
	if (v > max)
		return -ERANGE;
	*out = (uint64_t)v;
	return 0;
}
