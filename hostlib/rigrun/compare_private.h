/* SPDX-License-Identifier: GPL-2.0 */
/* Between compare.c (folders) and compare_files.c (two files that differ). */
#ifndef NESTLING_RIGRUN_COMPARE_PRIVATE_H
#define NESTLING_RIGRUN_COMPARE_PRIVATE_H

#include <stdint.h>
#include "file_map.h"

struct difference {
	char file[256];
	uint64_t unix_ns; /* of the first frame that differs; UINT64_MAX: not known */
	char text[1024]; /* lines, the first one to stand behind the file's name */
};

/* Fill in where two files differ, which they do. */
void compare_captures(const struct file_map *a, const struct file_map *b, struct difference *d);
void compare_texts(const struct file_map *a, const struct file_map *b, struct difference *d);

#endif
