/* SPDX-License-Identifier: GPL-2.0 */
/* Whether the guest may take its time from the CPU's time-stamp counter (Documentation/engine.md, "Clock"). */
#ifndef NESTLING_LINUX_HOST_CLOCK_H
#define NESTLING_LINUX_HOST_CLOCK_H

#include "ctx.h"

/*
 * The guest kernel is told to leave the counter alone where the host does not go by it itself: in
 * virtual time above all, where this host is a guest of ours whose clock jumps and the counter does
 * not. A user's nestling.tsc= has the last word. 0, or an exit status.
 */
int host_clock_look(struct linux_ctx *ctx);

#endif
