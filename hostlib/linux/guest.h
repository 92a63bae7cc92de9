/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest kernel's process: made with descriptors only, ended without remains.
 */
#ifndef NESTLING_GUEST_H
#define NESTLING_GUEST_H

#include "confine.h"
#include "ctx.h"

enum guest_end {
	GUEST_HALTED, /* status: 0-63 */
	GUEST_RESTART,
	GUEST_DIED, /* a panic, a fault, or killed */
};

/* Called from the loop when the guest kernel has ended and nothing of it is left. */
typedef void (*guest_end_fn)(struct linux_ctx *ctx, enum guest_end how, int status);

/*
 * Starts the guest kernel with the slots of the context. ctx->guest is set; the
 * loader's end of the control channel is guest_control_fd(). 0, or -errno with one
 * line printed.
 */
int guest_start(struct linux_ctx *ctx, guest_end_fn ended);

/* How the guest of this command line is to be confined. */
void guest_confine(const struct linux_ctx *ctx, struct confine_config *c);

/* After a disk was added: lets the guest kernel make a file as large as that disk. */
void guest_grow(const struct linux_ctx *ctx);

/*
 * The guest runs: tells once that the pid or mount namespace or the filter is missing; with debug, of each layer that
 * the guest has to do without.
 */
void guest_tell_layers(struct linux_ctx *ctx);

/* Whether the guest did not start because layers are missing; prints which. */
bool guest_tell_refusal(const struct linux_ctx *ctx);

/* The guest's memory file, or -1. */
int guest_memory_fd(const struct linux_ctx *ctx);

/* The loader's end of the control channel. */
int guest_control_fd(const struct linux_ctx *ctx);

/* Pid of the first process of the guest, as the loader sees it; -1 while none runs. */
pid_t guest_pid(const struct linux_ctx *ctx);

/* To be called for SIGCHLD. */
void guest_reap(struct linux_ctx *ctx);

/* Kills everything of the guest. The end is still reported. */
void guest_kill(struct linux_ctx *ctx);

/* Prints what the guest kernel wrote to its stdout and stderr last. */
void guest_print_tail(const struct linux_ctx *ctx);

/* The same as a string that the caller frees; NULL without memory. */
char *guest_tail(const struct linux_ctx *ctx);

/* What it left when it died (crash_words() of crash.h). The caller frees it. */
char *guest_words(const struct linux_ctx *ctx);

/*
 * Makes a guest kernel that does not answer write its last words and die (SIGABRT). False
 * when it cannot be found; then only guest_kill() is left.
 */
bool guest_abort(const struct linux_ctx *ctx);

/* Frees ctx->guest, which must have ended. */
void guest_free(struct linux_ctx *ctx);

#endif
