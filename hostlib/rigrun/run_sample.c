// SPDX-License-Identifier: GPL-2.0
/* Samples: numbers of commands and figures of links, again and again. */
#include <errno.h>
#include <stdlib.h>
#include "run_private.h"

static void sample_due(struct event *e, uint64_t now_ns);

static void figures(struct run *r, uint32_t link, uint8_t way)
{
	double value[RIG_FIGURES];

	rig_net_figures(r->net, link, way, value);
	record_link(r->record, run_now(r), link, way, value);
}

static void command_done(void *arg, const struct agent_result *result)
{
	struct run_sampler *s = arg;
	struct run *r = s->run;
	const struct rig_sample *rs = &r->rig->sample[s->index];

	s->waits = false;
	if (r->ending)
		return;
	run_record(r, rs->node, rs->label, rs->command, result);
	run_judge(r);
}

/* One that has not ended is not overtaken; where no node is there is nothing to measure. */
static void measure(struct run_sampler *s)
{
	struct run *r = s->run;
	const struct rig_sample *rs = &r->rig->sample[s->index];

	if (rs->node == RIG_NONE)
		figures(r, rs->link, rs->way);
	else if (!s->waits && r->node[rs->node].state == NODE_UP)
		s->waits = agent_exec(r->agent, rs->node, rs->command, NULL, command_done, s) == 0;
}

static void next(struct run_sampler *s, uint64_t at_ns)
{
	struct run *r = s->run;

	if (at_ns <= r->rig->sample[s->index].until_ns)
		calendar_add(r->cal, &s->event, r->t0 + at_ns, RUN_SOURCE + 1 + s->index,
			     sample_due, s);
}

static void sample_due(struct event *e, uint64_t now_ns)
{
	struct run_sampler *s = e->arg;
	struct run *r = s->run;

	if (r->ending)
		return;
	measure(s);
	rig_net_flush(r->net);
	run_judge(r);
	next(s, now_ns - r->t0 + r->rig->sample[s->index].every_ns);
}

int run_samples_begin(struct run *r)
{
	uint32_t i;

	r->sampler = calloc(r->rig->nsamples + 1, sizeof(*r->sampler));
	if (!r->sampler)
		return -ENOMEM;
	for (i = 0; i < r->rig->nsamples; i++) {
		r->sampler[i] = (struct run_sampler){.run = r, .index = i};
		next(&r->sampler[i], r->rig->sample[i].from_ns);
	}
	return 0;
}

static void look_due(struct event *e, uint64_t now_ns)
{
	(void)now_ns;
	run_look(e->arg);
	run_judge(e->arg);
}

void run_look(struct run *r)
{
	uint64_t now = run_now(r), at;
	uint32_t i;

	for (i = 0; i < r->rig->nlinks; i++) {
		if (judge_watches(r->judge, i, RIG_WAY_0))
			figures(r, i, RIG_WAY_0);
		if (judge_watches(r->judge, i, RIG_WAY_1))
			figures(r, i, RIG_WAY_1);
	}
	at = judge_next_look(r->judge, now);
	if (at != UINT64_MAX)
		calendar_add(r->cal, &r->look, r->t0 + at, UINT32_MAX - 1, look_due, r);
}
