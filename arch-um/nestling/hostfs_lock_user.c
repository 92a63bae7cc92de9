// SPDX-License-Identifier: GPL-2.0
/*
 * Locks of the host's files; see hostfs_lock_user.h. fcntl_locking(2): locks of an open file have been
 * there since Linux 3.15.
 *
 * @host change flock: locks of whole files
 * @host change fcntl EQ32(1,F_OFD_SETLK): locks of ranges
 * @host change fcntl EQ32(1,F_OFD_GETLK): who has one
 * @host change fcntl EQ32(1,F_DUPFD_CLOEXEC): what they hang on
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <unistd.h>
#include "hostfs_lock_user.h"

int nl_lock_hold(int fd)
{
	int new = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return new < 0 ? -errno : new;
}

void nl_lock_drop(int fd)
{
	close(fd);
}

static struct flock range_of(int type, long long start, long long end)
{
	return (struct flock){.l_type = (short)type,
			      .l_whence = SEEK_SET,
			      .l_start = start,
			      .l_len = end == LLONG_MAX ? 0 : end - start + 1};
}

int nl_lock_range(int fd, int type, long long start, long long end)
{
	struct flock fl = range_of(type, start, end);

	if (fcntl(fd, F_OFD_SETLK, &fl) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

int nl_lock_query(int fd, int *type, long long *start, long long *end)
{
	struct flock fl = range_of(*type, *start, *end);

	if (fcntl(fd, F_OFD_GETLK, &fl) < 0)
		return -errno;
	*type = fl.l_type;
	*start = fl.l_start;
	*end = fl.l_len ? fl.l_start + fl.l_len - 1 : LLONG_MAX;
	return 0;
}

int nl_lock_whole(int fd, int type)
{
	int how = type == F_WRLCK ? LOCK_EX : type == F_RDLCK ? LOCK_SH : LOCK_UN;

	return flock(fd, how | LOCK_NB) < 0 ? -errno : 0;
}
