/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What plots of all kinds have around their lines: caption, legend, size, the axis of numbers. Classes
 * are the page's (page.c). Numbers are told first, then it begins, then come what it holds and its end.
 */
#ifndef NESTLING_RIGRUN_PLOT_FRAME_H
#define NESTLING_RIGRUN_PLOT_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "axis.h"

#define PLOT_WIDTH 470 /* of the whole */
#define PLOT_HEIGHT 170
#define PLOT_LEFT 46 /* of the lines' area */
#define PLOT_TOP 10
#define PLOT_COLUMNS (PLOT_WIDTH - PLOT_LEFT - 14)
#define PLOT_ROWS (PLOT_HEIGHT - PLOT_TOP - 26)

struct plot_frame {
	FILE *out;
	const char *title, *unit; /* unit "": none */
	uint32_t lines;
	const char *const
		*name; /* of the lines, for the legend; it has none if there is one line */
	/* Of the numbers: */
	bool measured; /* there is one */
	double least, most;
	struct axis y;
};

/* Not NaN, nor too large to be reckoned with. */
bool plot_frame_usable(double y);
/* It will hold this number, if it is usable. */
void plot_frame_measure(struct plot_frame *f, double y);
/* end: what the axis of time ends with, for the page's script; 0: it is no axis of time. */
void plot_frame_begin(struct plot_frame *f, double end);
/* Where a number is. */
double plot_frame_y(const struct plot_frame *f, double y);
void plot_frame_end(const struct plot_frame *f);

#endif
