// SPDX-License-Identifier: GPL-2.0
/*
 * The decisions of place.c, which opens with what they are good for.
 *
 * A stub is kept off the guest kernel's CPU where there is another, unless the host is crowded.
 * It is when over a window of time the guest kernel has slept for guest code longer than that
 * has had a CPU. For a while then, twice as long each time, stubs may run anywhere.
 */
#include "place_rules.h"

#define SHORT(window_ns) ((window_ns) / 4) /* of it without a CPU: the host is crowded */
#define OLD(window_ns) (4 * (window_ns))
#define STARVED_NS (NL_STARVED_MS * 1000000ULL / 4)

static bool is_crowded(const struct nl_crowd *crowd, unsigned long long now_ns)
{
	return crowd->until_ns && now_ns < crowd->until_ns;
}

enum nl_place_act nl_place_decide(const struct nl_place *p, const struct nl_crowd *crowd, int cpus,
				  unsigned int here, unsigned int stub, unsigned long long now_ns)
{
	if (cpus < 2)
		return NL_PLACE_SHARE;
	if (stub != here)
		return NL_PLACE_APART;
	if (is_crowded(crowd, now_ns))
		return p->kept_off ? NL_PLACE_FREE : NL_PLACE_SHARE;
	return p->kept_off == here + 1 ? NL_PLACE_LEAVING : NL_PLACE_KEEP_OFF;
}

struct nl_spin nl_place_yields(struct nl_place *p, const struct nl_crowd *crowd,
			       unsigned long long now_ns)
{
	bool rests = p->rest;

	p->orders++;
	p->rest -= rests;
	if (is_crowded(crowd, now_ns))
		return (struct nl_spin){};
	return (struct nl_spin){.kernel_yields = NL_YIELDS, .stub_yields = rests ? 0 : NL_YIELDS};
}

void nl_place_left(struct nl_place *p)
{
	if (!p->orders)
		return;
	p->rest_next = p->orders <= NL_LEFT_OFTEN ? min(2 * p->rest_next + 4, NL_REST_MAX) : 0;
	p->rest = p->rest_next;
	p->orders = 0;
}

struct nl_spin nl_spin_turns(const struct nl_place *p)
{
	return (struct nl_spin){
		.kernel = max(p->spin.kernel, NL_TURNS_MIN),
		.stub = max(p->spin.stub, NL_TURNS_MIN),
	};
}

unsigned int nl_spin_learn(unsigned int turns, unsigned long long slept_cycles)
{
	turns = max(turns, NL_TURNS_MIN);
	if (slept_cycles < NL_SHORT_CYCLES)
		return min(2 * turns, NL_TURNS_MAX);
	return max(turns / 2, NL_TURNS_MIN);
}

bool nl_place_slept(struct nl_place *p, unsigned long long from_ns, unsigned long long now_ns,
		    unsigned long long window_ns)
{
	if (p->window_ns && now_ns - p->window_ns <= OLD(window_ns)) {
		p->slept_ns += now_ns - from_ns;
		return now_ns - p->window_ns >= window_ns;
	}
	/* This sleep counts for nothing: nobody knows what CPU time the stub had when it began. */
	p->window_ns = 0;
	return true;
}

bool nl_place_judge(struct nl_place *p, struct nl_crowd *crowd, unsigned long long now_ns,
		    unsigned long long cpu_ns, unsigned long long window_ns)
{
	bool known = p->window_ns;
	bool crowded = known && p->slept_ns > cpu_ns - p->window_cpu_ns + SHORT(window_ns);

	if (crowded) {
		crowd->for_ns = min(max(2 * crowd->for_ns, NL_CROWDED_MIN_NS), NL_CROWDED_MAX_NS);
		crowd->until_ns = now_ns + crowd->for_ns;
	} else if (known && !is_crowded(crowd, now_ns)) {
		crowd->for_ns = 0;
	}
	/* What is slept while it is taken for crowded need not be told: a new window begins after it. */
	p->window_ns = crowded ? 0 : now_ns;
	p->window_cpu_ns = cpu_ns;
	p->slept_ns = 0;
	return crowded;
}

bool nl_place_is_starved(unsigned long long used_ns)
{
	return used_ns < STARVED_NS;
}
