// SPDX-License-Identifier: GPL-2.0
/*
 * The cache of a COW file's bitmap.
 *
 * A bitmap is cut into blocks of COW_BLOCK_LEN bytes; a bounded number of them
 * is kept, in sets of COW_WAYS slots (block n belongs to set n mod nsets, the
 * oldest clean slot of the set makes room). A disk of 4 TiB has a bitmap of
 * 1 GiB, of which 1 MiB is kept; a disk of up to 4 GiB has all of its bitmap in
 * the cache as soon as it was touched.
 *
 * Order on the way out: a block gets dirty only after its data was written, and
 * cow_bitmap_flush() syncs the data before it writes blocks. All changes happen
 * under the disk's mutex, so no bit can slip in between the sync and the write.
 */
#include <errno.h>
#include <string.h>

#include "cow_private.h"

#define COW_WAYS 8
#define BLOCK_SECTORS ((uint64_t)COW_BLOCK_LEN * 8)

struct cow_slot {
	uint64_t block_plus1; /* 0: empty */
	uint32_t age; /* d->tick at last use */
	bool dirty;
	uint8_t *bits; /* COW_BLOCK_LEN bytes */
};

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static size_t slots_len(const struct cow_disk *d)
{
	return (size_t)d->nsets * d->ways * sizeof(struct cow_slot);
}

static size_t bits_len(const struct cow_disk *d)
{
	return (size_t)d->nsets * d->ways * COW_BLOCK_LEN;
}

int cow_bitmap_init(struct cow_disk *d)
{
	uint64_t want = d->c.cache_blocks ? d->c.cache_blocks : COW_CACHE_DEFAULT;

	d->nblocks = (d->c.geometry.sectors + BLOCK_SECTORS - 1) / BLOCK_SECTORS;
	want = min64(want, d->nblocks);
	d->ways = (unsigned int)min64(want, COW_WAYS);
	d->nsets = (unsigned int)((want + d->ways - 1) / d->ways);
	d->slots = d->c.ops->alloc(d->c.user, slots_len(d));
	if (!d->slots)
		return -ENOMEM;
	d->bits = d->c.ops->alloc(d->c.user, bits_len(d));
	if (!d->bits) {
		cow_bitmap_exit(d);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < d->nsets * d->ways; i++)
		d->slots[i].bits = d->bits + (size_t)i * COW_BLOCK_LEN;
	return 0;
}

void cow_bitmap_exit(struct cow_disk *d)
{
	if (d->bits)
		d->c.ops->free(d->c.user, d->bits, bits_len(d));
	if (d->slots)
		d->c.ops->free(d->c.user, d->slots, slots_len(d));
	d->bits = NULL;
	d->slots = NULL;
}

static struct cow_slot *set_of(const struct cow_disk *d, uint64_t block)
{
	return d->slots + (block % d->nsets) * d->ways;
}

/* Spin lock or mutex held. */
static struct cow_slot *find(const struct cow_disk *d, uint64_t block)
{
	struct cow_slot *s = set_of(d, block);

	for (unsigned int i = 0; i < d->ways; i++, s++) {
		if (s->block_plus1 == block + 1)
			return s;
	}
	return NULL;
}

static bool test_bit(const uint8_t *bits, uint64_t n)
{
	return bits[n / 8] >> (n % 8) & 1;
}

/* How many bits from `first` on, before `end`, are equal to bit `first`. */
static uint64_t scan(const uint8_t *bits, uint64_t first, uint64_t end)
{
	bool value = test_bit(bits, first);
	uint64_t whole = value ? ~0ULL : 0, word, n = first + 1;

	while (n < end) {
		if (n % 64 == 0 && n + 64 <= end) {
			memcpy(&word, bits + n / 8, 8);
			if (word == whole) {
				n += 64;
				continue;
			}
		}
		if (test_bit(bits, n) != value)
			break;
		n++;
	}
	return n - first;
}

int cow_bitmap_run(struct cow_disk *d, uint64_t sector, uint64_t max, bool nowait, bool *in_cow,
		   uint64_t *count)
{
	uint64_t first = sector % BLOCK_SECTORS;
	struct cow_slot *s;
	int err = 0;

	if (!nowait)
		cow_spin_lock(d);
	else if (!cow_spin_trylock(d))
		return -EAGAIN;
	s = find(d, sector / BLOCK_SECTORS);
	if (s) {
		s->age = ++d->tick;
		*in_cow = test_bit(s->bits, first);
		*count = scan(s->bits, first, min64(first + max, BLOCK_SECTORS));
	} else {
		err = -EAGAIN;
	}
	cow_spin_unlock(d);
	return err;
}

/* Reads or writes the whole block in memory; the last one of a bitmap may be short. */
static int block_io(struct cow_disk *d, struct cow_slot *s, uint64_t block, bool write)
{
	const struct cow_ops *ops = d->c.ops;
	uint64_t at = block * COW_BLOCK_LEN, done = 0, len = 0;

	if (at < d->c.geometry.bitmap_len)
		len = min64(COW_BLOCK_LEN, d->c.geometry.bitmap_len - at);
	while (done < len) {
		struct iovec iov = {s->bits + done, (size_t)(len - done)};
		uint64_t off = d->c.geometry.bitmap_offset + at + done;
		ssize_t n = write ? ops->pwritev(d->c.user, d->c.fd, &iov, 1, off, 0)
				  : ops->preadv(d->c.user, d->c.fd, &iov, 1, off, 0);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n ? (int)n : -EIO; /* 0: somebody cut the file */
		done += (uint64_t)n;
	}
	if (!write)
		memset(s->bits + len, 0, COW_BLOCK_LEN - (size_t)len);
	return 0;
}

int cow_bitmap_peek(struct cow_disk *d, uint64_t sector, uint64_t max, bool *in_cow,
		    uint64_t *count)
{
	uint8_t bits[64];
	struct iovec iov = {bits, sizeof(bits)};
	const struct cow_geometry *g = &d->c.geometry;
	uint64_t at = sector / 8;
	ssize_t n;

	if (at >= g->bitmap_len) { /* version 1 or 2, see cow.h */
		*in_cow = false;
		*count = 1;
		return 0;
	}
	iov.iov_len = (size_t)min64(sizeof(bits), g->bitmap_len - at);
	n = d->c.ops->preadv(d->c.user, d->c.fd, &iov, 1, g->bitmap_offset + at, 0);
	if (n <= 0)
		return n ? (int)n : -EIO;
	*in_cow = test_bit(bits, sector % 8);
	*count = scan(bits, sector % 8, min64(sector % 8 + max, (uint64_t)n * 8));
	return 0;
}

/* The slot of the block's set that makes room: empty, else oldest clean, else NULL. */
static struct cow_slot *victim(const struct cow_disk *d, uint64_t block)
{
	struct cow_slot *s = set_of(d, block), *best = NULL;

	for (unsigned int i = 0; i < d->ways; i++, s++) {
		if (s->dirty)
			continue;
		if (!s->block_plus1)
			return s;
		if (!best || d->tick - s->age > d->tick - best->age)
			best = s;
	}
	return best;
}

int cow_bitmap_load(struct cow_disk *d, uint64_t sector)
{
	uint64_t block = sector / BLOCK_SECTORS;
	struct cow_slot *s;
	int err;

	if (find(d, block))
		return 0;
	s = victim(d, block);
	if (!s) {
		err = cow_bitmap_flush(d, false);
		if (err)
			return err;
		s = victim(d, block);
	}
	cow_spin_lock(d);
	s->block_plus1 = 0; /* readers must not see it while it is being read */
	cow_spin_unlock(d);
	err = block_io(d, s, block, false);
	if (err)
		return err;
	cow_spin_lock(d);
	s->block_plus1 = block + 1;
	s->age = ++d->tick;
	cow_spin_unlock(d);
	return 0;
}

void cow_bitmap_set(struct cow_disk *d, uint64_t sector, uint64_t count)
{
	struct cow_slot *s = find(d, sector / BLOCK_SECTORS);
	uint64_t n = sector % BLOCK_SECTORS, end = n + count;

	cow_spin_lock(d);
	while (n < end) {
		if (n % 8 == 0 && end - n >= 8) {
			s->bits[n / 8] = 0xff;
			n += 8;
		} else {
			s->bits[n / 8] |= (uint8_t)(1 << n % 8);
			n++;
		}
	}
	cow_spin_unlock(d);
	if (!s->dirty) {
		s->dirty = true;
		d->ndirty++;
	}
}

static int write_dirty(struct cow_disk *d)
{
	for (unsigned int i = 0; i < d->nsets * d->ways && d->ndirty; i++) {
		struct cow_slot *s = &d->slots[i];
		int err;

		if (!s->dirty)
			continue;
		err = block_io(d, s, s->block_plus1 - 1, true);
		if (err)
			return err; /* stays dirty: the next flush tries again */
		s->dirty = false;
		d->ndirty--;
	}
	return 0;
}

int cow_bitmap_flush(struct cow_disk *d, bool last)
{
	int err = cow_disk_sync(d);

	if (err || !d->ndirty)
		return err;
	err = write_dirty(d);
	if (err || !last)
		return err;
	return cow_disk_sync(d);
}
