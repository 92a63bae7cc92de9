// SPDX-License-Identifier: GPL-2.0
/* manifest.json: what a run was made of and how it ended. timeline.txt: what happened in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "markup.h"
#include "names.h"
#include "results.h"
#include "value.h"

/* A text of the host's: what is no text becomes visible. */
static void text(struct json *j, const char *name, const char *value)
{
	char out[4096];

	if (value)
		markup_visible(out, sizeof(out), value, strlen(value));
	json_text(j, name, value ? out : NULL);
}

static void pairs(struct json *j, const char *name, const struct results_fact *fact, uint32_t n)
{
	uint32_t i;

	json_open(j, name, '{');
	for (i = 0; i < n; i++)
		text(j, fact[i].name, fact[i].value);
	json_close(j, '}');
}

static void totals(struct json *j, const struct results *r)
{
	json_open(j, "verdicts", '{');
	json_number(j, "passed", r->judge->count[JUDGE_PASSED]);
	json_number(j, "failed", r->judge->count[JUDGE_FAILED]);
	json_number(j, "open", r->judge->count[JUDGE_OPEN]);
	json_number(j, "failures_of_the_run", r->record->nfailures);
	json_bool(j, "all_well", judge_all_well(r->judge));
	json_close(j, '}');
}

int results_manifest(const struct results *r, FILE *out)
{
	const struct results_facts *f = r->facts;
	char date[64];
	struct json j;
	uint32_t i;

	json_start(&j, out);
	json_open(&j, NULL, '{');
	json_text(&j, "rig", r->rig->name);
	text(&j, "file", f->rig_file);
	json_number(&j, "language", RIG_LANGUAGE);
	json_number(&j, "seed", r->rig->seed);
	json_text(&j, "time", r->rig->real_time ? "real" : "virtual");
	rig_print_date(r->rig->start_s, date);
	json_text(&j, "start", r->rig->real_time ? NULL : date);
	json_open(&j, "variables", '{');
	for (i = 0; i < r->rig->nvariables; i++)
		json_text(&j, r->rig->variable[i].name, r->rig->variable[i].value);
	json_close(&j, '}');
	pairs(&j, "sha256", f->hash, f->nhashes);
	pairs(&j, "versions", f->version, f->nversions);
	text(&j, "cpu", f->cpu_model);
	json_number(&j, "end_ns", f->end_ns);
	text(&j, "ended", f->ended);
	json_bool(&j, "deterministic", f->deterministic);
	json_open(&j, "doubts", '[');
	for (i = 0; i < f->ndoubts; i++)
		text(&j, NULL, f->doubt[i]);
	json_close(&j, ']');
	totals(&j, r);
	json_close(&j, '}');
	fputc('\n', out);
	return ferror(out) ? -EIO : 0;
}

int results_timeline(const struct results *r, FILE *out)
{
	uint32_t i;

	for (i = 0; i < r->record->nevents; i++) {
		const struct record_event *e = &r->record->event[i];
		char at[64], subject[NAMES_ROOM];

		rig_print_time(e->at_ns, at);
		names_subject(r->rig, e->node, e->link, subject);
		fprintf(out, "%-14s %-8s %-20s ", at, record_kind_name(e->kind), subject);
		markup_line(out, e->text);
		fputc('\n', out);
	}
	return ferror(out) ? -EIO : 0;
}
