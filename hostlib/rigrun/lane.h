/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The controller of virtual time: guests as lanes that run side by side, and one calendar.
 *
 * Time goes on in windows. One begins at the first thing that is to happen, anywhere; what the
 * calendar has for that moment is done, then all guests that have something to do within the window
 * run, each up to its end at most. It ends before anything that one of them does can reach
 * another (the lookahead), and before the calendar's next event. When all wait again, what
 * they sent is looked at in the order of (time, lane, order of the guest's own). So the outcome does
 * not depend on which of them was faster, and one after the other gives the same.
 *
 * Times are in ns of the run's virtual time.
 */
#ifndef NESTLING_RIGRUN_LANE_H
#define NESTLING_RIGRUN_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include "calendar.h"
#include "lane_abi.h"
#include "loop.h"

struct lanes;
struct lane;

struct lanes_ops {
	/* The guest of `lane` said that ring `ring` of its card has buffers up to `avail`. */
	void (*kick)(void *arg, struct lane *lane, unsigned int card, unsigned int ring,
		     uint16_t avail);
	/* Whether the switch has the rings of a card that the guest has given to it. */
	bool (*ready)(void *arg, struct lane *lane, unsigned int card);
	/*
	 * The guest of `lane` has ended, as lane_ended() said: the lane is to be removed. Called where
	 * all wait, in the order of the lanes.
	 */
	void (*ended)(void *arg, struct lane *lane);
	/*
	 * All wait for the guest of `lane`, and have done so for longer than lanes_set_patience() says, in
	 * real time. Once for each such time; it is waited for still. May be NULL.
	 */
	void (*hung)(void *arg, struct lane *lane);
	/* Behind a number of kicks or events: devices are told. */
	void (*flush)(void *arg);
	/* Nothing will ever happen again, or the limit is reached. */
	void (*idle)(void *arg);
};

struct lane_config {
	uint64_t start_ns; /* of the guest's clock, since 1970 */
	uint64_t call_ns, fault_ns; /* what its calls and faults cost */
	uint8_t seed[32];
	void *arg; /* the owner's */
};

struct lanes_stats {
	uint64_t windows, runs; /* of guests */
	uint64_t kicks;
};

/* NULL without memory or descriptors. `cal` is moved from now on by nobody else. */
struct lanes *lanes_new(struct loop *loop, struct calendar *cal, const struct lanes_ops *ops,
			void *arg);
void lanes_free(struct lanes *ls);

/* What a guest does is felt by no other sooner than this; 0: at once. */
void lanes_set_lookahead(struct lanes *ls, uint64_t ns);
/* One guest at a time, in the order of the lanes; the same comes out. */
void lanes_set_sequential(struct lanes *ls, bool on);
/* Real time that a guest may run without a word; 0: for ever. */
void lanes_set_patience(struct lanes *ls, uint64_t ns);
/* Time stops there; UINT64_MAX: nowhere. */
void lanes_set_limit(struct lanes *ls, uint64_t ns);
/* Virtual time, and real time that is to pass between two looks at the loop. */
uint64_t lanes_now(const struct lanes *ls);
const struct lanes_stats *lanes_stats(const struct lanes *ls);
/* Goes on from the loop, now and whenever a guest waits. Until lanes_hold(). */
void lanes_go(struct lanes *ls);
void lanes_hold(struct lanes *ls);

/*
 * A lane for a guest that starts now. All wait for it. 0 or -errno. Its descriptors for `linux
 * lane=PAGE,EVENT`; they stay the lane's.
 */
int lane_add(struct lane **out, struct lanes *ls, const struct lane_config *config);
int lane_page_fd(const struct lane *l);
int lanes_event_fd(const struct lanes *ls);
/* Its guest ended, or is about to: nobody waits for it. Frees it. */
void lane_remove(struct lane *l);
/* Its guest ended of itself, at some moment of real time: ended() is called when that does not matter. */
void lane_ended(struct lane *l);

void *lane_arg(const struct lane *l);
/* It has something to look at, from now on. */
void lane_interrupt(struct lane *l);
/* Its time does not go on while it is paused. */
void lane_pause(struct lane *l, bool on);
/* When it began, in virtual time; by how much it went on without the controller. */
uint64_t lane_base(const struct lane *l);
uint64_t lane_forced_ns(const struct lane *l);

#endif
