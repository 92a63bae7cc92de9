// SPDX-License-Identifier: GPL-2.0
/*
 * CPUs for runs side by side. A run of virtual time stays on the CPU on which it finds itself
 * (run_clock.c); left to the host, two that begin together may find themselves on one.
 */
#include "sweep_private.h"

/* From the one on which we are: sweeps of several people do not all begin with the first. */
void sweep_cpus_find(struct sweep_cpus *c)
{
	int here = sched_getcpu(), i;
	cpu_set_t set;

	*c = (struct sweep_cpus){0};
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	for (i = 0; i < CPU_SETSIZE; i++) {
		int cpu = (i + (here > 0 ? here : 0)) % CPU_SETSIZE;

		if (CPU_ISSET(cpu, &set))
			c->number[c->count++] = (uint16_t)cpu;
	}
}

int sweep_cpus_take(struct sweep_cpus *c)
{
	uint32_t best = 0, i;

	if (!c->count)
		return -1;
	for (i = 1; i < c->count; i++)
		best = c->runs[i] < c->runs[best] ? i : best;
	c->runs[best]++;
	return c->number[best];
}

void sweep_cpus_give(struct sweep_cpus *c, int cpu)
{
	uint32_t i;

	for (i = 0; i < c->count; i++)
		if (c->number[i] == cpu)
			c->runs[i]--;
}

uint32_t sweep_at_once(bool real_time)
{
	struct sweep_cpus c;

	sweep_cpus_find(&c);
	if (real_time || !c.count)
		return 1;
	return c.count < SWEEP_AT_ONCE_MAX ? c.count : SWEEP_AT_ONCE_MAX;
}
