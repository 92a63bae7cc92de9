// SPDX-License-Identifier: GPL-2.0
/* Packed rigs: directory, names, and that what was written comes out again. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bundle_write.h"
#include "suite.h"

#define LIMIT 0x100000

/* A directory that is built entry by entry. */
static uint8_t directory[8192];
static size_t used;

static struct bundle_entry *entry(enum bundle_kind kind, const char *name, uint64_t offset,
				  uint64_t stored)
{
	struct bundle_entry *e = (struct bundle_entry *)(directory + used);

	*e = (struct bundle_entry){
		.offset = htole64(offset),
		.stored = htole64(stored),
		.size = htole64(stored),
		.mode = htole32(0644),
		.kind = (uint8_t)kind,
		.name_len = htole16((uint16_t)strlen(name)),
	};
	memcpy(e + 1, name, strlen(name));
	used += sizeof(*e) + strlen(name);
	return e;
}

/* The least that there can be. The third is returned, for changes. */
static struct bundle_entry *good(void)
{
	struct bundle_entry *e;

	memset(directory, 0, sizeof(directory));
	used = 0;
	entry(BUNDLE_FRONT, "bin/front", 0, 100);
	entry(BUNDLE_PROGRAM, "bin/uml_rig", 4096, 10);
	e = entry(BUNDLE_LINUX, "bin/linux", 5000, 10);
	entry(BUNDLE_RIG, "rig/x.rig", 5010, 0);
	return e;
}

static int parse(void)
{
	struct bundle b;
	int err = bundle_parse(directory, used, LIMIT, &b);

	if (!err)
		bundle_close(&b);
	return err;
}

static void test_good(void)
{
	struct bundle b;

	good();
	CU_ASSERT_EQUAL_FATAL(bundle_parse(directory, used, LIMIT, &b), 0);
	CU_ASSERT_EQUAL(b.count, 4);
	CU_ASSERT_PTR_EQUAL(bundle_find(&b, "bin/linux"), &b.member[2]);
	CU_ASSERT_PTR_EQUAL(bundle_first(&b, BUNDLE_RIG), &b.member[3]);
	CU_ASSERT_PTR_NULL(bundle_find(&b, "bin/linu"));
	CU_ASSERT_PTR_NULL(bundle_first(&b, BUNDLE_IMAGE));
	CU_ASSERT_EQUAL(b.member[2].offset, 5000);
	CU_ASSERT_EQUAL(b.member[2].mode, 0644);
	bundle_close(&b);
}

#define BAD(change)                                 \
	do {                                        \
		struct bundle_entry *e = good();    \
		change;                             \
		CU_ASSERT_EQUAL(parse(), -EBADMSG); \
	} while (0)

static void test_bad(void)
{
	BAD(e->offset = htole64(4105)); /* within the one before */
	BAD(e->offset = htole64(LIMIT + 1));
	BAD(e->offset = htole64(LIMIT - 9));
	BAD(e->offset = htole64(~0ULL));
	BAD(e->offset = 0);
	BAD(e->stored = e->size = htole64(~0ULL));
	BAD(e->size = htole64(11)); /* as it is, and yet another size */
	BAD(e->packing = BUNDLE_XZ; e->size = htole64(BUNDLE_SIZE_MAX + 1));
	BAD(e->packing = BUNDLE_PACKINGS);
	BAD(e->kind = BUNDLE_KINDS);
	BAD(e->kind = BUNDLE_RIG);
	BAD(e->kind = BUNDLE_FILE);
	BAD(e->kind = BUNDLE_FRONT);
	BAD(e->mode = htole32(04755));
	BAD(e->name_len = 0);
	BAD(e->name_len = htole16(0xffff));
	BAD(memcpy(e + 1, "../linux!", 9));
	BAD(memcpy(e + 1, "/bin/linu", 9));
	BAD(memcpy(e + 1, "bin//linu", 9));
	BAD(memcpy(e + 1, "bin/li\nux", 9));
	BAD(memcpy(e + 1, "bin/li\0ux", 9));
	BAD(memcpy(e + 1, "bin/front", 9)); /* twice */
	BAD((void)e; used--);
	BAD((void)e; used -= 64);
	BAD((void)e; used = 0);
	BAD((void)e; entry(BUNDLE_LOADER, "a", 6000, 1); entry(BUNDLE_LOADER, "b", 6001, 1));
}

static void test_names(void)
{
	static const struct {
		const char *path, *name; /* NULL: refused */
	} t[] = {
		{"a", "a"},
		{"a/b", "a/b"},
		{"./a//b/.", "a/b"},
		{"a/../b", "b"},
		{"a/b/../../c/d/..", "c"},
		{"rig/x/../../files/y", "files/y"},
		{"absolute/../b", "b"},
		{"/a/b", "absolute/a/b"},
		{"/../../a", "absolute/a"},
		{"/a/../../b", "absolute/b"},
		{"/", "absolute"},
		{"..", NULL},
		{"a/../..", NULL},
		{"a/..", NULL},
		{"", NULL},
	};
	char name[BUNDLE_NAME_MAX + 1], longest[2 * BUNDLE_NAME_MAX];

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		int err = bundle_path(t[i].path, name);

		CU_ASSERT_EQUAL(err, t[i].name ? 0 : -EINVAL);
		if (t[i].name)
			CU_ASSERT_STRING_EQUAL(name, t[i].name);
		if (!err)
			CU_ASSERT_TRUE(bundle_name_ok(name, strlen(name)));
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	CU_ASSERT_EQUAL(bundle_path(longest, name), -ENAMETOOLONG);
	CU_ASSERT_TRUE(bundle_name_ok(longest, BUNDLE_NAME_MAX));
	CU_ASSERT_FALSE(bundle_name_ok(longest, BUNDLE_NAME_MAX + 1));
}

static char zeros[100000], noise[100000];

/* The members of the pack that write_pack() makes. */
static const struct {
	enum bundle_kind kind;
	const char *name;
	const char *data;
	size_t len;
	enum bundle_packing packing; /* what shall be chosen */
} made[] = {
	{BUNDLE_FRONT, "bin/front", zeros, 1000, BUNDLE_PLAIN},
	{BUNDLE_PROGRAM, "bin/uml_rig", zeros, 50000, BUNDLE_XZ},
	{BUNDLE_LINUX, "bin/linux", noise, 50000, BUNDLE_XZ},
	{BUNDLE_RIG, "rig/x.rig", "", 0, BUNDLE_PLAIN},
	{BUNDLE_FILE, "rig/y", "short", 5, BUNDLE_PLAIN},
	{BUNDLE_IMAGE, "rig/i", zeros, 100000, BUNDLE_XZ},
	{BUNDLE_IMAGE, "rig/packed", noise, 100000, BUNDLE_PLAIN},
};
#define MADE (sizeof(made) / sizeof(*made))

static int write_pack(void)
{
	int fd = memfd_create("pack", 0);
	struct bundle_writer w = {.fd = fd};

	for (size_t i = 0; i < MADE; i++) {
		struct bundle_member m = {
			.name = made[i].name, .kind = made[i].kind, .mode = 0600 + (uint32_t)i};

		CU_ASSERT_EQUAL_FATAL(bundle_add(&w, &m, made[i].data, made[i].len), 0);
	}
	CU_ASSERT_EQUAL_FATAL(bundle_finish(&w), 0);
	bundle_writer_free(&w);
	return fd;
}

static void check_member(const struct bundle *b, size_t i)
{
	const struct bundle_member *m = &b->member[i];
	int fd = bundle_take_memory(b, m);
	char *got = malloc(made[i].len + 1);

	CU_ASSERT_FATAL(fd >= 0 && got);
	CU_ASSERT_STRING_EQUAL(m->name, made[i].name);
	CU_ASSERT_EQUAL(m->packing, made[i].packing);
	CU_ASSERT_EQUAL(m->mode, 0600 + i);
	CU_ASSERT_EQUAL(read(fd, got, made[i].len + 1), (ssize_t)made[i].len);
	CU_ASSERT_EQUAL(memcmp(got, made[i].data, made[i].len), 0);
	free(got);
	close(fd);
}

static void test_written(void)
{
	char why[BUNDLE_WHY];
	struct bundle b;
	int fd;

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)random();
	fd = write_pack();
	CU_ASSERT_EQUAL_FATAL(bundle_open(&b, fd, why), 0);
	CU_ASSERT_EQUAL(bundle_verify(&b, why), 0);
	CU_ASSERT_EQUAL_FATAL(b.count, MADE);
	for (size_t i = 0; i < MADE; i++)
		check_member(&b, i);
	bundle_close(&b);
	close(fd);
}

/* Each byte of a pack but for those of large members is flipped: none goes unseen. */
static void test_damaged(void)
{
	char why[BUNDLE_WHY];
	int fd = write_pack(), err;
	off_t size = lseek(fd, 0, SEEK_END), at;
	unsigned int unseen = 0;
	struct bundle b;
	uint8_t byte;

	for (at = 0; at<size; at += at> 8192 && size - at > 8192 ? 1009 : 7) {
		CU_ASSERT_EQUAL_FATAL(pread(fd, &byte, 1, at), 1);
		byte ^= 0x10;
		CU_ASSERT_EQUAL_FATAL(pwrite(fd, &byte, 1, at), 1);
		err = bundle_open(&b, fd, why);
		if (!err) {
			err = bundle_verify(&b, why);
			bundle_close(&b);
		}
		unseen += err != -EBADMSG && err != -ENODATA;
		byte ^= 0x10;
		CU_ASSERT_EQUAL_FATAL(pwrite(fd, &byte, 1, at), 1);
	}
	CU_ASSERT_EQUAL(unseen, 0);
	for (at = size - 1; at >= 0; at -= at > size - 1000 ? 1 : 5003) {
		CU_ASSERT_EQUAL_FATAL(ftruncate(fd, at), 0);
		CU_ASSERT_NOT_EQUAL(bundle_open(&b, fd, why), 0);
	}
	close(fd);
}

/* An xz stream that is none, or gives more or less than the directory says. */
static void test_streams(void)
{
	struct bundle_member m;
	char why[BUNDLE_WHY];
	struct bundle b;
	int fd = write_pack(), out = memfd_create("out", 0);

	CU_ASSERT_EQUAL_FATAL(bundle_open(&b, fd, why), 0);
	m = b.member[1];
	m.size++;
	CU_ASSERT_EQUAL(bundle_take(&b, &m, out, 0), -EBADMSG);
	m.size -= 2;
	CU_ASSERT_EQUAL(bundle_take(&b, &m, out, 0), -EBADMSG);
	m = b.member[1];
	m.stored--;
	CU_ASSERT_EQUAL(bundle_take(&b, &m, out, 0), -EBADMSG);
	m.stored += 2;
	CU_ASSERT_EQUAL(bundle_take(&b, &m, out, 0), -EBADMSG);
	m = b.member[6];
	m.packing = BUNDLE_XZ;
	CU_ASSERT_EQUAL(bundle_take(&b, &m, out, 0), -EBADMSG);
	CU_ASSERT_EQUAL(bundle_take(&b, &b.member[1], -1, 0), -EBADF);
	bundle_close(&b);
	close(fd);
	close(out);
}

static void test_stopped(void)
{
	static const volatile sig_atomic_t stop = 1;
	struct bundle_writer w = {.fd = memfd_create("pack", 0), .stop = &stop};
	struct bundle_member m = {.name = "bin/front", .kind = BUNDLE_FRONT};

	CU_ASSERT_EQUAL(bundle_add(&w, &m, noise, sizeof(noise)), -EINTR);
	m = (struct bundle_member){.name = "a/../b", .kind = BUNDLE_FILE};
	CU_ASSERT_EQUAL(bundle_add(&w, &m, "", 0), -EINVAL);
	bundle_writer_free(&w);
	close(w.fd);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"a good directory", test_good},
		{"bad directories", test_bad},
		{"names", test_names},
		{"what is written is read", test_written},
		{"what is damaged is seen", test_damaged},
		{"streams that are none", test_streams},
		{"a signal, a bad name", test_stopped},
		CU_TEST_INFO_NULL,
	};

	return run_suite("bundle", NULL, NULL, tests);
}
