/* SPDX-License-Identifier: GPL-2.0 */
/* Files to be read as a whole, mapped. */
#ifndef NESTLING_RIGRUN_FILE_MAP_H
#define NESTLING_RIGRUN_FILE_MAP_H

#include <stddef.h>

struct file_map {
	const void *data; /* NULL if len is 0 */
	size_t len;
};

/* Maps a regular file of a folder; no symbolic link is followed. 0 or -errno. */
int file_map_open(int folder, const char *name, struct file_map *f);
void file_map_close(struct file_map *f);

#endif
