/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raw mode on terminals of the host, and the way back from it, whatever happens to
 * this process.
 */
#ifndef NESTLING_TERMINAL_H
#define NESTLING_TERMINAL_H

#include <stdint.h>

/*
 * Puts the terminal fd into raw mode and remembers how it was. fd must stay open
 * until terminal_forget() or the end. Once a terminal is enough: a second call for
 * the same fd does nothing. 0 or -errno (-ENOSPC: more than 16).
 */
int terminal_raw(int fd);

/* Raw mode again, after the process was stopped and continued. */
void terminal_again(void);

/* All terminals as they were. Async-signal-safe. */
void terminal_restore(void);

/* One terminal as it was; fd may be closed then. */
void terminal_forget(int fd);

/*
 * Starts a process that restores the terminals that are raw now if this one ends
 * without doing so (SIGKILL). It ends when this process does. 0 or -errno.
 */
int terminal_guard(void);

/* Window size of a terminal; 0, 0 when it has none. */
void terminal_size(int fd, uint16_t *rows, uint16_t *cols);

#endif
