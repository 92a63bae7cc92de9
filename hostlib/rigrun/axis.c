// SPDX-License-Identifier: GPL-2.0
/* Axes of plots; see axis.h. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include "axis.h"

#define TICKS 5 /* wanted on the axis of numbers, at most */
#define TIME_TICKS 6

/* The least of 1, 2, 5, 10, 20, ... that is not less than step. */
static double round_up(double step)
{
	double power = 1;

	while (power < step)
		power *= 10;
	while (power / 10 >= step)
		power /= 10;
	if (power / 5 >= step)
		return power / 5;
	return power / 2 >= step ? power / 2 : power;
}

struct axis axis_of(double least, double most)
{
	struct axis a;

	if (least > 0 && least < most * 0.75)
		least = 0;
	if (most < 0 && most > least * 0.75)
		most = 0;
	if (!(most - least > fabs(most) * 1e-9)) { /* all the same */
		double around = most == 0 ? 1 : fabs(most);

		least = most < 0 ? most - around : 0;
		most = most < 0 ? 0 : most + around;
	}
	a.step = round_up((most - least) / TICKS);
	a.least = floor(least / a.step) * a.step;
	a.most = ceil(most / a.step) * a.step;
	return a;
}

struct axis axis_of_time(uint64_t end_ns)
{
	static const double steps[] = {
		1,   2,   5,    10,   15,   30,    60,    120,   300,
		600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
	};
	const size_t count = sizeof(steps) / sizeof(*steps);
	struct axis a = {.least = 0, .most = end_ns ? (double)end_ns : 1e9};
	double step = a.most / TIME_TICKS / 1e9;
	size_t i;

	for (i = 0; i < count && steps[i] < step; i++)
		;
	if (step <= 0.5)
		a.step = round_up(step * 1e9);
	else if (i < count)
		a.step = steps[i] * 1e9;
	else
		a.step = round_up(step / 86400) * 86400e9;
	return a;
}

void axis_text(double number, char out[static AXIS_TEXT])
{
	static const char *const prefix[] = {"", "k", "M", "G", "T", "P"};
	size_t i = 0;

	if (fabs(number) >= 10000)
		for (; fabs(number) >= 1000 && i < 5; i++)
			number /= 1000;
	snprintf(out, AXIS_TEXT, "%.5g%s", number == 0 ? 0.0 : number, prefix[i]);
}
