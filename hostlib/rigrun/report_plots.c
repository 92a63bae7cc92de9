// SPDX-License-Identifier: GPL-2.0
/* Measurements in a report: plots over time, and tables of what was measured but once. */
#include <math.h>
#include <string.h>
#include "markup.h"
#include "names.h"
#include "report_private.h"
#include "value.h"

#define FAILED_MARKS 8 /* of one plot */
#define EXCERPT 80 /* bytes of an output in a table */

/* The failed cases of a chain, as marks. How many. */
static uint32_t failed(const struct report *p, uint32_t first_case, struct plot_mark *mark,
		       uint32_t room)
{
	const struct judge *j = p->r->judge;
	uint32_t i, n = 0;

	for (i = first_case; i != RIG_NONE && n < room; i = j->cases[i].next)
		if (j->cases[i].verdict == JUDGE_FAILED)
			mark[n++] = (struct plot_mark){j->cases[i].decided_ns, true,
						       p->r->rig->expect[i].title};
	return n;
}

/* Whether a series is one to plot: more than one result, and a number among them. */
static bool is_plot(const struct report *p, uint32_t series)
{
	uint32_t i;

	if (order_count(&p->results, series) < 2)
		return false;
	for (i = p->results.start[series]; i < p->results.start[series + 1]; i++)
		if (p->r->record->result[p->results.index[i]].has_number)
			return true;
	return false;
}

static const char *unit_name(enum rig_unit unit)
{
	static const char *const units[] = {"", "s", "B", "bit/s", "%", ""};

	return units[unit];
}

/* One plot; the unit is that of the first number. */
static void series_plot(struct report *p, uint32_t series)
{
	const struct record *rec = p->r->record;
	struct plot_mark mark[FAILED_MARKS];
	struct plot plot = {.lines = 1, .dots = p->few, .point = p->point, .mark = mark};
	char title[REPORT_ABOUT];
	uint32_t i;

	snprintf(title, sizeof(title), "%s.%s", p->r->rig->node[rec->series[series].node].name,
		 rec->series[series].label);
	plot.title = title;
	plot.end_ns = p->end_ns;
	for (i = p->results.start[series]; i < p->results.start[series + 1]; i++) {
		const struct record_result *e = &rec->result[p->results.index[i]];

		if (e->has_number && !plot.unit)
			plot.unit = unit_name(e->unit);
		p->point[plot.points++] = (struct plot_point){
			.at_ns = e->at_ns,
			.y = {e->has_number ? e->number : NAN},
			.failed = e->status != 0 || !e->has_number,
		};
	}
	plot.marks = failed(p, p->r->judge->of_series[series], mark, FAILED_MARKS);
	plot_write(&plot, p->out);
}

/* Groups of plots are folded where there are many, but for those with failures. */
static void fold(struct report *p, const char *name, bool has_failed)
{
	fprintf(p->out, "<details%s><summary>", p->few || has_failed ? " open=\"open\"" : "");
	markup_text(p->out, name);
	fputs("</summary><div class=\"plots\">\n", p->out);
}

static void unfold(struct report *p)
{
	fputs("</div></details>\n", p->out);
}

/* The plots of a node, whose series are from first to behind. */
static void node_plots(struct report *p, uint32_t first, uint32_t behind)
{
	struct plot_mark mark;
	uint32_t i, nfailed = 0, n = 0;

	for (i = first; i < behind; i++) {
		n += is_plot(p, i);
		nfailed += failed(p, p->r->judge->of_series[i], &mark, 1);
	}
	if (!n)
		return;
	if (!p->few)
		fold(p, p->r->rig->node[p->r->record->series[first].node].name, nfailed);
	for (i = first; i < behind; i++)
		if (is_plot(p, i))
			series_plot(p, i);
	if (!p->few)
		unfold(p);
}

/* A series as a line of a table: its last result. */
static void series_row(struct report *p, uint32_t series)
{
	const struct record *rec = p->r->record;
	const struct record_series *s = &rec->series[series];
	uint32_t n = order_count(&p->results, series);
	const struct record_result *e;
	char at[64], text[EXCERPT + 1];

	if (!n) {
		fprintf(p->out,
			"<tr><td class=\"m t\">%s.%s</td><td>never</td><td></td><td></td>"
			"<td></td></tr>\n",
			p->r->rig->node[s->node].name, s->label);
		return;
	}
	e = &rec->result[p->results.index[p->results.start[series + 1] - 1]];
	rig_print_time(e->at_ns, at);
	fprintf(p->out, "<tr><td class=\"m t\">%s.%s</td><td class=\"t\">%s",
		p->r->rig->node[s->node].name, s->label, at);
	if (n > 1)
		fprintf(p->out, ", the last of %u", n);
	fputs("</td>", p->out);
	report_number(p->out, e->has_number ? e->number : NAN);
	if (e->status == RECORD_NO_STATUS)
		fputs("<td class=\"n bad\">none</td><td class=\"m\">", p->out);
	else
		fprintf(p->out, "<td class=\"n%s\">%d</td><td class=\"m\">",
			e->status ? " bad" : "", e->status);
	markup_visible(text, sizeof(text), e->output, strcspn(e->output, "\r\n"));
	markup_text(p->out, text);
	fputs("</td></tr>\n", p->out);
}

static void series_table(struct report *p)
{
	uint32_t i, n = 0;

	for (i = 0; i < p->r->record->nseries; i++) {
		if (is_plot(p, i))
			continue;
		if (!n++)
			fputs("<div class=\"wide\"><table><thead><tr><th>sample</th><th>at</th>"
			      "<th class=\"n\">number</th><th class=\"n\">status</th>"
			      "<th>output</th></tr></thead><tbody>\n",
			      p->out);
		series_row(p, i);
	}
	if (n)
		fputs("</tbody></table></div>\n", p->out);
}

int report_samples(struct report *p)
{
	const struct record *rec = p->r->record;
	uint32_t first, behind;

	if (!rec->nseries)
		return 0;
	fputs("<h2 id=\"samples\">Samples</h2>\n", p->out);
	series_table(p);
	if (p->few)
		fputs("<div class=\"plots\">\n", p->out);
	for (first = 0; first < rec->nseries; first = behind) {
		for (behind = first;
		     behind < rec->nseries && rec->series[behind].node == rec->series[first].node;)
			behind++;
		node_plots(p, first, behind);
	}
	if (p->few)
		fputs("</div>\n", p->out);
	return 0;
}

/* What is plotted of a way of a link. */
struct way_plot {
	const char *what, *unit;
	const char *name[PLOT_LINES];
	enum rig_figure figure[PLOT_LINES];
	bool rate; /* of bytes, by what they grew since the point before */
};

static const struct way_plot way_kinds[] = {
	{"rate",
	 "bit/s",
	 {"sent", "delivered"},
	 {RIG_FIGURE_BYTES, RIG_FIGURE_DELIVERED_BYTES},
	 true},
	{"queue", "B", {"longest yet", "now"}, {RIG_FIGURE_QUEUE_MAX, RIG_FIGURE_QUEUE}, false},
	{"losses",
	 "frames",
	 {"dropped, all", "lost by chance"},
	 {RIG_FIGURE_DROPPED, RIG_FIGURE_LOST},
	 false},
};

/* The value of a line at f; NaN for a rate without a point before. */
static double way_value(const struct way_plot *w, uint32_t line, const struct record_figures *was,
			const struct record_figures *f)
{
	enum rig_figure figure = w->figure[line];

	if (!w->rate)
		return f->value[figure];
	if (!was || was->at_ns == f->at_ns)
		return NAN;
	return (f->value[figure] - was->value[figure]) * 8e9 / (double)(f->at_ns - was->at_ns);
}

static void way_plot(struct report *p, uint32_t group, const struct way_plot *w, const char *way)
{
	const struct record *rec = p->r->record;
	const struct record_figures *was = NULL;
	struct plot_mark mark[FAILED_MARKS];
	struct plot plot = {
		.unit = w->unit,
		.lines = PLOT_LINES,
		.name = {w->name[0], w->name[1]},
		.dots = p->few,
		.end_ns = p->end_ns,
		.point = p->point,
		.mark = mark,
	};
	char title[REPORT_ABOUT];
	uint32_t i, k;

	snprintf(title, sizeof(title), "%s %s", way, w->what);
	plot.title = title;
	for (i = p->figures.start[group]; i < p->figures.start[group + 1]; i++) {
		const struct record_figures *f = &rec->figures[p->figures.index[i]];
		struct plot_point *point = &p->point[plot.points++];

		*point = (struct plot_point){.at_ns = f->at_ns};
		for (k = 0; k < PLOT_LINES; k++)
			point->y[k] = way_value(w, k, was, f);
		was = f;
	}
	plot.marks = failed(p, p->r->judge->of_way[group], mark, FAILED_MARKS);
	plot_write(&plot, p->out);
}

static void way_plots(struct report *p, uint32_t group)
{
	struct plot_mark mark;
	char way[NAMES_ROOM];
	size_t i;

	names_way(p->r->rig, group / 2, group % 2 ? RIG_WAY_1 : RIG_WAY_0, way);
	fold(p, way, failed(p, p->r->judge->of_way[group], &mark, 1));
	for (i = 0; i < sizeof(way_kinds) / sizeof(*way_kinds); i++)
		way_plot(p, group, &way_kinds[i], way);
	unfold(p);
}

/* The last figures of each way that was measured. */
static void way_rows(struct report *p)
{
	char name[NAMES_ROOM];
	uint32_t g, i;

	for (g = 0; g < p->figures.groups; g++) {
		const struct record_figures *last;

		if (!order_count(&p->figures, g))
			continue;
		last = &p->r->record->figures[p->figures.index[p->figures.start[g + 1] - 1]];
		names_way(p->r->rig, g / 2, last->way, name);
		fputs("<tr><td class=\"m t\">", p->out);
		markup_text(p->out, name);
		fputs("</td>", p->out);
		for (i = 0; i < RIG_FIGURES; i++)
			report_number(p->out, last->value[i]);
		fputs("</tr>\n", p->out);
	}
}

int report_links(struct report *p)
{
	uint32_t i;

	if (!p->r->record->nfigures)
		return 0;
	fprintf(p->out,
		"<h2 id=\"links\">Links</h2>\n<details%s><summary>Figures at last</summary>"
		"<div class=\"wide\"><table><thead><tr><th></th>",
		p->few ? " open=\"open\"" : "");
	for (i = 0; i < RIG_FIGURES; i++)
		fprintf(p->out, "<th class=\"n\">%s</th>", rig_figure_name((enum rig_figure)i));
	fputs("</tr></thead><tbody>\n", p->out);
	way_rows(p);
	fputs("</tbody></table></div></details>\n", p->out);
	for (i = 0; i < p->figures.groups; i++)
		if (order_count(&p->figures, i) > 1)
			way_plots(p, i);
	return 0;
}
