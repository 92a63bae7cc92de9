/* SPDX-License-Identifier: GPL-2.0 */
/* Test points of TAP 14. */
#ifndef NESTLING_RIGRUN_TAP_H
#define NESTLING_RIGRUN_TAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A title, which may hold what TAP would take for a directive. */
void tap_description(FILE *out, const char *title);
/* One test, with the reason of its verdict and when that was decided. */
void tap_point(FILE *out, uint32_t n, bool ok, const char *title, uint64_t decided_ns,
	       const char *reason);

#endif
