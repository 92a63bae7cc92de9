/* SPDX-License-Identifier: GPL-2.0 */
/* The management console: the datagram socket <uml_dir>/<umid>/mconsole. */
#ifndef NESTLING_MCONSOLE_H
#define NESTLING_MCONSOLE_H

#include "control.h"
#include "ctx.h"

/* Opens the socket and serves it from the loop. 0, or an exit status, line printed. */
int mconsole_open(struct linux_ctx *ctx);

/* Closes and removes it. Harmless when it is not open. */
void mconsole_close(struct linux_ctx *ctx);

#endif
