// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of this process; see fds.h. Must close all that it is asked to close: what it
 * leaves open is in a guest's hands.
 */
#include <dirent.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fds.h"

/* No descriptor can be higher, unless the limit was lowered since. */
static int highest(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0 || lim.rlim_cur > 1 << 20)
		return 1 << 20;
	return (int)lim.rlim_cur;
}

static void close_each(int first, int last)
{
	int fd, top = highest();

	for (fd = first; fd <= last && fd <= top; fd++)
		close(fd);
}

/* Those that /proc names; it is read anew as long as there are any. 0, or -1 without /proc. */
static int close_listed(int first, int last)
{
	int closed;

	do {
		DIR *d = opendir("/proc/self/fd");
		const struct dirent *e;

		if (!d)
			return -1;
		closed = 0;
		while ((e = readdir(d))) {
			int fd = atoi(e->d_name);

			if (e->d_name[0] == '.' || fd < first || fd > last || fd == dirfd(d))
				continue;
			close(fd);
			closed = 1;
		}
		closedir(d);
	} while (closed);
	return 0;
}

void fds_close(int first, int last)
{
	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
	if (close_listed(first, last) < 0)
		close_each(first, last);
}
