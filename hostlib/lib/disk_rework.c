// SPDX-License-Identifier: GPL-2.0
/* Moving a COW file to another backing file, and resizing it: see disk_merge.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
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

static int failed(struct disk_work *w, int err, const char *doing)
{
	return disk_error(w->disk->error, err, "cannot %s %s: %s; %s", doing, w->path,
			  err == -EINTR ? "interrupted" : strerror(-err),
			  err == -EINTR                      ? "run it again"
			  : err == -ENOSPC || err == -EDQUOT ? "free some space"
							     : "check the file and its directory");
}

/* Fills path, mtime and identity for the backing file behind fd. 0 or -errno. */
static int describe_backing(struct disk_work *w, struct cow_header *h, const char *path, int fd)
{
	struct cow_identity *id = &h->identity;
	char *full = realpath(path, NULL);
	struct stat st;
	int err = 0;

	if (!full || fstat(fd, &st)) {
		free(full);
		return -errno;
	}
	memset(h->backing, 0, sizeof(h->backing));
	if (strlen(full) >= sizeof(h->backing))
		err = -ENAMETOOLONG;
	else
		memcpy(h->backing, full, strlen(full));
	free(full);
	h->mtime = (uint32_t)st.st_mtim.tv_sec;
	*id = (struct cow_identity){.size = cow_backing_size(h),
				    .mtime_ns = (uint32_t)st.st_mtim.tv_nsec};
	/* Without a hash, only the size of a resized disk's backing file would be lost. */
	if (err || !cow_identity_fits(&h->geometry) ||
	    (w->no_identity && id->size == h->geometry.size))
		return err;
	id->algorithm = COW_IDENTITY_SHA256_CHUNKS;
	return disk_identity_compute(fd, 0, id->size, w->progress, w->user, id->digest);
}

/* Versions 1, 2 and the broken 3 are not written anew; their mtime can be set in place. */
static int patch_mtime_only(struct disk_work *w, const char *path, int fd)
{
	struct disk *d = w->disk;
	uint8_t mtime[4];
	uint64_t at;
	struct stat st, named;

	if (stat(d->header.backing, &named) || fstat(fd, &st))
		return failed(w, -errno, "rebase");
	if (named.st_dev != st.st_dev || named.st_ino != st.st_ino)
		return disk_error(
			d->error, -EINVAL,
			"%s has an old header (version %u%s) that is not rewritten for %s; "
			"make it version 3 first (uml_cow resize %s same)",
			w->path, d->header.geometry.version,
			d->header.geometry.broken64 ? ", broken" : "", path, w->path);
	cow_mtime_patch(&d->header.geometry, (uint32_t)st.st_mtim.tv_sec, &at, mtime);
	if (pwrite(d->fd, mtime, sizeof(mtime), (off_t)at) != (ssize_t)sizeof(mtime))
		return failed(w, -EIO, "write the header of");
	return 0;
}

static int rebase_to(struct disk_work *w, const char *path, int fd)
{
	struct disk *d = w->disk;
	int err;

	if (d->readonly)
		return failed(w, -EROFS, "rebase");
	if (d->header.geometry.version != 3 || d->header.geometry.broken64)
		return patch_mtime_only(w, path, fd);
	err = describe_backing(w, &d->header, path, fd);
	if (!err)
		err = disk_write_header(d->fd, &d->header);
	if (!err && fdatasync(d->fd))
		err = -errno;
	return err ? failed(w, err, "rebase") : 0;
}

int disk_rebase(struct disk_work *w)
{
	return rebase_to(w, w->disk->backing_path, w->disk->backing_fd);
}

/* What the new backing file has at off; zeros beyond its end. */
static int read_new(int fd, uint8_t *buf, size_t len, uint64_t off)
{
	while (len) {
		ssize_t n = pread(fd, buf, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			memset(buf, 0, len);
		if (!n)
			break;
		buf += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* Writes those of the sectors at off to the COW file that differ from the new backing file. */
static int keep_differing(struct cow_disk *cd, const uint8_t *old, const uint8_t *new, size_t len,
			  uint64_t off)
{
	size_t at = 0;

	while (at < len) {
		size_t end = at;
		struct iovec iov;
		int err;

		while (end < len && memcmp(old + end, new + end, 512))
			end += 512;
		if (end == at) {
			at += 512;
			continue;
		}
		iov = (struct iovec){(void *)(old + at), end - at};
		err = cow_disk_pwritev(cd, &iov, 1, off + at, 0);
		if (err)
			return err;
		at = end;
	}
	return 0;
}

/* buf: two BUFFERs. */
static int keep_all(struct disk_work *w, struct cow_disk *cd, int new_fd, uint8_t *buf)
{
	uint64_t off = 0, end = cow_disk_size(cd), len;
	bool in_cow;
	int err = 0;

	for (; !err && off < end; off += len) {
		struct iovec iov = {buf, 0};

		err = cow_disk_extent(cd, off, min64(end - off, BUFFER), &in_cow, &len);
		if (err || in_cow)
			continue;
		iov.iov_len = len;
		err = cow_disk_preadv(cd, &iov, 1, off, 0);
		if (!err)
			err = read_new(new_fd, buf + BUFFER, len, off);
		if (!err)
			err = keep_differing(cd, buf, buf + BUFFER, len, off);
		if (!err && w->progress)
			err = w->progress(w->user, "comparing", off, end);
	}
	return err ? err : cow_disk_flush(cd);
}

int disk_rebase_keep(struct disk_work *w, const char *new_backing)
{
	struct disk *d = w->disk;
	struct cow_disk_config config;
	struct cow_disk cd;
	struct disk_file f;
	uint8_t *buf = malloc(2 * BUFFER);
	int err = buf ? disk_file_open(&f, new_backing, DISK_READONLY, "backing file", d->error)
		      : -ENOMEM;

	if (err)
		goto out_free;
	if (d->header.geometry.version != 3 || d->header.geometry.broken64)
		err = patch_mtime_only(w, new_backing, f.fd); /* says what to do first */
	else if (f.size != cow_backing_size(&d->header))
		err = disk_error(d->error, -EINVAL,
				 "%s has %llu bytes where %llu are needed; give it that size first",
				 new_backing, (unsigned long long)f.size,
				 (unsigned long long)cow_backing_size(&d->header));
	if (err)
		goto out_close;
	disk_config(d, &config);
	err = cow_disk_init(&cd, &config);
	if (!err) {
		err = keep_all(w, &cd, f.fd, buf);
		cow_disk_exit(&cd);
	}
	err = err ? failed(w, err, "rebase") : rebase_to(w, new_backing, f.fd);
out_close:
	disk_file_close(&f);
out_free:
	free(buf);
	return err;
}

/* Copies what the old file holds into the new one. buf: BUFFER. */
static int copy_held(struct disk_work *w, struct cow_disk *from, struct cow_disk *to, uint8_t *buf)
{
	uint64_t off = 0, end = min64(cow_disk_size(from), cow_disk_size(to)), len;
	bool in_cow;
	int err = 0;

	for (; !err && off < end; off += len) {
		struct iovec iov = {buf, 0};

		err = cow_disk_extent(from, off, min64(end - off, BUFFER), &in_cow, &len);
		if (err || !in_cow)
			continue;
		iov.iov_len = len;
		err = cow_disk_preadv(from, &iov, 1, off, 0);
		if (!err)
			err = cow_disk_pwritev(to, &iov, 1, off, 0);
		if (!err && w->progress)
			err = w->progress(w->user, "copying", off, end);
	}
	return err ? err : cow_disk_flush(to);
}

/*
 * What shrinking cuts off must not come back from the backing file when the
 * disk grows again: no backing byte beyond the smallest size is ever shown. The
 * format cannot say so; so growing writes explicit zeros over such bytes.
 */
static int hide_old_tail(struct disk_work *w, struct cow_disk *to)
{
	uint64_t from = w->disk->size, end = min64(cow_backing_size(&w->disk->header), to->size);

	end = (end + 511) / 512 * 512;
	if (end > to->size)
		end = to->size;
	return from < end ? cow_disk_write_zeroes(to, from, end - from, 0) : 0;
}

static int fill_new(struct disk_work *w, const struct cow_header *h, int fd)
{
	struct cow_disk_config from_config, to_config;
	struct cow_disk from, to;
	uint8_t *buf = malloc(BUFFER);
	int err;

	if (!buf)
		return -ENOMEM;
	disk_config(w->disk, &from_config);
	to_config = from_config;
	to_config.fd = fd;
	to_config.flags = 0;
	to_config.geometry = h->geometry;
	err = cow_disk_init(&from, &from_config);
	if (err)
		goto out_free;
	err = cow_disk_init(&to, &to_config);
	if (err)
		goto out_from;
	err = hide_old_tail(w, &to);
	if (!err)
		err = copy_held(w, &from, &to, buf);
	cow_disk_exit(&to);
out_from:
	cow_disk_exit(&from);
out_free:
	free(buf);
	return err;
}

static int copy_mode(int from, int to)
{
	struct stat st;

	if (fstat(from, &st) || fchmod(to, st.st_mode & 07777))
		return -errno;
	/* Somebody else's file, handled by root, stays theirs. */
	return (st.st_uid != geteuid() || st.st_gid != getegid()) &&
			       fchown(to, st.st_uid, st.st_gid) && geteuid() == 0
		       ? -errno
		       : 0;
}

int disk_resize(struct disk_work *w, uint64_t size, bool shrink)
{
	struct disk *d = w->disk;
	struct cow_header h = {.identity = {.algorithm = COW_IDENTITY_SHA256_CHUNKS}};
	struct disk_tmp tmp;
	int err;

	if (size < d->size && !shrink)
		return disk_error(d->error, -EINVAL,
				  "%s would shrink and lose what lies behind; use --shrink if the "
				  "guest's file systems end before",
				  w->path);
	if (d->readonly && !(d->header.geometry.bitmap_len * 8 < d->header.geometry.sectors))
		return failed(w, -EROFS, "resize");
	err = cow_geometry_init(&h.geometry, size, 0, 0);
	if (err)
		return disk_error(d->error, -EINVAL, "cannot resize %s: the disk %s", w->path,
				  cow_strerror(err));
	h.identity.size = cow_backing_size(&d->header);
	err = describe_backing(w, &h, d->backing_path, d->backing_fd);
	if (!err)
		err = disk_tmp_begin(&tmp, w->path);
	if (err)
		return failed(w, err, "resize");
	if (ftruncate(tmp.fd, (off_t)h.geometry.file_end))
		err = -errno;
	if (!err)
		err = disk_write_header(tmp.fd, &h);
	if (!err)
		err = fill_new(w, &h, tmp.fd);
	if (!err)
		err = copy_mode(d->fd, tmp.fd);
	if (!err && fsetxattr(tmp.fd, DISK_COW_MARK, "1", 1, 0))
		errno = 0; /* where there are none, names and commas must tell */
	if (!err)
		err = disk_tmp_commit(&tmp, true);
	if (err)
		disk_tmp_abort(&tmp);
	return err ? failed(w, err, "resize") : 0;
}
