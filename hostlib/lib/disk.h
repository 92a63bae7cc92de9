/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Opening a disk by path: an image, a block device, or a COW file with its
 * backing file, with every check made before anything uses it.
 *
 * What may be a COW file. The header of a file that the operator did not call
 * COW is never looked at to decide what to open: a guest can write into its own
 * raw disk whatever it likes, and a COW header there names a file of the host.
 * So a file is a COW file only if the operator said so, in one of these ways:
 *
 *   cow,backing     two names (disk_spec.backing)
 *   cow,            DISK_COW: one name with an empty second one
 *   anything.cow    DISK_PROBE_COW: a name that ends in .cow, -cow or _cow, or
 *                   that is "cow" (any case)
 *   marked file     DISK_PROBE_COW: the extended attribute user.nestling.cow,
 *                   which our tools set and a guest cannot
 *
 * A file called COW in one of these ways that has no valid header is refused
 * instead of served raw, or a guest could write the header and wait for the
 * next boot. DISK_DATA (flag d) overrides all: raw. A file that merely looks like
 * a COW file is served raw, with a warning that says how to call it COW.
 *
 * What may be its backing file. Size must equal the header's. When the mtime
 * differs as well as seconds (and, with an identity, nanoseconds) go, the
 * content decides: the hash recorded when the COW file was made. Same content:
 * accepted, and the header's mtime brought up to date. Another content, or no
 * identity recorded (file of an old tool): refused, with the cure.
 *
 * Locks are open-file-description locks, so they live as long as any copy of
 * the descriptor, passed to other processes or not: exclusive on what may be
 * written, shared on what is only read and on backing files.
 */
#ifndef NESTLING_DISK_H
#define NESTLING_DISK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "cow.h"
#include "cow_disk.h"

enum disk_flag {
	DISK_READONLY = 0x1, /* flag r */
	DISK_SYNC = 0x2, /* flag s */
	DISK_SHARED = 0x4, /* flag c: take no locks */
	DISK_DATA = 0x8, /* flag d: raw, whatever it looks like */
	DISK_NO_TRIM = 0x10, /* flag t */
	DISK_COW = 0x20, /* path is a COW file; its header names the backing file */
	DISK_PROBE_COW = 0x40, /* path may be a COW file, by its name or mark */
	DISK_CREATE = 0x80, /* with a backing: make an absent COW file */
	DISK_NO_IDENTITY = 0x100, /* with DISK_CREATE: do not hash now (see disk_record_identity) */
	DISK_NO_LINK = 0x400, /* no file may be a symbolic link: it could lead elsewhere now */
	DISK_TRUST = 0x200, /* take the backing file although it changed (for tools) */
};

/* Called now and then during long work. Not 0 stops it: -EINTR. */
typedef int (*disk_progress_fn)(void *user, const char *what, uint64_t done, uint64_t total);

/* Bytes of a file that are used as if they were one. len 0: the whole file. */
struct disk_part {
	uint64_t offset, len;
};

struct disk_spec {
	const char *path;
	const char *backing; /* NULL: none named */
	struct disk_part part; /* of the backing file */
	unsigned int flags; /* enum disk_flag */
	disk_progress_fn progress; /* NULL: none */
	void *user; /* for progress */
};

#define DISK_MESSAGE_LEN 2048
#define DISK_WARNINGS 4

/* A disk that is open. Descriptors are owned by it until disk_close(). */
struct disk {
	int fd; /* raw image or COW file */
	int backing_fd; /* -1 for a raw disk */
	bool cow;
	uint64_t backing_offset; /* where in backing_fd the disk begins */
	bool readonly; /* asked for, or all that could be had (then with a warning) */
	bool blockdev; /* fd, or backing_fd of a COW, is a block device */
	bool created; /* the COW file was made by this call */
	bool no_identity; /* COW file has no content identity */
	unsigned int flags; /* as in the spec */
	uint64_t size; /* bytes that the guest sees, a multiple of 512 */
	struct cow_header header; /* COW only; header.geometry for the runtime */
	char backing_path[PATH_MAX]; /* COW only: what was opened */
	unsigned int nwarnings;
	struct disk_hasher *hasher; /* private: see disk_identity_start() */
	char warning[DISK_WARNINGS][DISK_MESSAGE_LEN]; /* one line each, to be shown */
	char error[DISK_MESSAGE_LEN]; /* one line, when a call failed */
};

/*
 * Opens what spec names. 0, or -errno with one line of cause and cure in
 * d->error and nothing left open. By class:
 *   -ENOENT missing, -EACCES/-EROFS no permission, -EISDIR directory,
 *   -ENODEV FIFO, socket or character device, -EWOULDBLOCK locked,
 *   -EINVAL wrong size, -EBADMSG bad or absent COW header,
 *   -ESTALE backing file is not the one that the COW file was made from,
 *   -ELOOP a file as its own backing, -ENOSPC, -EINTR, or another of the host's.
 */
int disk_open(struct disk *d, const struct disk_spec *spec);

/* Closes descriptors (and so gives locks back). Harmless when nothing is open. */
void disk_close(struct disk *d);

/* Configuration for cow_disk_init(), with ops for host programs. */
void disk_config(const struct disk *d, struct cow_disk_config *out);

/*
 * Makes a new COW file at path over backing (v3, 512, 4096), atomically: it has
 * its name only when it is complete. force replaces an existing file. Flags:
 * DISK_NO_IDENTITY. 0 or -errno with the line in error[DISK_MESSAGE_LEN].
 */
int disk_create_cow(const struct disk_spec *spec, bool force, char error[static DISK_MESSAGE_LEN]);

/*
 * Hashes the backing file of an open COW disk and records the identity in its
 * header. The identity has a sector of its own, so a guest may run on the disk
 * meanwhile. 0; -EINVAL where it has no place or no use (read-only, versions 1
 * and 2, block device); -ESTALE when the backing file was touched meanwhile; -errno.
 */
int disk_record_identity(struct disk *d, disk_progress_fn progress, void *user);

/*
 * The same in the background, if the COW file has none yet: a thread that runs
 * only when nothing else wants to, takes no signals and no locks of libc's.
 * d must stay where it is until disk_close(), which stops the thread. Failing
 * is harmless and silent: the next start tries again.
 */
void disk_identity_start(struct disk *d);

#endif
