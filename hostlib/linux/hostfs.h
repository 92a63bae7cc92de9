/* SPDX-License-Identifier: GPL-2.0 */
/* hostfs=: the directory of the host that a guest may mount. */
#ifndef NESTLING_HOSTFS_H
#define NESTLING_HOSTFS_H

#include "confine.h"
#include "ctx.h"

/* Adds to ctx->share. path stays the caller's and must outlive the guest. 0 or -ENOMEM. */
int hostfs_share(struct linux_ctx *ctx, const char *path, enum confine_share_mode mode);

/*
 * Looks at the directory and replaces its name by one without symbolic links. 0, or an exit
 * status with one line printed.
 */
int hostfs_open(struct linux_ctx *ctx);

#endif
