// SPDX-License-Identifier: GPL-2.0
/*
 * The decisions of place.c, which opens with what they are good for.
 *
 * A stub is kept off the guest kernel's CPU where there is another, unless the host is crowded.
 * It is when over a window of time the guest kernel has slept for guest code longer than that
 * has had a CPU. For a while then, twice as long each time, stubs may run anywhere.
 *
 * Several guests that are busy at once are another matter: what one of them spins away is what the
 * other one works with. Where the guest kernel itself does not get the CPU that it wants, and has
 * more to do for each order than it costs to take turns, it and its stubs share a CPU.
 */
#include "place_rules.h"

#define SHORT(len_ns) ((len_ns) / 4) /* of a window without a CPU: the host is crowded */
#define OLD(len_ns) (4 * (len_ns))
#define LOST(wall_ns) ((wall_ns) / 8) /* of a window with a CPU wanted and none had */
#define STARVED_NS (NL_STARVED_MS * 1000000ULL / 4)

bool nl_is_crowded(const struct nl_crowd *crowd, unsigned long long now_ns)
{
	return crowd->until_ns && now_ns < crowd->until_ns;
}

void nl_crowd_begin(struct nl_crowd *crowd, unsigned long long now_ns)
{
	if (now_ns > crowd->until_ns + crowd->for_ns)
		crowd->for_ns = 0;
	crowd->for_ns = min(max(2 * crowd->for_ns, NL_CROWDED_MIN_NS), NL_CROWDED_MAX_NS);
	crowd->until_ns = now_ns + crowd->for_ns;
}

enum nl_place_act nl_place_decide(const struct nl_place *p, const struct nl_crowd *crowd, int cpus,
				  unsigned int here, unsigned int stub, unsigned long long now_ns)
{
	if (cpus < 2)
		return NL_PLACE_SHARE;
	if (stub != here)
		return NL_PLACE_APART;
	if (nl_is_crowded(crowd, now_ns))
		return p->kept_off ? NL_PLACE_FREE : NL_PLACE_SHARE;
	return p->kept_off == here + 1 ? NL_PLACE_LEAVING : NL_PLACE_KEEP_OFF;
}

/* What became of the last order: that is the newest of the outcomes that the next is told from. */
static void learn(struct nl_place *p, bool left)
{
	unsigned char *known = &p->left_after[p->outcomes];

	if (left)
		*known = min(*known + 1, NL_LEFT_MAX);
	else
		*known -= *known > 0;
	p->outcomes = (p->outcomes << 1 | left) % NL_OUTCOMES;
}

struct nl_spin nl_place_yields(struct nl_place *p)
{
	bool left;

	if (p->ordered)
		learn(p, false);
	p->ordered = true;
	left = p->left_after[p->outcomes] > NL_LEFT_MAX / 2;
	return (struct nl_spin){.kernel_yields = NL_YIELDS, .stub_yields = left ? 0 : NL_YIELDS};
}

void nl_place_left(struct nl_place *p)
{
	if (p->ordered)
		learn(p, true);
	p->ordered = false;
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

bool nl_window_add(struct nl_window *w, unsigned long long from_ns, unsigned long long now_ns,
		   unsigned long long len_ns)
{
	if (w->from_ns && now_ns - w->from_ns <= OLD(len_ns)) {
		w->waited_ns += now_ns - from_ns;
		return now_ns - w->from_ns >= len_ns;
	}
	/* This wait counts for nothing: nobody knows what CPU time the stub had when it began. */
	w->from_ns = 0;
	return true;
}

bool nl_window_judge(struct nl_window *w, struct nl_crowd *crowd, unsigned long long now_ns,
		     unsigned long long cpu_ns, unsigned long long len_ns)
{
	bool known = w->from_ns;
	bool crowded = known && w->waited_ns > cpu_ns - w->cpu_ns + SHORT(len_ns);

	if (crowded)
		nl_crowd_begin(crowd, now_ns);
	else if (known && !nl_is_crowded(crowd, now_ns))
		crowd->for_ns = 0;
	*w = (struct nl_window){.from_ns = now_ns, .cpu_ns = cpu_ns};
	return crowded;
}

void nl_load_begin(struct nl_load *l, unsigned long long tsc, unsigned long long now_ns,
		   unsigned long long cpu_ns)
{
	*l = (struct nl_load){
		.from_tsc = tsc, .from_ns = now_ns, .cpu_ns = cpu_ns, .shares = l->shares};
}

/* Time in which it wanted a CPU and had none; the guest may have begun to sleep before the window. */
static unsigned long long lost_ns(const struct nl_load *l, unsigned long long tsc,
				  unsigned long long wall_ns, unsigned long long cpu_ns)
{
	unsigned long long cycles = max(tsc - l->from_tsc, 1ULL);
	unsigned long long slept = min(l->slept_tsc, cycles);
	unsigned long long had = slept * (wall_ns >> 10) / cycles * 1024 + cpu_ns;

	return had < wall_ns ? wall_ns - had : 0;
}

void nl_load_judge(struct nl_load *l, struct nl_crowd *pauses, unsigned long long tsc,
		   unsigned long long now_ns, unsigned long long cpu_ns)
{
	unsigned long long wall = now_ns - l->from_ns, used = cpu_ns - l->cpu_ns;
	unsigned long long each = used / max(l->orders, 1U);

	if (!l->from_ns || wall > NL_LOAD_OLD_NS) {
		l->shares = false;
	} else if (l->shares) {
		l->shares = nl_is_crowded(pauses, now_ns) && each >= NL_ORDER_SHORT_NS;
	} else if (lost_ns(l, tsc, wall, used) > LOST(wall) && each >= NL_ORDER_LONG_NS) {
		nl_crowd_begin(pauses, now_ns);
		l->shares = true;
	}
	nl_load_begin(l, tsc, now_ns, cpu_ns);
}

bool nl_place_is_starved(unsigned long long used_ns)
{
	return used_ns < STARVED_NS;
}
