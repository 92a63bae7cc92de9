// SPDX-License-Identifier: GPL-2.0
/* What a guest says in its lane's page, of which nothing is believed; see lane_abi.h. */
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lane_private.h"

static bool make_room(struct lanes *ls, uint32_t n)
{
	uint32_t room = ls->room ? ls->room : 256;
	struct kick *kick;

	while (room < ls->nkicks + n)
		room *= 2;
	if (room == ls->room)
		return true;
	kick = realloc(ls->kick, room * sizeof(*kick));
	if (!kick)
		return false;
	ls->kick = kick;
	ls->room = room;
	return true;
}

/* In the guest's order; times that it cannot have are made ones that it can. */
static void take_kicks(struct lane *l)
{
	struct lanes *ls = l->ls;
	struct nl_lane *page = l->page;
	uint32_t i, n = __atomic_load_n(&page->nkicks, __ATOMIC_RELAXED);
	uint64_t least = l->now;

	n = n < NL_LANE_KICKS ? n : NL_LANE_KICKS;
	if (!make_room(ls, n))
		n = 0;
	for (i = 0; i < n; i++) {
		const struct nl_lane_kick k = page->kick[i];
		uint64_t time = l->base + (k.time < NL_LANE_NEVER ? k.time : 0);

		time = time > least ? time : least;
		time = time < l->until ? time : l->until - 1;
		least = time;
		ls->kick[ls->nkicks++] = (struct kick){
			.time = time,
			.lane = l,
			.index = l->index,
			.n = l->nkicks++,
			.card = k.card,
			.ring = k.ring,
			.avail = k.avail,
		};
	}
	page->nkicks = 0;
}

void lane_go_on(struct lane *l)
{
	__atomic_store_n(&l->page->state, NL_LANE_RUNS, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &l->page->state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void take_wait(struct lane *l)
{
	uint64_t now = __atomic_load_n(&l->page->now, __ATOMIC_RELAXED);
	uint64_t want = __atomic_load_n(&l->page->want, __ATOMIC_RELAXED);

	/* The guest's word, as far as it is possible: it cannot have come beyond its window. */
	now = now < NL_LANE_NEVER - l->base ? l->base + now : l->now;
	now = now < l->until ? now : l->until - 1;
	l->now = now > l->now ? now : l->now;
	want = want < NL_LANE_NEVER - l->base ? l->base + want : CALENDAR_NEVER;
	l->want = want > l->now ? want : l->now;
	l->state = LANE_WAITS;
}

/* Whether it still runs. */
static bool look_at(struct lane *l)
{
	uint32_t state = __atomic_load_n(&l->page->state, __ATOMIC_ACQUIRE);

	if (state == NL_LANE_RUNS)
		return true;
	take_kicks(l);
	if (state == NL_LANE_FULL) {
		lane_go_on(l);
		return true;
	}
	take_wait(l);
	return false;
}

bool lanes_anybody_runs(struct lanes *ls)
{
	struct lane *l;
	bool any = false;

	for (l = ls->first; l; l = l->next)
		any |= l->state == LANE_RUNS && look_at(l);
	return any;
}
