// SPDX-License-Identifier: GPL-2.0
/*
 * Recording the content identity of a backing file after its COW file was
 * made: the loader does not let a boot wait for it.
 *
 * System calls: those of disk_identity.c, pwrite64, gettid, setpriority, ioprio_set,
 * clone (thread).
 */
#include <errno.h>
#include <linux/ioprio.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "disk_identity.h"
#include "disk_private.h"

struct disk_hasher {
	pthread_t thread;
	struct disk *disk;
	bool stop;
};

/* The file that was hashed must be the one whose mtime stands in the header, before and after. */
static int check_time(const struct disk *d, struct timespec *mtime)
{
	struct stat st;

	if (fstat(d->backing_fd, &st))
		return -errno;
	*mtime = st.st_mtim;
	return (uint32_t)st.st_mtim.tv_sec == d->header.mtime ? 0 : -ESTALE;
}

/* Reads *d, writes only the file: a thread may be at it. */
static int hash_and_write(const struct disk *d, disk_progress_fn progress, void *user,
			  struct cow_identity *id)
{
	uint8_t sector[COW_IDENTITY_LEN];
	struct timespec before = {0}, after = {0};
	int err;

	*id = (struct cow_identity){
		.algorithm = COW_IDENTITY_SHA256_CHUNKS,
		.size = cow_backing_size(&d->header),
	};
	if (!d->cow || d->readonly || d->blockdev || !cow_identity_fits(&d->header.geometry))
		return -EINVAL;
	err = check_time(d, &before);
	if (!err)
		err = disk_identity_compute(d->backing_fd, d->backing_offset, id->size, progress,
					    user, id->digest);
	if (!err)
		err = check_time(d, &after);
	if (err)
		return err;
	if (before.tv_nsec != after.tv_nsec)
		return -ESTALE;
	id->mtime_ns = (uint32_t)after.tv_nsec;
	cow_identity_build(id, sector);
	if (pwrite(d->fd, sector, sizeof(sector), COW_IDENTITY_OFFSET) != (ssize_t)sizeof(sector))
		return -EIO;
	return 0;
}

int disk_record_identity(struct disk *d, disk_progress_fn progress, void *user)
{
	struct cow_identity id;
	int err = hash_and_write(d, progress, user, &id);

	if (!err) {
		d->header.identity = id;
		d->no_identity = false;
	}
	return err;
}

static int stop_wanted(void *user, const char *what, uint64_t done, uint64_t total)
{
	const struct disk_hasher *h = user;

	return __atomic_load_n(&h->stop, __ATOMIC_RELAXED) ? -EINTR : 0;
}

static void *hash_thread(void *arg)
{
	struct disk_hasher *h = arg;
	struct cow_identity id;

	/*
	 * Guests come first. Not SCHED_IDLE: on a busy host disk_close() would
	 * wait for seconds until the thread gets to see that it shall stop.
	 */
	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
	hash_and_write(h->disk, stop_wanted, h, &id);
	return NULL;
}

void disk_identity_start(struct disk *d)
{
	struct disk_hasher *h;
	sigset_t all, before;

	if (!d->no_identity || d->readonly || d->hasher)
		return;
	h = calloc(1, sizeof(*h));
	if (!h)
		return;
	h->disk = d;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&h->thread, NULL, hash_thread, h)) {
		free(h);
		h = NULL;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	d->hasher = h;
}

void disk_identity_stop(struct disk *d)
{
	struct disk_hasher *h = d->hasher;

	if (!h)
		return;
	__atomic_store_n(&h->stop, true, __ATOMIC_RELAXED);
	pthread_join(h->thread, NULL);
	free(h);
	d->hasher = NULL;
}
