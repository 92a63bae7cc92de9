// SPDX-License-Identifier: GPL-2.0
/* Plots of a sweep; see sweep_plot.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "markup.h"
#include "plot_frame.h"
#include "sweep_amount.h"
#include "sweep_plot.h"

#define TICK_DISTANCE 42 /* of texts below the axis, at least */
#define TICK_TEXT 10 /* bytes of one; longer ones are cut */
#define LARGE_RATIO 100 /* of most to least, from which uneven steps are seen as factors */
#define DOTS 150 /* with more values, they get none */
#define MARGIN 12 /* of the first and the last place from the edges */

/* --- where values are ----------------------------------------------------------------- */

/* Numbers, if all values are numbers of one kind. */
static bool numbers_of(const struct sweep_values *v, double *out)
{
	struct sweep_amount first = {0}, a;
	struct rig_why why;
	uint32_t i;

	for (i = 0; i < v->count; i++) {
		if (sweep_amount_read(v->value[i], &a, &why) < 0)
			return false;
		if (i == 0)
			first = a;
		if (!sweep_amount_same_kind(&first, &a))
			return false;
		out[i] = (double)a.v * pow(10, -(double)a.places) * (double)a.unit.factor;
	}
	return true;
}

/* Whether numbers only rise or only fall. */
static bool is_monotonic(const double *x, uint32_t count)
{
	uint32_t i;

	for (i = 2; i < count; i++)
		if ((x[i] > x[i - 1]) != (x[1] > x[0]))
			return false;
	return true;
}

static bool equal_steps(const double *x, uint32_t count)
{
	double all = fabs(x[count - 1] - x[0]);
	uint32_t i;

	for (i = 2; i < count; i++)
		if (fabs((x[i] - x[i - 1]) - (x[1] - x[0])) > all * 1e-9)
			return false;
	return true;
}

static bool equal_factors(const double *x, uint32_t count)
{
	uint32_t i;

	for (i = 2; i < count; i++)
		if (fabs(x[i] / x[i - 1] * x[0] / x[1] - 1) > 1e-9)
			return false;
	return true;
}

/* Ends of values that only rise or fall; whether their logarithms are better. */
static bool are_factors(const double *x, uint32_t count)
{
	double a = x[0], b = x[count - 1];

	if (a <= 0 || b <= 0 || count < 3 || equal_steps(x, count))
		return false;
	return equal_factors(x, count) || a / b > LARGE_RATIO || b / a > LARGE_RATIO;
}

void sweep_plot_places(const struct sweep_values *v, double *place)
{
	double first, last;
	uint32_t i;

	if (!numbers_of(v, place) || !is_monotonic(place, v->count))
		for (i = 0; i < v->count; i++)
			place[i] = i;
	if (are_factors(place, v->count))
		for (i = 0; i < v->count; i++)
			place[i] = log(place[i]);
	first = place[0];
	last = place[v->count - 1];
	for (i = 0; i < v->count; i++)
		place[i] = last == first ? 0.5 : (place[i] - first) / (last - first);
}

/* --- what against what ------------------------------------------------------------------ */

/* The variable with the most values; the seed if none has two. */
static uint32_t choose_axis(const struct sweep_plan *p)
{
	uint32_t best = 0, i;

	for (i = 1; i < p->naxes; i++) {
		uint32_t has = p->axis[best].values.count, n = p->axis[i].values.count;

		if (p->axis[i].seed ? has < 2 : n > has)
			best = i;
	}
	return best;
}

/* The other variable, if there is but one and its values are few. */
static uint32_t choose_lines(const struct sweep_plan *p, uint32_t axis)
{
	uint32_t found = RIG_NONE, i;

	for (i = 0; i < sweep_plan_variables(p); i++) {
		if (i == axis || p->axis[i].values.count < 2)
			continue;
		if (found != RIG_NONE || p->axis[i].values.count > SWEEP_LINES_MAX)
			return RIG_NONE;
		found = i;
	}
	return found;
}

static uint32_t values_of(const struct sweep_plot *p)
{
	return p->t->plan->axis[p->axis].values.count;
}

static uint32_t place_of(const struct sweep_plot *p, uint32_t run)
{
	const struct sweep_plan *plan = p->t->plan;
	uint32_t line = p->line_axis == RIG_NONE ? 0 : sweep_plan_index(plan, run, p->line_axis);

	return line * values_of(p) + sweep_plan_index(plan, run, p->axis);
}

/* Counts, then puts each run behind those before it. */
static void sort_runs(struct sweep_plot *p, uint32_t places)
{
	uint32_t run, i, *at = p->start + 1; /* where the next of a place goes */

	for (run = 0; run < p->t->plan->runs; run++)
		at[place_of(p, run) + 1]++;
	for (i = 0; i < places; i++)
		at[i + 1] += at[i];
	for (run = 0; run < p->t->plan->runs; run++)
		p->order[at[place_of(p, run)]++] = run;
}

static void name_lines(struct sweep_plot *p)
{
	const struct sweep_axis *axis;
	uint32_t i;

	for (i = 0; i < p->lines; i++) {
		p->line_name[i] = p->line_text[i];
		if (p->line_axis == RIG_NONE)
			continue;
		axis = &p->t->plan->axis[p->line_axis];
		snprintf(p->line_text[i], sizeof(p->line_text[i]), "%.32s=%.24s", axis->name,
			 axis->values.value[i]);
	}
}

int sweep_plot_new(struct sweep_plot *p, const struct sweep_table *t)
{
	const struct sweep_plan *plan = t->plan;
	uint32_t places;

	*p = (struct sweep_plot){.t = t, .lines = 1};
	p->axis = choose_axis(plan);
	p->line_axis = choose_lines(plan, p->axis);
	if (p->line_axis != RIG_NONE)
		p->lines = plan->axis[p->line_axis].values.count;
	places = p->lines * values_of(p);
	p->place = malloc(values_of(p) * sizeof(*p->place));
	p->order = malloc(plan->runs * sizeof(*p->order));
	p->start = calloc(places + 2, sizeof(*p->start));
	p->spread = malloc(places * sizeof(*p->spread));
	p->room = malloc(plan->runs * sizeof(*p->room));
	if (!p->place || !p->order || !p->start || !p->spread || !p->room)
		return -ENOMEM;
	sweep_plot_places(&plan->axis[p->axis].values, p->place);
	sort_runs(p, places);
	name_lines(p);
	return 0;
}

void sweep_plot_free(struct sweep_plot *p)
{
	free(p->place);
	free(p->order);
	free(p->start);
	free(p->spread);
	free(p->room);
	*p = (struct sweep_plot){0};
}

/* --- drawing ---------------------------------------------------------------------------- */

struct canvas {
	struct sweep_plot *p;
	struct sweep_measure m;
	FILE *out;
	struct plot_frame frame;
	const struct sweep_values *values; /* of the axis */
};

static double to_x(const struct canvas *c, uint32_t value)
{
	return PLOT_LEFT + MARGIN + c->p->place[value] * (PLOT_COLUMNS - 2 * MARGIN);
}

/* What the line goes through. */
static double middle(const struct canvas *c, const struct sweep_spread *s)
{
	return c->m.kind == SWEEP_PASSING ? s->mean : s->median;
}

/* Whether there is a band. */
static bool has_band(const struct canvas *c)
{
	return c->p->lines == 1 && c->m.kind != SWEEP_PASSING;
}

static const struct sweep_spread *spread(const struct canvas *c, uint32_t line, uint32_t value)
{
	return &c->p->spread[line * c->values->count + value];
}

static void measure(struct canvas *c)
{
	struct sweep_plot *p = c->p;
	uint32_t i;

	for (i = 0; i < p->lines * c->values->count; i++) {
		const struct sweep_pick pick = {p->start[i], p->start[i + 1], p->order};
		struct sweep_spread *s = &p->spread[i];

		sweep_stats_spread(p->t, c->m, &pick, p->room, s);
		if (!s->count)
			continue;
		plot_frame_measure(&c->frame, has_band(c) ? s->least : middle(c, s));
		plot_frame_measure(&c->frame, has_band(c) ? s->most : middle(c, s));
	}
}

/* The text of a value, where it does not run into the one before. */
static void ticks(const struct canvas *c)
{
	double last = -TICK_DISTANCE;
	char text[TICK_TEXT + 1];
	uint32_t i;

	for (i = 0; i < c->values->count; i++) {
		const char *value = c->values->value[i];
		double x = to_x(c, i);

		if (fabs(x - last) < TICK_DISTANCE)
			continue;
		last = x;
		fprintf(c->out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>", x, PLOT_TOP,
			PLOT_TOP + PLOT_ROWS);
		fprintf(c->out, "<text class=\"x\" x=\"%.1f\" y=\"%d\">", x,
			PLOT_TOP + PLOT_ROWS + 18);
		markup_visible(text, sizeof(text), value, strlen(value));
		markup_text(c->out, text);
		fputs("</text>\n", c->out);
	}
}

/* Whether runs of one place differ. */
static bool is_wide(const struct sweep_spread *s)
{
	return s->count > 1 && s->least != s->most && plot_frame_usable(s->least) &&
	       plot_frame_usable(s->most);
}

/* From least to most, where there is more than one run for a value: there and back again. */
static void band(const struct canvas *c)
{
	bool wide = false, open = false;
	uint32_t i, n = c->values->count;

	for (i = 0; i < n && !wide; i++)
		wide = is_wide(spread(c, 0, i));
	if (!wide || !has_band(c))
		return;
	fputs("<path class=\"band\" d=\"", c->out);
	for (i = 0; i < 2 * n; i++) {
		uint32_t value = i < n ? i : 2 * n - 1 - i;
		const struct sweep_spread *s = spread(c, 0, value);
		double y = i < n ? s->most : s->least;

		if (!s->count || !plot_frame_usable(y))
			continue;
		fprintf(c->out, "%s%.1f %.1f", open ? "L" : "M", to_x(c, value),
			plot_frame_y(&c->frame, y));
		open = true;
	}
	fputs("Z\"/>\n", c->out);
}

static void line(const struct canvas *c, uint32_t n)
{
	bool open = false;
	uint32_t i;

	fprintf(c->out, "<path class=\"line l%u\" d=\"", n);
	for (i = 0; i < c->values->count; i++) {
		const struct sweep_spread *s = spread(c, n, i);

		if (!s->count || !plot_frame_usable(middle(c, s))) {
			open = false;
			continue;
		}
		fprintf(c->out, "%s%.1f %.1f", open ? "L" : "M", to_x(c, i),
			plot_frame_y(&c->frame, middle(c, s)));
		open = true;
	}
	fputs("\"/>\n", c->out);
}

/* What a dot tells. */
static void dot_text(const struct canvas *c, uint32_t value, const struct sweep_spread *s)
{
	char least[SWEEP_NUMBER_ROOM], median[SWEEP_NUMBER_ROOM], most[SWEEP_NUMBER_ROOM];

	sweep_stats_print(s->least, least);
	sweep_stats_print(middle(c, s), median);
	sweep_stats_print(s->most, most);
	markup_text(c->out, c->p->t->plan->axis[c->p->axis].name);
	fputc('=', c->out);
	markup_text(c->out, c->values->value[value]);
	fprintf(c->out, ": %s %s", median, c->frame.unit);
	if (s->count > 1 && c->m.kind == SWEEP_PASSING)
		fprintf(c->out, " of %u runs", s->count);
	else if (s->count > 1)
		fprintf(c->out, " (%s to %s, %u runs)", least, most, s->count);
	if (s->failed)
		fprintf(c->out, ", %u failed", s->failed);
}

static void dots(const struct canvas *c, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < c->values->count; i++) {
		const struct sweep_spread *s = spread(c, n, i);

		if (!s->count || !plot_frame_usable(middle(c, s)))
			continue;
		fprintf(c->out, "<circle class=\"l%u%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"><title>",
			n, s->failed ? " bad" : "", to_x(c, i),
			plot_frame_y(&c->frame, middle(c, s)));
		dot_text(c, i, s);
		fputs("</title></circle>\n", c->out);
	}
}

/* What it is called, and its unit. */
static void name(struct canvas *c)
{
	const struct sweep_table *t = c->p->t;

	if (c->m.kind == SWEEP_FIGURE) {
		c->frame.title = t->figure[c->m.column].name;
		c->frame.unit = t->figure[c->m.column].unit;
	} else if (c->m.kind == SWEEP_VERDICT) {
		c->frame.title = t->verdict[c->m.column].name;
		c->frame.unit = "s";
	} else {
		c->frame.title = "runs that passed";
		c->frame.unit = "%";
	}
}

/* Seeds have nothing between them; only very many of them are a line. */
static bool is_joined(const struct canvas *c)
{
	return !c->p->t->plan->axis[c->p->axis].seed || c->values->count > DOTS;
}

void sweep_plot_write(struct sweep_plot *p, struct sweep_measure m, FILE *out)
{
	struct canvas c = {
		.p = p,
		.m = m,
		.out = out,
		.frame = {.out = out, .lines = p->lines, .name = p->line_name},
		.values = &p->t->plan->axis[p->axis].values,
	};
	uint32_t i;

	name(&c);
	measure(&c);
	plot_frame_begin(&c.frame, 0);
	ticks(&c);
	band(&c);
	for (i = 0; i < p->lines && is_joined(&c); i++)
		line(&c, i);
	for (i = 0; i < p->lines && c.values->count <= DOTS; i++)
		dots(&c, i);
	plot_frame_end(&c.frame);
}
