// SPDX-License-Identifier: GPL-2.0
/*
 * Time of a run: in virtual time the calendar is moved by the lanes and counts from 1970, so that
 * captures and the guests' clocks agree; in real time it follows CLOCK_MONOTONIC.
 */
#include <errno.h>
#include <sched.h>
#include "run_private.h"

#define SECOND 1000000000ULL
/* What the runner says to a guest comes no later than this, if the guest computes. */
#define LOOKAHEAD_MAX 1000000ULL

static void tick(struct loop_timer *t)
{
	struct run *r = t->arg;

	calendar_run(r->cal, loop_now_ns(), 0);
	run_clock_set(r);
}

void run_clock_set(struct run *r)
{
	uint64_t next = calendar_next(r->cal), now = loop_now_ns();

	if (r->lanes)
		return;
	if (next == CALENDAR_NEVER)
		loop_timer_del(&r->tick);
	else
		loop_timer_set(r->loop, &r->tick, next > now ? next - now : 0, tick, r);
}

uint64_t run_now(const struct run *r)
{
	uint64_t now = r->lanes ? calendar_now(r->cal) : loop_now_ns();

	return r->started && now > r->t0 ? now - r->t0 : 0;
}

/*
 * Guests mostly wait for each other, and to wake one up on another CPU costs the host more than
 * what the guest has to do then.
 */
static void stay_on_this_cpu(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	CPU_ZERO(&set);
	if (cpu >= 0 && cpu < CPU_SETSIZE) {
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
}

static void lane_kick(void *arg, struct lane *lane, unsigned int card, unsigned int ring,
		      uint16_t avail)
{
	struct run *r = arg;
	const struct run_node *n = lane_arg(lane);

	rig_net_kick(r->net, n->index, card, ring, avail);
}

static bool lane_ready(void *arg, struct lane *lane, unsigned int card)
{
	const struct run *r = arg;
	const struct run_node *n = lane_arg(lane);

	return rig_net_ready(r->net, n->index, card);
}

static void lane_over(void *arg, struct lane *lane)
{
	(void)arg;
	run_node_ended(lane_arg(lane));
}

static void lane_hung(void *arg, struct lane *lane)
{
	(void)arg;
	run_node_hung(lane_arg(lane));
}

static void lane_flush(void *arg)
{
	struct run *r = arg;

	rig_net_flush(r->net);
}

static void lane_idle(void *arg)
{
	run_finish(arg, "nothing happens any more");
}

const struct lanes_ops run_lanes_ops = {
	.kick = lane_kick,
	.ready = lane_ready,
	.ended = lane_over,
	.hung = lane_hung,
	.flush = lane_flush,
	.idle = lane_idle,
};

int run_clock_new(struct run *r)
{
	r->cal = calendar_new();
	if (!r->cal)
		return -ENOMEM;
	if (r->rig->real_time)
		return 0;
	calendar_run(r->cal, r->rig->start_s * SECOND, 0);
	r->lanes = lanes_new(r->loop, r->cal, &run_lanes_ops, r);
	if (!r->lanes)
		return -ENOMEM;
	lanes_set_sequential(r->lanes, r->c.sequential);
	lanes_set_patience(r->lanes, r->c.patience_ns);
	if (!r->c.parallel)
		stay_on_this_cpu();
	return 0;
}

void run_clock_go(struct run *r)
{
	uint64_t ahead;

	if (!r->lanes)
		return;
	ahead = rig_net_lookahead(r->net);
	lanes_set_lookahead(r->lanes, ahead < LOOKAHEAD_MAX ? ahead : LOOKAHEAD_MAX);
	lanes_go(r->lanes);
}

void run_clock_free(struct run *r)
{
	loop_timer_del(&r->tick);
	lanes_free(r->lanes);
	r->lanes = NULL;
	calendar_free(r->cal);
	r->cal = NULL;
}
