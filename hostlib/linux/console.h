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

/* The guest was stopped (mconsole) and goes on: it ignored what it was told meanwhile. */
void console_tell_sizes(struct linux_ctx *ctx);

/* The loader was stopped and goes on (SIGCONT): raw mode again. */
void console_continued(struct linux_ctx *ctx);

/*
 * What a line is connected to ("pts:/dev/pts/3", "port:127.0.0.1:9000"), for mconsole's
 * config; "none" and false where there is no such line. index must be in range.
 */
bool console_describe(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index, char *text,
		      size_t len);

/* con0 is no terminal but a pipe or a file: the guest need not echo or prompt. */
bool console_plain(const struct linux_ctx *ctx);

/*
 * Kernel parameter that names the lines on which a log-in is wanted, those that the
 * operator named one by one: "nestling.getty=tty1,ttyS0". NULL: none but con0. Stays
 * the set's.
 */
const char *console_getty_word(const struct linux_ctx *ctx);

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
