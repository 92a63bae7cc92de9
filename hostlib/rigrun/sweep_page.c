// SPDX-License-Identifier: GPL-2.0
/* index.html: a sweep for people, in a page that needs nothing but the reports that it links to. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "markup.h"
#include "page.h"
#include "sweep_plot.h"
#include "sweep_report.h"
#include "sweep_stats.h"

#define PLOTS_MAX 150 /* of a kind; sweep.csv has all */
#define PLACES_MAX 100000 /* of all plots of a kind */
#define ROWS_MAX 1000 /* of the table of points */
#define ROWS_OPEN 40 /* with more, it is folded */
#define FIGURES_MAX 40 /* columns of the table of figures */

struct page {
	const struct sweep_report *r;
	FILE *out;
	struct sweep_plot plot;
	double *room; /* for statistics */
};

static const char *s(uint32_t n)
{
	return n == 1 ? "" : "s";
}

static void number(FILE *out, double value)
{
	char text[SWEEP_NUMBER_ROOM];

	sweep_stats_print(value, text);
	fprintf(out, "<td class=\"n\">%s</td>", text);
}

static void text_cell(FILE *out, const char *class, const char *text)
{
	fprintf(out, "<td class=\"%s\">", class);
	markup_text(out, text);
	fputs("</td>", out);
}

static uint32_t varying(const struct sweep_column *column, uint32_t count)
{
	uint32_t i, n = 0;

	for (i = 0; i < count; i++)
		n += column[i].varies;
	return n;
}

/* --- the head ------------------------------------------------------------------------- */

static void verdict(struct page *p)
{
	const uint32_t *count = p->r->t->count;
	uint32_t ran = p->r->c->plan->runs - count[SWEEP_NOT_RUN];
	bool well = !sweep_report_bad(p->r) && !p->r->interrupted;

	fprintf(p->out, "<p class=\"verdict %s\">%s: %u of %u run%s passed", well ? "good" : "bad",
		well ? "\342\234\224 Passed" : "\342\234\230 Failed", count[SWEEP_PASSED], ran,
		s(ran));
	if (count[SWEEP_BROKEN])
		fprintf(p->out, "; %u broken", count[SWEEP_BROKEN]);
	if (count[SWEEP_NOT_RUN])
		fprintf(p->out, "; %u did not take place", count[SWEEP_NOT_RUN]);
	fprintf(p->out, "%s</p>\n", p->r->interrupted ? "; a signal ended the sweep" : "");
}

static void axes(struct page *p)
{
	const struct sweep_plan *plan = p->r->c->plan;
	uint32_t i;

	fprintf(p->out, "<p class=\"about\">%s time; %u run%s",
		p->r->c->real_time ? "Real" : "Virtual", plan->runs, s(plan->runs));
	for (i = 0; i < plan->naxes; i++) {
		const struct sweep_values *v = &plan->axis[i].values;

		fprintf(p->out, "%s%s: %u value%s, ", i ? "; " : " of ", plan->axis[i].name,
			v->count, s(v->count));
		markup_text(p->out, v->value[0]);
		if (v->count > 1) {
			fputs(" to ", p->out);
			markup_text(p->out, v->value[v->count - 1]);
		}
	}
	fputs("</p>\n", p->out);
}

/* The command as it is typed. */
static int replay(struct page *p, uint32_t run)
{
	char *command = NULL;
	size_t len;
	FILE *f = open_memstream(&command, &len);

	if (!f)
		return -ENOMEM;
	sweep_report_replay(p->r, run, NULL, f);
	if (fclose(f) != 0) {
		free(command);
		return -ENOMEM;
	}
	fputs("<pre>", p->out);
	markup_text(p->out, command);
	fputs("</pre>\n", p->out);
	free(command);
	return 0;
}

static int first_failed(struct page *p)
{
	uint32_t first = sweep_table_first_failed(p->r->t);
	const struct sweep_result *r = first == RIG_NONE ? NULL : &p->r->t->result[first];
	char label[SWEEP_LABEL_ROOM];

	if (!r)
		return 0;
	sweep_plan_label(p->r->c->plan, first, p->r->c->plan->naxes, label);
	fputs("<h2 id=\"first\">The first that failed</h2>\n<p><b>", p->out);
	markup_text(p->out, label);
	fputs("</b>: ", p->out);
	markup_text(p->out, r->why ? r->why : sweep_state_name(r->state));
	fprintf(p->out, "</p>\n<p class=\"about\">The same again%s</p>\n",
		r->doubtful ? " (or not quite: see the doubts in its report):" : ":");
	return replay(p, first);
}

static void contents(struct page *p)
{
	const struct sweep_table *t = p->r->t;

	fputs("<nav>", p->out);
	if (sweep_table_first_failed(t) != RIG_NONE)
		fputs("<a href=\"#first\">The first that failed</a> ", p->out);
	if (varying(t->figure, t->nfigures))
		fputs("<a href=\"#figures\">Figures</a> ", p->out);
	if (t->nverdicts)
		fputs("<a href=\"#verdicts\">Verdicts</a> ", p->out);
	fputs("<a href=\"#runs\">Runs</a></nav>\n", p->out);
}

/* --- figures ---------------------------------------------------------------------------- */

/* Whether there are several runs of what a plot shows as one, some of which passed. */
static bool some_passed(const struct page *p)
{
	const struct sweep_table *t = p->r->t;

	return t->count[SWEEP_PASSED] && sweep_table_first_failed(t) != RIG_NONE &&
	       t->plan->runs > t->plan->axis[p->plot.axis].values.count * p->plot.lines;
}

static void plots(struct page *p, enum sweep_kind kind)
{
	const struct sweep_table *t = p->r->t;
	const struct sweep_column *column = kind == SWEEP_VERDICT ? t->verdict : t->figure;
	uint32_t count = kind == SWEEP_VERDICT ? t->nverdicts : t->nfigures, n = 0, i;
	uint32_t most = PLACES_MAX / (t->plan->axis[p->plot.axis].values.count * p->plot.lines);

	most = most < PLOTS_MAX ? most : PLOTS_MAX;
	fputs("<div class=\"plots\">\n", p->out);
	if (kind == SWEEP_VERDICT && some_passed(p))
		sweep_plot_write(&p->plot, (struct sweep_measure){SWEEP_PASSING, 0}, p->out);
	for (i = 0; i < count && n < most; i++) {
		if (!column[i].varies)
			continue;
		sweep_plot_write(&p->plot, (struct sweep_measure){kind, i}, p->out);
		n++;
	}
	fputs("</div>\n", p->out);
	if (n < varying(column, count))
		fprintf(p->out, "<p class=\"note\">%u more are in sweep.csv.</p>\n",
			varying(column, count) - n);
}

/* A link to the line of a run, in a cell; RIG_NONE: none. */
static void run_cell(FILE *out, uint32_t run)
{
	fputs("<td class=\"t\">", out);
	if (run != RIG_NONE)
		fprintf(out, "<a href=\"#run%u\">run %u</a>", run + 1, run + 1);
	fputs("</td>", out);
}

/* Over all runs. */
static void spreads(struct page *p)
{
	const struct sweep_table *t = p->r->t;
	const struct sweep_pick all = {0};
	struct sweep_spread x;
	uint32_t i;

	fputs("<div class=\"wide\"><table><thead><tr><th>figure</th><th></th><th>of a run</th>"
	      "<th class=\"n\">runs</th><th class=\"n\">least</th><th class=\"n\">median</th>"
	      "<th class=\"n\">most</th><th>least in</th><th>most in</th></tr></thead><tbody>\n",
	      p->out);
	for (i = 0; i < t->nfigures; i++) {
		if (!t->figure[i].varies)
			continue;
		sweep_stats_spread(t, (struct sweep_measure){SWEEP_FIGURE, i}, &all, p->room, &x);
		fputs("<tr>", p->out);
		text_cell(p->out, "m t", t->figure[i].name);
		text_cell(p->out, "unit", t->figure[i].unit);
		fprintf(p->out, "<td>%s</td><td class=\"n\">%u</td>",
			t->figure[i].mean ? "mean" : "at last", x.count);
		number(p->out, x.least);
		number(p->out, x.median);
		number(p->out, x.most);
		run_cell(p->out, x.least_run);
		run_cell(p->out, x.most_run);
		fputs("</tr>\n", p->out);
	}
	fputs("</tbody></table></div>\n", p->out);
}

/* A cell of the table of points: the number, or median and ends of several. */
static void spread_cell(struct page *p, uint32_t column, const struct sweep_pick *pick)
{
	char least[SWEEP_NUMBER_ROOM], median[SWEEP_NUMBER_ROOM], most[SWEEP_NUMBER_ROOM];
	struct sweep_spread x;

	sweep_stats_spread(p->r->t, (struct sweep_measure){SWEEP_FIGURE, column}, pick, p->room,
			   &x);
	sweep_stats_print(x.count ? x.least : NAN, least);
	sweep_stats_print(x.count ? x.median : NAN, median);
	sweep_stats_print(x.count ? x.most : NAN, most);
	fprintf(p->out, "<td class=\"n\">%s", median);
	if (x.count && x.least != x.most)
		fprintf(p->out, " <span class=\"unit\">(%s..%s)</span>", least, most);
	fputs("</td>", p->out);
}

static void point_row(struct page *p, uint32_t run, uint32_t axes_shown,
		      const struct sweep_pick *pick)
{
	const struct sweep_table *t = p->r->t;
	uint32_t count[SWEEP_STATES], i, n = 0;

	sweep_stats_states(t, pick, count);
	fputs("<tr>", p->out);
	for (i = 0; i < axes_shown; i++)
		text_cell(p->out, "n", sweep_plan_value(t->plan, run, i));
	if (pick->behind - pick->first == 1)
		text_cell(p->out, count[SWEEP_PASSED] ? "s good" : "s bad",
			  sweep_state_name(t->result[run].state));
	else
		fprintf(p->out, "<td class=\"n\">%u of %u</td>", count[SWEEP_PASSED],
			pick->behind - pick->first - count[SWEEP_NOT_RUN]);
	for (i = 0; i < t->nfigures && n < FIGURES_MAX; i++) {
		if (!t->figure[i].varies)
			continue;
		spread_cell(p, i, pick);
		n++;
	}
	fputs("</tr>\n", p->out);
}

/* A line for each point, or where there is but one, for each seed. */
static void points(struct page *p)
{
	const struct sweep_table *t = p->r->t;
	uint32_t variables = sweep_plan_variables(t->plan), step = variables ? t->plan->seeds : 1;
	uint32_t shown = variables ? variables : 1, run, i, n = 0;

	fprintf(p->out,
		"<details%s><summary>By value</summary><div class=\"wide\"><table><thead><tr>",
		t->plan->runs / step <= ROWS_OPEN ? " open=\"open\"" : "");
	for (i = 0; i < shown; i++)
		fprintf(p->out, "<th class=\"n\">%s</th>", t->plan->axis[i].name);
	fputs("<th>passed</th>", p->out);
	for (i = 0; i < t->nfigures && n < FIGURES_MAX; i++) {
		if (!t->figure[i].varies)
			continue;
		fputs("<th class=\"n\">", p->out);
		markup_text(p->out, t->figure[i].name);
		if (*t->figure[i].unit)
			fprintf(p->out, " (%s)", t->figure[i].unit);
		fputs("</th>", p->out);
		n++;
	}
	fputs("</tr></thead><tbody>\n", p->out);
	for (run = 0; run < t->plan->runs && run / step < ROWS_MAX; run += step) {
		const struct sweep_pick pick = {.first = run, .behind = run + step};

		point_row(p, run, shown, &pick);
	}
	fputs("</tbody></table></div></details>\n", p->out);
	if (run < t->plan->runs)
		fputs("<p class=\"note\">The others are in sweep.csv.</p>\n", p->out);
}

/* What did not depend on anything. */
static void same(struct page *p)
{
	const struct sweep_table *t = p->r->t;
	const struct sweep_pick all = {0};
	struct sweep_spread x;
	uint32_t i, n = t->nfigures - varying(t->figure, t->nfigures);

	if (!n)
		return;
	fprintf(p->out,
		"<details><summary>The same in all runs: %u figure%s</summary><div class=\"wide\">"
		"<table><tbody>\n",
		n, s(n));
	for (i = 0; i < t->nfigures; i++) {
		if (t->figure[i].varies)
			continue;
		sweep_stats_spread(t, (struct sweep_measure){SWEEP_FIGURE, i}, &all, p->room, &x);
		fputs("<tr>", p->out);
		text_cell(p->out, "m t", t->figure[i].name);
		number(p->out, x.median);
		text_cell(p->out, "unit", t->figure[i].unit);
		fputs("</tr>\n", p->out);
	}
	fputs("</tbody></table></div></details>\n", p->out);
}

static void figures(struct page *p)
{
	const struct sweep_table *t = p->r->t;

	if (!t->nfigures)
		return;
	fputs("<h2 id=\"figures\">Figures</h2>\n", p->out);
	if (varying(t->figure, t->nfigures)) {
		if (p->plot.line_axis == RIG_NONE && t->plan->naxes > 1)
			fprintf(p->out,
				"<p class=\"note\">Against %s: the median of runs, and from their "
				"least to their most. A red ring: some failed.</p>\n",
				t->plan->axis[p->plot.axis].name);
		else
			fprintf(p->out, "<p class=\"note\">Against %s%s. A red ring: failed.</p>\n",
				t->plan->axis[p->plot.axis].name,
				t->plan->seeds > 1 && t->plan->naxes > 1
					? ", the median of all seeds"
					: "");
		if (!p->r->c->to_end && sweep_report_uneven(p->r))
			fputs("<p class=\"note\">Runs ended at different times, since all was "
			      "decided; with --to-end what they count can be compared.</p>\n",
			      p->out);
		plots(p, SWEEP_FIGURE);
		spreads(p);
		points(p);
	}
	same(p);
}

/* --- verdicts and runs -------------------------------------------------------------------- */

static uint32_t first_failure(const struct sweep_table *t, uint32_t column)
{
	uint32_t run;

	for (run = 0; run < t->plan->runs; run++) {
		const struct sweep_verdict *v = sweep_table_verdict(t, run, column);

		if (v && !v->passed)
			return run;
	}
	return RIG_NONE;
}

static void verdict_row(struct page *p, uint32_t column)
{
	const struct sweep_table *t = p->r->t;
	const struct sweep_pick all = {0};
	uint32_t first = first_failure(t, column);
	struct sweep_spread x;

	sweep_stats_spread(t, (struct sweep_measure){SWEEP_VERDICT, column}, &all, p->room, &x);
	fprintf(p->out, "<tr><td class=\"s %s\">%s</td>", x.failed ? "bad" : "good",
		x.failed ? "failed" : "passed");
	text_cell(p->out, "", t->verdict[column].name);
	fprintf(p->out, "<td class=\"n\">%u</td><td class=\"n\">%u</td>", x.count - x.failed,
		x.failed);
	run_cell(p->out, first);
	number(p->out, x.least);
	number(p->out, x.median);
	number(p->out, x.most);
	fputs("</tr>\n", p->out);
}

static void verdicts(struct page *p)
{
	uint32_t i;

	if (!p->r->t->nverdicts)
		return;
	fputs("<h2 id=\"verdicts\">Verdicts</h2>\n<div class=\"wide\"><table><thead><tr><th></th>"
	      "<th>expected</th><th class=\"n\">passed</th><th class=\"n\">failed</th>"
	      "<th>first in</th><th class=\"n\">decided at, s: least</th><th "
	      "class=\"n\">median</th>"
	      "<th class=\"n\">most</th></tr></thead><tbody>\n",
	      p->out);
	for (i = 0; i < p->r->t->nverdicts; i++)
		verdict_row(p, i);
	fputs("</tbody></table></div>\n", p->out);
	if (varying(p->r->t->verdict, p->r->t->nverdicts))
		fputs("<p class=\"note\">When they were decided (a red ring: failed):</p>\n",
		      p->out);
	plots(p, SWEEP_VERDICT);
}

static void run_row(struct page *p, uint32_t run)
{
	const struct sweep_plan *plan = p->r->c->plan;
	const struct sweep_result *r = &p->r->t->result[run];
	char name[SWEEP_NAME_ROOM];
	uint32_t i;

	sweep_plan_name(plan, run, name);
	fprintf(p->out, "<tr id=\"run%u\"><td class=\"n\">%u</td>", run + 1, run + 1);
	for (i = 0; i < plan->naxes; i++)
		text_cell(p->out, "n", sweep_plan_value(plan, run, i));
	fprintf(p->out, "<td class=\"s %s\">",
		r->state == SWEEP_PASSED    ? "good"
		: r->state == SWEEP_NOT_RUN ? "unit"
					    : "bad");
	if (r->report)
		fprintf(p->out, "<a href=\"%s/report.html\">%s</a>", name,
			sweep_state_name(r->state));
	else
		fputs(sweep_state_name(r->state), p->out);
	fputs("</td>", p->out);
	text_cell(p->out, "", r->why ? r->why : "");
	fputs("</tr>\n", p->out);
}

static void runs(struct page *p)
{
	const struct sweep_plan *plan = p->r->c->plan;
	uint32_t i;

	fputs("<h2 id=\"runs\">Runs</h2>\n<div class=\"wide\"><table><thead><tr>"
	      "<th class=\"n\">run</th>",
	      p->out);
	for (i = 0; i < plan->naxes; i++)
		fprintf(p->out, "<th class=\"n\">%s</th>", plan->axis[i].name);
	fputs("<th>result</th><th>the first thing that failed</th></tr></thead><tbody>\n", p->out);
	for (i = 0; i < plan->runs; i++)
		run_row(p, i);
	fputs("</tbody></table></div>\n", p->out);
}

static int body(struct page *p)
{
	int rc;

	fputs("<h1>", p->out);
	markup_text(p->out, p->r->c->rig_name);
	fputs(": a sweep</h1>\n", p->out);
	verdict(p);
	axes(p);
	contents(p);
	rc = first_failed(p);
	if (rc < 0)
		return rc;
	figures(p);
	verdicts(p);
	runs(p);
	return 0;
}

int sweep_report_page(const struct sweep_report *r, FILE *out)
{
	struct page p = {.r = r, .out = out};
	int rc = sweep_plot_new(&p.plot, r->t);

	p.room = malloc(r->c->plan->runs * sizeof(*p.room));
	if (rc == 0 && !p.room)
		rc = -ENOMEM;
	if (rc == 0) {
		page_start(out, r->c->rig_name);
		rc = body(&p);
		page_end(out);
	}
	free(p.room);
	sweep_plot_free(&p.plot);
	return rc < 0 ? rc : ferror(out) ? -EIO : 0;
}
