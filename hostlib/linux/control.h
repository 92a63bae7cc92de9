/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The channel to the guest kernel: requests with answers, and events.
 */
#ifndef NESTLING_CONTROL_H
#define NESTLING_CONTROL_H

#include "ctx.h"

/*
 * Called for each NL_MSG_RESULT of a request, the last with more = 0; with m = NULL and
 * err when the guest did not answer (-ETIMEDOUT) or ended (-ECONNRESET).
 */
typedef void (*control_fn)(void *arg, const struct nl_msg *m, int err);

/* Watches the channel of the guest that was started. ctx->control is set. 0 or -errno. */
int control_start(struct linux_ctx *ctx);

/* Takes in what the guest has already sent. */
void control_drain(struct linux_ctx *ctx);

/* Ends it; open requests are answered with -ECONNRESET. Harmless without a guest. */
void control_stop(struct linux_ctx *ctx);

/*
 * Sends m with nfds descriptors (which stay the caller's). With fn an answer is waited
 * for, timeout_ns at most; m->id is chosen here. 0 or -errno (-EAGAIN: the guest does not
 * read its messages); fn is not called then.
 */
int control_request(struct linux_ctx *ctx, struct nl_msg *m, const int *fds, unsigned int nfds,
		    uint64_t timeout_ns, control_fn fn, void *arg);

/* True once the guest has started its init. */
bool control_running(const struct linux_ctx *ctx);

/* Text of the panic that the guest reported, or "". */
const char *control_panic(const struct linux_ctx *ctx);

/*
 * Events for others; set by super.c before control_start().
 */
void mconsole_notify(struct linux_ctx *ctx, enum nl_msg_type event, const char *text);

#endif
