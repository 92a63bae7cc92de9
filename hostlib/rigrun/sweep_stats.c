// SPDX-License-Identifier: GPL-2.0
/* Least, median and most; see sweep_stats.h. */
#include <math.h>
#include <stdlib.h>
#include "sweep_stats.h"

double sweep_stats_value(const struct sweep_table *t, struct sweep_measure m, uint32_t run)
{
	const struct sweep_verdict *v;
	const struct sweep_figure *f;

	if (m.kind == SWEEP_PASSING)
		return t->result[run].state == SWEEP_PASSED ? 100
		       : sweep_table_has_failed(t, run)     ? 0
							    : NAN;
	if (m.kind == SWEEP_VERDICT) {
		v = sweep_table_verdict(t, run, m.column);
		return v ? (double)v->decided_ns / 1e9 : NAN;
	}
	f = sweep_table_figure(t, run, m.column);
	if (!f)
		return NAN;
	return t->figure[m.column].mean ? f->sum / f->count : f->last;
}

static bool has_failed(const struct sweep_table *t, struct sweep_measure m, uint32_t run)
{
	if (m.kind == SWEEP_VERDICT)
		return !sweep_table_verdict(t, run, m.column)->passed;
	return sweep_table_has_failed(t, run);
}

static uint32_t behind(const struct sweep_plan *p, const struct sweep_pick *pick)
{
	return pick->behind ? pick->behind : p->runs;
}

static uint32_t run_of(const struct sweep_pick *pick, uint32_t i)
{
	return pick->of ? pick->of[i] : i;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void sweep_stats_spread(const struct sweep_table *t, struct sweep_measure m,
			const struct sweep_pick *pick, double *room, struct sweep_spread *out)
{
	uint32_t i;

	*out = (struct sweep_spread){.least_run = RIG_NONE, .most_run = RIG_NONE};
	for (i = pick->first; i < behind(t->plan, pick); i++) {
		uint32_t run = run_of(pick, i);
		double value = sweep_stats_value(t, m, run);

		if (isnan(value))
			continue;
		if (!out->count || value < out->least) {
			out->least = value;
			out->least_run = run;
		}
		if (!out->count || value > out->most) {
			out->most = value;
			out->most_run = run;
		}
		out->failed += has_failed(t, m, run);
		out->mean += value;
		room[out->count++] = value;
	}
	if (!out->count)
		return;
	qsort(room, out->count, sizeof(*room), by_number);
	out->mean /= out->count;
	out->median = (room[(out->count - 1) / 2] + room[out->count / 2]) / 2;
}

void sweep_stats_states(const struct sweep_table *t, const struct sweep_pick *pick,
			uint32_t count[static SWEEP_STATES])
{
	uint32_t i;

	for (i = 0; i < SWEEP_STATES; i++)
		count[i] = 0;
	for (i = pick->first; i < behind(t->plan, pick); i++)
		count[t->result[run_of(pick, i)].state]++;
}

/* They are next to each other, because the seed counts fastest. */
void sweep_stats_point(const struct sweep_plan *p, uint32_t run, struct sweep_pick *pick)
{
	*pick = (struct sweep_pick){.first = run - run % p->seeds};
	pick->behind = pick->first + p->seeds;
}

void sweep_stats_print(double number, char out[static SWEEP_NUMBER_ROOM])
{
	if (isnan(number))
		*out = 0;
	else if (fabs(number) < 1e15 && number == floor(number))
		snprintf(out, SWEEP_NUMBER_ROOM, "%.0f", number == 0 ? 0 : number);
	else
		snprintf(out, SWEEP_NUMBER_ROOM, "%.6g", number);
}
