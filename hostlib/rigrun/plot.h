/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A plot over time as SVG for a page of HTML: one or two lines, axes, marks of steps and of what
 * failed. Its colours are the page's (classes: page.c). With more points than columns of pixels,
 * each column shows its first, least, most and last. Pure: the same points, the same bytes.
 */
#ifndef NESTLING_RIGRUN_PLOT_H
#define NESTLING_RIGRUN_PLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PLOT_LINES 2

struct plot_point {
	uint64_t at_ns;
	double y[PLOT_LINES]; /* NaN: the line has a gap */
	bool failed; /* is marked on the axis */
};

/* A moment that is marked from top to bottom. */
struct plot_mark {
	uint64_t at_ns;
	bool failed; /* not a step: something failed */
	const char *what; /* for people */
};

struct plot {
	const char *title; /* markup is escaped */
	const char *unit; /* "": none */
	uint32_t lines;
	const char *name[PLOT_LINES]; /* for the legend; it has none if there is one line */
	bool dots; /* one for each point, which tells its value, if they are not too many */
	uint64_t end_ns; /* of the axis of time, which begins at 0: as plot_write_time() has it */
	uint32_t points, marks;
	const struct plot_point *point; /* in the order of time */
	const struct plot_mark *mark; /* beside those that all plots have */
};

/*
 * What all plots of a page have in common, and need above them: the axis of time, and marks. It
 * shows nothing by itself.
 */
void plot_write_time(uint64_t end_ns, const struct plot_mark *mark, uint32_t marks, FILE *out);
/* Writes a <figure>. */
void plot_write(const struct plot *p, FILE *out);

#endif
