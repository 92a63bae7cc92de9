// SPDX-License-Identifier: GPL-2.0
/*
 * samples.csv: a line for each number that was measured, in the order of time; at one time, what
 * commands say comes before figures of links. And outputs.txt.
 *
 *   time_s   since the start, exact
 *   source   a node, or a->b
 *   name     of the sample (nothing: a step without as=), or of the figure
 *   value    nothing: the output has no number
 *   unit     that the number came with
 *   status   of the command; nothing: it has none, or a link
 *   cut      1: not all of the output was kept
 */
#include <errno.h>
#include <string.h>
#include "csv.h"
#include "markup.h"
#include "names.h"
#include "number.h"
#include "results.h"

void csv_field(FILE *out, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void csv_seconds(FILE *out, uint64_t ns)
{
	fprintf(out, "%llu.%09llu", (unsigned long long)(ns / 1000000000),
		(unsigned long long)(ns % 1000000000));
}

static void result(const struct results *r, FILE *out, const struct record_result *e)
{
	static const char *const units[] = {"", "s", "B", "bit/s", "%", ""};
	char number[32] = "";

	csv_seconds(out, e->at_ns);
	fputc(',', out);
	csv_field(out, r->rig->node[e->node].name);
	fputc(',', out);
	if (e->series != RIG_NONE)
		csv_field(out, r->record->series[e->series].label);
	if (e->has_number)
		number_print(e->number, number);
	fprintf(out, ",%s,%s,", number, e->has_number ? units[e->unit] : "");
	if (e->status != RECORD_NO_STATUS)
		fprintf(out, "%d", e->status);
	fprintf(out, ",%d\n", e->cut);
}

static void figures(const struct results *r, FILE *out, const struct record_figures *e)
{
	char way[NAMES_ROOM], number[32];
	uint32_t i;

	names_way(r->rig, e->link, e->way, way);
	for (i = 0; i < RIG_FIGURES; i++) {
		csv_seconds(out, e->at_ns);
		fputc(',', out);
		csv_field(out, way);
		number_print(e->value[i], number);
		fprintf(out, ",%s,%s,,,0\n", rig_figure_name((enum rig_figure)i), number);
	}
}

int results_csv(const struct results *r, FILE *out)
{
	const struct record *rec = r->record;
	uint32_t i = 0, k = 0;

	fputs("time_s,source,name,value,unit,status,cut\n", out);
	while (i < rec->nresults || k < rec->nfigures) {
		if (k == rec->nfigures ||
		    (i < rec->nresults && rec->result[i].at_ns <= rec->figures[k].at_ns))
			result(r, out, &rec->result[i++]);
		else
			figures(r, out, &rec->figures[k++]);
	}
	return ferror(out) ? -EIO : 0;
}

/* A line that says whose output follows, and how long it is; then the output as it was. */
int results_outputs(const struct results *r, FILE *out)
{
	const struct record *rec = r->record;
	uint32_t i;

	for (i = 0; i < rec->nresults; i++) {
		const struct record_result *e = &rec->result[i];

		fputs("# ", out);
		csv_seconds(out, e->at_ns);
		fprintf(out, " %s, ", r->rig->node[e->node].name);
		if (e->status == RECORD_NO_STATUS)
			fputs("no status", out);
		else
			fprintf(out, "status %d", e->status);
		fprintf(out, ", %u bytes%s: ", e->len, e->cut ? " (cut)" : "");
		markup_line(out, e->command);
		fputc('\n', out);
		fwrite(e->output, 1, e->len, out);
		fputc('\n', out);
	}
	return ferror(out) ? -EIO : 0;
}
