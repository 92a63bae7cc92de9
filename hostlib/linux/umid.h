/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's name and its run-time directory <uml_dir>/<umid>, with the files
 * "pid" (the loader's) and "mconsole" (a socket) that users of UML look for.
 */
#ifndef NESTLING_UMID_H
#define NESTLING_UMID_H

#include "ctx.h"

/*
 * Makes the directory: ctx->umid, ctx->run_dir, ctx->run_lock_fd. A directory left by
 * a loader that is dead is taken over; one in use is refused. 0, or an exit status with
 * the line printed.
 */
int umid_open(struct linux_ctx *ctx);

/* Removes it. Harmless when there is none. */
void umid_close(struct linux_ctx *ctx);

#endif
