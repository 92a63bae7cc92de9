// SPDX-License-Identifier: GPL-2.0
/*
 * What came out of a sweep, for a terminal: a line for each point with the figures in which runs
 * differ, as many as there is room for; what failed; the first of them, with the command that repeats
 * it.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "markup.h"
#include "sweep_report.h"
#include "sweep_stats.h"

#define WIDTH 100 /* of lines of the table */
#define COLUMNS_MAX (SWEEP_VARIABLES_MAX + 2 + FIGURES_MAX)
#define FIGURES_MAX 10
#define ROWS_MAX 60
#define FAILED_MAX 10 /* told with their reasons */
#define CELL 48

/* A table while it is made: all cells, then their widths. */
struct grid {
	uint32_t columns, rows;
	bool left[COLUMNS_MAX]; /* flush left: a text */
	char (*cell)[CELL]; /* row by row; the first is the head */
};

struct text {
	const struct sweep_report *r;
	FILE *out;
	double *room; /* for statistics */
	struct sweep_measure measure[COLUMNS_MAX]; /* shown */
	uint32_t measures;
};

/* --- tables ----------------------------------------------------------------------------- */

static int grid_new(struct grid *g, uint32_t rows)
{
	*g = (struct grid){.rows = rows};
	g->cell = calloc((size_t)rows * COLUMNS_MAX, sizeof(*g->cell));
	return g->cell ? 0 : -ENOMEM;
}

static char *grid_cell(const struct grid *g, uint32_t row, uint32_t column)
{
	return g->cell[(size_t)row * COLUMNS_MAX + column];
}

static uint32_t grid_column(struct grid *g, const char *head, bool left)
{
	g->left[g->columns] = left;
	markup_visible(grid_cell(g, 0, g->columns), CELL, head, strlen(head));
	return g->columns++;
}

static size_t grid_width(const struct grid *g, uint32_t column)
{
	size_t width = 0, n;
	uint32_t i;

	for (i = 0; i < g->rows; i++) {
		n = strlen(grid_cell(g, i, column));
		width = n > width ? n : width;
	}
	return width;
}

/* Columns from the left as long as they fit; the last ones are left out. */
static void grid_print(const struct grid *g, FILE *out)
{
	size_t width[COLUMNS_MAX], sum = 0;
	uint32_t i, k, columns = 0;

	for (k = 0; k < g->columns; k++) {
		width[k] = grid_width(g, k);
		sum += width[k] + 2;
		columns += sum <= WIDTH + 2 || k < 2;
	}
	for (i = 0; i < g->rows; i++) {
		for (k = 0; k < columns; k++) {
			bool last = k + 1 == columns && g->left[k];

			fprintf(out, "%s%*s", k ? "  " : "",
				last         ? 0
				: g->left[k] ? -(int)width[k]
					     : (int)width[k],
				grid_cell(g, i, k));
		}
		fputc('\n', out);
	}
	fputc('\n', out);
}

/* --- what is in them --------------------------------------------------------------------- */

/* How much a figure tells: samples of nodes were asked for by name, links have nine figures each. */
static uint32_t rank(const char *name)
{
	static const char *const links[] = {".lost", ".delivered", ".queue_max", ".dropped"};
	uint32_t i, n = sizeof(links) / sizeof(*links);

	if (!strstr(name, "->"))
		return 0;
	for (i = 0; i < n && strcmp(strrchr(name, '.'), links[i]) != 0; i++)
		;
	return i + 1;
}

/* Figures in which runs differ. */
static void choose(struct text *x)
{
	const struct sweep_table *t = x->r->t;
	uint32_t wanted, i;

	for (wanted = 0; wanted < 6; wanted++)
		for (i = 0; i < t->nfigures && x->measures < FIGURES_MAX; i++)
			if (t->figure[i].varies && rank(t->figure[i].name) == wanted)
				x->measure[x->measures++] = (struct sweep_measure){SWEEP_FIGURE, i};
}

static void spread_cell(struct text *x, struct sweep_measure m, const struct sweep_pick *pick,
			char out[static CELL])
{
	char least[SWEEP_NUMBER_ROOM], median[SWEEP_NUMBER_ROOM], most[SWEEP_NUMBER_ROOM];
	struct sweep_spread s;

	sweep_stats_spread(x->r->t, m, pick, x->room, &s);
	*out = 0;
	if (!s.count)
		return;
	sweep_stats_print(s.least, least);
	sweep_stats_print(s.median, median);
	sweep_stats_print(s.most, most);
	if (s.count == 1 || s.least == s.most)
		snprintf(out, CELL, "%s", median);
	else
		snprintf(out, CELL, "%.14s (%.14s..%.14s)", median, least, most);
}

/* How the runs of a point ended: one word if there is one run, else how many passed. */
static void result_cell(const struct text *x, uint32_t run, const struct sweep_pick *pick,
			char out[static CELL])
{
	uint32_t count[SWEEP_STATES];

	if (x->r->c->plan->seeds == 1) {
		snprintf(out, CELL, "%s", sweep_state_name(x->r->t->result[run].state));
		return;
	}
	sweep_stats_states(x->r->t, pick, count);
	snprintf(out, CELL, "%u of %u passed", count[SWEEP_PASSED],
		 x->r->c->plan->seeds - count[SWEEP_NOT_RUN]);
}

static bool has_run(const struct text *x, const struct sweep_pick *pick)
{
	uint32_t count[SWEEP_STATES];

	sweep_stats_states(x->r->t, pick, count);
	return count[SWEEP_NOT_RUN] < x->r->c->plan->seeds;
}

static void figure_name(const struct text *x, uint32_t column, char out[static CELL])
{
	const struct sweep_column *c = &x->r->t->figure[column];

	if (*c->unit)
		snprintf(out, CELL, "%.36s (%s)", c->name, c->unit);
	else
		snprintf(out, CELL, "%s", c->name);
}

static void head(struct text *x, struct grid *g)
{
	const struct sweep_plan *p = x->r->c->plan;
	char name[CELL];
	uint32_t i;

	if (p->seeds == 1)
		grid_column(g, "run", false);
	for (i = 0; i < sweep_plan_variables(p); i++)
		grid_column(g, p->axis[i].name, false);
	grid_column(g, "result", true);
	for (i = 0; i < x->measures; i++) {
		figure_name(x, x->measure[i].column, name);
		grid_column(g, name, false);
	}
}

static void row(struct text *x, struct grid *g, uint32_t n, uint32_t run,
		const struct sweep_pick *pick)
{
	const struct sweep_plan *p = x->r->c->plan;
	uint32_t i, k = 0;

	if (p->seeds == 1)
		snprintf(grid_cell(g, n, k++), CELL, "%u", run + 1);
	for (i = 0; i < sweep_plan_variables(p); i++) {
		const char *value = sweep_plan_value(p, run, i);

		markup_visible(grid_cell(g, n, k++), CELL, value, strlen(value));
	}
	result_cell(x, run, pick, grid_cell(g, n, k++));
	for (i = 0; i < x->measures; i++)
		spread_cell(x, x->measure[i], pick, grid_cell(g, n, k++));
}

static int points(struct text *x)
{
	const struct sweep_plan *p = x->r->c->plan;
	struct sweep_pick pick;
	uint32_t run, n = 1, more = 0;
	struct grid g;

	if (grid_new(&g, ROWS_MAX + 1) < 0)
		return -ENOMEM;
	head(x, &g);
	for (run = 0; run < p->runs; run += p->seeds) {
		sweep_stats_point(p, run, &pick);
		if (!has_run(x, &pick))
			continue;
		if (n <= ROWS_MAX)
			row(x, &g, n++, run, &pick);
		else
			more++;
	}
	g.rows = n;
	if (n > 1)
		grid_print(&g, x->out);
	if (more)
		fprintf(x->out, "%u more are in %s/sweep.csv\n\n", more, x->r->c->folder);
	free(g.cell);
	return 0;
}

/* Where nothing but the seed changes: a line for each figure. */
static int figures(struct text *x)
{
	const struct sweep_pick all = {0};
	struct sweep_spread s;
	struct grid g;
	uint32_t i;

	if (!x->measures)
		return 0;
	if (grid_new(&g, x->measures + 1) < 0)
		return -ENOMEM;
	grid_column(&g, "figure", true);
	grid_column(&g, "least", false);
	grid_column(&g, "median", false);
	grid_column(&g, "most", false);
	for (i = 0; i < x->measures; i++) {
		sweep_stats_spread(x->r->t, x->measure[i], &all, x->room, &s);
		figure_name(x, x->measure[i].column, grid_cell(&g, i + 1, 0));
		sweep_stats_print(s.least, grid_cell(&g, i + 1, 1));
		sweep_stats_print(s.median, grid_cell(&g, i + 1, 2));
		sweep_stats_print(s.most, grid_cell(&g, i + 1, 3));
	}
	grid_print(&g, x->out);
	free(g.cell);
	return 0;
}

static void failures(struct text *x)
{
	char label[SWEEP_LABEL_ROOM];
	uint32_t run, told = 0;

	for (run = 0; run < x->r->c->plan->runs; run++) {
		const struct sweep_result *r = &x->r->t->result[run];

		if (!sweep_table_has_failed(x->r->t, run) || told++ >= FAILED_MAX)
			continue;
		sweep_plan_label(x->r->c->plan, run, x->r->c->plan->naxes, label);
		fprintf(x->out, "%s  %s: ", sweep_state_name(r->state), label);
		markup_line(x->out, r->why ? r->why : "");
		fputc('\n', x->out);
	}
	if (told > FAILED_MAX)
		fprintf(x->out, "and %u more\n", told - FAILED_MAX);
}

static void totals(struct text *x)
{
	static const enum sweep_state also[] = {SWEEP_BROKEN, SWEEP_INTERRUPTED, SWEEP_NOT_RUN};
	const uint32_t *count = x->r->t->count;
	uint32_t first = sweep_table_first_failed(x->r->t);
	char label[SWEEP_LABEL_ROOM];
	size_t i;

	fprintf(x->out, "%u passed, %u failed", count[SWEEP_PASSED], count[SWEEP_FAILED]);
	for (i = 0; i < sizeof(also) / sizeof(*also); i++)
		if (count[also[i]])
			fprintf(x->out, ", %u %s", count[also[i]], sweep_state_name(also[i]));
	fprintf(x->out, "; %s/index.html\n", x->r->c->folder);
	if (!x->r->c->to_end && sweep_report_uneven(x->r))
		fputs("(runs ended at different times, since all was decided; with --to-end their "
		      "counts can be compared)\n",
		      x->out);
	if (first == RIG_NONE)
		return;
	sweep_plan_label(x->r->c->plan, first, x->r->c->plan->naxes, label);
	fprintf(x->out, "the first that failed: %s; the same again:\n  ", label);
	sweep_report_replay(x->r, first, x->r->c->program, x->out);
	fputc('\n', x->out);
	if (x->r->t->result[first].doubtful)
		fputs("(it may come out otherwise: see doubts in its manifest.json)\n", x->out);
}

int sweep_report_text(const struct sweep_report *r, FILE *out)
{
	struct text x = {.r = r, .out = out};
	int rc;

	x.room = malloc(r->c->plan->runs * sizeof(*x.room));
	if (!x.room)
		return -ENOMEM;
	choose(&x);
	rc = sweep_plan_variables(r->c->plan) ? points(&x) : figures(&x);
	if (rc == 0) {
		failures(&x);
		totals(&x);
	}
	free(x.room);
	return rc < 0 ? rc : ferror(out) ? -EIO : 0;
}
