// SPDX-License-Identifier: GPL-2.0
/*
 * Places boxes by forces: all push each other away, lines pull, and a weak pull to the middle keeps
 * together what no line joins; each round moves less than the one before. Then boxes that overlap
 * are pushed apart.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include "layout.h"

#define SPACE 88.0 /* scale: lines become about twice as long, so that text fits */
#define ROUNDS 500
#define PAIRS 100000000.0 /* forces that are computed at most, in all rounds together */
#define GAP 26.0 /* between two boxes */
#define PUSHES 400

struct move {
	double x, y;
};

/* On a grid, in an order that puts neighbours of the list near each other. */
static void start(struct layout_box *box, uint32_t n)
{
	uint32_t side = 1, i;

	while (side * side < n)
		side++;
	for (i = 0; i < n; i++) {
		uint32_t row = i / side, column = i % side;

		/* Not quite on the grid: exact symmetry would hold forces in balance. */
		box[i].x = (row % 2 ? side - 1 - column : column) * SPACE + (i * 37) % 23;
		box[i].y = row * SPACE + (i * 53) % 29;
	}
}

static void push_all(const struct layout_box *box, uint32_t n, struct move *m)
{
	uint32_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++) {
			double dx = box[i].x - box[j].x, dy = box[i].y - box[j].y;
			double d2 = dx * dx + dy * dy + 1, f = SPACE * SPACE / d2;

			m[i].x += dx * f;
			m[i].y += dy * f;
			m[j].x -= dx * f;
			m[j].y -= dy * f;
		}
}

static void pull(const struct layout_box *box, const struct layout_line *l, struct move *m)
{
	double dx = box[l->a].x - box[l->b].x, dy = box[l->a].y - box[l->b].y;
	double f = sqrt(dx * dx + dy * dy) / SPACE;

	m[l->a].x -= dx * f;
	m[l->a].y -= dy * f;
	m[l->b].x += dx * f;
	m[l->b].y += dy * f;
}

static void to_middle(const struct layout_box *box, uint32_t n, struct move *m)
{
	double x = 0, y = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		x += box[i].x / n;
		y += box[i].y / n;
	}
	for (i = 0; i < n; i++) {
		m[i].x += (x - box[i].x) * 0.08;
		m[i].y += (y - box[i].y) * 0.08;
	}
}

static void relax(struct layout_box *box, uint32_t n, const struct layout_line *line,
		  uint32_t lines, struct move *m)
{
	double pairs = (double)n * n / 2 + 1;
	uint32_t rounds = pairs * ROUNDS > PAIRS ? (uint32_t)(PAIRS / pairs) + 1 : ROUNDS, r, i;

	for (r = 0; r < rounds; r++) {
		double most = SPACE * 0.6 * (rounds - r) / rounds;

		for (i = 0; i < n; i++)
			m[i] = (struct move){0, 0};
		push_all(box, n, m);
		for (i = 0; i < lines; i++)
			pull(box, &line[i], m);
		to_middle(box, n, m);
		for (i = 0; i < n; i++) {
			double d = sqrt(m[i].x * m[i].x + m[i].y * m[i].y);
			double f = d > most ? most / d : 1;

			box[i].x += m[i].x * f;
			box[i].y += m[i].y * f;
		}
	}
}

/* Pushes two apart along the shorter way, if they overlap. */
static int separate(struct layout_box *a, struct layout_box *b)
{
	double dx = a->x - b->x, dy = a->y - b->y;
	double ox = (a->width + b->width) / 2 + GAP - (dx < 0 ? -dx : dx);
	double oy = (a->height + b->height) / 2 + GAP - (dy < 0 ? -dy : dy);

	if (ox <= 0.01 || oy <= 0.01)
		return 0;
	if (ox < oy) {
		ox = (dx < 0 ? -ox : ox) / 2;
		a->x += ox;
		b->x -= ox;
	} else {
		oy = (dy < 0 ? -oy : oy) / 2;
		a->y += oy;
		b->y -= oy;
	}
	return 1;
}

static void spread(struct layout_box *box, uint32_t n)
{
	double pairs = (double)n * n / 2 + 1;
	uint32_t most = pairs * PUSHES > PAIRS ? (uint32_t)(PAIRS / pairs) + 1 : PUSHES, i, j;
	int moved = 1;

	for (; moved && most; most--) {
		moved = 0;
		for (i = 0; i < n; i++)
			for (j = 0; j < i; j++)
				moved |= separate(&box[i], &box[j]);
	}
}

/* Pictures are wider than high: on screens, and because text is. */
static void lay_down(struct layout_box *box, uint32_t n)
{
	double left = 0, right = 0, top = 0, bottom = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		left = !i || box[i].x < left ? box[i].x : left;
		right = !i || box[i].x > right ? box[i].x : right;
		top = !i || box[i].y < top ? box[i].y : top;
		bottom = !i || box[i].y > bottom ? box[i].y : bottom;
	}
	for (i = 0; i < n && bottom - top > right - left; i++) {
		double x = box[i].x;

		box[i].x = box[i].y;
		box[i].y = x;
	}
}

int layout_place(struct layout_box *box, uint32_t boxes, const struct layout_line *line,
		 uint32_t lines, double margin, double *width, double *height)
{
	struct move *m = calloc(boxes + 1, sizeof(*m));
	double left = 0, top = 0;
	uint32_t i;

	if (!m)
		return -ENOMEM;
	start(box, boxes);
	relax(box, boxes, line, lines, m);
	free(m);
	lay_down(box, boxes);
	spread(box, boxes);
	for (i = 0; i < boxes; i++) {
		double x = box[i].x - box[i].width / 2, y = box[i].y - box[i].height / 2;

		left = i == 0 || x < left ? x : left;
		top = i == 0 || y < top ? y : top;
	}
	*width = *height = 0;
	for (i = 0; i < boxes; i++) {
		double right, bottom;

		/* Whole pixels: small differences do not show. */
		box[i].x = (double)(int64_t)(box[i].x - left + margin);
		box[i].y = (double)(int64_t)(box[i].y - top + margin);
		right = box[i].x + box[i].width / 2;
		bottom = box[i].y + box[i].height / 2;
		*width = right > *width ? right : *width;
		*height = bottom > *height ? bottom : *height;
	}
	return 0;
}
