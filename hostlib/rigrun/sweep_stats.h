/* SPDX-License-Identifier: GPL-2.0 */
/* Least, median and most of what came out, over all runs of a sweep or some. Pure. */
#ifndef NESTLING_RIGRUN_SWEEP_STATS_H
#define NESTLING_RIGRUN_SWEEP_STATS_H

#include "sweep_table.h"

#define SWEEP_NUMBER_ROOM 32

enum sweep_kind {
	SWEEP_FIGURE,
	SWEEP_VERDICT, /* when it was decided, in seconds */
	SWEEP_PASSING, /* whether the run passed: 100 or 0; the mean is how many of 100 did */
};

/* What is looked at. */
struct sweep_measure {
	enum sweep_kind kind;
	uint32_t column; /* of figures or verdicts */
};

/* Some runs. Zeroed: all of them. */
struct sweep_pick {
	uint32_t first, behind; /* from the first up to, not with, that; behind 0: all */
	const uint32_t *of; /* of this list; NULL: of all runs in order */
};

struct sweep_spread {
	uint32_t count; /* of runs that have the measure; if it is 0 the rest means nothing */
	uint32_t failed; /* among them: verdicts, or else runs */
	double least, median, most, mean;
	uint32_t least_run, most_run; /* the first of them */
};

/* The number to show of a run. NaN: there is none. */
double sweep_stats_value(const struct sweep_table *t, struct sweep_measure m, uint32_t run);
/* Over runs that are picked. room: plan->runs numbers. */
void sweep_stats_spread(const struct sweep_table *t, struct sweep_measure m,
			const struct sweep_pick *pick, double *room, struct sweep_spread *out);
/* How many runs of those picked ended each way. */
void sweep_stats_states(const struct sweep_table *t, const struct sweep_pick *pick,
			uint32_t count[static SWEEP_STATES]);
/* The runs of the point that `run` belongs to: the same variables, any seed. */
void sweep_stats_point(const struct sweep_plan *p, uint32_t run, struct sweep_pick *pick);

/* A number for people: six digits, and all of a whole number. Nothing for what is none. */
void sweep_stats_print(double number, char out[static SWEEP_NUMBER_ROOM]);

#endif
