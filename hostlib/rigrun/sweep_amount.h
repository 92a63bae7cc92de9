/* SPDX-License-Identifier: GPL-2.0 */
/* Exact numbers with units, for the ends and steps of ranges. Pure. */
#ifndef NESTLING_RIGRUN_SWEEP_AMOUNT_H
#define NESTLING_RIGRUN_SWEEP_AMOUNT_H

#include "value.h"

#define SWEEP_AMOUNT_TEXT 64

/* v * 10^-places units. |v| is at most 10^30. */
struct sweep_amount {
	__int128 v;
	unsigned int places;
	struct rig_value_unit unit; /* what: NULL for a plain number, the name of % is "%" */
};

/* Reads all of a text: -5, 0.5%, 2Mbit, 1h30m. 0, or -EINVAL with a sentence in why. */
int sweep_amount_read(const char *s, struct sweep_amount *a, struct rig_why *why);
/* Whether one is to be had from the other by counting. */
bool sweep_amount_same_kind(const struct sweep_amount *a, const struct sweep_amount *b);
/* Brings amounts of one kind to one unit, the smallest, and one number of places. 0 or -ERANGE. */
int sweep_amount_align(struct sweep_amount *const a[], uint32_t count);
void sweep_amount_print(const struct sweep_amount *a, char out[static SWEEP_AMOUNT_TEXT]);

#endif
