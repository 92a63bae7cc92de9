// SPDX-License-Identifier: GPL-2.0
/*
 * Random differential test: a COW disk against a flat image in memory.
 *
 * 1,000,000 operations, drawn from one seeded generator, on disks of several
 * shapes (sector sizes, image sizes that are no multiple of the sector, a
 * bitmap cache of a single block, raw). The files are memfds. After every read
 * the bytes must be equal; now and then the disk is closed after a flush and
 * opened again from what is in the file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cow_disk.h"
#include "suite.h"

#define OPERATIONS 1000000
#define MAX_IOV 40
#define MAX_LEN (128 << 10)

struct shape {
	const char *name;
	uint64_t size;
	uint32_t sector_size, align;
	unsigned int cache_blocks;
	bool raw;
	int share; /* operations, percent */
	uint32_t old; /* version 1 or 2: the bitmap lies right behind the header */
};

static const struct shape shapes[] = {
	{"usual", 4 << 20, 512, 4096, 0, false, 30, 0},
	{"odd size", (1 << 20) + 700, 512, 4096, 0, false, 10, 0},
	{"big sectors, odd size", (2 << 20) + 1234, 8192, 4096, 0, false, 20, 0},
	{"three bitmap blocks, one cached", 40 << 20, 512, 4096, 1, false, 10, 0},
	{"big align", 1 << 20, 4096, 65536, 2, false, 10, 0},
	{"raw", 2 << 20, 512, 0, 0, true, 10, 0},
	{"version 2", 2 << 20, 512, 0, 0, false, 5, 2},
	{"version 1", 1 << 20, 512, 0, 0, false, 5, 1},
};

struct model {
	const struct shape *shape;
	struct cow_disk_config config;
	struct cow_disk disk;
	uint8_t *flat;
	uint64_t size; /* guest's */
	uint64_t rng;
	uint8_t *buf;
	int errors;
};

static uint64_t rnd(struct model *m)
{
	m->rng ^= m->rng << 13;
	m->rng ^= m->rng >> 7;
	m->rng ^= m->rng << 17;
	return m->rng * 0x2545f4914f6cdd1dULL >> 8;
}

static int memory_file(const void *data, size_t len, uint64_t size)
{
	int fd = memfd_create("cow-test", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)size) ||
	    (len && pwrite(fd, data, len, 0) != (ssize_t)len))
		abort();
	return fd;
}

/* As cow-format.md tells; sizes here are multiples of 8 sectors. */
static void old_geometry(struct cow_geometry *g, uint32_t version)
{
	g->version = version;
	g->bitmap_offset = version == 1 ? 280 : 4120;
	g->data_offset = (g->bitmap_offset + g->bitmap_len + 511) / 512 * 512;
	g->file_end = g->data_offset + g->size;
}

static void setup(struct model *m, const struct shape *s, uint64_t seed)
{
	struct cow_geometry *g = &m->config.geometry;
	uint64_t size = s->size;

	*m = (struct model){.shape = s, .rng = seed, .size = size / 512 * 512};
	m->flat = malloc(size);
	m->buf = malloc(MAX_LEN + 4096);
	for (uint64_t i = 0; i < size; i++)
		m->flat[i] = (uint8_t)rnd(m);
	m->config = (struct cow_disk_config){
		.ops = &cow_ops_host, .backing_fd = -1, .cache_blocks = s->cache_blocks};
	if (s->raw) {
		m->config.offset = 4096 + 512;
		m->config.size = size;
		m->config.fd = memory_file(NULL, 0, size + m->config.offset);
		if (pwrite(m->config.fd, m->flat, size, (off_t)m->config.offset) != (ssize_t)size)
			abort();
	} else {
		CU_ASSERT_EQUAL_FATAL(cow_geometry_init(g, size, s->sector_size, s->align), COW_OK);
		if (s->old)
			old_geometry(g, s->old);
		m->config.backing_fd = memory_file(m->flat, size, size);
		m->config.fd = memory_file(NULL, 0, g->file_end);
	}
	CU_ASSERT_EQUAL_FATAL(cow_disk_init(&m->disk, &m->config), 0);
	CU_ASSERT_EQUAL(cow_disk_size(&m->disk), m->size);
}

static void teardown(struct model *m)
{
	cow_disk_exit(&m->disk);
	close(m->config.fd);
	if (m->config.backing_fd >= 0)
		close(m->config.backing_fd);
	free(m->flat);
	free(m->buf);
}

/* Cuts buf into random pieces, not only whole sectors. */
static int cut(struct model *m, struct iovec *iov, size_t len)
{
	int max = 1 + (int)(rnd(m) % MAX_IOV), n = 0;
	uint8_t *p = m->buf;

	if (rnd(m) % 2)
		max = 1;
	while (len && n < max - 1) {
		size_t piece = rnd(m) % (len + 1);

		iov[n++] = (struct iovec){p, piece};
		p += piece;
		len -= piece;
	}
	iov[n++] = (struct iovec){p, len};
	return n;
}

static int either(int (*call)(struct cow_disk *, const struct iovec *, int, uint64_t, int),
		  struct model *m, const struct iovec *iov, int n, uint64_t off)
{
	int flags = rnd(m) % 2 ? COW_NOWAIT : 0;
	int err = call(&m->disk, iov, n, off, flags);

	return err == -EAGAIN && flags ? call(&m->disk, iov, n, off, 0) : err;
}

static void do_read(struct model *m, uint64_t off, size_t len)
{
	struct iovec iov[MAX_IOV];

	memset(m->buf, 0xee, len);
	if (either(cow_disk_preadv, m, iov, cut(m, iov, len), off) ||
	    memcmp(m->buf, m->flat + off, len))
		m->errors++;
}

static void do_write(struct model *m, uint64_t off, size_t len)
{
	struct iovec iov[MAX_IOV];
	uint64_t pattern = rnd(m);

	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = pattern + i;

		memcpy(m->buf + i, &v, 8);
	}
	if (either(cow_disk_pwritev, m, iov, cut(m, iov, len), off))
		m->errors++;
	memcpy(m->flat + off, m->buf, len);
}

static void do_zeroes(struct model *m, uint64_t off, size_t len)
{
	if (cow_disk_write_zeroes(&m->disk, off, len, 0))
		m->errors++;
	memset(m->flat + off, 0, len);
}

/* What is in the COW file must read as zero afterwards, the rest as before. */
static void do_discard(struct model *m, uint64_t off, size_t len)
{
	for (uint64_t at = off, part; at < off + len; at += part) {
		bool in_cow;

		if (cow_disk_extent(&m->disk, at, off + len - at, &in_cow, &part)) {
			m->errors++;
			return;
		}
		if (in_cow)
			memset(m->flat + at, 0, part);
	}
	if (cow_disk_discard(&m->disk, off, len))
		m->errors++;
}

static void reopen(struct model *m)
{
	if (cow_disk_flush(&m->disk))
		m->errors++;
	cow_disk_exit(&m->disk);
	if (cow_disk_init(&m->disk, &m->config))
		m->errors++;
}

static void step(struct model *m)
{
	uint64_t sectors = m->size / 512, first = rnd(m) % sectors;
	uint64_t max = rnd(m) % 16 ? 16 : MAX_LEN / 512;
	uint64_t count = 1 + rnd(m) % max;
	unsigned int what = (unsigned int)(rnd(m) % 1000);

	if (count > sectors - first)
		count = sectors - first;
	if (what < 480)
		do_read(m, first * 512, count * 512);
	else if (what < 940)
		do_write(m, first * 512, count * 512);
	else if (what < 965)
		do_zeroes(m, first * 512, count * 512);
	else if (what < 980)
		do_discard(m, first * 512, count * 512);
	else if (what < 999)
		m->errors += cow_disk_flush(&m->disk) != 0;
	else
		reopen(m);
}

static void compare_all(struct model *m)
{
	for (uint64_t off = 0; off < m->size; off += MAX_LEN)
		do_read(m, off, m->size - off < MAX_LEN ? m->size - off : MAX_LEN);
}

/* With sanitizers a tenth is enough. */
static long operations(void)
{
	return getenv("NESTLING_TEST_QUICK") ? OPERATIONS / 10 : OPERATIONS;
}

static void test_differential(void)
{
	const char *seed = getenv("SEED");

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct model m;
		long n = operations() / 100 * shapes[i].share;

		setup(&m, &shapes[i], seed ? strtoull(seed, NULL, 0) | 1 : 20260116 + i);
		for (long k = 0; k < n && !m.errors; k++)
			step(&m);
		reopen(&m);
		compare_all(&m);
		if (m.errors)
			fprintf(stderr, "shape \"%s\" differs\n", shapes[i].name);
		CU_ASSERT_EQUAL(m.errors, 0);
		teardown(&m);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"1,000,000 operations against a flat image", test_differential},
		CU_TEST_INFO_NULL,
	};

	return run_suite("cow_random", NULL, NULL, tests);
}
