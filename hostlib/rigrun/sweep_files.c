// SPDX-License-Identifier: GPL-2.0
/*
 * sweep.csv, verdicts.tap and sweep.json: what came out of a sweep, for programs.
 *
 * The second has a test point for each run. The first has a line for each run, in order:
 *
 *   run, folder        its number, from 1, and its folder
 *   ...                a column for each variable, under its name
 *   seed
 *   result             passed, FAILED, broken, interrupted, not run
 *   exit               status of uml_rig run; negative: the signal that it died of; nothing: not run
 *   end_s              when the run ended, of its own time
 *   title, title.at_s  of each expectation: passed or FAILED, and when that was decided
 *   x.last .min .max .mean   of each figure, in the unit that sweep.json names
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "csv.h"
#include "disk_tool.h"
#include "json.h"
#include "markup.h"
#include "number.h"
#include "sweep_report.h"
#include "tap.h"

const char *sweep_report_seed(const struct sweep_report *r, uint32_t run, char room[static 24])
{
	const struct sweep_plan *p = r->c->plan;

	if (sweep_plan_variables(p) < p->naxes)
		return sweep_plan_value(p, run, p->naxes - 1);
	snprintf(room, 24, "%llu", (unsigned long long)r->c->seed);
	return room;
}

void sweep_report_replay(const struct sweep_report *r, uint32_t run, const char *program, FILE *out)
{
	const struct sweep_replay replay = {
		.program = program ? program : "uml_rig",
		.rig_file = r->c->carried && program ? NULL : r->c->rig_file,
		.define = r->c->define,
		.ndefines = r->c->ndefines,
		.to_end = r->c->to_end,
	};

	sweep_plan_replay(r->c->plan, run, &replay, out);
}

uint32_t sweep_report_bad(const struct sweep_report *r)
{
	const uint32_t *count = r->t->count;

	return count[SWEEP_FAILED] + count[SWEEP_BROKEN] + count[SWEEP_INTERRUPTED];
}

bool sweep_report_uneven(const struct sweep_report *r)
{
	uint64_t least = UINT64_MAX, most = 0;
	uint32_t run;

	for (run = 0; run < r->c->plan->runs; run++) {
		const struct sweep_result *x = &r->t->result[run];

		if (!x->nverdicts)
			continue;
		least = x->end_ns < least ? x->end_ns : least;
		most = x->end_ns > most ? x->end_ns : most;
	}
	return least < most;
}

/* --- sweep.csv ---------------------------------------------------------------------- */

/* A field of a text and what is behind it. */
static void field(FILE *out, const char *text, const char *behind)
{
	char whole[4096];

	snprintf(whole, sizeof(whole), "%.4000s%s", text, behind);
	fputc(',', out);
	csv_field(out, whole);
}

static void csv_head(const struct sweep_report *r, FILE *out)
{
	static const char *const figures[] = {".last", ".min", ".max", ".mean"};
	uint32_t i, k;

	fputs("run,folder", out);
	for (i = 0; i < sweep_plan_variables(r->c->plan); i++)
		field(out, r->c->plan->axis[i].name, "");
	fputs(",seed,result,exit,end_s", out);
	for (i = 0; i < r->t->nverdicts; i++) {
		field(out, r->t->verdict[i].name, "");
		field(out, r->t->verdict[i].name, ".at_s");
	}
	for (i = 0; i < r->t->nfigures; i++)
		for (k = 0; k < sizeof(figures) / sizeof(*figures); k++)
			field(out, r->t->figure[i].name, figures[k]);
	fputc('\n', out);
}

static void csv_figure(FILE *out, const struct sweep_figure *f)
{
	double numbers[4];
	char text[32];
	size_t i;

	if (!f) {
		fputs(",,,,", out);
		return;
	}
	numbers[0] = f->last;
	numbers[1] = f->least;
	numbers[2] = f->most;
	numbers[3] = f->sum / f->count;
	for (i = 0; i < 4; i++) {
		number_print(numbers[i], text);
		fprintf(out, ",%s", text);
	}
}

static void csv_run(const struct sweep_report *r, uint32_t run, FILE *out)
{
	const struct sweep_result *result = &r->t->result[run];
	char text[SWEEP_NAME_ROOM], room[24];
	uint32_t i;

	sweep_plan_name(r->c->plan, run, text);
	fprintf(out, "%u,%s", run + 1, text);
	for (i = 0; i < sweep_plan_variables(r->c->plan); i++)
		field(out, sweep_plan_value(r->c->plan, run, i), "");
	fprintf(out, ",%s,%s,", sweep_report_seed(r, run, room), sweep_state_name(result->state));
	if (result->state != SWEEP_NOT_RUN)
		fprintf(out, "%d", result->status);
	fputc(',', out);
	if (result->nverdicts)
		csv_seconds(out, result->end_ns);
	for (i = 0; i < r->t->nverdicts; i++) {
		const struct sweep_verdict *v = sweep_table_verdict(r->t, run, i);

		fputs(!v ? "," : v->passed ? ",passed" : ",FAILED", out);
		fputc(',', out);
		if (v)
			csv_seconds(out, v->decided_ns);
	}
	for (i = 0; i < r->t->nfigures; i++)
		csv_figure(out, sweep_table_figure(r->t, run, i));
	fputc('\n', out);
}

int sweep_report_csv(const struct sweep_report *r, FILE *out)
{
	uint32_t run;

	csv_head(r, out);
	for (run = 0; run < r->c->plan->runs; run++)
		csv_run(r, run, out);
	return ferror(out) ? -EIO : 0;
}

/* --- verdicts.tap ------------------------------------------------------------------- */

int sweep_report_tap(const struct sweep_report *r, FILE *out)
{
	char label[SWEEP_LABEL_ROOM];
	uint32_t run;

	fprintf(out, "TAP version 14\n1..%u\n", r->c->plan->runs);
	for (run = 0; run < r->c->plan->runs; run++) {
		const struct sweep_result *x = &r->t->result[run];

		sweep_plan_label(r->c->plan, run, r->c->plan->naxes, label);
		if (x->state != SWEEP_NOT_RUN) {
			tap_point(out, run + 1, x->state == SWEEP_PASSED, label, x->end_ns,
				  x->why ? x->why : sweep_state_name(x->state));
			continue;
		}
		fprintf(out, "ok %u - ", run + 1);
		tap_description(out, label);
		fputs(" # SKIP not run\n", out);
	}
	return ferror(out) ? -EIO : 0;
}

/* --- sweep.json --------------------------------------------------------------------- */

/* A text of others: what is no text becomes visible. */
static void text(struct json *j, const char *name, const char *value)
{
	char out[4096];

	if (value)
		markup_visible(out, sizeof(out), value, strlen(value));
	json_text(j, name, value ? out : NULL);
}

static int json_replay(struct json *j, const struct sweep_report *r, uint32_t run)
{
	char *command = NULL;
	size_t len;
	FILE *f = open_memstream(&command, &len);

	if (!f)
		return -ENOMEM;
	sweep_report_replay(r, run, NULL, f);
	if (fclose(f) != 0) {
		free(command);
		return -ENOMEM;
	}
	text(j, "replay", command);
	free(command);
	return 0;
}

static void json_axes(struct json *j, const struct sweep_plan *p)
{
	uint32_t i, k;

	json_open(j, "axes", '[');
	for (i = 0; i < p->naxes; i++) {
		json_open(j, NULL, '{');
		text(j, p->axis[i].seed ? "seed" : "variable", p->axis[i].name);
		json_open(j, "values", '[');
		for (k = 0; k < p->axis[i].values.count; k++)
			text(j, NULL, p->axis[i].values.value[k]);
		json_close(j, ']');
		json_close(j, '}');
	}
	json_close(j, ']');
}

static int json_run(struct json *j, const struct sweep_report *r, uint32_t run)
{
	const struct sweep_result *result = &r->t->result[run];
	char name[SWEEP_NAME_ROOM], room[24];
	int rc;
	uint32_t i;

	sweep_plan_name(r->c->plan, run, name);
	json_open(j, NULL, '{');
	json_number(j, "run", run + 1);
	json_text(j, "folder", name);
	json_bool(j, "kept", result->report);
	json_open(j, "variables", '{');
	for (i = 0; i < sweep_plan_variables(r->c->plan); i++)
		text(j, r->c->plan->axis[i].name, sweep_plan_value(r->c->plan, run, i));
	json_close(j, '}');
	json_number(j, "seed", strtoull(sweep_report_seed(r, run, room), NULL, 10));
	json_text(j, "result", sweep_state_name(result->state));
	if (result->state == SWEEP_NOT_RUN)
		json_text(j, "exit", NULL);
	else
		json_real(j, "exit", result->status);
	json_bool(j, "doubtful", result->doubtful);
	text(j, "why", result->why);
	rc = json_replay(j, r, run);
	json_close(j, '}');
	return rc;
}

static void json_figures(struct json *j, const struct sweep_table *t)
{
	uint32_t i;

	json_open(j, "expectations", '[');
	for (i = 0; i < t->nverdicts; i++)
		text(j, NULL, t->verdict[i].name);
	json_close(j, ']');
	json_open(j, "figures", '[');
	for (i = 0; i < t->nfigures; i++) {
		json_open(j, NULL, '{');
		text(j, "name", t->figure[i].name);
		json_text(j, "unit", t->figure[i].unit);
		json_bool(j, "varies", t->figure[i].varies);
		json_close(j, '}');
	}
	json_close(j, ']');
}

int sweep_report_json(const struct sweep_report *r, FILE *out)
{
	uint32_t i, first = sweep_table_first_failed(r->t);
	struct json j;
	int rc = 0;

	json_start(&j, out);
	json_open(&j, NULL, '{');
	json_text(&j, "rig", r->c->rig_name);
	text(&j, "file", r->c->rig_file);
	json_text(&j, "time", r->c->real_time ? "real" : "virtual");
	json_text(&j, "nestling", disk_tool_version_text());
	json_open(&j, "define", '{');
	for (i = 0; i < r->c->ndefines; i++)
		text(&j, r->c->define[i].name, r->c->define[i].value);
	json_close(&j, '}');
	json_axes(&j, r->c->plan);
	json_open(&j, "results", '{');
	for (i = 0; i < SWEEP_STATES; i++)
		json_number(&j, sweep_state_name(i), r->t->count[i]);
	json_close(&j, '}');
	json_bool(&j, "interrupted", r->interrupted);
	if (first != RIG_NONE)
		json_number(&j, "first_failed", first + 1);
	json_figures(&j, r->t);
	json_open(&j, "runs", '[');
	for (i = 0; i < r->c->plan->runs && rc == 0; i++)
		rc = json_run(&j, r, i);
	json_close(&j, ']');
	json_close(&j, '}');
	fputc('\n', out);
	return rc < 0 ? rc : ferror(out) ? -EIO : 0;
}
