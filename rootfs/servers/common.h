/* SPDX-License-Identifier: GPL-2.0 */
/* What the servers of the mail rigs share: times in text, files of lines, the log. */
#ifndef NESTLING_SERVERS_COMMON_H
#define NESTLING_SERVERS_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

/* "250ms", "30s", "15m", "2h", "4d": whole numbers with a unit. Over a year is refused. */
bool common_time(const char *text, uint64_t *ms);

/* A whole number from lo to hi. */
bool common_number(const char *text, unsigned long lo, unsigned long hi, unsigned long *out);

/* "10.0.0.1" or "10.0.0.1:25". */
bool common_address(const char *text, uint16_t port, struct sockaddr_in *out);

/*
 * Hands each line of a file to fn, without its end and without what follows a '#' at its beginning
 * or behind a blank. fn says what is wrong with it, or NULL. All that is wrong goes to stderr with
 * file and line; returns whether nothing was.
 */
bool common_lines(const char *path, const char *(*fn)(void *arg, char *line), void *arg);

/* Milliseconds since the first call. */
uint64_t common_since_start_ms(void);
void common_sleep_ms(uint64_t ms);

/* The log: "SECONDS.MS text", a line a call, appended at once. Without a file it is stdout. */
bool log_open(const char *path);
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says what is wrong and ends. */
void __attribute__((noreturn, format(printf, 1, 2))) common_die(const char *fmt, ...);

#endif
