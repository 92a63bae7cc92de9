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
 * How long: a wake-up across CPUs costs as much as some 1,000 turns of spinning. A stub or
 * guest kernel that slept, but for a short time only, would have done better to spin for
 * longer, and does so the next time; who slept for long spins for less.
 */
#include <linux/minmax.h>
#include <os.h>
#include "engine.h"

#define TURNS_MIN 2000U /* some 90 us */
#define TURNS_MAX 16000U
#define SHORT_CYCLES 500000 /* some 200 us: as long as it pays to spin for */
/* The CPU time of another process is known to a tick of the host: some windows' time is more. */
#define WINDOW_NS (30 * 1000000ULL)
#define SHORT_NS (WINDOW_NS / 4) /* of it without a CPU: the host is crowded */
#define CROWDED_MIN_NS (50 * 1000000ULL)
#define CROWDED_MAX_NS (2000 * 1000000ULL)
#define CPU_UNKNOWN (~0U)

/* This is a machine of one CPU. */
static u64 crowded_until_ns, crowded_for_ns = CROWDED_MIN_NS;

static bool is_crowded(void)
{
	return crowded_until_ns && os_nsecs() < crowded_until_ns;
}

static void run_anywhere(struct nl_stub *s)
{
	if (s->kept_off)
		nl_stub_keep_off(&nl_host, s->pid, CPU_UNKNOWN);
	s->kept_off = 0;
}

/* Whether the stub is, or is going to be, on another CPU than the guest kernel. */
static bool is_apart(struct nl_stub *s)
{
	unsigned int here = nl_cpu();

	if (READ_ONCE(s->state->cpu) != here)
		return true;
	if (is_crowded()) {
		run_anywhere(s);
		return false;
	}
	if (s->kept_off != here + 1 && nl_stub_keep_off(&nl_host, s->pid, here) < 0)
		return false;
	s->kept_off = here + 1;
	WRITE_ONCE(s->state->cpu, CPU_UNKNOWN);
	return true;
}

struct nl_spin nl_place_spin(struct nl_stub *s)
{
	if (nl_host.cpus < 2 || !is_apart(s))
		return (struct nl_spin){};
	return (struct nl_spin){max(s->spin.kernel, TURNS_MIN), max(s->spin.stub, TURNS_MIN)};
}

static unsigned int turns_learn(unsigned int turns, u64 slept_since)
{
	turns = max(turns, TURNS_MIN);
	if (__builtin_ia32_rdtsc() - slept_since < SHORT_CYCLES)
		return min(2 * turns, TURNS_MAX);
	return max(turns / 2, TURNS_MIN);
}

void nl_place_came(struct nl_stub *s)
{
	s->came_at = __builtin_ia32_rdtsc();
}

void nl_place_stub_slept(struct nl_stub *s)
{
	s->spin.stub = turns_learn(s->spin.stub, s->came_at);
}

void nl_place_kernel_slept(struct nl_stub *s, u64 since)
{
	s->spin.kernel = turns_learn(s->spin.kernel, since);
}

void nl_place_late(struct nl_stub *s, u64 cpu_ns)
{
	if (nl_stub_cpu_ns(s->pid) - cpu_ns < NL_STARVED_MS * 1000000ULL / 4)
		run_anywhere(s);
}

static void window_begin(struct nl_stub *s, u64 now)
{
	s->window_ns = now;
	s->window_cpu_ns = nl_stub_cpu_ns(s->pid);
	s->slept_ns = 0;
}

void nl_place_waited(struct nl_stub *s, u64 from_ns)
{
	u64 now = os_nsecs();

	if (!s->window_ns || now - s->window_ns > 4 * WINDOW_NS)
		window_begin(s, from_ns);
	s->slept_ns += now - from_ns;
	if (now - s->window_ns < WINDOW_NS)
		return;
	if (s->slept_ns > nl_stub_cpu_ns(s->pid) - s->window_cpu_ns + SHORT_NS) {
		run_anywhere(s);
		crowded_until_ns = now + crowded_for_ns;
		crowded_for_ns = min(2 * crowded_for_ns, CROWDED_MAX_NS);
	} else if (!is_crowded()) {
		crowded_for_ns = CROWDED_MIN_NS;
	}
	window_begin(s, now);
}
