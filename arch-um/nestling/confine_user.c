// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of confine.c.
 *
 * @host boot seccomp EQ32(0,SECCOMP_SET_MODE_FILTER) ONLY32(1,SECCOMP_FILTER_FLAG_TSYNC): the filter after boot
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "abi.h"
#include "confine_user.h"

int nl_filter_put(const void *filter, unsigned int n)
{
	unsigned long len = n * sizeof(struct sock_filter);
	struct sock_fprog prog = {.len = n};
	unsigned int i;
	int err = 0;

	if (n > NL_FILTER_MAX)
		return -E2BIG;
	prog.filter = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (prog.filter == MAP_FAILED)
		return -errno;
	memcpy(prog.filter, filter, len);
	for (i = 0; i < n; i++)
		if (prog.filter[i].k == NL_FILTER_SELF)
			prog.filter[i].k = getpid();
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog) != 0)
		err = errno ? -errno : -EPERM; /* a thread that could not be made to have it */
	munmap(prog.filter, len);
	return err;
}
