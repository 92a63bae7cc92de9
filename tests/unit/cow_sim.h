/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file in memory that can lose power and fail, for tests of the COW runtime.
 *
 * Writes go to `live` and to a list of what is pending; fdatasync moves the
 * list to `durable`. A power cut leaves durable and a random part of what is
 * pending: each 512-byte piece of each write is there or not. Pages are
 * allocated when they are touched, so files may be long.
 */
#ifndef COW_SIM_H
#define COW_SIM_H

#include <errno.h>
#include <linux/falloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cow_disk.h"

#define SIM_FD 1000 /* the COW (or raw) file */
#define SIM_BACKING_FD 1001
#define SIM_PAGE 4096
#define SIM_PAGES 16384
#define SIM_PENDING 4096

struct sim_file {
	uint8_t *page[SIM_PAGES];
};

struct sim_pending {
	uint64_t off, len;
	uint8_t *data; /* NULL: zeros */
};

struct sim {
	struct sim_file durable, live;
	struct sim_pending pending[SIM_PENDING];
	int npending;
	uint64_t rng;
	long points; /* write, discard and sync calls so far */
	void (*at_point)(struct sim *s); /* before each of them; may be NULL */
	void *user;
	void (*backing_read)(void *user, uint8_t *to, size_t len, uint64_t off);
	/* Failures: one of n calls, 0 never. */
	int fail_write, fail_read, fail_sync, fail_punch;
	long failures;
};

static inline uint64_t sim_rnd(struct sim *s)
{
	s->rng ^= s->rng << 13;
	s->rng ^= s->rng >> 7;
	s->rng ^= s->rng << 17;
	return s->rng * 0x2545f4914f6cdd1dULL >> 8;
}

static inline void sim_apply(struct sim_file *f, const uint8_t *data, uint64_t off, uint64_t len)
{
	while (len) {
		uint64_t in = off % SIM_PAGE, part = SIM_PAGE - in < len ? SIM_PAGE - in : len;
		uint8_t **page = &f->page[off / SIM_PAGE];

		if (!*page)
			*page = calloc(1, SIM_PAGE);
		if (data)
			memcpy(*page + in, data, part);
		else
			memset(*page + in, 0, part);
		data = data ? data + part : NULL;
		off += part;
		len -= part;
	}
}

static inline void sim_fetch(const struct sim_file *f, uint8_t *to, uint64_t off, uint64_t len)
{
	while (len) {
		uint64_t in = off % SIM_PAGE, part = SIM_PAGE - in < len ? SIM_PAGE - in : len;
		const uint8_t *page = f->page[off / SIM_PAGE];

		if (page)
			memcpy(to, page + in, part);
		else
			memset(to, 0, part);
		to += part;
		off += part;
		len -= part;
	}
}

static inline void sim_clear(struct sim_file *f)
{
	for (int i = 0; i < SIM_PAGES; i++) {
		free(f->page[i]);
		f->page[i] = NULL;
	}
}

static inline void sim_settle(struct sim *s)
{
	for (int i = 0; i < s->npending; i++) {
		sim_apply(&s->durable, s->pending[i].data, s->pending[i].off, s->pending[i].len);
		free(s->pending[i].data);
	}
	s->npending = 0;
}

static inline void sim_write(struct sim *s, const uint8_t *data, uint64_t off, uint64_t len)
{
	struct sim_pending *p = &s->pending[s->npending++];

	if (s->npending > SIM_PENDING)
		abort();
	*p = (struct sim_pending){.off = off, .len = len};
	if (data) {
		p->data = malloc(len);
		memcpy(p->data, data, len);
	}
	sim_apply(&s->live, data, off, len);
}

/* What a power cut now would leave: out is durable plus a random part of what is pending. */
static inline void sim_cut(struct sim *s, struct sim_file *out)
{
	unsigned int chance = (unsigned int)(sim_rnd(s) % 5); /* of 4: from none to all */

	for (int i = 0; i < SIM_PAGES; i++) {
		if (s->durable.page[i])
			sim_apply(out, s->durable.page[i], (uint64_t)i * SIM_PAGE, SIM_PAGE);
	}
	for (int i = 0; i < s->npending; i++) {
		const struct sim_pending *p = &s->pending[i];

		for (uint64_t at = p->off, end = p->off + p->len, next; at < end; at = next) {
			next = at / 512 * 512 + 512 < end ? at / 512 * 512 + 512 : end;
			if (sim_rnd(s) % 4 < chance)
				sim_apply(out, p->data ? p->data + (at - p->off) : NULL, at,
					  next - at);
		}
	}
}

static inline bool sim_fails(struct sim *s, int one_of)
{
	if (!one_of || sim_rnd(s) % (uint64_t)one_of)
		return false;
	s->failures++;
	return true;
}

static inline ssize_t sim_preadv(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
				 int flags)
{
	struct sim *s = user;
	ssize_t total = 0;

	if (sim_fails(s, s->fail_read))
		return -EIO;
	for (int i = 0; i < n; i++) {
		if (fd == SIM_FD)
			sim_fetch(&s->live, iov[i].iov_base, off, iov[i].iov_len);
		else
			s->backing_read(s->user, iov[i].iov_base, iov[i].iov_len, off);
		off += iov[i].iov_len;
		total += (ssize_t)iov[i].iov_len;
	}
	return total;
}

/* A full disk writes what still fits and then nothing: short first, -ENOSPC next. */
static inline ssize_t sim_pwritev(void *user, int fd, const struct iovec *iov, int n, uint64_t off,
				  int flags)
{
	struct sim *s = user;
	ssize_t total = 0;

	if (fd != SIM_FD)
		abort(); /* nobody ever writes to the backing file */
	s->points++;
	if (s->at_point)
		s->at_point(s);
	if (sim_fails(s, s->fail_write)) {
		if (sim_rnd(s) % 2)
			return sim_rnd(s) % 2 ? -ENOSPC : -EIO;
		if (n == 1 && iov[0].iov_len <= 512)
			return -ENOSPC;
		sim_write(s, iov[0].iov_base, off, iov[0].iov_len < 512 ? iov[0].iov_len : 512);
		return iov[0].iov_len < 512 ? (ssize_t)iov[0].iov_len : 512;
	}
	for (int i = 0; i < n; i++) {
		sim_write(s, iov[i].iov_base, off, iov[i].iov_len);
		off += iov[i].iov_len;
		total += (ssize_t)iov[i].iov_len;
	}
	return total;
}

/* As Linux: after a failure the pages count as clean although they never got there. */
static inline int sim_fdatasync(void *user, int fd)
{
	struct sim *s = user;

	s->points++;
	if (s->at_point)
		s->at_point(s);
	if (sim_fails(s, s->fail_sync)) {
		for (int i = 0; i < s->npending; i++)
			free(s->pending[i].data);
		s->npending = 0;
		return -EIO;
	}
	sim_settle(s);
	return 0;
}

static inline int sim_fallocate(void *user, int fd, int mode, uint64_t off, uint64_t len)
{
	struct sim *s = user;

	if (fd != SIM_FD || mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		abort();
	s->points++;
	if (s->at_point)
		s->at_point(s);
	if (sim_fails(s, s->fail_punch))
		return sim_rnd(s) % 2 ? -EOPNOTSUPP : -EIO;
	sim_write(s, NULL, off, len);
	return 0;
}

static inline void *sim_alloc(void *user, size_t len)
{
	return calloc(1, len);
}

static inline void sim_free(void *user, void *mem, size_t len)
{
	free(mem);
}

static const struct cow_ops sim_ops = {
	.preadv = sim_preadv,
	.pwritev = sim_pwritev,
	.fdatasync = sim_fdatasync,
	.fallocate = sim_fallocate,
	.alloc = sim_alloc,
	.free = sim_free,
};

#endif
