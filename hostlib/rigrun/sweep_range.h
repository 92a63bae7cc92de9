/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The values that something is swept over, from the text of an option:
 *
 *   32M,64M,fast       a list of values, each as it stands; \ takes the next character as it is
 *   1..50              whole numbers, one by one
 *   0%..20%/5%         from, to, step: with units of the language, all of one kind
 *   32M..512M/x2       each so many times the last
 *   512M..32M/x2       and downwards
 *   1..5,10,20..40/10  all of that in one list
 *
 * A range does not go beyond its end, which it need not meet. Numbers are exact, in the smallest unit
 * that the range names. Pure.
 */
#ifndef NESTLING_RIGRUN_SWEEP_RANGE_H
#define NESTLING_RIGRUN_SWEEP_RANGE_H

#include "rig.h"
#include "value.h"

#define SWEEP_RUNS_MAX 10000 /* of a sweep, and so values of one range */

/* Texts, in order, none of them twice. */
struct sweep_values {
	uint32_t count;
	char **value;
};

/* 0, or -EINVAL with a sentence in why, or -ENOMEM. To be freed in any case. */
int sweep_range_read(const char *text, struct sweep_values *out, struct rig_why *why);
void sweep_values_free(struct sweep_values *v);

#endif
