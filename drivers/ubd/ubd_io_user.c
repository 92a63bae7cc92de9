// SPDX-License-Identifier: GPL-2.0
/*
 * A disk of the guest on descriptors of the host; see ubd_io.h. The reading and
 * writing itself is cow_disk.c, which the host's tools use as well. Here is when
 * to do it in the guest kernel's own thread.
 *
 * Reads: the host is asked for what its page cache holds (RWF_NOWAIT). Writes:
 * most file systems refuse that flag for buffered writes, although such a write
 * is a copy into the page cache unless the host throttles the writer. So writes
 * are simply made, and timed: after one that took too long the next ones go to
 * a thread, twice as many each time that the trial is slow again. The same is
 * done with reads where the file system refuses the flag for these too.
 *
 * @host run mmap ONLY32(2,PROT_READ|PROT_WRITE) ONLY32(3,MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_STACK): bitmaps, stacks
 * @host run munmap: bitmaps
 * @host run close: a disk that goes
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <nestling.h>
#include "cow_disk.h"
#include "ubd_io.h"
#include "ubd_queue.h"

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x8
#endif

#define SLOW_NS 1000000ULL /* a call that takes longer was not a copy, */
#define SLOW_BYTES_NS 2 /* with so much more for each byte */
#define AVOID_MIN 32 /* calls that go to a thread after a slow one */
#define AVOID_MAX 4096

/* When to believe that a blocking call will not block. Kernel's thread only. */
struct pace {
	unsigned int avoid; /* calls still to be given to a thread */
	unsigned int next; /* how many it will be next time */
};

struct ubd_io {
	struct cow_disk disk;
	struct pace read, write;
	bool no_nowait_read; /* a file system that refuses RWF_NOWAIT */
	bool in_memory; /* on tmpfs: a flush is nothing */
	bool backing_in_memory;
	int fd, backing_fd;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static bool pace_allows(struct pace *p)
{
	if (!p->avoid)
		return true;
	p->avoid--;
	return false;
}

static void pace_learn(struct pace *p, uint64_t took_ns, uint64_t bytes)
{
	if (took_ns < SLOW_NS + bytes * SLOW_BYTES_NS) {
		p->next = 0;
		return;
	}
	p->next = p->next ? p->next * 2 : AVOID_MIN;
	if (p->next > AVOID_MAX)
		p->next = AVOID_MAX;
	p->avoid = p->next;
}

typedef ssize_t (*vector_fn)(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
			     int flags);

/* A call without RWF_NOWAIT where one with it was wanted. Bytes, -EAGAIN or -errno. */
static ssize_t paced(struct pace *p, vector_fn fn, int fd, const struct iovec *iov, int n,
		     uint64_t off)
{
	uint64_t start;
	ssize_t ret;

	if (!pace_allows(p))
		return -EAGAIN;
	start = now_ns();
	ret = fn(NULL, fd, iov, n, off, 0);
	pace_learn(p, now_ns() - start, ret > 0 ? (uint64_t)ret : 0);
	return ret;
}

static ssize_t io_preadv(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
			 int flags)
{
	struct ubd_io *io = user;
	ssize_t ret;

	if (!(flags & RWF_NOWAIT))
		return cow_ops_syscall.preadv(NULL, fd, iov, n, off, flags);
	if (!io->no_nowait_read) {
		ret = cow_ops_syscall.preadv(NULL, fd, iov, n, off, flags);
		if (ret != -EOPNOTSUPP)
			return ret;
		io->no_nowait_read = true;
	}
	return paced(&io->read, cow_ops_syscall.preadv, fd, iov, n, off);
}

static ssize_t io_pwritev(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
			  int flags)
{
	struct ubd_io *io = user;

	if (!(flags & RWF_NOWAIT))
		return cow_ops_syscall.pwritev(NULL, fd, iov, n, off, flags);
	return paced(&io->write, cow_ops_syscall.pwritev, fd, iov, n, off);
}

static int io_fdatasync(void *user, int fd)
{
	return cow_ops_syscall.fdatasync(NULL, fd);
}

static int io_fallocate(void *user, int fd, int mode, uint64_t off, uint64_t len)
{
	return cow_ops_syscall.fallocate(NULL, fd, mode, off, len);
}

/* The loader has looked. */
static int io_memory_backed(void *user, int fd)
{
	const struct ubd_io *io = user;

	return fd == io->fd ? io->in_memory : io->backing_in_memory;
}

/* The host's memory, not the guest's: the guest's mem= stays its own. */
static void *io_alloc(void *user, size_t len)
{
	void *mem = mmap(NULL, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

static void io_free(void *user, void *mem, size_t len)
{
	munmap(mem, len);
}

static const struct cow_ops io_ops = {
	.preadv = io_preadv,
	.pwritev = io_pwritev,
	.fdatasync = io_fdatasync,
	.fallocate = io_fallocate,
	.memory_backed = io_memory_backed,
	.alloc = io_alloc,
	.free = io_free,
};

/* Runs it; flags are those of cow_disk.h. */
static int execute(struct ubd_job *job, int flags)
{
	struct cow_disk *d = &job->io->disk;

	if (job->fua)
		flags |= COW_FUA;
	switch (job->op) {
	case UBD_READ:
		return cow_disk_preadv(d, job->iov, job->niov, job->off, flags & ~COW_FUA);
	case UBD_WRITE:
		return cow_disk_pwritev(d, job->iov, job->niov, job->off, flags);
	case UBD_FLUSH:
		return cow_disk_flush(d);
	case UBD_DISCARD:
		return cow_disk_discard(d, job->off, job->len);
	case UBD_ZERO:
		return cow_disk_write_zeroes(d, job->off, job->len, flags);
	}
	return -EINVAL;
}

int ubd_io_run(struct ubd_job *job)
{
	return execute(job, 0);
}

int ubd_io_try(struct ubd_job *job)
{
	const struct ubd_io *io = job->io;

	/* In memory nothing waits but for another thread's memory copy. */
	if (io->in_memory && (job->op == UBD_FLUSH || job->fua))
		return execute(job, 0);
	if ((job->op != UBD_READ && job->op != UBD_WRITE) || job->fua)
		return -EAGAIN;
	return execute(job, COW_NOWAIT);
}

static void config_from_slot(struct cow_disk_config *c, const struct nl_slot *slot)
{
	const struct nl_ubd *u = &slot->ubd;
	struct cow_geometry *g = &c->geometry;

	c->fd = slot->fd[0];
	c->backing_fd = -1;
	c->size = u->size;
	c->ops = &io_ops;
	if (slot->flags & NL_UBD_READONLY)
		c->flags |= COW_DISK_READONLY;
	if (slot->flags & NL_UBD_SYNC)
		c->flags |= COW_DISK_SYNC;
	if (slot->flags & NL_UBD_NO_TRIM)
		c->flags |= COW_DISK_NO_TRIM;
	if (!(slot->flags & NL_UBD_COW)) {
		c->offset = u->data_offset;
		return;
	}
	c->backing_fd = slot->fd[1];
	c->backing_offset = u->backing_offset;
	g->version = u->cow_version;
	g->sector_size = u->sector_size;
	g->align = u->sector_size;
	g->size = u->size;
	g->sectors = u->size / u->sector_size + (u->size % u->sector_size != 0);
	g->bitmap_offset = u->bitmap_offset;
	g->bitmap_len = u->bitmap_len;
	g->data_offset = u->data_offset;
	g->file_end = u->data_offset + u->size;
}

static bool slot_valid(const struct nl_slot *slot)
{
	const struct nl_ubd *u = &slot->ubd;

	if (slot->fd[0] < 0 || !u->size || u->size % 512 || u->size > COW_SIZE_MAX ||
	    u->data_offset > COW_SIZE_MAX || u->backing_offset > COW_SIZE_MAX)
		return false;
	return !(slot->flags & NL_UBD_COW) || (slot->fd[1] >= 0 && u->sector_size);
}

int ubd_io_open(struct ubd_io **out, const struct nl_slot *slot)
{
	struct cow_disk_config config = {0};
	struct ubd_io *io;
	int err;

	if (!slot_valid(slot))
		return -EINVAL;
	io = io_alloc(NULL, sizeof(*io));
	if (!io)
		return -ENOMEM;
	config_from_slot(&config, slot);
	config.user = io;
	io->fd = config.fd;
	io->backing_fd = config.backing_fd;
	io->in_memory = slot->flags & NL_UBD_IN_MEMORY;
	io->backing_in_memory = slot->flags & NL_UBD_BACKING_IN_MEMORY;
	err = cow_disk_init(&io->disk, &config);
	if (err) {
		io_free(NULL, io, sizeof(*io));
		return err;
	}
	*out = io;
	return 0;
}

void ubd_io_abandon(struct ubd_io *io)
{
	cow_disk_exit(&io->disk);
	io_free(NULL, io, sizeof(*io));
}

void ubd_io_close(struct ubd_io *io)
{
	close(io->fd);
	if (io->backing_fd >= 0)
		close(io->backing_fd);
	ubd_io_abandon(io);
}

bool ubd_io_readonly(const struct ubd_io *io)
{
	return cow_disk_readonly(&io->disk);
}

int ubd_io_start(void)
{
	/* A file size limit of the host's shall be an error of the write, not our end. */
	signal(SIGXFSZ, SIG_IGN);
	return ubd_queue_start(ubd_io_run);
}

void ubd_io_post(struct ubd_job *job)
{
	ubd_queue_post(job);
}

struct ubd_job *ubd_io_reap(void)
{
	return ubd_queue_reap();
}

/* What a raw disk took is in the host's page cache and needs nobody any more. */
static bool needs_settling(const struct ubd_io *io)
{
	return io->backing_fd >= 0 && !cow_disk_readonly(&io->disk);
}

int ubd_io_settle(struct ubd_io *io)
{
	return needs_settling(io) ? cow_disk_flush(&io->disk) : 0;
}

void ubd_io_settle_panic(struct ubd_io *io, unsigned int wait_ms)
{
	static struct ubd_job job;

	/* After one that hangs, the job is not ours to use again. */
	if (!needs_settling(io) || job.result == -EINPROGRESS)
		return;
	job = (struct ubd_job){.io = io, .op = UBD_FLUSH, .result = -EINPROGRESS};
	ubd_queue_post(&job);
	while (wait_ms-- && __atomic_load_n(&job.result, __ATOMIC_ACQUIRE) == -EINPROGRESS)
		nl_nap_us(1000);
}
