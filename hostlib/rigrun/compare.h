/* SPDX-License-Identifier: GPL-2.0 */
/* Two runs of a rig held against each other: where they differ first. */
#ifndef NESTLING_RIGRUN_COMPARE_H
#define NESTLING_RIGRUN_COMPARE_H

#include <stdio.h>

/*
 * Compares all files of two folders of runs but wall.json, which is real time, and writes to `out`
 * what differs: of captures the first frame, with its time, node and bytes; of texts the first line.
 * The earliest frame comes first. 0: they are the same; 1: they are not; -errno, and what was
 * the matter in err.
 */
int compare_runs(const char *a, const char *b, FILE *out, char *err, size_t err_len);

#endif
