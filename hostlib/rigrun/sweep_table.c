// SPDX-License-Identifier: GPL-2.0
/* What came out of the runs of a sweep; see sweep_table.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "file_map.h"
#include "markup.h"
#include "memory.h"
#include "sweep_read.h"
#include "sweep_table.h"

#define STATUS ".status"
#define WHY_ROOM 1024

const char *sweep_state_name(enum sweep_state state)
{
	static const char *const names[SWEEP_STATES] = {"not run", "passed", "FAILED",
							"interrupted", "broken"};

	return names[state];
}

int sweep_table_new(struct sweep_table *t, const struct sweep_plan *plan)
{
	*t = (struct sweep_table){.plan = plan};
	t->result = calloc(plan->runs, sizeof(*t->result));
	t->count[SWEEP_NOT_RUN] = plan->runs;
	return t->result ? 0 : -ENOMEM;
}

static void forget(struct sweep_result *r)
{
	free(r->why);
	free(r->figure);
	free(r->verdict);
	*r = (struct sweep_result){0};
}

void sweep_table_free(struct sweep_table *t)
{
	uint32_t i;

	for (i = 0; t->result && i < t->plan->runs; i++)
		forget(&t->result[i]);
	free(t->result);
	free(t->figure);
	free(t->verdict);
	sweep_keys_free(&t->figure_key);
	sweep_keys_free(&t->verdict_key);
	*t = (struct sweep_table){0};
}

/* --- a run comes in -------------------------------------------------------------- */

/* A run while its files are read. */
struct reader {
	struct sweep_table *t;
	struct sweep_result *r;
	uint32_t *at; /* where a figure or verdict of a key is in r, + 1; 0: nowhere yet */
	uint32_t room; /* of at */
};

/* Makes at[key] be there. */
static int reach(struct reader *x, uint32_t key)
{
	uint32_t room = x->room ? x->room : 64, *more;

	while (room <= key)
		room *= 2;
	if (room == x->room)
		return 0;
	more = realloc(x->at, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + x->room, 0, (room - x->room) * sizeof(*more));
	x->at = more;
	x->room = room;
	return 0;
}

/* Units are few, and of the language. */
static const char *known_unit(const char *unit)
{
	static const char *const units[] = {"s", "B", "bit/s", "%"};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(unit, units[i]) == 0)
			return units[i];
	return "";
}

static int number(struct reader *x, const char *name, const char *unit, double value)
{
	struct sweep_figure *f;
	uint32_t key;
	int rc = sweep_keys_find(&x->t->figure_key, name, &key);

	if (rc == 0)
		rc = reach(x, key);
	if (rc == 0 && !x->at[key])
		rc = rig_grow(&x->r->figure, &x->r->nfigures, SWEEP_KEYS_MAX, sizeof(*f));
	if (rc < 0)
		return rc == -ENOSPC ? 0 : rc; /* a page of so many would be none */
	if (!x->at[key]) {
		x->at[key] = x->r->nfigures;
		x->r->figure[x->r->nfigures - 1] = (struct sweep_figure){
			.column = key, .unit = known_unit(unit), .least = value, .most = value};
	}
	f = &x->r->figure[x->at[key] - 1];
	f->count++;
	f->last = value;
	f->least = value < f->least ? value : f->least;
	f->most = value > f->most ? value : f->most;
	f->sum += value;
	return 0;
}

static int sample(void *arg, const struct sweep_row *row)
{
	char name[2 * SWEEP_FIELD_ROOM + sizeof(STATUS)];
	int rc = 0;

	if (!*row->name)
		return 0;
	snprintf(name, sizeof(name), "%s.%s", row->source, row->name);
	if (row->has_value)
		rc = number(arg, name, row->unit, row->value);
	strcat(name, STATUS);
	if (rc == 0 && row->has_status)
		rc = number(arg, name, "", row->status);
	return rc;
}

/* A title that two expectations have gets a number for the second. */
static int verdict_key(struct reader *x, const char *title, uint32_t *key)
{
	char name[SWEEP_TITLE_ROOM + 16];
	uint32_t nth = 1;
	int rc;

	do {
		if (nth == 1)
			snprintf(name, sizeof(name), "%s", title);
		else
			snprintf(name, sizeof(name), "%s (%u)", title, nth);
		rc = sweep_keys_find(&x->t->verdict_key, name, key);
		if (rc == 0)
			rc = reach(x, *key);
		nth++;
	} while (rc == 0 && x->at[*key]);
	return rc;
}

static int point(void *arg, const struct sweep_point *p)
{
	struct reader *x = arg;
	struct sweep_result *r = x->r;
	uint32_t key;
	int rc = verdict_key(x, p->title, &key);

	if (rc == 0)
		rc = rig_grow(&r->verdict, &r->nverdicts, SWEEP_KEYS_MAX, sizeof(*r->verdict));
	if (rc < 0)
		return rc == -ENOSPC ? 0 : rc;
	x->at[key] = r->nverdicts;
	r->end_ns = p->decided_ns; /* of the last point, which is the run itself */
	r->verdict[r->nverdicts - 1] = (struct sweep_verdict){key, p->passed, p->decided_ns};
	if (!p->passed && !r->why && asprintf(&r->why, "%s (%s)", p->title, p->reason) < 0)
		return r->why = NULL, -ENOMEM;
	return 0;
}

/* One file of the run; -EINVAL: it is not what a run writes. */
static int read_file(struct reader *x, int folder, const char *name)
{
	struct file_map f;
	int rc = file_map_open(folder, name, &f);

	if (rc < 0)
		return rc;
	memset(x->at, 0, x->room * sizeof(*x->at));
	if (strcmp(name, "samples.csv") == 0)
		rc = sweep_read_samples(f.data, f.len, sample, x);
	else if (strcmp(name, "verdicts.tap") == 0)
		rc = sweep_read_verdicts(f.data, f.len, point, x);
	else
		x->r->doubtful = sweep_read_doubtful(f.data, f.len);
	file_map_close(&f);
	return rc;
}

static int read_files(struct sweep_table *t, struct sweep_result *r, int folder)
{
	static const char *const names[] = {"samples.csv", "verdicts.tap", "manifest.json"};
	struct reader x = {.t = t, .r = r};
	int rc = reach(&x, 0);
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names) && rc == 0; i++)
		rc = read_file(&x, folder, names[i]);
	free(x.at);
	return rc;
}

/* The first line of what it said, or what its end means. */
static char *broken_why(int status, const char *said, int rc)
{
	char text[WHY_ROOM], *why = NULL;
	int n;

	if (strncmp(said, "uml_rig: ", 9) == 0)
		said += 9;
	markup_visible(text, sizeof(text), said, strcspn(said, "\n"));
	if (*text)
		return strdup(text);
	if (status < 0)
		n = asprintf(&why, "uml_rig died of signal %d", -status);
	else
		n = asprintf(&why, "status %d, and its results cannot be read: %s", status,
			     strerror(rc ? -rc : EINVAL));
	return n < 0 ? NULL : why;
}

int sweep_table_add(struct sweep_table *t, uint32_t run, int status, int folder, const char *said)
{
	static const enum sweep_state states[] = {SWEEP_PASSED, SWEEP_FAILED};
	struct sweep_result *r = &t->result[run];
	int rc = -ENOENT;

	sweep_table_forget(t, run);
	if (status == 130)
		rc = 0; /* half of the numbers would only mislead */
	else if (status == 0 || status == 1)
		rc = folder < 0 ? -ENOENT : read_files(t, r, folder);
	if (rc < 0)
		forget(r);
	r->status = status;
	r->state = rc < 0 ? SWEEP_BROKEN : status == 130 ? SWEEP_INTERRUPTED : states[status];
	if (r->state == SWEEP_BROKEN)
		r->why = broken_why(status, said, rc);
	t->count[SWEEP_NOT_RUN]--;
	t->count[r->state]++;
	return rc == -ENOMEM || (rc < 0 && !r->why) ? -ENOMEM : 0;
}

void sweep_table_forget(struct sweep_table *t, uint32_t run)
{
	struct sweep_result *r = &t->result[run];

	t->count[r->state]--;
	t->count[SWEEP_NOT_RUN]++;
	forget(r);
}

/* --- all are in -------------------------------------------------------------------- */

/* Whether a figure is a status that is 0 everywhere, of a sample that has numbers. */
static bool is_idle_status(struct sweep_table *t, uint32_t key, const bool *nonzero)
{
	const char *name = t->figure_key.text[key];
	char number[2 * SWEEP_FIELD_ROOM + sizeof(STATUS)];
	size_t len = strlen(name);

	if (nonzero[key] || len < sizeof(STATUS) || strcmp(name + len - sizeof(STATUS) + 1, STATUS))
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)(len - sizeof(STATUS) + 1), name);
	return sweep_keys_has(&t->figure_key, number);
}

/* Counters end with what counts; what goes up and down is told by its mean. */
static bool shows_mean(const char *name)
{
	const char *arrow = strstr(name, "->"), *figure = strrchr(name, '.');

	return !arrow || strcmp(figure, ".queue") == 0 || strcmp(figure, ".queue_packets") == 0;
}

/* Which keys are not 0 in all runs. NULL: no memory. */
static bool *find_nonzero(const struct sweep_table *t)
{
	bool *nonzero = calloc(t->figure_key.count + 1, sizeof(*nonzero));
	uint32_t run, i;

	for (run = 0; nonzero && run < t->plan->runs; run++)
		for (i = 0; i < t->result[run].nfigures; i++) {
			const struct sweep_figure *f = &t->result[run].figure[i];

			nonzero[f->column] |= f->least != 0 || f->most != 0;
		}
	return nonzero;
}

/* Columns for the keys of a run that have none yet: of links, or all others. */
static void columns_of_run(struct sweep_table *t, const struct sweep_result *r, bool links,
			   const bool *nonzero, uint32_t *column)
{
	uint32_t i;

	for (i = 0; i < r->nfigures; i++) {
		uint32_t key = r->figure[i].column;
		const char *name = t->figure_key.text[key];

		if (column[key] != RIG_NONE || !strstr(name, "->") == links ||
		    is_idle_status(t, key, nonzero))
			continue;
		t->figure[t->nfigures] = (struct sweep_column){
			.name = name,
			.unit = r->figure[i].unit,
			.mean = shows_mean(name),
		};
		column[key] = t->nfigures++;
	}
}

/* column[key]: what becomes of a key, RIG_NONE for those left out. */
static int columns_of_figures(struct sweep_table *t, uint32_t *column)
{
	bool *nonzero = find_nonzero(t);
	uint32_t run, links;

	t->figure = calloc(t->figure_key.count + 1, sizeof(*t->figure));
	for (links = 0; links < 2 && nonzero && t->figure; links++)
		for (run = 0; run < t->plan->runs; run++)
			columns_of_run(t, &t->result[run], links, nonzero, column);
	free(nonzero);
	return nonzero && t->figure ? 0 : -ENOMEM;
}

static int columns_of_verdicts(struct sweep_table *t, uint32_t *column)
{
	uint32_t run, i;

	t->verdict = calloc(t->verdict_key.count + 1, sizeof(*t->verdict));
	if (!t->verdict)
		return -ENOMEM;
	for (run = 0; run < t->plan->runs; run++)
		for (i = 0; i < t->result[run].nverdicts; i++) {
			uint32_t key = t->result[run].verdict[i].column;

			if (column[key] != RIG_NONE)
				continue;
			t->verdict[t->nverdicts].name = t->verdict_key.text[key];
			column[key] = t->nverdicts++;
		}
	return 0;
}

static int by_figure(const void *a, const void *b)
{
	const struct sweep_figure *x = a, *y = b;

	return x->column < y->column ? -1 : x->column > y->column;
}

static int by_verdict(const void *a, const void *b)
{
	const struct sweep_verdict *x = a, *y = b;

	return x->column < y->column ? -1 : x->column > y->column;
}

/* Keys become columns; what has none goes. */
static void renumber(struct sweep_result *r, const uint32_t *figure, const uint32_t *verdict)
{
	uint32_t i, n = 0;

	for (i = 0; i < r->nfigures; i++) {
		r->figure[n] = r->figure[i];
		r->figure[n].column = figure[r->figure[i].column];
		n += r->figure[n].column != RIG_NONE;
	}
	r->nfigures = n;
	for (i = 0; i < r->nverdicts; i++)
		r->verdict[i].column = verdict[r->verdict[i].column];
	if (r->nfigures)
		qsort(r->figure, r->nfigures, sizeof(*r->figure), by_figure);
	if (r->nverdicts)
		qsort(r->verdict, r->nverdicts, sizeof(*r->verdict), by_verdict);
}

static bool figures_differ(const struct sweep_figure *a, const struct sweep_figure *b)
{
	return a->last != b->last || a->least != b->least || a->most != b->most || a->sum != b->sum;
}

/* Marks the columns in which a run differs from the first that came out. */
static void compare(struct sweep_table *t, uint32_t first, uint32_t run)
{
	uint32_t c;

	for (c = 0; c < t->nfigures; c++) {
		const struct sweep_figure *a = sweep_table_figure(t, first, c),
					  *b = sweep_table_figure(t, run, c);

		t->figure[c].varies |= !a != !b || (a && figures_differ(a, b));
	}
	for (c = 0; c < t->nverdicts; c++) {
		const struct sweep_verdict *a = sweep_table_verdict(t, first, c),
					   *b = sweep_table_verdict(t, run, c);

		t->verdict[c].varies |=
			!a != !b ||
			(a && (a->passed != b->passed || a->decided_ns != b->decided_ns));
	}
}

int sweep_table_finish(struct sweep_table *t)
{
	uint32_t *figure = malloc((t->figure_key.count + 1) * sizeof(*figure));
	uint32_t *verdict = malloc((t->verdict_key.count + 1) * sizeof(*verdict));
	uint32_t run, first = RIG_NONE;
	int rc = figure && verdict ? 0 : -ENOMEM;

	if (rc == 0) {
		memset(figure, 0xff, (t->figure_key.count + 1) * sizeof(*figure));
		memset(verdict, 0xff, (t->verdict_key.count + 1) * sizeof(*verdict));
		rc = columns_of_figures(t, figure);
	}
	if (rc == 0)
		rc = columns_of_verdicts(t, verdict);
	for (run = 0; run < t->plan->runs && rc == 0; run++) {
		renumber(&t->result[run], figure, verdict);
		if (!t->result[run].nverdicts)
			continue;
		first = first == RIG_NONE ? run : first;
		compare(t, first, run);
	}
	free(figure);
	free(verdict);
	return rc;
}

const struct sweep_figure *sweep_table_figure(const struct sweep_table *t, uint32_t run,
					      uint32_t column)
{
	const struct sweep_figure key = {.column = column};
	const struct sweep_result *r = &t->result[run];

	return r->nfigures ? bsearch(&key, r->figure, r->nfigures, sizeof(key), by_figure) : NULL;
}

const struct sweep_verdict *sweep_table_verdict(const struct sweep_table *t, uint32_t run,
						uint32_t column)
{
	const struct sweep_verdict key = {.column = column};
	const struct sweep_result *r = &t->result[run];

	return r->nverdicts ? bsearch(&key, r->verdict, r->nverdicts, sizeof(key), by_verdict)
			    : NULL;
}

bool sweep_table_has_failed(const struct sweep_table *t, uint32_t run)
{
	return t->result[run].state == SWEEP_FAILED || t->result[run].state == SWEEP_BROKEN;
}

uint32_t sweep_table_first_failed(const struct sweep_table *t)
{
	uint32_t run;

	for (run = 0; run < t->plan->runs; run++)
		if (sweep_table_has_failed(t, run))
			return run;
	return RIG_NONE;
}
