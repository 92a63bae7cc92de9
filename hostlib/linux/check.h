/* SPDX-License-Identifier: GPL-2.0 */
/* --check: what this host offers and lacks, tried out, each lack with its cure. */
#ifndef NESTLING_CHECK_H
#define NESTLING_CHECK_H

/* Prints a table. 0 when a guest can run, else STATUS_UNAVAILABLE. */
int check_host(void);

#endif
