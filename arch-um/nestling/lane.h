/* SPDX-License-Identifier: GPL-2.0 */
/* Virtual time that a controller leads, for the engine and drivers (lane.c). */
#ifndef NESTLING_LANE_H
#define NESTLING_LANE_H

#include "lane_abi.h"

/* NULL: time is not led by anybody. */
extern struct nl_lane *nl_lane;

/* Maps the lane of descriptor fd; NULL: it is none. (lane_user.c) */
struct nl_lane *nl_lane_map(int fd);
/*
 * Waits for the controller, which event_fd wakes; with `may_stop`, for a signal of the host's, too.
 * 1 when that came, with the state being NL_LANE_RUNS as ever.
 */
int nl_lane_wait(int event_fd, unsigned int state, int may_stop);

/* A ring has buffers up to index `avail`. */
void nl_lane_kick(unsigned int card, unsigned int ring, unsigned short avail);
/* The rings of a card were told to the loader, or taken back. */
void nl_lane_started(unsigned int card, _Bool on);

/* A system call, or a page fault, takes its time. May serve interrupts. */
void nl_lane_cost_call(void);
void nl_lane_cost_fault(void);
/* Guest code does not stop: time goes on without it. */
void nl_lane_force(void);

#endif
