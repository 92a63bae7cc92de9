/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where things of a picture go: boxes joined by lines, without overlap, joined ones near each other.
 * Deterministic, and only of operations that round the same everywhere (no functions of libm but
 * the square root), so that the same rig gives the same picture.
 */
#ifndef NESTLING_RIG_LAYOUT_H
#define NESTLING_RIG_LAYOUT_H

#include <stdint.h>

struct layout_box {
	double width, height;
	double x, y; /* of its middle; chosen */
};

struct layout_line {
	uint32_t a, b;
};

/* Chooses places; all is at least `margin` right of and below 0. 0 or -ENOMEM. */
int layout_place(struct layout_box *box, uint32_t boxes, const struct layout_line *line,
		 uint32_t lines, double margin, double *width, double *height);

#endif
