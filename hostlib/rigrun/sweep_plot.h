/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plots of a sweep: a measure against the values of one axis. Where several runs have the same value of
 * it, the line is their median and a band shows the least and the most; or there is a line for
 * each value of a second axis. Pure: the same runs, the same bytes.
 */
#ifndef NESTLING_RIGRUN_SWEEP_PLOT_H
#define NESTLING_RIGRUN_SWEEP_PLOT_H

#include "sweep_stats.h"

#define SWEEP_LINES_MAX 6

struct sweep_plot {
	const struct sweep_table *t;
	uint32_t axis; /* from left to right */
	uint32_t line_axis; /* RIG_NONE: one line */
	uint32_t lines;
	double *place; /* of each value of the axis, 0 (left) to 1 */
	/* Places are numbered: line * values + value. */
	uint32_t *order; /* runs by place */
	uint32_t *start; /* of each place in order, and the end */
	struct sweep_spread *spread; /* of each place, of the measure that is drawn */
	double *room; /* for statistics */
	const char *line_name[SWEEP_LINES_MAX];
	char line_text[SWEEP_LINES_MAX][64];
};

/* What is plotted against what. 0 or -ENOMEM. To be freed in any case. */
int sweep_plot_new(struct sweep_plot *p, const struct sweep_table *t);
void sweep_plot_free(struct sweep_plot *p);
/* A <figure> of a measure. */
void sweep_plot_write(struct sweep_plot *p, struct sweep_measure m, FILE *out);

/*
 * Places of values, 0 to 1: in proportion if they are numbers of one unit that only rise or only fall,
 * as logarithms if they grow by a factor, at equal distances otherwise.
 */
void sweep_plot_places(const struct sweep_values *v, double *place);

#endif
