/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host threads that run jobs, and the two queues between them and the guest
 * kernel's own thread. Host half only.
 *
 * The threads share the kernel's memory and its thread-local storage, so they
 * call nothing of libc and nothing of the kernel; all signals are blocked in
 * them; they die with the process (they are threads of it).
 */
#ifndef NESTLING_UBD_QUEUE_H
#define NESTLING_UBD_QUEUE_H

#include "ubd_io.h"

/*
 * Starts the threads; each calls run(job) for job after job. Returns the read
 * end of the pipe that tells of finished jobs, or -errno.
 */
int ubd_queue_start(int (*run)(struct ubd_job *job));

/* Posts a job; at most UBD_IO_JOBS may be posted and not reaped. */
void ubd_queue_post(struct ubd_job *job);

/* Finished jobs, newest first, linked by next. */
struct ubd_job *ubd_queue_reap(void);

#endif
