/* SPDX-License-Identifier: GPL-2.0 */
/* Files of results, each there as a whole or not at all. */
#ifndef NESTLING_RIGRUN_WHOLE_FILE_H
#define NESTLING_RIGRUN_WHOLE_FILE_H

#include <stdio.h>

/* Writes what a file holds. 0 or -errno. */
typedef int whole_file_fn(const void *what, FILE *out);

/* Writes under another name, and then gives the file its own. 0 or -errno. */
int whole_file_write(int dirfd, const char *name, whole_file_fn *write, const void *what);

#endif
