/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's network cards: connected to switches here, served by descriptor in the guest.
 *
 * A card reaches a switch that runs (eth<n>=daemon), or a small one of its own with one other port
 * (a tap, NAT, ...), which the loader starts and which ends with it. A switch that goes is waited
 * for; the guest sees the cable pulled meanwhile, and its connections live on.
 */
#ifndef NESTLING_NET_H
#define NESTLING_NET_H

#include "ctx.h"
#include "options_net.h"

#define NET_ERROR_LEN 512

/* Connects all cards of the command line. 0, or an exit status with the line printed. */
int net_open_all(struct linux_ctx *ctx);
/*
 * Connects one card and fills its slot, for hot-plug. The card takes over *n, which is empty then.
 * 0, or -errno with a line in error.
 */
int net_open_one(struct linux_ctx *ctx, unsigned int index, struct options_net *n,
		 char error[static NET_ERROR_LEN]);
/* Disconnects a card and drops its slot. */
void net_close_one(struct linux_ctx *ctx, unsigned int index);
void net_close_all(struct linux_ctx *ctx);

/* The switch lets go of a card's rings; fn is called when it has (at once, if it has none). */
void net_stop(struct linux_ctx *ctx, unsigned int index, void (*fn)(void *arg), void *arg);
/* The card stays after all: the rings are served again. */
void net_resume(struct linux_ctx *ctx, unsigned int index);

/* NL_MSG_NET_START or NL_MSG_NET_STOP came from the guest; m is not to be trusted. */
void net_message(struct linux_ctx *ctx, const struct nl_msg *m);
/* The guest has ended: its rings are gone. */
void net_guest_ended(struct linux_ctx *ctx);
/* What a card is connected to. */
void net_describe(struct linux_ctx *ctx, unsigned int index, char *out, size_t len);

#endif
