/* SPDX-License-Identifier: GPL-2.0 */
/* What this host offers and lacks, tried out, each lack with its cure: --check. */
#ifndef NESTLING_CHECK_H
#define NESTLING_CHECK_H

#include <stdbool.h>

struct linux_ctx;

/* Prints a table, of a guest that shares what ctx says. 0 when one can run, else STATUS_UNAVAILABLE. */
int check_host(const struct linux_ctx *ctx);

/*
 * Only what this guest cannot do without. 0, or STATUS_UNAVAILABLE with a line that names it and
 * the cure.
 */
int check_needed(const struct linux_ctx *ctx);

/* Whether the host has preadv2 and pwritev2. */
bool check_vector_flags(void);

#endif
