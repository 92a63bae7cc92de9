/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of run.h. */
#ifndef NESTLING_RUN_PRIVATE_H
#define NESTLING_RUN_PRIVATE_H

#include "chan.h"
#include "ctx.h"
#include "run_abi.h"
#include "run_frames.h"
#include "run_options.h"

struct run {
	struct linux_ctx *ctx;
	struct run_options opt;
	unsigned int terminals; /* bit n: descriptor n is the terminal that becomes con0 */
	char **hidden; /* paths in ctx->share that are ours */
	size_t nhidden;
	unsigned int keep; /* struct run_job.keep */
	int record_fd;

	struct chan_env env;
	struct chan *stream[3]; /* NULL: a terminal */
	int data[2], control[2]; /* sockets: ours, the guest's */
	struct loop_watch data_watch, control_watch, in_watch, out_watch;

	struct run_frames frames;
	char tx[sizeof(struct run_frame) + RUN_FRAME_MAX];
	size_t tx_start, tx_len;
	bool in_ended;
	char out[RUN_FRAME_MAX]; /* on its way to stream[out_to] */
	size_t out_start, out_len;
	unsigned int out_to;
	int output_error; /* errno of the first write that failed, or 0 */

	struct run_end end;
	size_t end_len;
	struct loop_timer timer;
	bool timed_out;
	bool ready; /* the guest listens */
	uint64_t early_signals; /* came before; bit n: signal n */
	int last_signal;
	uint64_t last_ns, started_ns;
};

/* What a guest always has of its own, in place of the host's; ends with NULL. */
extern const char *const run_always_hidden[];
/* Whether a path is one of these, or lies in one. */
bool run_path_is_guests(const char *path);
/* How many names a path has; that of the root has none. */
size_t run_path_depth(const char *path);
/* Whether it lies in a directory that may be written. */
bool run_path_is_in_rw(const struct run *r, const struct run_path *p);
/*
 * Brings the options that name paths into the order of their depth, and refuses what cannot be.
 * 0 or -errno; with -EINVAL one line has been printed.
 */
int run_paths(struct run *r);
/* Refuses, in the same way, what lies in something that is hidden by now. */
int run_paths_hidden(const struct run *r);

/* Hides a path, if it is there and no option shows it. 0 or -ENOMEM. */
int run_hide(struct run *r, const char *path);
/* Hides what holds keys and passwords (run_secrets.c). 0 or -ENOMEM. */
int run_hide_secrets(struct run *r);

/* Chooses what of the host the guest sees (ctx->share), and opens images. A status, as usual. */
int run_files(struct run *r);
/* Only what is shared and hidden. A status, as usual. */
int run_shares(struct run *r);

/* Writes the record that tells the guest, and adds its disk. A status, as usual. */
int run_record(struct run *r);

#endif
