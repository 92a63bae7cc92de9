// SPDX-License-Identifier: GPL-2.0
/* A plot over time as SVG; see plot.h. */
#include <math.h>
#include <stdlib.h>
#include "axis.h"
#include "markup.h"
#include "plot.h"
#include "plot_frame.h"
#include "value.h"

#define MARK_TEXTS 4 /* told of one column */
#define DOTS 150 /* with more points, they get none */

struct canvas {
	const struct plot *p;
	FILE *out;
	double end; /* of the axis of time */
	struct plot_frame frame;
};

static double to_x(const struct canvas *c, double ns)
{
	return PLOT_LEFT + ns / c->end * PLOT_COLUMNS;
}

static double to_y(const struct canvas *c, double y)
{
	return plot_frame_y(&c->frame, y);
}

static void measure(struct canvas *c)
{
	uint32_t i, k;

	for (i = 0; i < c->p->points; i++)
		for (k = 0; k < c->p->lines; k++)
			plot_frame_measure(&c->frame, c->p->point[i].y[k]);
}

static void vertical(const struct canvas *c, double step)
{
	double ns;
	char text[64];

	for (ns = 0; ns <= c->end; ns += step) {
		double x = to_x(c, ns);

		rig_print_time((uint64_t)ns, text);
		fprintf(c->out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>", x, PLOT_TOP,
			PLOT_TOP + PLOT_ROWS);
		fprintf(c->out, "<text class=\"x\" x=\"%.1f\" y=\"%d\">%s</text>\n", x,
			PLOT_TOP + PLOT_ROWS + 18, text);
	}
}

/* The column of pixels of a moment; -1: it is behind the end. */
static long column_of(const struct canvas *c, uint64_t ns)
{
	return (double)ns <= c->end ? (long)((double)ns / c->end * PLOT_COLUMNS) : -1;
}

static void mark_text(const struct canvas *c, const struct plot_mark *m, uint32_t nth)
{
	char at[64];

	if (nth == MARK_TEXTS)
		fputs("; ...", c->out);
	if (nth >= MARK_TEXTS)
		return;
	rig_print_time(m->at_ns, at);
	fprintf(c->out, "%s%s ", nth ? "; " : "", at);
	markup_text(c->out, m->what);
}

/* One mark of a kind a column, with the texts of all that falls onto it. */
static void marks(const struct canvas *c, const struct plot_mark *mark, uint32_t count, bool failed)
{
	long last = -1;
	uint32_t i, nth = 0;

	for (i = 0; i < count; i++) {
		long column = column_of(c, mark[i].at_ns);

		if (mark[i].failed != failed || column < 0)
			continue;
		if (column != last) {
			fprintf(c->out, "%s<path class=\"%s\" d=\"M%ld.5 %dV%d\"><title>",
				last < 0 ? "" : "</title></path>\n", failed ? "mark bad" : "mark",
				PLOT_LEFT + column, PLOT_TOP, PLOT_TOP + PLOT_ROWS);
			nth = 0;
		}
		last = column;
		mark_text(c, &mark[i], nth++);
	}
	if (last >= 0)
		fputs("</title></path>\n", c->out);
}

/* Commands that failed: a short line on the axis, one a column. */
static void failed_points(const struct canvas *c)
{
	long last = -1;
	uint32_t i;

	for (i = 0; i < c->p->points; i++) {
		long column = column_of(c, c->p->point[i].at_ns);

		if (!c->p->point[i].failed || column < 0 || column == last)
			continue;
		fprintf(c->out, "%s%ld.5 %dv-7", last < 0 ? "<path class=\"failed\" d=\"M" : "M",
			PLOT_LEFT + column, PLOT_TOP + PLOT_ROWS);
		last = column;
	}
	if (last >= 0)
		fputs("\"/>\n", c->out);
}

/* What a column of pixels shows of a line. */
struct column {
	long number; /* -1: none */
	double first, least, most, last;
};

/* A path of as many points as the eye can tell apart. */
struct trace {
	const struct canvas *c;
	struct column column;
	bool open; /* the path has a point, and no gap since */
};

static void to(struct trace *t, double x, double y)
{
	fprintf(t->c->out, "%s%.1f %.1f", t->open ? "L" : "M", x, to_y(t->c, y));
	t->open = true;
}

static void flush(struct trace *t)
{
	struct column *k = &t->column;
	double x = PLOT_LEFT + (double)k->number;

	if (k->number < 0)
		return;
	to(t, x, k->first);
	if (k->least < k->first && k->least < k->last)
		to(t, x, k->least);
	if (k->most > k->first && k->most > k->last)
		to(t, x, k->most);
	if (k->last != k->first || k->least < k->last || k->most > k->last)
		to(t, x, k->last);
	k->number = -1;
}

static void into_column(struct trace *t, double x, double y)
{
	long number = (long)(x - PLOT_LEFT);
	struct column *k = &t->column;

	if (number != k->number) {
		flush(t);
		*k = (struct column){number, y, y, y, y};
	}
	k->least = y < k->least ? y : k->least;
	k->most = y > k->most ? y : k->most;
	k->last = y;
}

static void line(const struct canvas *c, uint32_t n)
{
	struct trace t = {.c = c, .column.number = -1};
	bool few = c->p->points <= 2 * PLOT_COLUMNS;
	uint32_t i;

	fprintf(c->out, "<path class=\"line l%u\" d=\"", n);
	for (i = 0; i < c->p->points; i++) {
		double x = to_x(c, (double)c->p->point[i].at_ns), y = c->p->point[i].y[n];

		if (!plot_frame_usable(y)) {
			flush(&t);
			t.open = false;
		} else if (few) {
			to(&t, x, y);
		} else {
			into_column(&t, x, y);
		}
	}
	flush(&t);
	fputs("\"/>\n", c->out);
}

static void dots(const struct canvas *c, uint32_t n)
{
	uint32_t i;
	char at[64];

	for (i = 0; i < c->p->points; i++) {
		const struct plot_point *k = &c->p->point[i];

		if (!plot_frame_usable(k->y[n]))
			continue;
		rig_print_time(k->at_ns, at);
		fprintf(c->out,
			"<circle class=\"l%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.2\">"
			"<title>%s: %.10g %s</title></circle>\n",
			n, to_x(c, (double)k->at_ns), to_y(c, k->y[n]), at, k->y[n], c->p->unit);
	}
}

void plot_write_time(uint64_t end_ns, const struct plot_mark *mark, uint32_t count, FILE *out)
{
	struct axis x = axis_of_time(end_ns);
	struct canvas c = {.out = out, .end = x.most};

	fputs("<svg class=\"shared\" width=\"0\" height=\"0\"><defs><g id=\"time\">\n", out);
	vertical(&c, x.step);
	marks(&c, mark, count, false);
	marks(&c, mark, count, true);
	fputs("</g></defs></svg>\n", out);
}

void plot_write(const struct plot *p, FILE *out)
{
	struct canvas c = {
		.p = p,
		.out = out,
		.end = axis_of_time(p->end_ns).most,
		.frame = {out, p->title, p->unit, p->lines, p->name},
	};
	uint32_t k;

	measure(&c);
	plot_frame_begin(&c.frame, c.end);
	fputs("<use href=\"#time\"/>\n", out);
	marks(&c, p->mark, p->marks, false);
	marks(&c, p->mark, p->marks, true);
	for (k = 0; k < p->lines; k++)
		line(&c, k);
	for (k = 0; k < p->lines && p->dots && p->points <= DOTS; k++)
		dots(&c, k);
	failed_points(&c);
	plot_frame_end(&c.frame);
}
