/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host half of the disk driver: runs requests against descriptors.
 *
 * A request is first tried in the caller's thread (ubd_io_try), which serves
 * whatever needs no waiting: reads that the host has in its page cache, writes
 * that the page cache takes. What must wait is posted to a few host threads of
 * the guest kernel's process; what they finished is collected by ubd_io_reap()
 * after the descriptor of ubd_io_start() became readable.
 *
 * All functions are called by the guest kernel's own thread only.
 */
#ifndef NESTLING_UBD_IO_H
#define NESTLING_UBD_IO_H

#if defined(__KERNEL__) && !defined(__UM_HOST__)
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
#endif

#include "abi.h"

struct iovec;
struct ubd_io;

#define UBD_IO_SEGMENTS 512 /* iovecs of one request at most */
#define UBD_IO_JOBS 2048 /* posted and not reaped at most; a power of two */

enum ubd_op {
	UBD_READ,
	UBD_WRITE,
	UBD_FLUSH,
	UBD_DISCARD,
	UBD_ZERO,
};

/* One request. The caller owns it and all it points to until it is done. */
struct ubd_job {
	struct ubd_job *next; /* in the list that ubd_io_reap() returns */
	struct ubd_io *io;
	const struct iovec *iov; /* UBD_READ, UBD_WRITE */
	int niov;
	enum ubd_op op;
	bool fua; /* UBD_WRITE, UBD_ZERO: durable when done */
	int result; /* 0 or -errno, set when it is done */
	uint64_t off; /* bytes */
	uint64_t len; /* UBD_DISCARD, UBD_ZERO: bytes */
};

/*
 * Makes the threads and the pipe by which they tell that jobs are done. Called
 * once. Returns the pipe's end to wait on (never to be closed), or -errno.
 */
int ubd_io_start(void);

/*
 * Opens a disk on the descriptors of a slot of kind NL_KIND_UBD. They stay the
 * caller's until ubd_io_close(). *io is allocated. 0, -EINVAL (the slot is not
 * consistent), -ENOMEM.
 */
int ubd_io_open(struct ubd_io **io, const struct nl_slot *slot);

/* Frees the disk and closes its descriptors. No job may be in flight. */
void ubd_io_close(struct ubd_io *io);

/* Frees the disk; its descriptors stay open. */
void ubd_io_abandon(struct ubd_io *io);

/* Whether writes fail with -EROFS, asked for or forced by the format. */
bool ubd_io_readonly(const struct ubd_io *io);

/*
 * Runs the job if that needs no waiting. 0 or -errno: done. -EAGAIN: nothing
 * done that matters; post it.
 */
int ubd_io_try(struct ubd_job *job);

/* Runs the job to its end in the calling thread. 0 or -errno. */
int ubd_io_run(struct ubd_job *job);

/* Hands the job to a thread. */
void ubd_io_post(struct ubd_job *job);

/* All jobs that threads have finished since the last call, newest first. */
struct ubd_job *ubd_io_reap(void);

/*
 * Before the process ends in good order: makes durable what only this process
 * knows (bits of a COW disk). 0 or -errno.
 */
int ubd_io_settle(struct ubd_io *io);

/*
 * The same from a panic: a thread does it, for wait_ms at most, since the
 * caller may have been anywhere. Nothing may follow but the end.
 */
void ubd_io_settle_panic(struct ubd_io *io, unsigned int wait_ms);

#endif
