// SPDX-License-Identifier: GPL-2.0
/* Entries of a record by what they are about; see order.h. */
#include <errno.h>
#include <stdlib.h>
#include "order.h"

typedef uint32_t group_of(const struct record *r, uint32_t i);

static uint32_t group_of_result(const struct record *r, uint32_t i)
{
	uint32_t series = r->result[i].series;

	return series == RIG_NONE ? r->nseries : series;
}

static uint32_t group_of_figures(const struct record *r, uint32_t i)
{
	return r->figures[i].link * 2 + (r->figures[i].way == RIG_WAY_1);
}

/* Counts, then puts each behind those before it. */
static int sort(struct order *o, const struct record *r, uint32_t groups, uint32_t n,
		group_of *group)
{
	uint32_t i, *at;

	*o = (struct order){.groups = groups};
	o->start = calloc(groups + 2, sizeof(*o->start));
	o->index = calloc((size_t)n + 1, sizeof(*o->index));
	if (!o->start || !o->index) {
		order_free(o);
		return -ENOMEM;
	}
	at = o->start + 1; /* where the next of a group goes; in the end, where the next begins */
	for (i = 0; i < n; i++)
		at[group(r, i) + 1]++;
	for (i = 0; i < groups; i++) {
		o->most = at[i + 1] > o->most ? at[i + 1] : o->most;
		at[i + 1] += at[i];
	}
	for (i = 0; i < n; i++)
		o->index[at[group(r, i)]++] = i;
	return 0;
}

int order_results(struct order *o, const struct record *r)
{
	return sort(o, r, r->nseries + 1, r->nresults, group_of_result);
}

int order_figures(struct order *o, const struct record *r)
{
	return sort(o, r, r->rig->nlinks * 2, r->nfigures, group_of_figures);
}

void order_free(struct order *o)
{
	free(o->start);
	free(o->index);
	*o = (struct order){0};
}

uint32_t order_count(const struct order *o, uint32_t group)
{
	return o->start[group + 1] - o->start[group];
}
