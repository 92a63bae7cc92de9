/* SPDX-License-Identifier: GPL-2.0 */
/* What mconsole*.c and hotplug.c share. */
#ifndef NESTLING_MCONSOLE_PRIVATE_H
#define NESTLING_MCONSOLE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "ctx.h"
#include "mconsole_answer.h"

/* The socket, and what is under way. */
struct mconsole {
	struct linux_ctx *ctx;
	struct loop_watch watch; /* the socket */
	struct answer_set answers; /* open ones */
	char path[sizeof(((struct linux_ctx *)0)->run_dir) + 16]; /* of the socket, "": none */
	uint64_t timeout_ns; /* for the guest to answer */
	bool stopped; /* by the command "stop" */
	uint64_t busy[NL_KIND_COUNT]; /* devices that a command is changing, by index */
};

/* Serves one command line; the answer is finished at once or later. */
void mconsole_command(struct linux_ctx *ctx, struct answer *a, const char *line);

/*
 * Whether the guest can be asked now; if not, the answer is finished with the reason.
 */
bool mconsole_can_ask(struct linux_ctx *ctx, struct answer *a);

/*
 * Finishes an answer with what has become of a request to the guest: err is what
 * control_request() or its callback gave.
 */
void mconsole_no_answer(struct answer *a, int err);

/* Passes "config REST" on to the guest. */
void mconsole_forward_config(struct linux_ctx *ctx, struct answer *a, const char *rest);

#endif
