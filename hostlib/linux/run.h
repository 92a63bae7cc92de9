/* SPDX-License-Identifier: GPL-2.0 */
/*
 * uml_run: one command in a throw-away guest. The loader under another name: everything of a
 * guest is as with `linux`, and this module adds the job: what is shared, the record that tells
 * the guest, the streams that are no terminal, signals, the status (rootfs/tiny/run_abi.h).
 */
#ifndef NESTLING_RUN_H
#define NESTLING_RUN_H

#include <stdbool.h>

#include "ctx.h"

#define RUN_STATUS_FAILED 125 /* uml_run(1), EXIT STATUS */

/*
 * Takes uml_run's command line and sets ctx->opt and ctx->run. 0, or an exit status with one
 * line printed. Other actions than running (--help) are left in ctx->opt.action.
 */
int run_parse(struct linux_ctx *ctx, int argc, char *argv[]);

/* All that follows does nothing when ctx->run is NULL. */

/* Opens what the job needs and writes the record. 0, or an exit status with one line printed. */
int run_open(struct linux_ctx *ctx);

/* The guest was started: relays from now on. 0 or -errno. */
int run_start(struct linux_ctx *ctx);

/* A signal that ends programs came: whether the command was told, so that it is not ours. */
bool run_signal(struct linux_ctx *ctx, int sig);

/* The guest has ended: passes on what it wrote, and sets ctx->status. */
void run_ended(struct linux_ctx *ctx);

/* Frees ctx->run. */
void run_close(struct linux_ctx *ctx);

#endif
