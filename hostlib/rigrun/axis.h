/* SPDX-License-Identifier: GPL-2.0 */
/* Axes of plots: ends and ticks at round numbers. Pure. */
#ifndef NESTLING_RIGRUN_AXIS_H
#define NESTLING_RIGRUN_AXIS_H

#include <stdint.h>

#define AXIS_TEXT 64

struct axis {
	double least, most; /* most is greater */
	double step; /* from tick to tick; ticks are at multiples of it, a dozen at most */
};

/* Holds all from least to most (numbers, least <= most), and 0 if that is not far. */
struct axis axis_of(double least, double most);
/* The axis of time from 0 to end_ns; numbers are nanoseconds. */
struct axis axis_of_time(uint64_t end_ns);

/* The text of a tick: 0.5, 20k, 3M. */
void axis_text(double number, char out[static AXIS_TEXT]);

#endif
