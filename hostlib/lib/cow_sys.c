// SPDX-License-Identifier: GPL-2.0
/*
 * System calls and locks of the COW disk runtime.
 *
 * The calls are made without libc. In the guest kernel the I/O thread shares
 * its thread-local storage, hence errno, with the kernel's own thread: a result
 * read from errno could be the other thread's.
 *
 * @host run preadv2: disks
 * @host old preadv: disks, on hosts without preadv2 or pwritev2
 * @host run pwritev2: disks
 * @host old pwritev: disks, on hosts without preadv2 or pwritev2
 * @host run fdatasync: a flush
 * @host run fallocate: discarded blocks
 * @host run futex ONLY32(1,FUTEX_WAKE|FUTEX_PRIVATE_FLAG): the lock of a disk
 */
#include <errno.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "cow_private.h"

#if defined(__x86_64__)
static long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#else
/* Good enough where each thread has an errno of its own. */
static long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret = syscall(nr, a, b, c, d, e, f);

	return ret == -1 ? -errno : ret;
}
#endif

/* A host without the calls that take flags: none can be had there. */
static ssize_t without_flags(long nr, int fd, const struct iovec *iov, int n, uint64_t off,
			     int flags)
{
	return flags ? -EOPNOTSUPP : sys6(nr, fd, (long)iov, n, (long)off, 0, 0);
}

static ssize_t sys_preadv(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
			  int flags)
{
	ssize_t ret = sys6(SYS_preadv2, fd, (long)iov, n, (long)off, 0, flags);

	return ret == -ENOSYS ? without_flags(SYS_preadv, fd, iov, n, off, flags) : ret;
}

static ssize_t sys_pwritev(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
			   int flags)
{
	ssize_t ret = sys6(SYS_pwritev2, fd, (long)iov, n, (long)off, 0, flags);

	return ret == -ENOSYS ? without_flags(SYS_pwritev, fd, iov, n, off, flags) : ret;
}

static int sys_fdatasync(void *user, int fd)
{
	return (int)sys6(SYS_fdatasync, fd, 0, 0, 0, 0, 0);
}

static int sys_fallocate(void *user, int fd, int mode, uint64_t off, uint64_t len)
{
	return (int)sys6(SYS_fallocate, fd, mode, (long)off, (long)len, 0, 0);
}

static int sys_memory_backed(void *user, int fd)
{
	struct statfs fs;

	if (sys6(SYS_fstatfs, fd, (long)&fs, 0, 0, 0, 0))
		return 0;
	return fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
}

const struct cow_ops cow_ops_syscall = {
	.preadv = sys_preadv,
	.pwritev = sys_pwritev,
	.fdatasync = sys_fdatasync,
	.fallocate = sys_fallocate,
	.memory_backed = sys_memory_backed,
};

/*
 * The usual three-state futex mutex. Not the kernel's nor libc's: both threads
 * of the guest kernel must be able to take it, and only one of them is a
 * kernel thread.
 */
bool cow_mutex_trylock(struct cow_disk *d)
{
	uint32_t expected = 0;

	return __atomic_compare_exchange_n(&d->mutex, &expected, 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

void cow_mutex_lock(struct cow_disk *d)
{
	if (cow_mutex_trylock(d))
		return;
	while (__atomic_exchange_n(&d->mutex, 2, __ATOMIC_ACQUIRE))
		sys6(SYS_futex, (long)&d->mutex, FUTEX_WAIT_PRIVATE, 2, 0, 0, 0);
}

void cow_mutex_unlock(struct cow_disk *d)
{
	if (__atomic_exchange_n(&d->mutex, 0, __ATOMIC_RELEASE) == 2)
		sys6(SYS_futex, (long)&d->mutex, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

bool cow_spin_trylock(struct cow_disk *d)
{
	return !__atomic_test_and_set(&d->spin, __ATOMIC_ACQUIRE);
}

void cow_spin_lock(struct cow_disk *d)
{
	static const struct timespec moment = {.tv_nsec = 1000};
	static unsigned int nobodys;

	/* The holder needs a microsecond, unless the host took its CPU: let it have ours. */
	while (!cow_spin_trylock(d))
		sys6(SYS_futex, (long)&nobodys, FUTEX_WAIT_PRIVATE, 0, (long)&moment, 0, 0);
}

void cow_spin_unlock(struct cow_disk *d)
{
	__atomic_clear(&d->spin, __ATOMIC_RELEASE);
}
