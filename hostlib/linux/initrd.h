/* SPDX-License-Identifier: GPL-2.0 */
/* The initial RAM disk (initrd=). */
#ifndef NESTLING_INITRD_H
#define NESTLING_INITRD_H

#include "ctx.h"

/* Opens and checks the file, if one is named. 0, or an exit status, line printed. */
int initrd_open(struct linux_ctx *ctx);

#endif
