/* SPDX-License-Identifier: GPL-2.0 */
/* For targets whose code runs in a loop: one turn of it, in which everything that is ready is served. */
#ifndef NESTLING_FUZZ_TURN_H
#define NESTLING_FUZZ_TURN_H

#include "loop.h"

static inline void turn_over(struct loop_timer *t)
{
	loop_stop(t->arg);
}

static inline void turn_loop(struct loop *loop)
{
	struct loop_timer now = {0};

	loop_timer_set(loop, &now, 0, turn_over, loop);
	loop_run(loop);
	loop_timer_del(&now); /* what was served may have stopped it first */
}

#endif
