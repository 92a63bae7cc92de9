// SPDX-License-Identifier: GPL-2.0
/*
 * Where stubs run, and for how long one side spins for the other.
 *
 * Guest kernel and stub hand over by spinning when they run on two CPUs, and that is many
 * times faster than taking turns on one. The host's scheduler does not know: it likes to
 * wake a stub where the guest kernel runs. So a stub that was seen on the guest kernel's CPU
 * is told to keep off that one, before it is woken.
 *
 * That is good only as long as another CPU has time for it. Where the guest kernel slept for
 * guest code longer than that has had a CPU in the same time, the host is crowded: its
 * stubs may then run anywhere, and nobody spins for one on the guest kernel's own CPU, until
 * it is tried again. And one that has got no CPU for some milliseconds takes any.
 *
 * Where several guests are busy on few CPUs, each takes turns with its stubs on one, which the
 * stubs are told to stay on (they follow the guest kernel with their next order): two that send to
 * one another then have a CPU each.
 *
 * What follows from what stands in place_rules.c; here the clocks are read, and stubs are told.
 *
 * Where they share a CPU nevertheless, or there is but one, they yield it to one another: a call
 * of the host on each side, where sleeping and waking are two. Who yields loses its turn to
 * everybody else, too: so not where the host is crowded. And a stub whose program is about to
 * block sleeps at once: it would only be run once more to do that. Stubs that share the other CPU
 * give it to one another in the same way (leave_latest() in stub.c).
 *
 * How long: a wake-up across CPUs costs as much as some 1,000 turns of spinning. A stub or
 * guest kernel that slept, but for a short time only, would have done better to spin for
 * longer, and does so the next time; who slept for long spins for less.
 */
#include <os.h>
#include <timetravel.h>
#include "engine.h"

#define CPU_UNKNOWN (~0U)
/* About a millisecond: who computes all the time has a CPU for so long, who waits has not. */
#define LONG_CYCLES (5ULL * NL_SHORT_CYCLES)

/* This is a machine of one CPU. */
static struct nl_crowd crowd; /* there is no other CPU for stubs */
static struct nl_crowd yield_crowd; /* who yields loses the CPU for long */
static struct nl_crowd share_pauses; /* until two CPUs are tried anew */
static struct nl_load load;

/*
 * Orders since anybody slept or yielded. What time it is, which CPU this is and what follows from that
 * take a tenth of a short call: once it has gone well for QUICK orders, one look in as many is enough.
 */
static unsigned int quick;
#define QUICK 16

/* What the newest order that was looked at got. */
static struct {
	const struct nl_stub *stub;
	struct nl_spin spin;
} looked;

static bool look(void)
{
	return quick < QUICK || quick % QUICK == 0;
}

static void run_anywhere(struct nl_stub *s)
{
	if (s->place.kept_off || s->place.kept_on)
		nl_stub_keep_off(&nl_host, s->pid, CPU_UNKNOWN);
	s->place.kept_off = 0;
	s->place.kept_on = 0;
}

/* Looks at how the guest fares, now and then; the time is when the stub came: long ago, maybe. */
static void watch_load(const struct nl_stub *s)
{
	u64 tsc = s->place.came_at;

	if (tsc < load.from_tsc + NL_LOAD_CYCLES || nl_host.cpus < 2 ||
	    time_travel_mode != TT_MODE_OFF)
		return;
	nl_load_judge(&load, &share_pauses, tsc, os_nsecs(), nl_own_cpu_ns());
}

/* Whether the stub is to take turns with the guest kernel on its CPU. */
static bool is_sharing(struct nl_stub *s, unsigned int here)
{
	if (load.shares && s->place.kept_on != here + 1) {
		if (nl_stub_keep_on(s->pid, here) < 0)
			return false;
		s->place.kept_on = here + 1;
		s->place.kept_off = 0;
	}
	if (!load.shares && s->place.kept_on)
		run_anywhere(s);
	return load.shares;
}

static struct nl_spin take_turns(struct nl_stub *s)
{
	quick = 0;
	return nl_place_may_yield() ? nl_place_yields(&s->place) : (struct nl_spin){};
}

/* Whether the stub is, or is going to be, on another CPU than the guest kernel. */
static bool is_apart(struct nl_stub *s, unsigned int here, unsigned int stub, u64 now)
{
	switch (nl_place_decide(&s->place, &crowd, nl_host.cpus, here, stub, now)) {
	case NL_PLACE_APART:
		return true;
	case NL_PLACE_KEEP_OFF:
		if (nl_stub_keep_off(&nl_host, s->pid, here) < 0)
			return false;
		s->place.kept_off = here + 1;
		fallthrough;
	case NL_PLACE_LEAVING:
		WRITE_ONCE(s->state->cpu, CPU_UNKNOWN);
		return true;
	case NL_PLACE_FREE:
		run_anywhere(s);
		return false;
	case NL_PLACE_SHARE:
		break;
	}
	return false;
}

bool nl_place_may_yield(void)
{
	return !yield_crowd.until_ns || !nl_is_crowded(&yield_crowd, os_nsecs());
}

static struct nl_spin spin_now(struct nl_stub *s)
{
	unsigned int here = nl_cpu(), stub = READ_ONCE(s->state->cpu);
	u64 now;

	watch_load(s);
	if (is_sharing(s, here))
		return take_turns(s);
	now = crowd.until_ns && stub == here ? os_nsecs() : 0;
	if (is_apart(s, here, stub, now))
		return nl_spin_turns(&s->place);
	return nl_is_crowded(&crowd, now) ? (struct nl_spin){} : take_turns(s);
}

struct nl_spin nl_place_spin(struct nl_stub *s)
{
	if (look() || looked.stub != s) {
		looked.spin = spin_now(s);
		looked.stub = s;
	}
	return looked.spin;
}

void nl_place_came(struct nl_stub *s)
{
	quick++;
	load.orders++;
	if (!look()) {
		s->place.came_at = 0;
		return;
	}
	s->place.came_at = __builtin_ia32_rdtsc();
	/* The counter began anew, as some hosts' does that have slept. */
	if (s->place.came_at < load.from_tsc)
		load = (struct nl_load){};
}

void nl_place_stub_slept(struct nl_stub *s)
{
	unsigned int *turns = &s->place.spin.stub;

	quick = 0;
	if (s->place.came_at)
		*turns = nl_spin_learn(*turns, __builtin_ia32_rdtsc() - s->place.came_at);
}

void nl_place_kernel_slept(struct nl_stub *s, u64 since)
{
	unsigned int *turns = &s->place.spin.kernel;

	quick = 0;
	*turns = nl_spin_learn(*turns, __builtin_ia32_rdtsc() - since);
}

void nl_place_late(struct nl_stub *s, u64 cpu_ns)
{
	if (s->place.kept_on || nl_place_is_starved(nl_stub_cpu_ns(s->pid) - cpu_ns))
		run_anywhere(s);
}

void nl_place_slept(u64 since)
{
	quick = 0;
	load.slept_tsc += __builtin_ia32_rdtsc() - since;
}

void nl_place_waited(struct nl_stub *s, u64 from_ns)
{
	struct nl_window *w = &s->place.slept;
	u64 now;

	if (s->place.kept_on)
		return; /* of course it has no CPU of its own */
	now = os_nsecs();
	if (nl_window_add(w, from_ns, now, NL_WINDOW_NS) &&
	    nl_window_judge(w, &crowd, now, nl_stub_cpu_ns(s->pid), NL_WINDOW_NS))
		run_anywhere(s);
}

void nl_place_yielded(struct nl_stub *s, u64 from_ns)
{
	struct nl_window *w = &s->place.yielded;
	u64 now = os_nsecs();

	if (nl_window_add(w, from_ns, now, NL_YIELD_WINDOW_NS) &&
	    nl_window_judge(w, &yield_crowd, now, nl_stub_cpu_ns(s->pid), NL_YIELD_WINDOW_NS))
		w->from_ns = 0; /* nobody yields for a while: nothing of that is to count */
}

void nl_place_yield(void)
{
	u64 since;

	if (!nl_place_may_yield())
		return;
	since = __builtin_ia32_rdtsc();
	nl_yield();
	if (__builtin_ia32_rdtsc() - since > LONG_CYCLES)
		nl_crowd_begin(&yield_crowd, os_nsecs());
}
