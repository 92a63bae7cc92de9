/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A new file that has its name only when it is complete.
 *
 * Where the file system can, it has no name at all until then (O_TMPFILE): even
 * SIGKILL leaves nothing. Elsewhere it has a temporary name beside the final
 * one, which disk_tmp_abort() removes.
 */
#ifndef NESTLING_DISK_TMP_H
#define NESTLING_DISK_TMP_H

#include <limits.h>

struct disk_tmp {
	int fd; /* to be written; -1: none */
	char path[PATH_MAX]; /* the name it will have */
	char tmp[PATH_MAX]; /* the name it has, empty if none */
};

/* 0 or -errno. */
int disk_tmp_begin(struct disk_tmp *t, const char *path);

/*
 * Makes the file durable, then gives it its name; replace allows that a file of
 * that name exists (it is replaced in one step). Closes fd. 0, -EEXIST, -errno;
 * on failure call disk_tmp_abort().
 */
int disk_tmp_commit(struct disk_tmp *t, _Bool replace);

/* Removes what there is. Harmless after a successful commit. */
void disk_tmp_abort(struct disk_tmp *t);

#endif
