/* SPDX-License-Identifier: GPL-2.0 */
/* Virtual time: the words that the guest kernel gets for it, and who leads it (lane_abi.h). */
#ifndef NESTLING_LINUX_VIRTUAL_TIME_H
#define NESTLING_LINUX_VIRTUAL_TIME_H

#include "ctx.h"

/* Checks the descriptors of lane= and makes their slot. 0, or an exit status (said). */
int virtual_time_open(struct linux_ctx *ctx);

#endif
