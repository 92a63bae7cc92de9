// SPDX-License-Identifier: GPL-2.0
/* Files that are there as a whole or not at all; see whole_file.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "whole_file.h"

#define HALF ".new" /* the name of a file that is not whole yet */

int whole_file_write(int dirfd, const char *name, whole_file_fn *write, const void *what)
{
	int fd = openat(dirfd, HALF, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int rc;

	if (!out) {
		rc = -errno;
		if (fd >= 0)
			close(fd);
		return rc;
	}
	rc = write(what, out);
	if (fclose(out) != 0 && (rc == 0 || rc == -EIO)) /* it knows why */
		rc = -errno;
	if (rc == 0 && renameat(dirfd, HALF, dirfd, name) < 0)
		rc = -errno;
	if (rc < 0)
		unlinkat(dirfd, HALF, 0);
	return rc;
}
