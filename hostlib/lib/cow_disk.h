/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk served from descriptors: a raw file, or a COW file over a backing file.
 *
 * One implementation for the guest kernel's ubd driver (its host half) and for
 * the host's tools. It opens nothing and knows no paths; see disk.h for that.
 *
 * Threads. Every function may be called from any thread at any time, but for
 * init and exit. Reads and writes of sectors that already are in the COW file
 * run in parallel. What changes the bitmap (first write to a sector, flush,
 * discard, loading a block of bitmap) is serialised by a futex inside. A call
 * with COW_NOWAIT never waits for another thread, never sleeps and never
 * allocates: it returns -EAGAIN, having changed nothing that matters, and the
 * caller repeats the whole call without the flag in a thread that may sleep.
 * Two requests in flight for the same sector have no order, as on a real disk.
 * A call must not be entered again from a signal handler on the same thread
 * unless that call has COW_NOWAIT (it then returns -EAGAIN).
 *
 * Durability. What was written is durable when a later cow_disk_flush()
 * returned 0 (or a write with COW_FUA, or any write to a disk opened with
 * COW_DISK_SYNC). The bit that reveals a sector is written only after its data
 * is durable: a crash at any point leaves each unflushed sector old or new, never
 * something else. Bits of unflushed writes exist only in memory: killing the
 * process loses them, like a disk with a write cache losing power.
 *
 * Errors. -ENOSPC, -EIO, ... of the host are returned; the sectors concerned
 * are then old, new or (within a sector, if the host tore it) mixed, exactly as
 * on a failing disk, and no bit is set for them. After a failed fdatasync the
 * host has forgotten what it did not write; so from then on every write and
 * flush fails with the same error until the disk is opened anew.
 */
#ifndef NESTLING_COW_DISK_H
#define NESTLING_COW_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "cow.h"

/* Flags of a request. */
#define COW_NOWAIT 0x1 /* only what the page cache can serve at once, else -EAGAIN */
#define COW_FUA 0x2 /* writes: durable on return */

/* Flags of a disk. */
#define COW_DISK_READONLY 0x1 /* writes fail with -EROFS */
#define COW_DISK_SYNC 0x2 /* every write is durable on return */
#define COW_DISK_NO_TRIM 0x4 /* discard does nothing, and succeeds */

#define COW_BLOCK_LEN 4096 /* bytes of bitmap cached as one block: 16 MiB of 512-byte sectors */
#define COW_CACHE_DEFAULT 256 /* blocks at most: 1 MiB */

/*
 * The system calls that a disk makes. All return what the call does, or -errno;
 * none may touch errno (threads of the guest kernel share one). user is the
 * argument of struct cow_disk_config. flags of preadv/pwritev are those of
 * preadv2(2).
 */
struct cow_ops {
	ssize_t (*preadv)(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
			  int flags);
	ssize_t (*pwritev)(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
			   int flags);
	int (*fdatasync)(void *user, int fd);
	/* mode as fallocate(2) */
	int (*fallocate)(void *user, int fd, int mode, uint64_t off, uint64_t len);
	/*
	 * 1 when reads of fd never wait for a device (tmpfs): they are then made
	 * inline although such a file system refuses RWF_NOWAIT. NULL: never.
	 */
	int (*memory_backed)(void *user, int fd);
	/* Zeroed memory or NULL. Called by cow_disk_init() only. */
	void *(*alloc)(void *user, size_t len);
	void (*free)(void *user, void *mem, size_t len);
};

/* Plain system calls made without libc's errno, and no allocator. */
extern const struct cow_ops cow_ops_syscall;

/* The same with calloc() and free(): for host programs (cow_host.c). */
extern const struct cow_ops cow_ops_host;

/* What cow_disk_init() needs. The descriptors stay the caller's. */
struct cow_disk_config {
	int fd; /* raw file or COW file */
	int backing_fd; /* -1: fd is raw */
	uint64_t offset; /* raw: where in fd the disk begins (an image inside a file) */
	uint64_t backing_offset; /* COW: where in backing_fd the disk begins */
	uint64_t size; /* raw: bytes of the disk. COW: geometry.size counts */
	struct cow_geometry geometry; /* COW only, as cow_header_parse() made it */
	unsigned int flags; /* COW_DISK_* */
	unsigned int cache_blocks; /* COW: bitmap blocks to keep; 0 = COW_CACHE_DEFAULT */
	const struct cow_ops *ops;
	void *user; /* passed to every op */
};

struct cow_slot;

/* Private; here so that the caller can embed it. */
struct cow_disk {
	struct cow_disk_config c;
	uint64_t size; /* of the disk, whole 512-byte sectors */
	uint64_t nblocks; /* of bitmap */
	struct cow_slot *slots; /* cache of bitmap blocks, nsets * ways */
	uint8_t *bits; /* their contents */
	uint8_t *bounce; /* one sector, for first writes of a part of it; under mutex */
	unsigned int nsets, ways;
	uint32_t tick; /* clock for the slots' age; under spin */
	unsigned int sector_shift;
	unsigned int ndirty; /* slots to be written; under mutex */
	uint32_t mutex; /* futex: 0 free, 1 held, 2 held with waiters */
	bool spin; /* guards slots against readers; held for memory access only */
	int failed; /* -errno of a failed fdatasync, sticky */
	bool in_memory, backing_in_memory; /* see cow_ops.memory_backed */
	bool no_nowait_read, no_nowait_write; /* the file system refuses RWF_NOWAIT */
};

/* Figures for /proc, mconsole and tests. */
struct cow_disk_stats {
	unsigned int cache_blocks; /* allocated */
	unsigned int dirty_blocks; /* waiting for a flush */
	int failed; /* 0, or -errno that every write now gets */
};

/*
 * Starts serving. Allocates the bitmap cache (and, when sector_size > 512, one
 * sector) through ops->alloc; nothing else ever allocates. Touches no file.
 * 0, -EINVAL (bad config) or -ENOMEM. A disk whose version 1 or 2 bitmap does
 * not cover all sectors is made read-only (see cow_disk_readonly()).
 */
int cow_disk_init(struct cow_disk *d, const struct cow_disk_config *config);

/* Frees memory. Flushes nothing: call cow_disk_flush() first. Closes nothing. */
void cow_disk_exit(struct cow_disk *d);

/* Bytes of the disk, rounded down to whole 512-byte sectors. */
uint64_t cow_disk_size(const struct cow_disk *d);

bool cow_disk_readonly(const struct cow_disk *d);

/*
 * Read and write the n pieces of iov at byte off of the disk. off and the
 * total length must be multiples of 512 and lie inside the disk (-EINVAL).
 * 0 when all was transferred, else -errno: -EAGAIN (COW_NOWAIT only), -EROFS,
 * or what the host said.
 */
int cow_disk_preadv(struct cow_disk *d, const struct iovec *iov, int n, uint64_t off, int flags);
int cow_disk_pwritev(struct cow_disk *d, const struct iovec *iov, int n, uint64_t off, int flags);

/* Makes everything durable that was written before the call. 0 or -errno. */
int cow_disk_flush(struct cow_disk *d);

/*
 * The guest no longer needs these bytes: gives space back to the host where it
 * can. Afterwards they read as zeros (raw disks, sectors in the COW file) or as
 * before (sectors of the backing file). After a crash, what was not flushed
 * may read as before. 0, -EOPNOTSUPP, -EROFS, -errno.
 */
int cow_disk_discard(struct cow_disk *d, uint64_t off, uint64_t len);

/*
 * Makes the bytes read as zeros, in a COW file without using space where the
 * host can. flags: COW_FUA. 0 or -errno.
 */
int cow_disk_write_zeroes(struct cow_disk *d, uint64_t off, uint64_t len, int flags);

/*
 * How far from byte off on the disk is held alike: *in_cow tells whether in fd
 * (always true for a raw disk) or in the backing file; *len is at most max and
 * at least 512. For maps, merges and tests. 0 or -errno.
 */
int cow_disk_extent(struct cow_disk *d, uint64_t off, uint64_t max, bool *in_cow, uint64_t *len);

void cow_disk_stats_get(struct cow_disk *d, struct cow_disk_stats *out);

#endif
