/* SPDX-License-Identifier: GPL-2.0 */
/* Between lane.c (lanes and windows) and lane_page.c (what guests say). */
#ifndef NESTLING_RIGRUN_LANE_PRIVATE_H
#define NESTLING_RIGRUN_LANE_PRIVATE_H

#include "lane.h"

enum lane_state {
	LANE_RUNS, /* or has not come up yet */
	LANE_WAITS,
	LANE_ENDED, /* and nobody was told */
};

struct kick {
	uint64_t time;
	struct lane *lane; /* NULL: it is gone */
	uint32_t index; /* of the lane */
	uint32_t n; /* of its lane, in this window */
	uint16_t card, ring, avail;
};

struct lane {
	struct lanes *ls;
	struct lane *next; /* in the order they were added */
	uint32_t index;
	void *arg;
	int page_fd;
	struct nl_lane *page;
	enum lane_state state;
	bool paused;
	uint64_t base; /* virtual time when its own began */
	uint64_t now, want; /* while it waits */
	uint64_t wake_at; /* it is interrupted then; CALENDAR_NEVER */
	uint64_t until; /* of the window that it runs in, or did; beyond `now` */
	bool due; /* sequential: it is to run in this window */
	uint32_t nkicks; /* in this window */
	uint32_t ignored; /* cards whose rings it said were there, and never came */
};

struct lanes {
	struct loop *loop;
	struct calendar *cal;
	const struct lanes_ops *ops;
	void *arg;
	int event_fd;
	struct loop_timer turn;
	struct lane *first, **end;
	uint32_t count;
	uint64_t lookahead, limit, window_end;
	bool sequential, held;
	struct kick *kick;
	uint32_t nkicks, room;
	uint64_t patience_ns; /* with a guest that runs; 0: endless */
	uint64_t seen_runs, seen_ns; /* how many runs there were then, in real time; patience() */
	bool hung; /* it was told */
	uint64_t unready_ns; /* real time since when rings are waited for; 0: they are not */
	struct lanes_stats stats;
};

/* Lets the guest run. */
void lane_go_on(struct lane *l);
/* Looks at all that run: takes over what those say that wait now. Whether one still runs. */
bool lanes_anybody_runs(struct lanes *ls);

#endif
