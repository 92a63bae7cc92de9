// SPDX-License-Identifier: GPL-2.0
/*
 * The COW header parser: good headers of every version, each way to be bad, and
 * the builder. Headers are put together here byte by byte from the layout in
 * Documentation/cow-format.md, not by the code under test.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cow.h"
#include "suite.h"

#define SIZE (1 << 20)
#define NAME "/srv/root.img"

static uint8_t buf[COW_HEADER_MAX];

static void be32(size_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		buf[at + i] = (uint8_t)(v >> (24 - 8 * i));
}

static void be64(size_t at, uint64_t v)
{
	be32(at, (uint32_t)(v >> 32));
	be32(at + 4, (uint32_t)v);
}

static void magic(uint32_t version)
{
	memset(buf, 0, sizeof(buf));
	be32(0, 0x4f4f4f4d);
	be32(4, version);
}

static void make_v1(void)
{
	magic(1);
	strcpy((char *)buf + 8, NAME);
	be32(264, 1000);
	be64(268, SIZE);
	be32(276, 512);
}

static void swap(size_t at, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		uint8_t t = buf[at + i];

		buf[at + i] = buf[at + len - 1 - i];
		buf[at + len - 1 - i] = t;
	}
}

static void make_v1_little(void)
{
	make_v1();
	swap(0, 4);
	swap(4, 4);
	swap(264, 4);
	swap(268, 8);
	swap(276, 4);
}

static void make_v2(void)
{
	magic(2);
	strcpy((char *)buf + 8, NAME);
	be32(4104, 1000);
	be64(4108, SIZE);
	be32(4116, 512);
}

static void make_v3(void)
{
	magic(3);
	be32(8, 1000);
	be64(12, SIZE);
	be32(20, 512);
	be32(24, 4096);
	strcpy((char *)buf + 32, NAME);
}

static void make_broken(void)
{
	magic(3);
	be32(8, 1000);
	be64(16, SIZE);
	be32(24, 512);
	be32(28, 4096);
	strcpy((char *)buf + 36, NAME);
}

static void make_broken_big_endian_host(void)
{
	make_broken();
	be32(8, 0);
	be32(12, 1000);
}

static const struct good {
	const char *name;
	void (*make)(void);
	uint32_t version;
	size_t header_len;
	uint64_t bitmap_offset, bitmap_len, data_offset;
} goods[] = {
	{"version 1", make_v1, 1, 280, 280, 256, 1024},
	{"version 1, little-endian", make_v1_little, 1, 280, 280, 256, 1024},
	{"version 2", make_v2, 2, 4120, 4120, 256, 4608},
	{"version 3", make_v3, 3, 4128, 8192, 256, 12288},
	{"version 3, broken", make_broken, 3, 4136, 8192, 256, 12288},
	{"version 3, broken, big-endian host", make_broken_big_endian_host, 3, 4136, 8192, 256,
	 12288},
};

static void test_good(void)
{
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		const struct good *t = &goods[i];
		struct cow_header h;
		const struct cow_geometry *g = &h.geometry;
		uint64_t end = t->data_offset + SIZE;

		t->make();
		CU_ASSERT(cow_header_probe(buf, sizeof(buf)));
		CU_ASSERT_EQUAL_FATAL(cow_header_parse(buf, sizeof(buf), end, &h), COW_OK);
		CU_ASSERT_EQUAL(g->version, t->version);
		CU_ASSERT_EQUAL(h.mtime, 1000);
		CU_ASSERT_EQUAL(g->size, SIZE);
		CU_ASSERT_EQUAL(g->sector_size, 512);
		CU_ASSERT_EQUAL(g->sectors, 2048);
		CU_ASSERT_EQUAL(g->bitmap_offset, t->bitmap_offset);
		CU_ASSERT_EQUAL(g->bitmap_len, t->bitmap_len);
		CU_ASSERT_EQUAL(g->data_offset, t->data_offset);
		CU_ASSERT_EQUAL(g->file_end, end);
		CU_ASSERT_STRING_EQUAL(h.backing, NAME);
		CU_ASSERT_EQUAL(h.identity.algorithm, COW_IDENTITY_NONE);
		/* The shortest buffer, and every shorter one. */
		CU_ASSERT_EQUAL(cow_header_parse(buf, t->header_len, end, &h), COW_OK);
		for (size_t len = 0; len < t->header_len; len++) {
			int err = cow_header_parse(buf, len, end, &h);

			CU_ASSERT(err == (len < 4 ? COW_ERR_NOT_COW : COW_ERR_SHORT));
		}
		CU_ASSERT_EQUAL(cow_header_parse(buf, sizeof(buf), end - 1, &h),
				COW_ERR_TRUNC_DATA);
		CU_ASSERT_EQUAL(cow_header_parse(buf, sizeof(buf), t->bitmap_offset + 255, &h),
				COW_ERR_TRUNC_BITMAP);
	}
}

/* One change to a good version 3 header (or another, as told). */
static const struct bad {
	const char *name;
	void (*make)(void);
	int width; /* bytes changed: 4 or 8, big-endian; 0: name filled with 'x'; -1: name emptied */
	size_t at;
	uint64_t value;
	int want;
} bads[] = {
	{"magic", make_v3, 4, 0, 0x4f4f4f4e, COW_ERR_NOT_COW},
	{"zeros", make_v3, 8, 0, 0, COW_ERR_NOT_COW},
	{"version 0", make_v3, 4, 4, 0, COW_ERR_VERSION},
	{"version 4", make_v3, 4, 4, 4, COW_ERR_VERSION},
	{"version huge", make_v3, 4, 4, 0xffffffff, COW_ERR_VERSION},
	{"little-endian 3", make_v3, 8, 0, 0x4d4f4f4f03000000, COW_ERR_ENDIAN},
	{"little-endian 2", make_v2, 8, 0, 0x4d4f4f4f02000000, COW_ERR_ENDIAN},
	{"mixed byte orders", make_v1, 4, 0, 0x4d4f4f4f, COW_ERR_VERSION},
	{"format 1", make_v3, 4, 28, 1, COW_ERR_FORMAT},
	{"format huge", make_v3, 4, 28, 0xffffffff, COW_ERR_FORMAT},
	{"size 0", make_v3, 8, 12, 0, COW_ERR_SIZE_ZERO},
	{"size 0, version 1", make_v1, 8, 268, 0, COW_ERR_SIZE_ZERO},
	{"size 0, version 2", make_v2, 8, 4108, 0, COW_ERR_SIZE_ZERO},
	{"size 2^62", make_v3, 8, 12, 1ULL << 62, COW_ERR_SIZE_HUGE},
	{"size 2^62, version 1", make_v1, 8, 268, 1ULL << 62, COW_ERR_SIZE_HUGE},
	{"size 2^64 - 1", make_v3, 8, 12, UINT64_MAX, COW_ERR_SIZE_HUGE},
	{"size 2^60 + 1", make_v2, 8, 4108, (1ULL << 60) + 1, COW_ERR_SIZE_HUGE},
	{"size 2^60: legal, but longer than the file", make_v3, 8, 12, 1ULL << 60,
	 COW_ERR_TRUNC_BITMAP},
	{"size a little longer than the file", make_v3, 8, 12, SIZE + 4096, COW_ERR_TRUNC_DATA},
	{"sector size 0", make_v3, 4, 20, 0, COW_ERR_SECTOR_ZERO},
	{"sector size 0, version 1", make_v1, 4, 276, 0, COW_ERR_SECTOR_ZERO},
	{"sector size 0, version 2", make_v2, 4, 4116, 0, COW_ERR_SECTOR_ZERO},
	{"sector size 513", make_v3, 4, 20, 513, COW_ERR_SECTOR_POWER},
	{"sector size 2^32 - 1", make_v3, 4, 20, 0xffffffff, COW_ERR_SECTOR_POWER},
	{"sector size 1", make_v3, 4, 20, 1, COW_ERR_SECTOR_RANGE},
	{"sector size 256", make_v3, 4, 20, 256, COW_ERR_SECTOR_RANGE},
	{"sector size 2^31", make_v3, 4, 20, 1U << 31, COW_ERR_SECTOR_RANGE},
	{"sector size 2^31, version 1", make_v1, 4, 276, 1U << 31, COW_ERR_SECTOR_RANGE},
	{"alignment 0", make_v3, 4, 24, 0, COW_ERR_ALIGN_ZERO},
	{"alignment 0, broken", make_broken, 4, 28, 0, COW_ERR_ALIGN_ZERO},
	{"alignment 4097", make_v3, 4, 24, 4097, COW_ERR_ALIGN_POWER},
	{"alignment 2^31", make_v3, 4, 24, 1U << 31, COW_ERR_ALIGN_RANGE},
	{"alignment 2^30: legal, but longer than the file", make_v3, 4, 24, 1U << 30,
	 COW_ERR_TRUNC_BITMAP},
	{"name without end", make_v3, 0, 32, 4096, COW_ERR_PATH_UNTERMINATED},
	{"name without end, version 1", make_v1, 0, 8, 256, COW_ERR_PATH_UNTERMINATED},
	{"name without end, version 2", make_v2, 0, 8, 4096, COW_ERR_PATH_UNTERMINATED},
	{"name without end, broken", make_broken, 0, 36, 4096, COW_ERR_PATH_UNTERMINATED},
	{"no name, version 1", make_v1, -1, 8, 256, COW_ERR_PATH_EMPTY},
	{"no name, version 2", make_v2, -1, 8, 4096, COW_ERR_PATH_EMPTY},
	{"no name, broken", make_broken, -1, 36, 4096, COW_ERR_PATH_EMPTY},
};

static void apply(const struct bad *t)
{
	t->make();
	if (t->width == 8)
		be64(t->at, t->value);
	else if (t->width == 4)
		be32(t->at, (uint32_t)t->value);
	else
		memset(buf + t->at, t->width ? 0 : 'x', t->value);
}

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct cow_header h;
		int err;

		apply(&bads[i]);
		err = cow_header_parse(buf, sizeof(buf), SIZE + 12288, &h);
		if (err != bads[i].want)
			fprintf(stderr, "%s: %d, not %d\n", bads[i].name, err, bads[i].want);
		CU_ASSERT_EQUAL(err, bads[i].want);
		CU_ASSERT(strlen(cow_strerror(err)) > 10);
	}
}

static void test_texts(void)
{
	for (int a = 0; a < COW_ERR_COUNT; a++) {
		for (int b = 0; b < a; b++)
			CU_ASSERT_STRING_NOT_EQUAL(cow_strerror(a), cow_strerror(b));
	}
	CU_ASSERT_STRING_EQUAL(cow_strerror(-1), cow_strerror(COW_ERR_COUNT));
}

/* Versions 1 and 2 lose up to 7 sectors of bitmap; version 3 does not. */
static void test_rounding(void)
{
	struct cow_header h;

	make_v2();
	be64(4108, 512 * 15);
	CU_ASSERT_EQUAL_FATAL(cow_header_parse(buf, sizeof(buf), COW_SIZE_UNKNOWN, &h), COW_OK);
	CU_ASSERT_EQUAL(h.geometry.bitmap_len, 1);
	CU_ASSERT_EQUAL(h.geometry.sectors, 15);
	make_v3();
	be64(12, 512 * 15 + 1);
	CU_ASSERT_EQUAL_FATAL(cow_header_parse(buf, sizeof(buf), COW_SIZE_UNKNOWN, &h), COW_OK);
	CU_ASSERT_EQUAL(h.geometry.bitmap_len, 2);
	CU_ASSERT_EQUAL(h.geometry.sectors, 16);
	be64(12, 512 * 4096 * 8 + 1);
	CU_ASSERT_EQUAL_FATAL(cow_header_parse(buf, sizeof(buf), COW_SIZE_UNKNOWN, &h), COW_OK);
	CU_ASSERT_EQUAL(h.geometry.bitmap_len, 4097);
	CU_ASSERT_EQUAL(h.geometry.data_offset, 16384);
}

static struct cow_header example(void)
{
	struct cow_header h = {
		.mtime = 0xdeadbeef,
		.backing = NAME,
		.identity = {.algorithm = COW_IDENTITY_SHA256_CHUNKS, .size = SIZE, .mtime_ns = 5},
	};

	CU_ASSERT_EQUAL(cow_geometry_init(&h.geometry, SIZE, 0, 0), COW_OK);
	memset(h.identity.digest, 0xab, COW_DIGEST_LEN);
	return h;
}

static void test_build(void)
{
	struct cow_header h = example(), back;
	uint8_t reference[COW_HEADER_MAX], patch[4];
	uint64_t at;

	make_v3();
	be32(8, 0xdeadbeef);
	memcpy(reference, buf, sizeof(buf));
	CU_ASSERT_EQUAL(cow_header_build(&h, buf, sizeof(buf)), 5120);
	CU_ASSERT_EQUAL(memcmp(buf, reference, 4608), 0);
	CU_ASSERT_EQUAL_FATAL(cow_header_parse(buf, sizeof(buf), COW_SIZE_UNKNOWN, &back), COW_OK);
	CU_ASSERT_EQUAL(memcmp(&back.identity, &h.identity, sizeof(h.identity)), 0);
	CU_ASSERT_EQUAL(back.mtime, h.mtime);
	CU_ASSERT_EQUAL(cow_backing_size(&back), SIZE);
	cow_mtime_patch(&h.geometry, 7, &at, patch);
	memcpy(buf + at, patch, 4);
	CU_ASSERT_EQUAL_FATAL(cow_header_parse(buf, sizeof(buf), COW_SIZE_UNKNOWN, &back), COW_OK);
	CU_ASSERT_EQUAL(back.mtime, 7);

	CU_ASSERT_EQUAL(cow_header_build(&h, buf, 4128), -ENOBUFS);
	memset(h.backing, 'x', sizeof(h.backing));
	CU_ASSERT_EQUAL(cow_header_build(&h, buf, sizeof(buf)), -ENAMETOOLONG);
	h.backing[0] = '\0';
	CU_ASSERT_EQUAL(cow_header_build(&h, buf, sizeof(buf)), -EINVAL);
	h = example();
	h.geometry.version = 2;
	CU_ASSERT_EQUAL(cow_header_build(&h, buf, sizeof(buf)), -EINVAL);
	CU_ASSERT_EQUAL(cow_geometry_init(&h.geometry, 0, 0, 0), COW_ERR_SIZE_ZERO);
	CU_ASSERT_EQUAL(cow_geometry_init(&h.geometry, SIZE, 3, 0), COW_ERR_SECTOR_POWER);
}

/* A damaged identity is no identity; and one is only where there is room. */
static void test_identity(void)
{
	struct cow_header h = example(), back;

	for (int i = 0; i < 68; i++) {
		cow_header_build(&h, buf, sizeof(buf));
		buf[COW_IDENTITY_OFFSET + i] ^= 0x10;
		CU_ASSERT_EQUAL(cow_header_parse(buf, sizeof(buf), COW_SIZE_UNKNOWN, &back),
				COW_OK);
		CU_ASSERT_EQUAL(back.identity.algorithm, COW_IDENTITY_NONE);
	}
	CU_ASSERT_EQUAL(cow_geometry_init(&h.geometry, SIZE, 512, 512), COW_OK);
	CU_ASSERT(!cow_identity_fits(&h.geometry));
	CU_ASSERT_EQUAL(cow_header_build(&h, buf, sizeof(buf)), 4128);
	CU_ASSERT_EQUAL(h.geometry.bitmap_offset, 4608);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"good headers and every shorter one", test_good},
		{"bad headers", test_bad},
		{"a text for each error", test_texts},
		{"rounding", test_rounding},
		{"builder", test_build},
		{"content identity", test_identity},
		CU_TEST_INFO_NULL,
	};

	return run_suite("cow_header", NULL, NULL, tests);
}
