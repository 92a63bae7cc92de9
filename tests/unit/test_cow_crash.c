// SPDX-License-Identifier: GPL-2.0
/*
 * Power cuts and host errors against the COW runtime.
 *
 * A random run of writes, discards and flushes on a file that can lose power
 * (cow_sim.h). Before each of at least 1,000 write points of each shape the
 * power is cut: from what was durable and a random part of what was not, the disk
 * is opened anew, and each sector must hold what the last acknowledged flush
 * promised or something written later. Sectors carry a stamp of the write that
 * made them, and their number.
 */
#include <stdio.h>

#include "cow_sim.h"
#include "suite.h"

#define POINTS 1000
#define WATCHED 120 /* sectors in play: few, so that they are written again and again */
#define MAX_LATER 8192
#define MAX_RUN 24 /* sectors of one request */

struct shape {
	const char *name;
	uint64_t size;
	uint32_t sector_size;
	unsigned int cache_blocks, flags;
	bool raw;
};

#define BLOCK_BYTES ((uint64_t)COW_BLOCK_LEN * 8 * 512)

static const struct shape shapes[] = {
	{"usual", 1 << 20, 512, 0, 0, false},
	{"three bitmap blocks, one cached", 3 * BLOCK_BYTES - 5120, 512, 1, 0, false},
	{"big sectors", (1 << 20) + 512, 4096, 0, 0, false},
	{"synchronous", 1 << 20, 512, 0, COW_DISK_SYNC, false},
	{"no trim", 1 << 20, 512, 0, COW_DISK_NO_TRIM, false},
	{"raw", 1 << 20, 512, 0, 0, true},
};

struct later {
	uint32_t watched; /* index */
	uint64_t stamp;
};

struct run {
	struct sim sim;
	const struct shape *shape;
	struct cow_disk_config config;
	struct cow_disk disk;
	uint64_t sector[WATCHED];
	uint64_t promised[WATCHED]; /* stamp at the last acknowledged flush */
	uint64_t now[WATCHED]; /* stamp that a read must give */
	bool unsure[WATCHED]; /* a write failed: `now` or anything in later[] */
	struct later later[MAX_LATER]; /* written since that flush, acknowledged or not */
	int nlater;
	uint64_t stamp;
	long checks, bad, acknowledged;
	uint8_t buf[MAX_RUN * 512];
};

#define STAMP_BACKING 0
#define STAMP_ZERO UINT64_MAX

static void fill(uint8_t *p, uint64_t sector, uint64_t stamp)
{
	uint64_t v[64];

	for (int i = 0; i < 64; i++)
		v[i] = stamp == STAMP_ZERO ? 0 : (stamp << 32) ^ (sector << 8) ^ (uint64_t)i ^ 0xa5;
	memcpy(p, v, 512);
}

static bool holds(const uint8_t *p, uint64_t sector, uint64_t stamp)
{
	uint8_t want[512];

	fill(want, sector, stamp);
	return !memcmp(p, want, 512);
}

static void backing_read(void *user, uint8_t *to, size_t len, uint64_t off)
{
	uint8_t sector[512];

	for (size_t i = 0; i < len; i += 512) {
		fill(sector, (off + i) / 512, STAMP_BACKING);
		memcpy(to + i, sector, len - i < 512 ? len - i : 512);
	}
}

/* May the sector hold this after a cut now? */
static bool allowed(const struct run *r, uint32_t w, const uint8_t *p)
{
	if (holds(p, r->sector[w], r->promised[w]))
		return true;
	for (int i = 0; i < r->nlater; i++) {
		if (r->later[i].watched == w && holds(p, r->sector[w], r->later[i].stamp))
			return true;
	}
	return false;
}

/* Cuts the power and looks at what is left. */
static void check_cut(struct sim *s)
{
	struct run *r = (struct run *)s;
	static struct sim after;
	struct cow_disk_config config = r->config;
	struct cow_disk disk;
	uint8_t buf[512];
	struct iovec iov = {buf, sizeof(buf)};

	memset(&after, 0, sizeof(after));
	after.backing_read = backing_read;
	sim_cut(s, &after.live);
	config.user = &after;
	if (cow_disk_init(&disk, &config))
		abort();
	for (uint32_t w = 0; w < WATCHED; w++) {
		r->checks++;
		if (cow_disk_preadv(&disk, &iov, 1, r->sector[w] * 512, 0) || !allowed(r, w, buf))
			r->bad++;
	}
	cow_disk_exit(&disk);
	sim_clear(&after.live);
}

/* Sectors in play: in runs, around the borders of bitmap blocks where there are any. */
static void choose_sectors(struct run *r)
{
	uint64_t sectors = r->shape->size / 512, border = BLOCK_BYTES / 512;

	for (uint64_t w = 0; w < WATCHED; w++) {
		if (sectors > 2 * border)
			r->sector[w] = w < 40   ? border - 20 + w
				       : w < 80 ? 2 * border - 60 + w
						: sectors - WATCHED + w;
		else
			r->sector[w] = w < 60 ? 3 + w : sectors - WATCHED + w;
	}
}

static void begin(struct run *r, const struct shape *shape, uint64_t seed)
{
	memset(r, 0, sizeof(*r));
	r->shape = shape;
	r->sim.rng = seed;
	r->sim.backing_read = backing_read;
	r->config = (struct cow_disk_config){
		.fd = SIM_FD,
		.backing_fd = shape->raw ? -1 : SIM_BACKING_FD,
		.size = shape->size,
		.flags = shape->flags,
		.cache_blocks = shape->cache_blocks,
		.ops = &sim_ops,
		.user = &r->sim,
	};
	if (!shape->raw &&
	    cow_geometry_init(&r->config.geometry, shape->size, shape->sector_size, 0))
		abort();
	choose_sectors(r);
	for (uint32_t w = 0; w < WATCHED; w++)
		r->promised[w] = r->now[w] = shape->raw ? STAMP_ZERO : STAMP_BACKING;
	if (cow_disk_init(&r->disk, &r->config))
		abort();
}

static void end(struct run *r)
{
	cow_disk_exit(&r->disk);
	sim_clear(&r->sim.live);
	sim_clear(&r->sim.durable);
	for (int i = 0; i < r->sim.npending; i++)
		free(r->sim.pending[i].data);
}

static void may_be(struct run *r, uint32_t w, uint64_t stamp)
{
	if (r->nlater == MAX_LATER)
		abort();
	r->later[r->nlater++] = (struct later){w, stamp};
}

static void promise_all(struct run *r)
{
	for (uint32_t w = 0; w < WATCHED; w++) {
		/* Where a write failed, the disk may keep any of the values: they stay possible. */
		if (r->unsure[w])
			continue;
		r->promised[w] = r->now[w];
	}
	for (int i = 0, n = r->nlater, kept = 0; i < n; i++) {
		if (r->unsure[r->later[i].watched])
			r->later[kept++] = r->later[i];
		r->nlater = kept;
	}
	r->acknowledged++;
}

/* A run of watched sectors that follow each other on the disk. */
static uint32_t pick(struct run *r, uint32_t *first)
{
	uint32_t max = 1 + (uint32_t)(sim_rnd(&r->sim) % MAX_RUN), n = 1;

	*first = (uint32_t)(sim_rnd(&r->sim) % WATCHED);
	while (n < max && *first + n < WATCHED &&
	       r->sector[*first + n] == r->sector[*first + n - 1] + 1)
		n++;
	return n;
}

static void done(struct run *r, uint32_t first, uint32_t n, uint64_t stamp, int err)
{
	for (uint32_t w = first; w < first + n; w++) {
		r->unsure[w] = err || (r->unsure[w] && stamp == STAMP_BACKING);
		if (!err)
			r->now[w] = stamp;
	}
	if (!err && r->shape->flags & COW_DISK_SYNC)
		promise_all(r);
}

static void do_write(struct run *r, bool zeroes, int flags)
{
	uint32_t first, n = pick(r, &first);
	uint64_t stamp = zeroes ? STAMP_ZERO : ++r->stamp;
	struct iovec iov = {r->buf, n * 512};
	int err;

	for (uint32_t i = 0; i < n; i++) {
		fill(r->buf + i * 512, r->sector[first + i], stamp);
		may_be(r, first + i, stamp);
	}
	if (zeroes)
		err = cow_disk_write_zeroes(&r->disk, r->sector[first] * 512, n * 512, flags);
	else
		err = cow_disk_pwritev(&r->disk, &iov, 1, r->sector[first] * 512, flags);
	done(r, first, n, stamp, err);
	if (!err && flags & COW_FUA) {
		for (uint32_t w = first; w < first + n; w++)
			r->promised[w] = stamp;
	}
}

static void do_discard(struct run *r)
{
	uint32_t first, n = pick(r, &first);
	uint8_t buf[512];
	struct iovec iov = {buf, 512};
	int err;

	for (uint32_t w = first; w < first + n; w++)
		may_be(r, w, STAMP_ZERO);
	err = cow_disk_discard(&r->disk, r->sector[first] * 512, n * 512);
	/* Zero or as before: what it is now, it stays. */
	for (uint32_t w = first; w < first + n; w++) {
		if (err) {
			r->unsure[w] = true;
			continue;
		}
		if (cow_disk_preadv(&r->disk, &iov, 1, r->sector[w] * 512, 0))
			r->unsure[w] = true;
		else if (holds(buf, r->sector[w], STAMP_ZERO))
			r->now[w] = STAMP_ZERO;
	}
}

static void do_read(struct run *r)
{
	uint32_t first, n = pick(r, &first);
	struct iovec iov = {r->buf, n * 512};

	if (cow_disk_preadv(&r->disk, &iov, 1, r->sector[first] * 512, 0)) {
		r->bad += !r->sim.fail_read;
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t w = first + i;

		if (!holds(r->buf + i * 512, r->sector[w], r->now[w]) &&
		    !(r->unsure[w] && allowed(r, w, r->buf + i * 512)))
			r->bad++;
	}
}

static void step(struct run *r)
{
	unsigned int what = (unsigned int)(sim_rnd(&r->sim) % 100);

	if (what < 60)
		do_write(r, false, what < 3 ? COW_FUA : 0);
	else if (what < 68)
		do_write(r, true, 0);
	else if (what < 74)
		do_discard(r);
	else if (what < 88)
		do_read(r);
	else if (!cow_disk_flush(&r->disk))
		promise_all(r);
}

static void test_power_cuts(void)
{
	static struct run r;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		begin(&r, &shapes[i], 20260116 + i);
		r.sim.at_point = check_cut;
		while (r.sim.points < POINTS)
			step(&r);
		if (r.bad)
			fprintf(stderr, "shape \"%s\": %ld of %ld sectors wrong\n", shapes[i].name,
				r.bad, r.checks);
		CU_ASSERT_EQUAL(r.bad, 0);
		CU_ASSERT(r.acknowledged > 10);
		end(&r);
	}
}

/* The same while the host has no space, errors, and short writes now and then. */
static void test_errors(void)
{
	static struct run r;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		begin(&r, &shapes[i], 4711 + i);
		r.sim.at_point = check_cut;
		r.sim.fail_write = 5;
		r.sim.fail_punch = 3;
		while (r.sim.points < POINTS && r.nlater < MAX_LATER - MAX_RUN)
			step(&r);
		r.sim.fail_read = 4;
		for (int k = 0; k < 200 && r.nlater < MAX_LATER - MAX_RUN; k++)
			step(&r);
		r.sim.fail_read = r.sim.fail_write = r.sim.fail_punch = 0;
		if (r.bad)
			fprintf(stderr, "shape \"%s\": %ld wrong\n", shapes[i].name, r.bad);
		CU_ASSERT_EQUAL(r.bad, 0);
		CU_ASSERT(r.sim.failures > 50);
		CU_ASSERT_EQUAL(cow_disk_flush(&r.disk), 0); /* space again: all is well again */
		end(&r);
	}
}

/* A failed fdatasync is final, and nothing promised before is lost. */
static void test_failed_sync(void)
{
	static struct run r;
	struct cow_disk_stats stats;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		begin(&r, &shapes[i], 99 + i);
		r.sim.at_point = check_cut;
		r.sim.fail_sync = 20;
		while (r.sim.points < POINTS && !r.disk.failed)
			step(&r);
		CU_ASSERT_EQUAL(r.bad, 0);
		cow_disk_stats_get(&r.disk, &stats);
		CU_ASSERT_EQUAL(stats.failed, -EIO);
		r.sim.fail_sync = 0;
		CU_ASSERT_EQUAL(cow_disk_flush(&r.disk), -EIO);
		CU_ASSERT_EQUAL(cow_disk_write_zeroes(&r.disk, 0, 512, 0), -EIO);
		check_cut(&r.sim);
		CU_ASSERT_EQUAL(r.bad, 0);
		end(&r);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"power cut at 1,000 write points of each shape", test_power_cuts},
		{"no space, I/O errors, short writes", test_errors},
		{"failed fdatasync", test_failed_sync},
		CU_TEST_INFO_NULL,
	};

	return run_suite("cow_crash", NULL, NULL, tests);
}
