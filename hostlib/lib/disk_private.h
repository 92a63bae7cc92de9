/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the disk module. Not for others; disk.h is the interface. */
#ifndef NESTLING_DISK_PRIVATE_H
#define NESTLING_DISK_PRIVATE_H

#include <sys/types.h>

#include "disk.h"

/* Extended attribute that marks a COW file; see disk.h. */
#define DISK_COW_MARK "user.nestling.cow"

/* A file that was opened and looked at. */
struct disk_file {
	int fd;
	bool readonly; /* could not be opened for writing, or was not to be */
	bool blockdev;
	uint64_t offset; /* where in it the bytes begin that are used (disk_file_narrow) */
	int write_error; /* why it is read-only although writing was wanted, 0 or -errno */
	uint64_t size;
	dev_t dev;
	ino_t ino;
	int64_t mtime_s;
	uint32_t mtime_ns;
};

/* Puts the line into error[] and returns err. */
int disk_error(char error[static DISK_MESSAGE_LEN], int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a line to d->warning[]. */
void disk_warn(struct disk *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Opens a regular file or block device; everything else is refused before it
 * is opened (opening a FIFO or a device may have effects). Opens for writing
 * unless flags (enum disk_flag) have DISK_READONLY; where that is not permitted,
 * for reading, and sets write_error. A block device that is mounted or otherwise
 * in use is not opened for writing, unless DISK_SHARED. what ("disk",
 * "COW file", "backing file") is for messages. 0 or -errno.
 */
int disk_file_open(struct disk_file *f, const char *path, unsigned int flags, const char *what,
		   char error[static DISK_MESSAGE_LEN]);
void disk_file_close(struct disk_file *f);

/* From now on it is only this part of it. 0, or -EINVAL with the line when it has no such part. */
int disk_file_narrow(struct disk_file *f, const char *path, const struct disk_part *part,
		     char error[static DISK_MESSAGE_LEN]);

/*
 * Takes the OFD lock on the whole file: exclusive or shared. 0, -EWOULDBLOCK
 * with the line, or -ENOLCK when the file system has no locks.
 */
int disk_file_lock(const struct disk_file *f, const char *path, bool exclusive,
		   char error[static DISK_MESSAGE_LEN]);

static inline bool disk_same_file(const struct disk_file *a, const struct disk_file *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/* Reads the header of an open file. enum cow_error, or -errno. */
int disk_read_header(const struct disk_file *f, struct cow_header *out);

/* Writes header (and identity, if it fits) of a version 3 file. 0 or -errno. */
int disk_write_header(int fd, const struct cow_header *h);

/* Ends what disk_identity_start() began. */
void disk_identity_stop(struct disk *d);

/* Opens a COW disk; d is empty. 0 or -errno with d->error; may leave descriptors in d. */
int disk_open_cow(struct disk *d, const struct disk_spec *spec);

#endif
