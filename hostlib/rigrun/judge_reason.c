// SPDX-License-Identifier: GPL-2.0
/* Why a verdict is what it is, for people; see judge.h. */
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include "judge_private.h"
#include "markup.h"
#include "names.h"
#include "value.h"

#define EXCERPT 64 /* bytes shown of a text */

struct line {
	char *out;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void say(struct line *l, const char *fmt, ...)
{
	size_t room = JUDGE_REASON - l->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->out + l->used, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->used += (size_t)n < room ? (size_t)n : room - 1;
}

static void say_time(struct line *l, const char *before, uint64_t ns)
{
	char text[64];

	rig_print_time(ns, text);
	say(l, "%s%s", before, text);
}

static void say_text(struct line *l, const char *text, size_t len)
{
	char out[EXCERPT + 1];
	size_t taken = markup_visible(out, sizeof(out), text, len);

	say(l, "\"%s\"%s", out, taken < len ? "..." : "");
}

static void say_number(struct line *l, double number, enum rig_unit unit)
{
	static const char *const units[] = {
		[RIG_UNIT_NONE] = "",       [RIG_UNIT_SECONDS] = " s", [RIG_UNIT_BYTES] = " B",
		[RIG_UNIT_BITS] = " bit/s", [RIG_UNIT_PERCENT] = " %", [RIG_UNIT_TEXT] = "",
	};

	if (isnan(number))
		say(l, "no number");
	else
		say(l, "%.12g%s", number, units[unit]);
}

static void say_result(struct line *l, const struct rig_expect *e, const struct record_result *r)
{
	size_t len = r->len;
	double number;

	while (len && r->output[len - 1] == '\n')
		len--;
	if (e->unit == RIG_UNIT_TEXT) {
		say(l, "was ");
		say_text(l, r->output, len);
	} else if (e->status && !judge_number(e, r, &number)) {
		say(l, "had no exit status");
	} else if (e->status) {
		say(l, "was %d", r->status);
	} else if (r->has_number) {
		say(l, "was ");
		say_number(l, r->number, r->unit == RIG_UNIT_NONE ? e->unit : r->unit);
	} else {
		say(l, "had no number");
	}
}

/* The latest measurement. */
static void say_last(struct line *l, const struct judge *j, const struct judge_case *c,
		     const struct rig_expect *e)
{
	if (e->node == RIG_NONE) {
		const struct record_figures *f = &j->record->figures[c->last];

		say(l, "was ");
		say_number(l, f->value[e->figure], e->unit);
		say_time(l, " at ", f->at_ns);
	} else {
		const struct record_result *r = &j->record->result[c->last];

		say_result(l, e, r);
		say_time(l, " at ", r->at_ns);
	}
}

static void say_was(struct line *l, const struct judge *j, const struct judge_case *c,
		    const struct rig_expect *e)
{
	bool always = e->when == RIG_ALWAYS;

	if (c->verdict == JUDGE_OPEN && !c->samples) {
		say(l, "is not measured yet");
	} else if (!c->samples) {
		say(l, "was never measured");
	} else if (always && c->verdict == JUDGE_PASSED && c->ranged) {
		say(l, "was ");
		say_number(l, c->least, e->unit);
		if (c->most > c->least) {
			say(l, " to ");
			say_number(l, c->most, e->unit);
		}
		say(l, " in %u sample%s", c->samples, c->samples == 1 ? "" : "s");
	} else {
		say_last(l, j, c, e);
		if (c->samples > 1 &&
		    (always ? c->verdict != JUDGE_FAILED : c->verdict != JUDGE_PASSED))
			say(l, ", the last of %u", c->samples);
	}
}

static void say_wanted(struct line *l, const struct rig_expect *e)
{
	static const char *const compare[] = {"==", "!=", "<", "<=", ">", ">=", "has"};
	static const char *const before_end[] = {
		[RIG_BY] = " by ",
		[RIG_WITHIN] = " to ",
		[RIG_ALWAYS] = " until ",
	};

	say(l, "; wanted %s ", compare[e->compare]);
	if (e->unit == RIG_UNIT_TEXT)
		say_text(l, e->text, strlen(e->text));
	else
		say_number(l, e->number, e->unit);
	if (e->when == RIG_ALWAYS)
		say(l, " always");
	if (e->from_ns || e->when == RIG_WITHIN)
		say_time(l, " from ", e->from_ns);
	if (e->until_ns != UINT64_MAX)
		say_time(l, before_end[e->when], e->until_ns);
}

void judge_reason(const struct judge *j, uint32_t n, char out[static JUDGE_REASON])
{
	const struct rig_expect *e = &j->record->rig->expect[n];
	const struct judge_case *c = &j->cases[n];
	struct line l = {out, 0};

	say_was(&l, j, c, e);
	say_wanted(&l, e);
	if (c->at_end && e->until_ns != UINT64_MAX)
		say_time(&l, "; the run ended at ", c->decided_ns);
}

void judge_run_reason(const struct judge *j, char out[static JUDGE_REASON])
{
	const struct record *rec = j->record;
	struct line l = {out, 0};
	char subject[NAMES_ROOM];
	uint32_t i = 0;

	while (i < rec->nevents && rec->event[i].kind != RECORD_FAILURE)
		i++;
	if (i == rec->nevents) {
		say(&l, "no failure");
		return;
	}
	if (rec->nfailures > 1)
		say(&l, "%u failures, the first", rec->nfailures);
	else
		say(&l, "a failure");
	say_time(&l, " at ", rec->event[i].at_ns);
	names_subject(rec->rig, rec->event[i].node, rec->event[i].link, subject);
	say(&l, ": %s%s", subject, *subject ? ": " : "");
	markup_visible(out + l.used, JUDGE_REASON - l.used, rec->event[i].text,
		       strlen(rec->event[i].text));
}
