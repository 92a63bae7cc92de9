/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers of people, with a point, that are exact: nothing is rounded. Pure. */
#ifndef NESTLING_DECIMAL_H
#define NESTLING_DECIMAL_H

#include <stdint.h>

/*
 * Up to 18 digits with at most one point: their value * 10^-places. What stands behind; NULL: no
 * number.
 */
const char *decimal_read(const char *s, uint64_t *value, unsigned int *places);

/* value * 10^-places * factor. 0; -EDOM: it is no whole number; -ERANGE: it is more than max. */
int decimal_scale(uint64_t value, unsigned int places, uint64_t factor, uint64_t max,
		  uint64_t *out);

#endif
