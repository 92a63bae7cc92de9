// SPDX-License-Identifier: GPL-2.0
/* The verdicts; see judge.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "judge_private.h"

const char *judge_verdict_name(enum judge_verdict verdict)
{
	static const char *const names[JUDGE_VERDICTS] = {
		[JUDGE_OPEN] = "open",
		[JUDGE_PASSED] = "passed",
		[JUDGE_FAILED] = "failed",
	};

	return names[verdict];
}

/* An array of n times RIG_NONE. */
static uint32_t *none(uint32_t n)
{
	uint32_t *a = malloc((n + 1) * sizeof(*a));

	if (a)
		memset(a, 0xff, (n + 1) * sizeof(*a));
	return a;
}

/* Cases are chained to what they are about, so that an entry of the record meets only its own. */
static void chain(struct judge *j)
{
	const struct rig *rig = j->record->rig;
	uint32_t i, *first;

	for (i = rig->nexpects; i-- > 0;) {
		const struct rig_expect *e = &rig->expect[i];

		if (e->node == RIG_NONE)
			first = &j->of_way[e->link * 2 + (e->way == RIG_WAY_1)];
		else
			first = &j->of_series[record_find_series(j->record, e->node, e->label)];
		j->cases[i].next = *first;
		*first = i;
	}
	j->count[JUDGE_OPEN] = rig->nexpects;
}

struct judge *judge_new(const struct record *record)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->record = record;
	j->cases = calloc(record->rig->nexpects + 1, sizeof(*j->cases));
	j->of_series = none(record->nseries);
	j->of_way = none(record->rig->nlinks * 2);
	if (!j->cases || !j->of_series || !j->of_way) {
		judge_free(j);
		return NULL;
	}
	chain(j);
	return j;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	free(j->cases);
	free(j->of_series);
	free(j->of_way);
	free(j);
}

static void decide(struct judge *j, struct judge_case *c, bool passed, uint64_t ns)
{
	c->verdict = passed ? JUDGE_PASSED : JUDGE_FAILED;
	c->decided_ns = ns;
	j->count[JUDGE_OPEN]--;
	j->count[c->verdict]++;
}

/* A figure that is no number is not as wanted, not even with !=. */
static bool compare(double a, enum rig_compare how, double b)
{
	if (isnan(a))
		return false;
	switch (how) {
	case RIG_EQ:
		return a == b;
	case RIG_NE:
		return a != b;
	case RIG_LT:
		return a < b;
	case RIG_LE:
		return a <= b;
	case RIG_GT:
		return a > b;
	case RIG_GE:
		return a >= b;
	case RIG_HAS:
		break;
	}
	return false;
}

bool judge_number(const struct rig_expect *e, const struct record_result *r, double *number)
{
	if (e->status) {
		*number = r->status;
		return r->status != RECORD_NO_STATUS;
	}
	*number = r->number;
	return r->has_number &&
	       (e->unit == RIG_UNIT_NONE || r->unit == RIG_UNIT_NONE || r->unit == e->unit);
}

static bool text_holds(const struct rig_expect *e, const struct record_result *r)
{
	size_t len = r->len, want = strlen(e->text);
	bool same;

	if (e->compare == RIG_HAS)
		return memmem(r->output, len, e->text, want) != NULL;
	while (len && (r->output[len - 1] == '\n' || r->output[len - 1] == '\r'))
		len--;
	same = !r->cut && len == want && memcmp(r->output, e->text, len) == 0;
	return same == (e->compare == RIG_EQ);
}

static void range(struct judge_case *c, double number)
{
	if (isnan(number))
		return;
	if (!c->ranged || number < c->least)
		c->least = number;
	if (!c->ranged || number > c->most)
		c->most = number;
	c->ranged = true;
}

static bool counts(const struct judge_case *c, const struct rig_expect *e, uint64_t ns)
{
	return c->verdict == JUDGE_OPEN && ns >= e->from_ns && ns <= e->until_ns;
}

/* One more measurement of the case, the index-th of its kind. */
static void measured(struct judge *j, struct judge_case *c, const struct rig_expect *e,
		     uint32_t index, uint64_t ns, bool holds)
{
	c->samples++;
	c->last = index;
	if (holds == (e->when != RIG_ALWAYS))
		decide(j, c, holds, ns);
}

static void look_at_result(struct judge *j, uint32_t index)
{
	const struct record_result *r = &j->record->result[index];
	uint32_t i = r->series == RIG_NONE ? RIG_NONE : j->of_series[r->series];

	for (; i != RIG_NONE; i = j->cases[i].next) {
		const struct rig_expect *e = &j->record->rig->expect[i];
		struct judge_case *c = &j->cases[i];
		bool holds;
		double number;

		if (!counts(c, e, r->at_ns))
			continue;
		if (e->unit == RIG_UNIT_TEXT) {
			holds = text_holds(e, r);
		} else {
			holds = judge_number(e, r, &number);
			if (holds)
				range(c, number);
			holds = holds && compare(number, e->compare, e->number);
		}
		measured(j, c, e, index, r->at_ns, holds);
	}
}

static void look_at_figures(struct judge *j, uint32_t index)
{
	const struct record_figures *f = &j->record->figures[index];
	uint32_t i = j->of_way[f->link * 2 + (f->way == RIG_WAY_1)];

	for (; i != RIG_NONE; i = j->cases[i].next) {
		const struct rig_expect *e = &j->record->rig->expect[i];
		struct judge_case *c = &j->cases[i];
		double number = f->value[e->figure];

		if (!counts(c, e, f->at_ns))
			continue;
		range(c, number);
		measured(j, c, e, index, f->at_ns, compare(number, e->compare, e->number));
	}
}

/* Decides what time has run out for; at the end, all that is open. */
static void run_out(struct judge *j, uint64_t now_ns, bool end)
{
	const struct rig *rig = j->record->rig;
	uint32_t i;

	j->due_ns = UINT64_MAX;
	for (i = 0; i < rig->nexpects; i++) {
		const struct rig_expect *e = &rig->expect[i];
		struct judge_case *c = &j->cases[i];

		if (c->verdict != JUDGE_OPEN)
			continue;
		if (e->until_ns >= now_ns && !end) {
			j->due_ns = e->until_ns < j->due_ns ? e->until_ns : j->due_ns;
			continue;
		}
		c->at_end = e->until_ns > now_ns;
		decide(j, c, e->when == RIG_ALWAYS && c->samples, c->at_end ? now_ns : e->until_ns);
	}
}

void judge_update(struct judge *j, uint64_t now_ns)
{
	for (; j->results < j->record->nresults; j->results++)
		look_at_result(j, j->results);
	for (; j->figures < j->record->nfigures; j->figures++)
		look_at_figures(j, j->figures);
	j->now_ns = now_ns;
	if (now_ns > j->due_ns)
		run_out(j, now_ns, false);
}

void judge_end(struct judge *j, uint64_t now_ns)
{
	judge_update(j, now_ns);
	run_out(j, now_ns, true);
}

bool judge_decided(const struct judge *j)
{
	return j->record->rig->nexpects && !j->count[JUDGE_OPEN];
}

bool judge_all_well(const struct judge *j)
{
	return !j->count[JUDGE_OPEN] && !j->count[JUDGE_FAILED] && !j->record->nfailures;
}

bool judge_watches(const struct judge *j, uint32_t link, uint8_t way)
{
	uint32_t i = j->of_way[link * 2 + (way == RIG_WAY_1)];

	while (i != RIG_NONE && j->cases[i].verdict != JUDGE_OPEN)
		i = j->cases[i].next;
	return i != RIG_NONE;
}

uint64_t judge_next_look(const struct judge *j, uint64_t after_ns)
{
	const struct rig *rig = j->record->rig;
	uint64_t next = UINT64_MAX;
	uint32_t i;

	for (i = 0; i < rig->nexpects; i++) {
		const struct rig_expect *e = &rig->expect[i];

		if (e->node != RIG_NONE || j->cases[i].verdict != JUDGE_OPEN)
			continue;
		if (e->from_ns > after_ns && e->from_ns < next)
			next = e->from_ns;
		if (e->until_ns > after_ns && e->until_ns < next)
			next = e->until_ns;
	}
	return next;
}
