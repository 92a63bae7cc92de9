// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts for machines: TAP 14 and JUnit's XML. Expectations in the order of the rig, and behind
 * them one test more: that the run itself went without failures.
 */
#include <errno.h>
#include <string.h>
#include "csv.h"
#include "markup.h"
#include "names.h"
#include "results.h"
#include "tap.h"

void tap_description(FILE *out, const char *title)
{
	char text[2048];
	const char *p;

	markup_visible(text, sizeof(text), title, strlen(title));
	for (p = text; *p; p++) {
		if (*p == '#' || *p == '\\')
			fputc('\\', out);
		fputc(*p, out);
	}
}

/* A text in double quotes, as YAML has it; it has no control characters. */
static void quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void tap_point(FILE *out, uint32_t n, bool ok, const char *title, uint64_t decided_ns,
	       const char *reason)
{
	fprintf(out, "%s %u - ", ok ? "ok" : "not ok", n);
	tap_description(out, title);
	fputs("\n  ---\n  reason: ", out);
	quoted(out, reason);
	fputs("\n  at_s: ", out);
	csv_seconds(out, decided_ns);
	fputs("\n  ...\n", out);
}

int results_tap(const struct results *r, FILE *out)
{
	char reason[JUDGE_REASON];
	uint32_t i;

	fprintf(out, "TAP version 14\n1..%u\n", r->rig->nexpects + 1);
	for (i = 0; i < r->rig->nexpects; i++) {
		judge_reason(r->judge, i, reason);
		tap_point(out, i + 1, r->judge->cases[i].verdict == JUDGE_PASSED,
			  r->rig->expect[i].title, r->judge->cases[i].decided_ns, reason);
	}
	judge_run_reason(r->judge, reason);
	tap_point(out, i + 1, !r->record->nfailures, RESULTS_RUN, r->facts->end_ns, reason);
	return ferror(out) ? -EIO : 0;
}

static void time_attribute(FILE *out, uint64_t ns)
{
	fprintf(out, " time=\"%llu.%09llu\"", (unsigned long long)(ns / 1000000000),
		(unsigned long long)(ns % 1000000000));
}

static void test_case(const struct results *r, FILE *out, const char *about, const char *title,
		      uint64_t ns, bool ok, const char *reason)
{
	fputs("<testcase classname=\"", out);
	markup_text(out, r->rig->name);
	if (*about)
		fputc('.', out);
	markup_text(out, about);
	fputs("\" name=\"", out);
	markup_text(out, title);
	fputc('"', out);
	time_attribute(out, ns);
	if (ok) {
		fputs("/>\n", out);
		return;
	}
	fputs("><failure message=\"", out);
	markup_text(out, reason);
	fputs("\"/></testcase>\n", out);
}

static void suite_start(const struct results *r, FILE *out)
{
	uint32_t failed = r->rig->nexpects - r->judge->count[JUDGE_PASSED];

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"", out);
	markup_text(out, r->rig->name);
	fprintf(out, "\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"0\"",
		r->rig->nexpects + 1, failed + (r->record->nfailures > 0));
	time_attribute(out, r->facts->end_ns);
	fprintf(out, ">\n<properties><property name=\"seed\" value=\"%llu\"/></properties>\n",
		(unsigned long long)r->rig->seed);
}

int results_junit(const struct results *r, FILE *out)
{
	char reason[JUDGE_REASON], about[NAMES_ROOM];
	uint32_t i;

	suite_start(r, out);
	for (i = 0; i < r->rig->nexpects; i++) {
		const struct judge_case *c = &r->judge->cases[i];

		judge_reason(r->judge, i, reason);
		names_expect(r->rig, &r->rig->expect[i], about);
		test_case(r, out, about, r->rig->expect[i].title, c->decided_ns,
			  c->verdict == JUDGE_PASSED, reason);
	}
	judge_run_reason(r->judge, reason);
	test_case(r, out, "", RESULTS_RUN, r->facts->end_ns, !r->record->nfailures, reason);
	fputs("</testsuite>\n</testsuites>\n", out);
	return ferror(out) ? -EIO : 0;
}
