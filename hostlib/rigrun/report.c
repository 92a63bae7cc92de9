// SPDX-License-Identifier: GPL-2.0
/* report.html: the whole of a run for people; the order of its parts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "markup.h"
#include "names.h"
#include "number.h"
#include "page.h"
#include "report_private.h"
#include "value.h"

#define FEW_GROUPS 24
#define FEW_VERDICTS 50

static const char *s(uint32_t n)
{
	return n == 1 ? "" : "s";
}

/* One sentence about how it went. */
static void say_verdict(struct report *p)
{
	const struct judge *j = p->r->judge;
	char reason[JUDGE_REASON];
	uint32_t n = p->r->rig->nexpects;
	bool well = judge_all_well(j);

	fprintf(p->out, "<p class=\"verdict %s\">%s", well ? "good" : "bad",
		well ? "\342\234\224 Passed" : "\342\234\230 Failed");
	if (!n)
		fputs(": nothing was expected", p->out);
	else
		fprintf(p->out, ": %u of %u expectation%s came true", j->count[JUDGE_PASSED], n,
			s(n));
	if (p->r->record->nfailures) {
		judge_run_reason(j, reason);
		fputs("; ", p->out);
		markup_text(p->out, reason);
	}
	fputs("</p>\n", p->out);
}

static void contents(struct report *p)
{
	const struct record *rec = p->r->record;
	const struct {
		const char *id, *name;
		uint32_t things;
	} parts[] = {
		{"verdicts", "Verdicts", p->r->rig->nexpects},
		{"shown", "Shown", p->r->rig->nshows},
		{"network", "Network", 1},
		{"samples", "Samples", rec->nseries},
		{"links", "Links", rec->nfigures},
		{"timeline", "Time line", rec->nevents},
		{"outputs", "Outputs", rec->nresults},
		{"facts", "What it was made of", 1},
	};
	size_t i;

	fputs("<nav>", p->out);
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (parts[i].things)
			fprintf(p->out, "<a href=\"#%s\">%s</a> ", parts[i].id, parts[i].name);
	fputs("</nav>\n", p->out);
}

int report_head(struct report *p)
{
	const struct rig *rig = p->r->rig;
	const struct results_facts *f = p->r->facts;
	char text[64];

	fputs("<h1>", p->out);
	markup_text(p->out, rig->name);
	fputs("</h1>\n", p->out);
	say_verdict(p);
	rig_print_time(f->end_ns, text);
	fprintf(p->out, "<p class=\"about\">%s time, seed %llu; ended at %s",
		rig->real_time ? "Real" : "Virtual", (unsigned long long)rig->seed, text);
	if (f->ended) {
		fputs(" (", p->out);
		markup_text(p->out, f->ended);
		fputc(')', p->out);
	}
	fprintf(p->out, "; %u node%s, %u lan%s, %u link%s, %u step%s</p>\n", rig->nnodes,
		s(rig->nnodes), rig->nlans, s(rig->nlans), rig->nlinks, s(rig->nlinks), rig->nsteps,
		s(rig->nsteps));
	contents(p);
	return 0;
}

static void expectation(struct report *p, uint32_t n)
{
	const struct rig_expect *e = &p->r->rig->expect[n];
	bool passed = p->r->judge->cases[n].verdict == JUDGE_PASSED;
	char about[NAMES_ROOM], reason[JUDGE_REASON];

	names_expect(p->r->rig, e, about);
	fprintf(p->out, "<tr><td class=\"s %s\">%s</td><td>", passed ? "good" : "bad",
		judge_verdict_name(p->r->judge->cases[n].verdict));
	markup_text(p->out, e->title);
	fputs("</td><td class=\"m t\">", p->out);
	markup_text(p->out, about);
	fputc('.', p->out);
	markup_text(p->out, e->label ? e->label : rig_figure_name(e->figure));
	fputs(e->status ? ".status</td><td>" : "</td><td>", p->out);
	judge_reason(p->r->judge, n, reason);
	markup_text(p->out, reason);
	fputs("</td></tr>\n", p->out);
}

/* A table of the expectations of one verdict, or of all (JUDGE_VERDICTS). */
static void expectations(struct report *p, enum judge_verdict which)
{
	uint32_t i;

	fputs("<div class=\"wide\"><table><thead><tr><th></th><th>expected</th><th>of</th>"
	      "<th>what it was</th></tr></thead><tbody>\n",
	      p->out);
	for (i = 0; i < p->r->rig->nexpects; i++)
		if (which == JUDGE_VERDICTS || p->r->judge->cases[i].verdict == which)
			expectation(p, i);
	fputs("</tbody></table></div>\n", p->out);
}

/* Where there are many, those that failed come first, and the rest is folded. */
int report_verdicts(struct report *p)
{
	const struct judge *j = p->r->judge;

	if (!p->r->rig->nexpects)
		return 0;
	fputs("<h2 id=\"verdicts\">Verdicts</h2>\n", p->out);
	if (p->r->rig->nexpects <= FEW_VERDICTS) {
		expectations(p, JUDGE_VERDICTS);
		return 0;
	}
	if (j->count[JUDGE_FAILED])
		expectations(p, JUDGE_FAILED);
	fprintf(p->out, "<details><summary>%u passed</summary>\n", j->count[JUDGE_PASSED]);
	expectations(p, JUDGE_PASSED);
	fputs("</details>\n", p->out);
	return 0;
}

/* The picture, without the line that only a file of its own needs. */
int report_picture(struct report *p)
{
	char *svg = NULL, *start;
	size_t len;
	FILE *f = open_memstream(&svg, &len);
	int rc;

	if (!f)
		return -ENOMEM;
	rc = rig_write_svg(p->r->rig, f);
	if (fclose(f) != 0 && rc == 0)
		rc = -ENOMEM;
	if (rc == 0) {
		start = strstr(svg, "<svg");
		fputs("<h2 id=\"network\">Network</h2>\n<input type=\"checkbox\" id=\"full\"/>"
		      "<label for=\"full\"> in full size</label>\n<div class=\"picture\">\n",
		      p->out);
		fputs(start, p->out);
		fputs("</div>\n", p->out);
	}
	free(svg);
	return rc;
}

void report_number(FILE *out, double number)
{
	char text[32];

	number_print(number, text);
	fprintf(out, "<td class=\"n\">%s</td>", text);
}

/* Groups of plots: nodes that are measured, and ways. */
static bool few_groups(const struct report *p)
{
	const struct record *rec = p->r->record;
	uint32_t i, groups = 0;

	for (i = 0; i < rec->nseries; i++)
		groups += i == 0 || rec->series[i].node != rec->series[i - 1].node;
	for (i = 0; i < p->figures.groups; i++)
		groups += order_count(&p->figures, i) > 1;
	return groups <= FEW_GROUPS;
}

static int prepare(struct report *p)
{
	const struct record *rec = p->r->record;
	uint64_t end = p->r->facts->end_ns;
	uint32_t most;
	int rc = order_results(&p->results, rec);

	if (rc == 0)
		rc = order_figures(&p->figures, rec);
	if (rc < 0)
		return rc;
	most = p->results.most > p->figures.most ? p->results.most : p->figures.most;
	p->point = calloc((size_t)most + 1, sizeof(*p->point));
	p->few = few_groups(p);
	p->end_ns = rec->last_ns > end ? rec->last_ns : end;
	return p->point ? 0 : -ENOMEM;
}

/* What all plots share: the axis of time, steps and failures of the run. */
static int marks(struct report *p)
{
	const struct record *rec = p->r->record;
	struct plot_mark *mark = calloc((size_t)rec->nevents + 1, sizeof(*mark));
	uint32_t i, n = 0;

	if (!mark)
		return -ENOMEM;
	for (i = 0; i < rec->nevents; i++) {
		const struct record_event *e = &rec->event[i];

		if (e->kind == RECORD_STEP || e->kind == RECORD_FAILURE)
			mark[n++] =
				(struct plot_mark){e->at_ns, e->kind == RECORD_FAILURE, e->text};
	}
	plot_write_time(p->end_ns, mark, n, p->out);
	free(mark);
	return 0;
}

int results_report(const struct results *r, FILE *out)
{
	static int (*const part[])(struct report * p) = {
		report_head,    marks,        report_verdicts, report_shown,   report_picture,
		report_samples, report_links, report_timeline, report_outputs, report_facts,
	};
	struct report p = {.r = r, .out = out};
	char title[RIG_NAME_MAX + 16];
	int rc = prepare(&p);
	size_t i;

	snprintf(title, sizeof(title), "%s: %s", r->rig->name,
		 judge_all_well(r->judge) ? "passed" : "failed");
	if (rc == 0)
		page_start(out, title);
	for (i = 0; i < sizeof(part) / sizeof(*part) && rc == 0; i++)
		rc = part[i](&p);
	if (rc == 0)
		page_end(out);
	order_free(&p.results);
	order_free(&p.figures);
	free(p.point);
	return rc < 0 ? rc : ferror(out) ? -EIO : 0;
}
