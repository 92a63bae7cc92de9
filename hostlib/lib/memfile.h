/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory files: memory that has a descriptor, so that another process can map it, and no
 * name. memfd_create(2) makes them; where the host does not have it, an unlinked file in
 * $TMPDIR, /dev/shm or /tmp takes its place, as UML has always used. Such a file cannot be
 * sealed, and one on a disk is slower.
 */
#ifndef NESTLING_MEMFILE_H
#define NESTLING_MEMFILE_H

#include <stdint.h>

/*
 * A memory file of so many bytes, which may be mapped executable. name is for those who look
 * into /proc. The descriptor, which is the caller's, or -errno.
 */
int memfile_make(const char *name, uint64_t bytes);

/* The same, of a size that nobody can change where the file can be sealed; nor can other seals be set. */
int memfile_make_fixed(const char *name, uint64_t bytes);

/* Forbids what seals (F_SEAL_*) say, where the file can be sealed. 0 or -errno. */
int memfile_seal(int fd, int seals);

#endif
