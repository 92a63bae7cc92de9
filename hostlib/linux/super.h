/* SPDX-License-Identifier: GPL-2.0 */
/* Supervision: starts the guest, follows signals and ends, decides the exit status. */
#ifndef NESTLING_SUPER_H
#define NESTLING_SUPER_H

#include "ctx.h"

/* Runs the guest (and what it restarts) to its end. The exit status. */
int super_run(struct linux_ctx *ctx);

#endif
