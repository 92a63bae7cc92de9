// SPDX-License-Identifier: GPL-2.0
/*
 * Serving a disk from a raw file or a COW file. See cow_disk.h for the rules.
 *
 * A request is a cursor over the caller's iovec, taken apart into runs: what
 * lies in the COW file, what lies in the backing file. A write to sectors that
 * are not in the COW file yet goes there first, then the bits are set in memory,
 * all under the mutex; such a write is cut at the borders of bitmap blocks, so
 * that one block at a time must be in the cache. Where a request covers only a
 * part of a sector (sector sizes above 512), the rest is copied up from the
 * backing file.
 */
#include <errno.h>
#include <linux/falloc.h>
#include <limits.h>
#include <string.h>

#include "cow_private.h"

#define PIECES 32 /* iovecs taken at once when a request must be cut; on the stack */
#define GUEST_SECTOR 512

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x8
#endif

/* Where a request is in the caller's iovec. */
struct cursor {
	const struct iovec *iov;
	int n;
	size_t skip; /* bytes of iov[0] that are done */
	uint64_t left; /* bytes in all */
};

static const uint8_t zeros[4096];

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool is_cow(const struct cow_disk *d)
{
	return d->c.backing_fd >= 0;
}

static void cursor_advance(struct cursor *c, size_t len)
{
	c->left -= len;
	while (c->n && len >= c->iov->iov_len - c->skip) {
		len -= c->iov->iov_len - c->skip;
		c->iov++;
		c->n--;
		c->skip = 0;
	}
	c->skip += len;
}

/* Cuts the next len bytes (or fewer) out of the cursor. Returns how many iovecs. */
static int cursor_take(const struct cursor *c, size_t len, struct iovec out[static PIECES])
{
	size_t skip = c->skip;
	int n = 0;

	for (int i = 0; i < c->n && n < PIECES && len; i++, skip = 0) {
		size_t piece = min64(c->iov[i].iov_len - skip, len);

		if (!piece)
			continue;
		out[n++] = (struct iovec){(char *)c->iov[i].iov_base + skip, piece};
		len -= piece;
	}
	return n;
}

/* One call of preadv or pwritev; EINTR is repeated, RWF_NOWAIT arranged. Bytes or -errno. */
static ssize_t call(struct cow_disk *d, int fd, const struct iovec *iov, int n, uint64_t off,
		    bool write, bool nowait)
{
	const struct cow_ops *ops = d->c.ops;
	bool in_memory = fd == d->c.fd ? d->in_memory : d->backing_in_memory;
	bool *refused = write ? &d->no_nowait_write : &d->no_nowait_read;
	int flags = nowait && !in_memory ? RWF_NOWAIT : 0;
	ssize_t ret;

	if (flags && __atomic_load_n(refused, __ATOMIC_RELAXED))
		return -EAGAIN;
	do {
		ret = write ? ops->pwritev(d->c.user, fd, iov, n, off, flags)
			    : ops->preadv(d->c.user, fd, iov, n, off, flags);
	} while (ret == -EINTR);
	if (flags && ret == -EOPNOTSUPP) {
		__atomic_store_n(refused, true, __ATOMIC_RELAXED);
		return -EAGAIN;
	}
	return ret;
}

/* Beyond the end of its backing file a COW disk (it was grown) is zeros. */
static void fill_zeros(struct cursor *c, uint64_t len)
{
	struct iovec piece[PIECES];

	while (len) {
		int n = cursor_take(c, len, piece);

		for (int i = 0; i < n; i++) {
			memset(piece[i].iov_base, 0, piece[i].iov_len);
			cursor_advance(c, piece[i].iov_len);
			len -= piece[i].iov_len;
		}
	}
}

/*
 * Moves len bytes between the cursor and fd at off. Where this is all that is
 * left of the request (the common case), the caller's iovec goes to the host as
 * it is. 0 or -errno.
 */
static int transfer(struct cow_disk *d, int fd, struct cursor *c, uint64_t len, uint64_t off,
		    bool write, bool nowait)
{
	struct iovec pieces[PIECES];

	while (len) {
		bool whole = !c->skip && c->left == len && c->n <= IOV_MAX;
		int n = whole ? c->n : cursor_take(c, len, pieces);
		ssize_t ret = call(d, fd, whole ? c->iov : pieces, n, off, write, nowait);

		if (ret < 0)
			return (int)ret;
		if (!ret && (write || fd != d->c.backing_fd))
			return -EIO; /* beyond the end: somebody cut the file */
		if (!ret) {
			fill_zeros(c, len);
			return 0;
		}
		cursor_advance(c, (size_t)ret);
		off += (uint64_t)ret;
		len -= (uint64_t)ret;
	}
	return 0;
}

/* Total length of a request, or -EINVAL. */
static int64_t check_request(const struct cow_disk *d, const struct iovec *iov, int n, uint64_t off)
{
	uint64_t len = 0;

	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len > d->size)
			return -EINVAL;
		len += iov[i].iov_len;
		if (len > d->size)
			return -EINVAL;
	}
	if (off % GUEST_SECTOR || len % GUEST_SECTOR || off > d->size - len)
		return -EINVAL;
	return (int64_t)len;
}

/*
 * Finds what serves the bytes at off: *in_cow, and *len up to max. Loads the
 * bitmap block when it must and may.
 */
static int locate(struct cow_disk *d, uint64_t off, uint64_t max, bool nowait, bool *in_cow,
		  uint64_t *len)
{
	uint64_t ss = 1ULL << d->sector_shift, sector = off >> d->sector_shift;
	uint64_t max_sectors, count = 0;
	uint64_t in = off & (ss - 1);
	int err;

	max_sectors = (in + max + ss - 1) >> d->sector_shift;
	err = cow_bitmap_run(d, sector, max_sectors, nowait, in_cow, &count);
	if (err == -EAGAIN && !nowait) {
		cow_mutex_lock(d); /* or another thread might take the block out again */
		err = cow_bitmap_load(d, sector);
		if (err)
			err = cow_bitmap_peek(d, sector, max_sectors, in_cow, &count);
		else
			err = cow_bitmap_run(d, sector, max_sectors, false, in_cow, &count);
		cow_mutex_unlock(d);
	}
	if (!err)
		*len = min64((count << d->sector_shift) - in, max);
	return err;
}

int cow_disk_extent(struct cow_disk *d, uint64_t off, uint64_t max, bool *in_cow, uint64_t *len)
{
	if (off % GUEST_SECTOR || off >= d->size || !max)
		return -EINVAL;
	max = min64(max, d->size - off);
	if (is_cow(d))
		return locate(d, off, max, false, in_cow, len);
	*in_cow = true;
	*len = max;
	return 0;
}

int cow_disk_preadv(struct cow_disk *d, const struct iovec *iov, int n, uint64_t off, int flags)
{
	int64_t total = check_request(d, iov, n, off);
	struct cursor c = {.iov = iov, .n = n, .left = (uint64_t)total};
	bool nowait = flags & COW_NOWAIT, in_cow = false;
	uint64_t len = 0;

	if (total < 0)
		return (int)total;
	if (!is_cow(d))
		return transfer(d, d->c.fd, &c, c.left, d->c.offset + off, false, nowait);
	while (c.left) {
		int err = locate(d, off, c.left, nowait, &in_cow, &len);
		int fd = in_cow ? d->c.fd : d->c.backing_fd;
		uint64_t base = in_cow ? d->c.geometry.data_offset : d->c.backing_offset;

		if (!err)
			err = transfer(d, fd, &c, len, base + off, false, nowait);
		if (err)
			return err;
		off += len;
	}
	return 0;
}

int cow_disk_sync(struct cow_disk *d)
{
	int err = __atomic_load_n(&d->failed, __ATOMIC_RELAXED);

	if (err)
		return err;
	do {
		err = d->c.ops->fdatasync(d->c.user, d->c.fd);
	} while (err == -EINTR);
	if (err)
		__atomic_store_n(&d->failed, err, __ATOMIC_RELAXED);
	return err;
}

static int punch(struct cow_disk *d, uint64_t file_off, uint64_t len)
{
	int err;

	do {
		err = d->c.ops->fallocate(d->c.user, d->c.fd,
					  FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, file_off,
					  len);
	} while (err == -EINTR);
	return err;
}

/* Zeros into fd where no hole can be punched. */
static int write_zero_bytes(struct cow_disk *d, uint64_t file_off, uint64_t len)
{
	struct iovec iov[PIECES];

	while (len) {
		struct cursor c = {.iov = iov};
		uint64_t part;
		int err;

		while (c.n < PIECES && c.left < len) {
			size_t piece = min64(sizeof(zeros), len - c.left);

			iov[c.n++] = (struct iovec){(void *)zeros, piece};
			c.left += piece;
		}
		part = c.left;
		err = transfer(d, d->c.fd, &c, part, file_off, true, false);
		if (err)
			return err;
		file_off += part;
		len -= part;
	}
	return 0;
}

static int zero_range(struct cow_disk *d, uint64_t file_off, uint64_t len)
{
	int err = d->c.flags & COW_DISK_NO_TRIM ? -EOPNOTSUPP : punch(d, file_off, len);

	if (err == -EOPNOTSUPP || err == -ENOSYS || err == -ENODEV)
		err = write_zero_bytes(d, file_off, len);
	return err;
}

/* len bytes to fd at file_off: from the cursor, or zeros when there is none. */
static int put(struct cow_disk *d, struct cursor *c, uint64_t len, uint64_t file_off, bool nowait)
{
	if (!c)
		return nowait ? -EAGAIN : zero_range(d, file_off, len);
	return transfer(d, d->c.fd, c, len, file_off, true, nowait);
}

/*
 * First write to a part of a sector: the rest comes from the backing file, as
 * one write. Mutex held, block in the cache.
 */
static int copy_up(struct cow_disk *d, struct cursor *c, uint64_t off, uint64_t len)
{
	uint64_t ss = 1ULL << d->sector_shift, start = off & ~(ss - 1);
	uint64_t have = min64(ss, d->c.geometry.size - start);
	struct iovec iov = {d->bounce, (size_t)have};
	struct cursor whole = {.iov = &iov, .n = 1, .left = have};
	uint8_t *to = d->bounce + (off - start);
	int err = transfer(d, d->c.backing_fd, &whole, have, d->c.backing_offset + start, false,
			   false);

	if (err)
		return err;
	if (!c)
		memset(to, 0, (size_t)len);
	for (uint64_t left = len; c && left;) {
		struct iovec piece[PIECES];
		int n = cursor_take(c, left, piece);

		for (int i = 0; i < n; i++) {
			memcpy(to, piece[i].iov_base, piece[i].iov_len);
			to += piece[i].iov_len;
			left -= piece[i].iov_len;
			cursor_advance(c, piece[i].iov_len);
		}
	}
	whole = (struct cursor){.iov = &iov, .n = 1, .left = have};
	return transfer(d, d->c.fd, &whole, have, d->c.geometry.data_offset + start, true, false);
}

/*
 * Writes the beginning of a request to sectors that are not in the COW file, at
 * most to the next border of what can be done at once. Mutex held, block in
 * the cache, *len bytes are not in the COW file; *len becomes what was done.
 */
static int write_new(struct cow_disk *d, struct cursor *c, uint64_t off, uint64_t *len, bool nowait)
{
	uint64_t ss = 1ULL << d->sector_shift, in = off & (ss - 1);
	bool part = in || *len < ss;
	int err;

	if (part && nowait)
		return -EAGAIN;
	if (part) {
		*len = min64(*len, ss - in);
		err = copy_up(d, c, off, *len);
	} else {
		*len &= ~(ss - 1);
		err = put(d, c, *len, d->c.geometry.data_offset + off, nowait);
	}
	if (!err)
		cow_bitmap_set(d, off >> d->sector_shift, part ? 1 : *len >> d->sector_shift);
	return err;
}

/* One step of a COW write. *len: in, the bytes left; out, the bytes done. */
static int write_step(struct cow_disk *d, struct cursor *c, uint64_t off, uint64_t *len,
		      bool nowait)
{
	uint64_t left = *len;
	bool in_cow;
	int err = locate(d, off, left, nowait, &in_cow, len);

	if (err)
		return err;
	if (in_cow) /* bits are never cleared: no lock needed */
		return put(d, c, *len, d->c.geometry.data_offset + off, nowait);
	if (!nowait)
		cow_mutex_lock(d);
	else if (!cow_mutex_trylock(d))
		return -EAGAIN;
	/* Look again: another thread may have written here, or taken the block out. */
	if (!nowait)
		err = cow_bitmap_load(d, off >> d->sector_shift);
	if (!err)
		err = locate(d, off, left, nowait, &in_cow, len);
	if (!err && in_cow)
		err = put(d, c, *len, d->c.geometry.data_offset + off, nowait);
	else if (!err)
		err = write_new(d, c, off, len, nowait);
	cow_mutex_unlock(d);
	return err;
}

static int write_refused(const struct cow_disk *d)
{
	if (d->c.flags & COW_DISK_READONLY)
		return -EROFS;
	return __atomic_load_n(&d->failed, __ATOMIC_RELAXED);
}

/* total bytes from the cursor, or zeros when c is NULL. */
static int write_all(struct cow_disk *d, struct cursor *c, uint64_t off, uint64_t total, int flags)
{
	bool durable = flags & COW_FUA || d->c.flags & COW_DISK_SYNC;
	bool nowait = flags & COW_NOWAIT;
	int err = write_refused(d);

	if (!err && nowait && durable)
		err = -EAGAIN;
	if (!err && !is_cow(d))
		err = put(d, c, total, d->c.offset + off, nowait);
	while (!err && is_cow(d) && total) {
		uint64_t len = total;

		err = write_step(d, c, off, &len, nowait);
		off += len;
		total -= len;
	}
	if (!err && durable)
		err = cow_disk_flush(d);
	return err;
}

int cow_disk_pwritev(struct cow_disk *d, const struct iovec *iov, int n, uint64_t off, int flags)
{
	int64_t total = check_request(d, iov, n, off);
	struct cursor c = {.iov = iov, .n = n, .left = (uint64_t)total};

	return total < 0 ? (int)total : write_all(d, &c, off, (uint64_t)total, flags);
}

static bool range_valid(const struct cow_disk *d, uint64_t off, uint64_t len)
{
	return off % GUEST_SECTOR == 0 && len % GUEST_SECTOR == 0 && len <= d->size &&
	       off <= d->size - len;
}

int cow_disk_write_zeroes(struct cow_disk *d, uint64_t off, uint64_t len, int flags)
{
	if (!range_valid(d, off, len))
		return -EINVAL;
	return len ? write_all(d, NULL, off, len, flags) : write_refused(d);
}

int cow_disk_flush(struct cow_disk *d)
{
	int err;

	if (d->c.flags & COW_DISK_READONLY)
		return 0;
	if (!is_cow(d))
		return cow_disk_sync(d);
	cow_mutex_lock(d);
	err = cow_bitmap_flush(d, true);
	cow_mutex_unlock(d);
	return err;
}

int cow_disk_discard(struct cow_disk *d, uint64_t off, uint64_t len)
{
	int err = write_refused(d);
	uint64_t part;
	bool in_cow;

	if (!range_valid(d, off, len))
		return -EINVAL;
	if (err || d->c.flags & COW_DISK_NO_TRIM || !len)
		return err;
	if (!is_cow(d))
		return punch(d, d->c.offset + off, len);
	for (; len && !err; off += part, len -= part) {
		part = len;
		err = locate(d, off, len, false, &in_cow, &part);
		/*
		 * Sectors of the backing file stay visible: to hide them would
		 * cost a bit each and free nothing.
		 */
		if (!err && in_cow)
			err = punch(d, d->c.geometry.data_offset + off, part);
	}
	return err;
}

static int check_config(const struct cow_disk_config *c)
{
	const struct cow_ops *ops = c->ops;

	if (!ops || !ops->preadv || !ops->pwritev || !ops->fdatasync || !ops->fallocate ||
	    c->fd < 0)
		return -EINVAL;
	if (c->offset > COW_SIZE_MAX || c->backing_offset > COW_SIZE_MAX || c->size > COW_SIZE_MAX)
		return -EINVAL;
	if (c->backing_fd < 0)
		return 0;
	if (!ops->alloc || !ops->free || !c->geometry.size || !c->geometry.sectors)
		return -EINVAL;
	return c->geometry.sector_size & (c->geometry.sector_size - 1) ? -EINVAL : 0;
}

int cow_disk_init(struct cow_disk *d, const struct cow_disk_config *config)
{
	const struct cow_geometry *g = &config->geometry;
	const struct cow_ops *ops = config->ops;
	int err = check_config(config);

	if (err)
		return err;
	memset(d, 0, sizeof(*d));
	d->c = *config;
	d->size = (is_cow(d) ? g->size : config->size) / GUEST_SECTOR * GUEST_SECTOR;
	d->in_memory = ops->memory_backed && ops->memory_backed(config->user, config->fd);
	if (!is_cow(d))
		return 0;
	d->backing_in_memory =
		ops->memory_backed && ops->memory_backed(config->user, config->backing_fd);
	d->sector_shift = (unsigned int)__builtin_ctz(g->sector_size);
	if (g->bitmap_len * 8 < g->sectors)
		d->c.flags |= COW_DISK_READONLY; /* sectors that could never be revealed */
	if (g->sector_size > GUEST_SECTOR) {
		d->bounce = ops->alloc(config->user, g->sector_size);
		if (!d->bounce)
			return -ENOMEM;
	}
	err = cow_bitmap_init(d);
	if (err)
		cow_disk_exit(d);
	return err;
}

void cow_disk_exit(struct cow_disk *d)
{
	if (!is_cow(d))
		return;
	if (d->bounce)
		d->c.ops->free(d->c.user, d->bounce, d->c.geometry.sector_size);
	d->bounce = NULL;
	cow_bitmap_exit(d);
}

uint64_t cow_disk_size(const struct cow_disk *d)
{
	return d->size;
}

bool cow_disk_readonly(const struct cow_disk *d)
{
	return d->c.flags & COW_DISK_READONLY;
}

void cow_disk_stats_get(struct cow_disk *d, struct cow_disk_stats *out)
{
	out->cache_blocks = d->nsets * d->ways;
	out->dirty_blocks = d->ndirty;
	out->failed = __atomic_load_n(&d->failed, __ATOMIC_RELAXED);
}
