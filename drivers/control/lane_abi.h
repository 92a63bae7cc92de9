/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lane: the page of memory by which a controller of virtual time (uml_rig) leads one guest.
 *
 * The guest runs freely while its time is below `until`. Where it wants to go on to a later one (it
 * is idle, or work costs time) it writes `now` and `want`, sets state to NL_LANE_WAITS and adds one
 * to the controller's eventfd. The controller sets `run_at`, which is its time from then on (not
 * before `now`, and before `want` where it was interrupted), and `until`, sets state to
 * NL_LANE_RUNS and wakes the futex `state`. So one of the two writes at a time, and who does is told
 * by `state`.
 *
 * Frames that the guest sends lie in its rings; `kick` tells when it said so. They are looked at when
 * it waits. A guest whose list is full waits with NL_LANE_FULL until it has been read, at the
 * same time.
 *
 * The slot of kind NL_KIND_LANE has the page in fd[0] and the eventfd in fd[1].
 *
 * Times are in ns since the guest's start. The page is the guest kernel's to write: whoever reads it
 * believes nothing.
 */
#ifndef NESTLING_LANE_ABI_H
#define NESTLING_LANE_ABI_H

#include "abi.h"

#define NL_LANE_MAGIC 0x454e414c4c4e534eULL /* "NSNLLANE" in memory */
#define NL_LANE_BYTES 8192
#define NL_LANE_KICKS 496
#define NL_LANE_NEVER 0x7fffffffffffffffULL /* want: until it is interrupted */

enum nl_lane_state {
	NL_LANE_RUNS,
	NL_LANE_WAITS,
	NL_LANE_FULL,
};

/* `avail` is the index of the first buffer of the ring that it did not offer yet. */
struct nl_lane_kick {
	uint64_t time;
	uint16_t card, ring, avail, pad;
};

struct nl_lane {
	uint64_t magic;
	/* Written once, before the guest starts. */
	uint64_t start_ns; /* its clock then, since 1970 */
	uint64_t call_ns, fault_ns; /* what a system call and a page fault cost */
	uint8_t seed[32]; /* of its random numbers */
	/* The controller's, while the guest waits. */
	uint64_t run_at, until;
	/* The guest's, while it runs. */
	uint64_t now, want;
	uint64_t forced_ns; /* by how much it moved on of itself, because a program did not stop */
	uint32_t started; /* a bit for each card whose rings were told to the loader */
	uint32_t nkicks;
	uint32_t state; /* enum nl_lane_state; futex */
	uint32_t pad;
	struct nl_lane_kick kick[NL_LANE_KICKS];
};

_Static_assert(sizeof(struct nl_lane) <= NL_LANE_BYTES, "nl_lane");

#endif
