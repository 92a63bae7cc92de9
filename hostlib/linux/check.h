/* SPDX-License-Identifier: GPL-2.0 */
/* What this host offers and lacks, tried out, each lack with its cure: --check. */
#ifndef NESTLING_CHECK_H
#define NESTLING_CHECK_H

/* Prints a table. 0 when a guest can run, else STATUS_UNAVAILABLE. */
int check_host(void);

/*
 * Only what no guest can do without. 0, or STATUS_UNAVAILABLE with a line that names it and the
 * cure.
 */
int check_needed(void);

#endif
