/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the files of the COW disk runtime: locks and the bitmap cache.
 * Not for others; cow_disk.h is the interface.
 */
#ifndef NESTLING_COW_PRIVATE_H
#define NESTLING_COW_PRIVATE_H

#include "cow_disk.h"

/*
 * The mutex serialises everything that changes the bitmap or its cache. The
 * spin lock is taken inside it, around each change, and by readers; it is
 * never held across a system call.
 */
void cow_mutex_lock(struct cow_disk *d);
bool cow_mutex_trylock(struct cow_disk *d);
void cow_mutex_unlock(struct cow_disk *d);
void cow_spin_lock(struct cow_disk *d);
bool cow_spin_trylock(struct cow_disk *d);
void cow_spin_unlock(struct cow_disk *d);

/* Allocates the cache. 0 or -ENOMEM. */
int cow_bitmap_init(struct cow_disk *d);
void cow_bitmap_exit(struct cow_disk *d);

/*
 * How many sectors from `sector`, at most max, are held alike; the run ends at
 * the end of a bitmap block at the latest. -EAGAIN when the block is not in
 * the cache (or, with nowait, when another thread is at it).
 */
int cow_bitmap_run(struct cow_disk *d, uint64_t sector, uint64_t max, bool nowait, bool *in_cow,
		   uint64_t *count);

/*
 * The same without the cache, for reads when a block cannot be loaded because
 * the host takes no writes and every slot is dirty. Mutex held.
 */
int cow_bitmap_peek(struct cow_disk *d, uint64_t sector, uint64_t max, bool *in_cow,
		    uint64_t *count);

/* Gets the block of `sector` into the cache. Mutex held; may write others out. 0 or -errno. */
int cow_bitmap_load(struct cow_disk *d, uint64_t sector);

/* Sectors, in one block that is in the cache, now are in the COW file. Mutex held. */
void cow_bitmap_set(struct cow_disk *d, uint64_t sector, uint64_t count);

/*
 * Data, then the bits that reveal it, to stable storage. The last sync is left
 * out unless `last` is set. Mutex held. 0 or -errno.
 */
int cow_bitmap_flush(struct cow_disk *d, bool last);

/* fdatasync of fd, with the sticky error. 0 or -errno. */
int cow_disk_sync(struct cow_disk *d);

#endif
