// SPDX-License-Identifier: GPL-2.0
/* How far a sweep is: one line that is rewritten on a terminal, otherwise a line now and then. */
#include <stdio.h>
#include <unistd.h>
#include "log.h"
#include "sweep_private.h"

#define TERMINAL_NS 500000000ULL
#define OTHER_NS 15000000000ULL
#define TOLD_MAX 20 /* broken runs that are told one by one */

static void clear(struct sweep *s)
{
	if (s->shown)
		fputs("\r\033[K", stderr);
	s->shown = false;
}

/* What is under way, as far as there is room. */
static void under_way(const struct sweep *s, char *out, size_t room)
{
	char label[SWEEP_LABEL_ROOM];
	uint32_t i, told = 0;
	size_t n = 0;

	*out = 0;
	for (i = 0; i < s->c.at_once && n + 40 < room; i++) {
		if (!s->child[i].pid)
			continue;
		sweep_plan_label(s->c.plan, s->child[i].run, s->c.plan->naxes, label);
		n += (size_t)snprintf(out + n, room - n, "%s%.36s", told++ ? "; " : "", label);
	}
}

static void show(struct sweep *s)
{
	uint32_t left = s->table.count[SWEEP_NOT_RUN], done = s->c.plan->runs - left;
	double took = (double)(loop_now_ns() - s->began_ns) / 1e9;
	uint32_t first = sweep_table_first_failed(&s->table);
	char now[120], text[300], label[SWEEP_LABEL_ROOM];
	int n;

	under_way(s, now, sizeof(now));
	n = snprintf(text, sizeof(text), "%u of %u runs, %u did not pass", done, s->c.plan->runs,
		     done - s->table.count[SWEEP_PASSED]);
	if (first != RIG_NONE) {
		sweep_plan_label(s->c.plan, first, s->c.plan->naxes, label);
		n += snprintf(text + n, sizeof(text) - (size_t)n, " (first: %.60s)", label);
	}
	n += snprintf(text + n, sizeof(text) - (size_t)n, ", real %.0f s", took);
	if (done && left && s->behind == s->c.plan->runs)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ", about %.0f s to go",
			      took / done * left);
	snprintf(text + n, sizeof(text) - (size_t)n, ": %s", now);
	clear(s);
	fprintf(stderr, "%s%s", text, s->terminal ? "" : "\n");
	s->shown = s->terminal;
}

static void progress(struct loop_timer *t)
{
	struct sweep *s = t->arg;

	show(s);
	loop_timer_set(s->loop, &s->progress, s->terminal ? TERMINAL_NS : OTHER_NS, progress, s);
}

void sweep_progress_begin(struct sweep *s)
{
	const struct sweep_plan *p = s->c.plan;
	char text[400] = "";
	uint32_t i;
	int n = 0;

	s->terminal = isatty(STDERR_FILENO);
	if (s->c.quiet)
		return;
	for (i = 0; i < p->naxes; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%u of %.32s", i ? " x " : "",
			      p->axis[i].values.count, p->axis[i].name);
	log_info("%s: %u run%s (%s), %u at a time; results go to %s", s->c.rig_name, p->runs,
		 p->runs == 1 ? "" : "s", text, s->c.at_once, s->c.folder);
	loop_timer_set(s->loop, &s->progress, s->terminal ? TERMINAL_NS : OTHER_NS, progress, s);
}

void sweep_progress_end(struct sweep *s)
{
	loop_timer_del(&s->progress);
	clear(s);
}

void sweep_progress_tell(struct sweep *s, uint32_t run)
{
	const struct sweep_result *r = &s->table.result[run];
	uint32_t broken = s->table.count[SWEEP_BROKEN];
	char label[SWEEP_LABEL_ROOM];

	if (s->c.quiet || r->state != SWEEP_BROKEN || broken > TOLD_MAX)
		return;
	sweep_plan_label(s->c.plan, run, s->c.plan->naxes, label);
	clear(s);
	log_info("%s: %s%s", label, r->why,
		 broken == TOLD_MAX ? " (others are told at the end)" : "");
}
