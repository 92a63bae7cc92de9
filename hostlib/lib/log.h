/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages to the person at the terminal. One line each: what was being done, to
 * what, and what to do about it. Everything goes to stderr through one function, which
 * makes control characters of names and the like visible (text.h).
 */
#ifndef NESTLING_LOG_H
#define NESTLING_LOG_H

#include <stdbool.h>

/* Name that starts each message. The string is kept, not copied. */
void log_init(const char *program);

/* Shows log_debug() messages, too. */
void log_set_debug(bool on);

/*
 * On a terminal in raw mode a newline does not return the carriage: while set,
 * messages end in CR LF.
 */
void log_set_raw(bool on);

/* Prints an error and exits with status. For main and set-up code only. */
void log_die(int status, const char *fmt, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* Prints an error. */
void log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints a warning. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints something that the user should know and that is not a fault. */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints if debugging is on. */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
