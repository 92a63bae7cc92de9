/* SPDX-License-Identifier: GPL-2.0 */
/* Fields of CSV files. */
#ifndef NESTLING_RIGRUN_CSV_H
#define NESTLING_RIGRUN_CSV_H

#include <stdint.h>
#include <stdio.h>

/* A text, in quotes if it must be. */
void csv_field(FILE *out, const char *text);
/* A time in seconds, exact. */
void csv_seconds(FILE *out, uint64_t ns);

#endif
