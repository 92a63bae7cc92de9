/* SPDX-License-Identifier: GPL-2.0 */
/* Entries of a record, put together by what they are about, each group in the order of time. */
#ifndef NESTLING_RIGRUN_ORDER_H
#define NESTLING_RIGRUN_ORDER_H

#include "record.h"

/* Group g: index[start[g]] to index[start[g + 1] - 1]. */
struct order {
	uint32_t groups;
	uint32_t *start, *index;
	uint32_t most; /* entries of the largest group */
};

/* Results: a group a series, and one more for those without. Figures: link * 2 + way. 0 or -ENOMEM. */
int order_results(struct order *o, const struct record *r);
int order_figures(struct order *o, const struct record *r);
void order_free(struct order *o);
uint32_t order_count(const struct order *o, uint32_t group);

#endif
