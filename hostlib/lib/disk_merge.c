// SPDX-License-Identifier: GPL-2.0
/*
 * Merging a COW file: into a new image, or into its backing file in place.
 *
 * In place, the order makes every interruption harmless: (1) the COW file is
 * marked as being merged, so that it will accept its backing file with another
 * mtime; (2) its sectors are copied to the backing file and synced, while they
 * still stand in the COW file; (3) the bitmap is cleared and synced; (4) the
 * data is given back to the host; (5) the header gets the backing file's new
 * mtime and hash, and the mark goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk_identity.h"
#include "disk_merge.h"
#include "disk_private.h"
#include "disk_tmp.h"

#define BUFFER (1U << 20)

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Where data can begin in fd at or behind at; end if only a hole comes. */
static uint64_t skip_hole(int fd, uint64_t at, uint64_t end)
{
	off_t data = lseek(fd, (off_t)at, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? end : at;
	return min64((uint64_t)data, end);
}

int disk_next_data(struct disk *d, struct cow_disk *cd, uint64_t *off, uint64_t end, bool *in_cow,
		   uint64_t *len)
{
	while (*off < end) {
		uint64_t base, at;
		int err = cow_disk_extent(cd, *off, end - *off, in_cow, len);

		if (err)
			return err;
		base = *in_cow ? d->header.geometry.data_offset : 0;
		at = skip_hole(*in_cow ? d->fd : d->backing_fd, base + *off, base + *off + *len);
		at = (at - base) & ~511ULL;
		*len -= at - *off;
		*off = at;
		if (*len)
			return 0;
	}
	return 0;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	return !len || (p[0] == 0 && !memcmp(p, p + 1, len - 1));
}

static int pwrite_full(int fd, const uint8_t *p, size_t len, uint64_t off)
{
	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* Zeros at off: a hole where the file system can, else written. */
static int put_zeros(int fd, const uint8_t *zeros, size_t len, uint64_t off)
{
	if (!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)off, (off_t)len))
		return 0;
	return pwrite_full(fd, zeros, len, off);
}

/* Everything about one copy. */
struct copy {
	struct disk_work *w;
	struct cow_disk *cd;
	int out;
	bool only_cow; /* leave out what is in the backing file */
	const char *what; /* for progress */
};

/* Copies the extent at off; what is all zeros becomes a hole (out may have old data there). */
static int copy_extent(struct copy *c, uint8_t *buf, uint64_t off, uint64_t len)
{
	while (len) {
		size_t part = min64(len, BUFFER);
		struct iovec iov = {buf, part};
		int err = cow_disk_preadv(c->cd, &iov, 1, off, 0);

		if (err)
			return err;
		if (!all_zero(buf, part))
			err = pwrite_full(c->out, buf, part, off);
		else if (c->only_cow)
			err = put_zeros(c->out, buf, part, off);
		if (!err && c->w->progress)
			err = c->w->progress(c->w->user, c->what, off, cow_disk_size(c->cd));
		if (err)
			return err;
		off += part;
		len -= part;
	}
	return 0;
}

/*
 * A hole among the sectors that are in the COW file reads as zeros, so in a
 * merge in place it must overwrite the backing file: no holes are skipped there.
 */
static int copy_disk(struct copy *c)
{
	uint64_t off = 0, end = cow_disk_size(c->cd), len = 0;
	uint8_t *buf = malloc(BUFFER);
	bool in_cow;
	int err = buf ? 0 : -ENOMEM;

	while (!err && off < end) {
		if (c->only_cow)
			err = cow_disk_extent(c->cd, off, end - off, &in_cow, &len);
		else
			err = disk_next_data(c->w->disk, c->cd, &off, end, &in_cow, &len);
		if (err || off >= end)
			break;
		if (!c->only_cow || in_cow)
			err = copy_extent(c, buf, off, len);
		off += len;
	}
	free(buf);
	return err;
}

/* The last bytes of an image that is no multiple of 512, which no guest sees. */
static int copy_tail(struct disk *d, int out)
{
	uint64_t at = d->size, end = d->header.geometry.size;
	uint8_t buf[512] = {0};
	ssize_t n = pread(d->backing_fd, buf, end - at, (off_t)at);

	if (n < 0)
		return -errno;
	return pwrite_full(out, buf, (size_t)n, at);
}

static const char *cure_of(int err)
{
	switch (err) {
	case -ENOSPC:
	case -EDQUOT:
		return "free some space, or write to another file system";
	case -EFBIG:
		return "the file system cannot hold a file of that size; use another";
	case -EEXIST:
		return "remove it, or use -f";
	case -EINTR:
		return "run it again";
	default:
		return "check the file, its directory and the host's log";
	}
}

static int failed(struct disk_work *w, int err, const char *doing, const char *path)
{
	return disk_error(w->disk->error, err, "cannot %s %s: %s; %s", doing, path,
			  err == -EINTR ? "interrupted" : strerror(-err), cure_of(err));
}

static int start(struct disk_work *w, struct cow_disk *cd)
{
	struct cow_disk_config config;
	int err;

	disk_config(w->disk, &config);
	err = cow_disk_init(cd, &config);
	return err ? failed(w, err, "use", w->path) : 0;
}

/* What is replaced must not be one of the disk's own files, nor a device. */
static int check_output(struct disk_work *w, const char *out, bool replace)
{
	struct stat st, own;

	if (stat(out, &st))
		return 0;
	if (!replace)
		return failed(w, -EEXIST, "write", out);
	for (int i = 0; i < 2; i++) {
		if (!fstat(i ? w->disk->fd : w->disk->backing_fd, &own) &&
		    own.st_dev == st.st_dev && own.st_ino == st.st_ino)
			return disk_error(
				w->disk->error, -EINVAL,
				"%s is what is being merged; name a new file, or merge in "
				"place with uml_moo -d",
				out);
	}
	if (!S_ISREG(st.st_mode))
		return disk_error(w->disk->error, -EINVAL,
				  "%s is not a regular file; name a new file", out);
	return 0;
}

int disk_merge_new(struct disk_work *w, const char *out, bool replace)
{
	struct copy c = {.w = w, .what = "merging"};
	struct cow_disk cd;
	struct disk_tmp tmp;
	int err = check_output(w, out, replace);

	if (!err)
		err = start(w, &cd);
	if (err)
		return err;
	err = disk_tmp_begin(&tmp, out);
	c.cd = &cd;
	c.out = tmp.fd;
	if (!err && ftruncate(tmp.fd, (off_t)w->disk->header.geometry.size))
		err = -errno;
	if (!err)
		err = copy_disk(&c);
	if (!err)
		err = copy_tail(w->disk, tmp.fd);
	if (!err)
		err = disk_tmp_commit(&tmp, replace);
	if (err)
		disk_tmp_abort(&tmp);
	cow_disk_exit(&cd);
	return err ? failed(w, err, "write", out) : 0;
}

/* Opens the backing file for writing, and turns our shared lock into an exclusive one. */
static int open_backing_rw(struct disk_work *w, struct disk_file *f)
{
	struct disk *d = w->disk;
	struct flock unlock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
	struct stat st;
	int err = disk_file_open(f, d->backing_path, d->flags & DISK_SHARED, "backing file",
				 d->error);

	if (err)
		return err;
	if (f->write_error)
		return failed(w, f->write_error, "write to backing file", d->backing_path);
	if (fstat(d->backing_fd, &st))
		return -errno;
	if (!f->blockdev && (st.st_dev != f->dev || st.st_ino != f->ino))
		return failed(w, -ESTALE, "merge into", d->backing_path);
	if (d->flags & DISK_SHARED)
		return 0;
	fcntl(d->backing_fd, F_OFD_SETLK, &unlock);
	err = disk_file_lock(f, d->backing_path, true, d->error);
	return err == -ENOLCK ? 0 : err;
}

static int write_identity(struct disk *d)
{
	uint8_t sector[COW_IDENTITY_LEN];
	int err;

	if (!cow_identity_fits(&d->header.geometry))
		return 0;
	cow_identity_build(&d->header.identity, sector);
	err = pwrite_full(d->fd, sector, sizeof(sector), COW_IDENTITY_OFFSET);
	return !err && fdatasync(d->fd) ? -errno : err;
}

/* Step 3 and 4: nothing is in the COW file any more. */
static int empty_cow(struct disk *d)
{
	const struct cow_geometry *g = &d->header.geometry;
	uint8_t *zeros = calloc(1, BUFFER);
	int err = zeros ? 0 : -ENOMEM;

	for (uint64_t at = 0; !err && at < g->bitmap_len; at += BUFFER)
		err = put_zeros(d->fd, zeros, min64(BUFFER, g->bitmap_len - at),
				g->bitmap_offset + at);
	if (!err && fdatasync(d->fd))
		err = -errno;
	free(zeros);
	/* Only space is at stake here. */
	if (!err && fallocate(d->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      (off_t)g->data_offset, (off_t)g->size))
		return 0;
	return err;
}

/* Step 5: the header fits the backing file as it is now. */
static int settle(struct disk_work *w, int backing_fd)
{
	struct disk *d = w->disk;
	struct cow_identity id = {.algorithm = COW_IDENTITY_NONE, .size = d->header.geometry.size};
	uint8_t mtime[4];
	uint64_t at;
	struct stat st;
	int err = 0;

	if (!w->no_identity && cow_identity_fits(&d->header.geometry)) {
		id.algorithm = COW_IDENTITY_SHA256_CHUNKS;
		err = disk_identity_compute(backing_fd, 0, id.size, w->progress, w->user,
					    id.digest);
	}
	if (err)
		return err;
	if (fstat(backing_fd, &st))
		return -errno;
	id.mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	cow_mtime_patch(&d->header.geometry, (uint32_t)st.st_mtim.tv_sec, &at, mtime);
	err = pwrite_full(d->fd, mtime, sizeof(mtime), at);
	d->header.mtime = (uint32_t)st.st_mtim.tv_sec;
	d->header.identity = id;
	return err ? err : write_identity(d);
}

/* Step 2. */
static int copy_into(struct copy *c, const struct disk_file *backing)
{
	uint64_t size = c->w->disk->header.geometry.size;
	int err;

	if (backing->size != size && (backing->blockdev || ftruncate(backing->fd, (off_t)size)))
		return backing->blockdev ? -ENOSPC : -errno;
	err = copy_disk(c);
	return !err && fdatasync(backing->fd) ? -errno : err;
}

/* A file that cannot carry the mark: give the backing file its mtime back. */
static void restore_mtime(const struct disk_file *backing)
{
	struct timespec t[2] = {
		{.tv_nsec = UTIME_OMIT},
		{.tv_sec = backing->mtime_s, .tv_nsec = backing->mtime_ns},
	};

	if (futimens(backing->fd, t))
		errno = 0;
}

int disk_merge_backing(struct disk_work *w)
{
	struct disk *d = w->disk;
	struct disk_file backing = {.fd = -1};
	struct copy c = {.w = w, .only_cow = true, .what = "merging"};
	struct cow_disk cd;
	int err = d->readonly ? failed(w, -EROFS, "merge", w->path) : open_backing_rw(w, &backing);

	if (!err)
		err = start(w, &cd);
	if (err)
		goto out_close;
	c.cd = &cd;
	c.out = backing.fd;
	d->header.identity = (struct cow_identity){.algorithm = COW_IDENTITY_MERGING,
						   .size = cow_backing_size(&d->header)};
	err = write_identity(d);
	if (!err)
		err = copy_into(&c, &backing);
	if (err)
		restore_mtime(&backing);
	if (!err)
		err = empty_cow(d);
	if (!err)
		err = settle(w, backing.fd);
	if (err)
		failed(w, err, "merge into", d->backing_path);
	cow_disk_exit(&cd);
out_close:
	disk_file_close(&backing);
	return err;
}
