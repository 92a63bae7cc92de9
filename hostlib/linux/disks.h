/* SPDX-License-Identifier: GPL-2.0 */
/* The guest's disks: opened by name here, served by descriptor in the guest. */
#ifndef NESTLING_DISKS_H
#define NESTLING_DISKS_H

#include "ctx.h"

#define DISKS_ERROR_LEN (DISK_MESSAGE_LEN + 16)

/*
 * Opens all disks of the command line; where there is no ubd0 and no initrd, the
 * built-in system becomes ubd0. 0, or an exit status with the line printed.
 */
int disks_open_all(struct linux_ctx *ctx);

/*
 * Opens one disk and fills its slot (of the context, when it is to stay). For
 * hot-plug: the slot is in use from now on, or nothing has changed. 0 or -errno with a
 * line in error.
 */
int disks_open_one(struct linux_ctx *ctx, unsigned int index, const struct options_ubd *u,
		   char error[static DISKS_ERROR_LEN]);

/* The guest was started: disks_running() will be called in a while if nobody else does. */
void disks_started(struct linux_ctx *ctx);

/*
 * The guest runs: whatever was put off not to hold up the boot is begun in the
 * background (hashes of the backing files of new COW files).
 */
void disks_running(struct linux_ctx *ctx);

/* Closes a disk and drops its slot. */
void disks_close_one(struct linux_ctx *ctx, unsigned int index);

#endif
