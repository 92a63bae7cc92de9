// SPDX-License-Identifier: GPL-2.0
/* The texts of a report: what the rig shows, time line, outputs, what the run was made of. */
#include <string.h>
#include "markup.h"
#include "names.h"
#include "report_private.h"
#include "shown.h"
#include "value.h"

#define OUTPUTS 10 /* of a sample; the last ones are shown */
#define OUTPUTS_OF_STEPS 500 /* of all steps without a sample */
#define OUTPUT_BYTES 16384 /* of one */

static void event(struct report *p, const struct record_event *e)
{
	char at[64], subject[NAMES_ROOM];

	rig_print_time(e->at_ns, at);
	names_subject(p->r->rig, e->node, e->link, subject);
	fprintf(p->out, "<tr%s><td class=\"t n\">%s</td><td>%s</td><td class=\"m\">",
		e->kind == RECORD_FAILURE ? " class=\"bad\"" : "", at, record_kind_name(e->kind));
	markup_text(p->out, subject);
	fputs("</td><td>", p->out);
	markup_text(p->out, e->text);
	fputs("</td></tr>\n", p->out);
}

int report_timeline(struct report *p)
{
	const struct record *rec = p->r->record;
	uint32_t i;

	if (!rec->nevents)
		return 0;
	fprintf(p->out,
		"<h2 id=\"timeline\">Time line</h2>\n<details%s><summary>%u event%s</summary>"
		"<div class=\"wide\"><table><tbody>\n",
		rec->nevents <= 100 ? " open=\"open\"" : "", rec->nevents,
		rec->nevents == 1 ? "" : "s");
	for (i = 0; i < rec->nevents; i++)
		event(p, &rec->event[i]);
	fputs("</tbody></table></div></details>\n", p->out);
	return 0;
}

static void shown(struct report *p, const struct rig_show *s)
{
	const struct record_result *e = shown_result(p->r->record, s);
	char remark[96];

	fputs("<h3>", p->out);
	markup_text(p->out, s->title);
	fputs("</h3>\n", p->out);
	if (e) {
		fputs("<pre>", p->out);
		markup_block(p->out, e->output, shown_bytes(e));
		fputs("</pre>\n", p->out);
	}
	if (shown_remark(e, remark, sizeof(remark)))
		fprintf(p->out, "<p class=\"note\">%s</p>\n", remark);
}

int report_shown(struct report *p)
{
	uint32_t i;

	if (p->r->rig->nshows)
		fputs("<h2 id=\"shown\">Shown</h2>\n", p->out);
	for (i = 0; i < p->r->rig->nshows; i++)
		shown(p, &p->r->rig->show[i]);
	return 0;
}

static void output(struct report *p, const struct record_result *e)
{
	uint32_t shown = e->len < OUTPUT_BYTES ? e->len : OUTPUT_BYTES;
	char at[64];

	rig_print_time(e->at_ns, at);
	fprintf(p->out, "<details><summary>%s <b>%s</b> <code>", at, p->r->rig->node[e->node].name);
	markup_text(p->out, e->command);
	fputs("</code> ", p->out);
	if (e->status == RECORD_NO_STATUS)
		fputs("<span class=\"bad\">did not end</span>", p->out);
	else if (e->status)
		fprintf(p->out, "<span class=\"bad\">status %d</span>", e->status);
	fprintf(p->out, " <span class=\"note\">%u byte%s</span></summary>\n<pre>", e->len,
		e->len == 1 ? "" : "s");
	markup_block(p->out, e->output, shown);
	fputs("</pre>", p->out);
	if (shown < e->len)
		fprintf(p->out, "<p class=\"note\">%u bytes more are in outputs.txt.</p>",
			e->len - shown);
	else if (e->cut)
		fputs("<p class=\"note\">It printed more, which was not kept.</p>", p->out);
	fputs("</details>\n", p->out);
}

/* The last of a group, `most` at the most. */
static void group(struct report *p, uint32_t g, uint32_t most)
{
	const struct record *rec = p->r->record;
	uint32_t n = order_count(&p->results, g), i;

	if (n > most)
		fprintf(p->out, "<p class=\"note\">%u earlier ones are in outputs.txt.</p>\n",
			n - most);
	for (i = n > most ? n - most : 0; i < n; i++)
		output(p, &rec->result[p->results.index[p->results.start[g] + i]]);
}

/* Those of steps; then samples, in a fold of their own if there are more of one. */
int report_outputs(struct report *p)
{
	const struct record *rec = p->r->record;
	uint32_t g;

	if (!rec->nresults)
		return 0;
	fputs("<h2 id=\"outputs\">Outputs</h2>\n", p->out);
	group(p, rec->nseries, OUTPUTS_OF_STEPS);
	for (g = 0; g < rec->nseries; g++) {
		uint32_t n = order_count(&p->results, g);

		if (n > 1)
			fprintf(p->out,
				"<details><summary>%s.%s <span class=\"note\">%u times</span>"
				"</summary>\n<div class=\"in\">",
				p->r->rig->node[rec->series[g].node].name, rec->series[g].label, n);
		group(p, g, OUTPUTS);
		if (n > 1)
			fputs("</div></details>\n", p->out);
	}
	return 0;
}

static void fact(struct report *p, const char *kind, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(p->out, "<tr><td>%s", kind);
	markup_text(p->out, name);
	fputs("</td><td class=\"m\">", p->out);
	markup_text(p->out, value);
	fputs("</td></tr>\n", p->out);
}

int report_facts(struct report *p)
{
	const struct results_facts *f = p->r->facts;
	char date[64];
	uint32_t i;

	fputs("<h2 id=\"facts\">What it was made of</h2>\n<div class=\"wide\"><table><tbody>\n",
	      p->out);
	fact(p, "", "rig", f->rig_file);
	rig_print_date(p->r->rig->start_s, date);
	fact(p, "", "clocks began with", p->r->rig->real_time ? NULL : date);
	for (i = 0; i < p->r->rig->nvariables; i++)
		fact(p, "set ", p->r->rig->variable[i].name, p->r->rig->variable[i].value);
	for (i = 0; i < f->nversions; i++)
		fact(p, "", f->version[i].name, f->version[i].value);
	for (i = 0; i < f->nhashes; i++)
		fact(p, "SHA-256 of ", f->hash[i].name, f->hash[i].value);
	fact(p, "", "processor", f->cpu_model);
	fact(p, "", "the same again gives the same bytes", f->deterministic ? "yes" : "no");
	for (i = 0; i < f->ndoubts; i++)
		fact(p, "", "not the same, because", f->doubt[i]);
	fputs("</tbody></table></div>\n", p->out);
	return 0;
}
