/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work on whole COW files: merge, move to another backing file, resize. Behind
 * uml_moo and uml_cow.
 *
 * All functions take an open disk (disk.h), return 0 or -errno with one line of
 * cause and cure in d->error, and may be interrupted at any moment, by -EINTR
 * from progress or by a kill: what is left on disk is valid.
 */
#ifndef NESTLING_DISK_MERGE_H
#define NESTLING_DISK_MERGE_H

#include "disk.h"

struct disk_work {
	struct disk *disk; /* open, cow */
	const char *path; /* of the COW file, for messages */
	disk_progress_fn progress; /* may be NULL */
	void *user; /* for progress */
	bool no_identity; /* do not hash the new backing file */
};

/*
 * Writes the disk as the guest sees it to a new sparse file, which has its name
 * only when complete. replace: an existing regular file may be replaced.
 */
int disk_merge_new(struct disk_work *w, const char *out, bool replace);

/*
 * Merges into the backing file, then empties the COW file, which stays valid
 * over its changed backing file. Other COW files over the same backing file
 * become invalid. -EWOULDBLOCK when the backing file is in use.
 */
int disk_merge_backing(struct disk_work *w);

/*
 * Makes new_backing (a path) the backing file. The disk must have been opened
 * with it as disk_spec.backing, so its content is known to fit (or DISK_TRUST
 * said so).
 */
int disk_rebase(struct disk_work *w);

/*
 * Makes new_backing the backing file although its content differs: every sector
 * that would read differently is copied into the COW file first. The disk is
 * open over its old backing file.
 */
int disk_rebase_keep(struct disk_work *w, const char *new_backing);

/*
 * Gives the disk another size (a multiple of 512), by way of a new file that
 * replaces the old one. Also makes version 3 out of any version. Smaller only
 * with shrink.
 */
int disk_resize(struct disk_work *w, uint64_t size, bool shrink);

/*
 * The next place at or behind off, before end, that may hold something else
 * than a hole, or end. *in_cow, *len: as cow_disk_extent(), clipped to holes.
 */
int disk_next_data(struct disk *d, struct cow_disk *cd, uint64_t *off, uint64_t end, bool *in_cow,
		   uint64_t *len);

#endif
