// SPDX-License-Identifier: GPL-2.0
/* The COW disk runtime's operations for host programs: system calls and libc's memory. */
#include <stdlib.h>

#include "cow_disk.h"

static ssize_t host_preadv(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
			   int flags)
{
	return cow_ops_syscall.preadv(user, fd, iov, n, off, flags);
}

static ssize_t host_pwritev(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
			    int flags)
{
	return cow_ops_syscall.pwritev(user, fd, iov, n, off, flags);
}

static int host_fdatasync(void *user, int fd)
{
	return cow_ops_syscall.fdatasync(user, fd);
}

static int host_fallocate(void *user, int fd, int mode, uint64_t off, uint64_t len)
{
	return cow_ops_syscall.fallocate(user, fd, mode, off, len);
}

static int host_memory_backed(void *user, int fd)
{
	return cow_ops_syscall.memory_backed(user, fd);
}

static void *host_alloc(void *user, size_t len)
{
	return calloc(1, len);
}

static void host_free(void *user, void *mem, size_t len)
{
	free(mem);
}

const struct cow_ops cow_ops_host = {
	.preadv = host_preadv,
	.pwritev = host_pwritev,
	.fdatasync = host_fdatasync,
	.fallocate = host_fallocate,
	.memory_backed = host_memory_backed,
	.alloc = host_alloc,
	.free = host_free,
};
