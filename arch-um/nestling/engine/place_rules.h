/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What place.c decides, from numbers that it is given: no clock and no host call, so that
 * tests/unit/test_place.c can look at it.
 */
#ifndef NESTLING_PLACE_RULES_H
#define NESTLING_PLACE_RULES_H

#ifdef __KERNEL__
#include <linux/minmax.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#endif

#define NL_TURNS_MIN 2000U /* some 90 us */
#define NL_TURNS_MAX 16000U
#define NL_SHORT_CYCLES 500000 /* some 200 us: as long as it pays to spin for */
/* The CPU time of another process is known to a tick of the host: some windows' time is more. */
#define NL_WINDOW_NS (30 * 1000000ULL)
/* But for one that has just left this CPU to us. */
#define NL_YIELD_WINDOW_NS (8 * 1000000ULL)
#define NL_CROWDED_MIN_NS (50 * 1000000ULL)
#define NL_CROWDED_MAX_NS (2000 * 1000000ULL)
/* How a guest fares is looked at every 12 ms or so, unless it has hardly run. */
#define NL_LOAD_CYCLES (60ULL * NL_SHORT_CYCLES)
#define NL_LOAD_OLD_NS (10ULL * NL_WINDOW_NS)
/*
 * Two CPUs halve what an order takes at best, less what it costs to hand over, which is some 4 us
 * more where both share one (with GOALS.md's trial: 4.6 us for a null call). Sharing pays for orders
 * that take longer than that; those of a guest that shares take longer by it.
 */
#define NL_ORDER_LONG_NS 8000
#define NL_ORDER_SHORT_NS 12000
/* A stub that is told where to run is looked at when it has not come for so long. */
#define NL_STARVED_MS 8
/* The other side may not come at once: schedulers also look at who has had the CPU for how long. */
#define NL_YIELDS 4
/* What became of the last four orders tells what becomes of the next: a bit each. */
#define NL_OUTCOMES 16U
#define NL_LEFT_MAX 3

/* What each side does before it sleeps. */
struct nl_spin {
	unsigned int kernel, stub; /* turns of spinning */
	unsigned int kernel_yields, stub_yields; /* of the CPU, where both share one */
};

/* Time over which waiting for a stub is compared with the CPU time that it had; all zero: not yet. */
struct nl_window {
	unsigned long long from_ns; /* since when */
	unsigned long long cpu_ns; /* the stub's CPU time then */
	unsigned long long waited_ns; /* how long the guest kernel has waited for it since then */
};

/* Time over which it is seen how the guest kernel fares; all zero: not yet. */
struct nl_load {
	unsigned long long from_tsc; /* since when, by the time-stamp counter, */
	unsigned long long from_ns; /* by the clock, */
	unsigned long long cpu_ns; /* and the CPU time of the guest kernel then */
	unsigned long long slept_tsc; /* how long it has slept since then, with nothing to do */
	unsigned int orders; /* given to stubs since then */
	bool shares; /* it and its stubs are to share a CPU */
};

/* What is known of one stub; all zero: nothing yet. */
struct nl_place {
	unsigned int kept_off; /* 1 + the CPU that it may not use; 0: none */
	unsigned int kept_on; /* 1 + the only one that it may use; 0: none */
	struct nl_spin spin; /* learnt; 0: nothing yet */
	unsigned long long came_at; /* counter when it had done its last order; 0: unknown */
	struct nl_window slept, yielded; /* by the guest kernel, and by the stub */
	/*
	 * Programs repeat themselves: send and receive, and wait there. One that yields and is not
	 * turned to costs two switches more, one that sleeps and is costs a wake-up.
	 */
	bool ordered; /* and not left since: the guest kernel has not turned to something else */
	unsigned int outcomes; /* of the last orders, 1: it was left; the newest is bit 0 */
	unsigned char left_after[NL_OUTCOMES]; /* whether it was, behind these: 0 never, up to 3 */
};

/*
 * What is known of the host: whether it has CPUs for stubs of their own, or whether to yield one
 * is to lose it for long. All zero: not crowded.
 */
struct nl_crowd {
	unsigned long long until_ns; /* it is taken for crowded until then; 0: it never was */
	unsigned long long for_ns; /* how long it is, or was last; 0: it has been quiet since */
};

bool nl_is_crowded(const struct nl_crowd *crowd, unsigned long long now_ns);

/* It is, from now on: for twice as long as the last time, if that was not long ago. */
void nl_crowd_begin(struct nl_crowd *crowd, unsigned long long now_ns);

/* A new window, at these times. */
void nl_load_begin(struct nl_load *l, unsigned long long tsc, unsigned long long now_ns,
		   unsigned long long cpu_ns);

/*
 * The window is over: sets l->shares, which is tried for as long as pauses says, and begins a new
 * one. A guest kernel that did not get the CPU it wanted, for orders that take long, is to share
 * one with its stubs: so many guests have no second one each. It goes back to two when that time is
 * over, or when its orders are short.
 */
void nl_load_judge(struct nl_load *l, struct nl_crowd *pauses, unsigned long long tsc,
		   unsigned long long now_ns, unsigned long long cpu_ns);

enum nl_place_act {
	NL_PLACE_SHARE, /* both on one CPU: they may yield it, nobody spins */
	NL_PLACE_FREE, /* likewise, and the stub may run anywhere from now on */
	NL_PLACE_APART, /* two CPUs: they spin for one another */
	NL_PLACE_LEAVING, /* two CPUs as soon as the stub runs: it was told */
	NL_PLACE_KEEP_OFF /* likewise, and the stub is to be told to keep off the guest kernel's */
};

/*
 * The guest kernel runs on CPU here and may use so many; the stub was seen on CPU stub. now_ns
 * counts only if these two are one and the host was crowded before.
 */
enum nl_place_act nl_place_decide(const struct nl_place *p, const struct nl_crowd *crowd, int cpus,
				  unsigned int here, unsigned int stub, unsigned long long now_ns);

/* How often to yield for an order where both share a CPU, and may. */
struct nl_spin nl_place_yields(struct nl_place *p);

/* The guest kernel turns to another stub, or sleeps, while this one waits for its next order. */
void nl_place_left(struct nl_place *p);

/* Turns to begin with, for what was learnt. */
struct nl_spin nl_spin_turns(const struct nl_place *p);

/* Who spun for so many turns and slept for so many cycles then spins for how many the next time. */
unsigned int nl_spin_learn(unsigned int turns, unsigned long long slept_cycles);

/*
 * The guest kernel has waited for a stub. Whether the window is complete, with len_ns, and time for
 * nl_window_judge().
 */
bool nl_window_add(struct nl_window *w, unsigned long long from_ns, unsigned long long now_ns,
		   unsigned long long len_ns);

/* Whether the host is crowded, now that the stub has used cpu_ns; and begins a new window. */
bool nl_window_judge(struct nl_window *w, struct nl_crowd *crowd, unsigned long long now_ns,
		     unsigned long long cpu_ns, unsigned long long len_ns);

/* A stub that is kept off a CPU has not come in NL_STARVED_MS, and used_ns of it had one: too little? */
bool nl_place_is_starved(unsigned long long used_ns);

#endif
