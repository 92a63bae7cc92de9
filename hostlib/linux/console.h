/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Consoles and serial lines of the guest, the loader's half: channels (terminal, pty,
 * telnet port, xterm, ...) and the relay between each and the guest's socket.
 */
#ifndef NESTLING_CONSOLE_H
#define NESTLING_CONSOLE_H

#include "ctx.h"

#define CONSOLE_ERROR_LEN 512

/*
 * Opens the channels that the command line asks for and adds a slot for each line that
 * has one. 0, or an exit status with the line printed.
 */
int console_open_all(struct linux_ctx *ctx);

/* Starts (or goes on) relaying, once the guest runs: raw mode, window sizes. 0 or -errno. */
int console_start(struct linux_ctx *ctx);

/*
 * Hot-plug. config: opens a channel and fills the line's slot; the line must not be in
 * use. remove: closes it and drops the slot. 0 or -errno with one line in error.
 */
int console_config(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index, const char *spec,
		   char error[static CONSOLE_ERROR_LEN]);
int console_remove(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index,
		   char error[static CONSOLE_ERROR_LEN]);

/* The terminal's window changed (SIGWINCH). */
void console_winch(struct linux_ctx *ctx);

/* Passes on what the guest has already written. The guest has ended. */
void console_drain(struct linux_ctx *ctx);

/* Gives terminals back as they were. Safe in a signal handler and when called twice. */
void console_restore(void);

/* Closes everything. */
void console_close_all(struct linux_ctx *ctx);

/*
 * For the escape key and for a terminal that is lost: what the loader does about it.
 * Implemented by super.c.
 */
void super_end_now(struct linux_ctx *ctx); /* kill the guest */
void super_end_cleanly(struct linux_ctx *ctx); /* ask it to shut down */

#endif
