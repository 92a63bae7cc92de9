// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual time of many guests, led by a controller (drivers/control/lane_abi.h).
 *
 * Upstream's time-travel=inf-cpu moves its clock from event to event by itself; here it asks first,
 * where it would go beyond what it was told it may. Frames from others arrive while it waits, by the
 * doorbell, which is looked at where interrupts are enabled next: always at the same place of the
 * guest's run, because the guest stands still while somebody else writes.
 *
 * Work costs time (nl_lane_cost_call() and the like), or loops that wait for the clock would never
 * end. What it costs is saved up for some calls, so that most of them only add.
 */
#define pr_fmt(fmt) "nestling: " fmt

#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/time-internal.h>
#include <nestling.h>
#include <nestling_time.h>
#include "lane.h"
#include "slots.h"

/* What they cost in a guest that is alone. */
#define CALL_NS 250
#define FAULT_NS 500
#define SAVED_MAX 2000 /* ns of work that are not in the clock yet */
#define FORCED_NS (100 * NSEC_PER_MSEC) /* as long as the engine waits between two looks */

struct nl_lane *nl_lane;
static int event_fd = -1;
static u64 saved;

/* The clock is read before anything can be set up, so that whoever is first does it. */
static void look_for_lane(void)
{
	static bool looked;
	const struct nl_slot *s;

	if (looked)
		return;
	looked = true;
	s = nl_boot_slot(NL_KIND_LANE, 0);
	if (!s)
		return;
	nl_lane = nl_lane_map(s->fd[0]);
	event_fd = s->fd[1];
	if (!nl_lane)
		panic("The page of virtual time cannot be mapped");
}

bool nl_time_led(void)
{
	look_for_lane();
	return nl_lane;
}

/* The seed, and then what is made of it by steps of splitmix64 (Steele et al., 2014). */
static u64 next_random(void)
{
	static u64 state[sizeof(((struct nl_lane *)0)->seed) / sizeof(u64)];
	static unsigned int at;
	u64 *s = &state[at++ % ARRAY_SIZE(state)], x;

	if (at == 1)
		memcpy(state, nl_lane->seed, sizeof(state));
	*s += 0x9e3779b97f4a7c15ULL;
	x = (*s ^ *s >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

bool nl_time_random(void *buf, unsigned long len)
{
	unsigned long at, n;

	if (!nl_time_led())
		return false;
	for (at = 0; at < len; at += n) {
		u64 x = next_random();

		n = min(len - at, sizeof(x));
		memcpy(buf + at, &x, n);
	}
	return true;
}

/* Alone, with nothing to wait for but the host's signals. */
static u64 sleep_really(u64 now)
{
	nl_doorbell_sleep();
	return now;
}

u64 nl_time_ask(u64 now, u64 want, bool idle)
{
	u64 at;

	if (!nl_time_led())
		return want < NL_LANE_NEVER || !idle ? want : sleep_really(now);
	if (want < nl_lane->until)
		return want;
	nl_lane->now = now;
	nl_lane->want = want;
	if (nl_lane_wait(event_fd, NL_LANE_WAITS, idle))
		return now;
	at = nl_lane->run_at;
	return clamp(at, now, want);
}

void nl_lane_kick(unsigned int card, unsigned int ring, unsigned short avail)
{
	struct nl_lane_kick *k;

	if (nl_lane->nkicks == NL_LANE_KICKS)
		nl_lane_wait(event_fd, NL_LANE_FULL, false);
	k = &nl_lane->kick[nl_lane->nkicks++];
	k->time = nl_time_now();
	k->card = card;
	k->ring = ring;
	k->avail = avail;
}

void nl_lane_started(unsigned int card, bool on)
{
	if (on)
		nl_lane->started |= 1u << card;
	else
		nl_lane->started &= ~(1u << card);
}

void nl_time_cost(unsigned long long ns)
{
	saved += ns;
	if (saved < SAVED_MAX)
		return;
	ns = saved;
	saved = 0;
	time_travel_ndelay(ns);
}

void nl_lane_cost_call(void)
{
	if (time_travel_mode != TT_MODE_OFF)
		nl_time_cost(nl_lane ? nl_lane->call_ns : CALL_NS);
}

void nl_lane_cost_fault(void)
{
	if (time_travel_mode != TT_MODE_OFF)
		nl_time_cost(nl_lane ? nl_lane->fault_ns : FAULT_NS);
}

void nl_lane_force(void)
{
	if (nl_lane)
		nl_lane->forced_ns += FORCED_NS;
	time_travel_ndelay(FORCED_NS);
}
