// SPDX-License-Identifier: GPL-2.0
/* The directory of blobs behind the loader, and that scripts/pack writes what it reads. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pack.h"
#include "suite.h"

static struct {
	struct {
		char name[PACK_NAME];
		uint64_t offset, length;
	} entry[2];
	char magic[8];
	uint64_t count;
} tail;

static struct pack pack;
static const uint64_t file_size = 0x10000;

static void good(void)
{
	memset(&tail, 0, sizeof(tail));
	strcpy(tail.entry[0].name, "kernel");
	tail.entry[0].offset = htole64(0x1000);
	tail.entry[0].length = htole64(0x123);
	memcpy(tail.entry[1].name, "sixteen-letters-", 16);
	tail.entry[1].offset = htole64(0x2000);
	tail.entry[1].length = htole64(file_size - sizeof(tail) - 0x2000);
	memcpy(tail.magic, PACK_MAGIC, 8);
	tail.count = htole64(2);
}

static int parse(void)
{
	return pack_parse(&tail, sizeof(tail), file_size, &pack);
}

static void test_good(void)
{
	good();
	CU_ASSERT_EQUAL_FATAL(parse(), 0);
	CU_ASSERT_EQUAL(pack.count, 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pack_find(&pack, "kernel"));
	CU_ASSERT_EQUAL(pack_find(&pack, "kernel")->length, 0x123);
	CU_ASSERT_PTR_NOT_NULL(pack_find(&pack, "sixteen-letters-"));
	CU_ASSERT_PTR_NULL(pack_find(&pack, "other"));
}

static void test_bad(void)
{
	good();
	tail.magic[0] = 'X';
	CU_ASSERT_EQUAL(parse(), -ENOENT);
	good();
	tail.count = htole64(PACK_MAX + 1);
	CU_ASSERT_EQUAL(parse(), -EBADMSG);
	good();
	tail.count = htole64(5);
	CU_ASSERT_EQUAL(parse(), -ENOSPC);
	good();
	tail.entry[0].offset = htole64(0x1001);
	CU_ASSERT_EQUAL(parse(), -EBADMSG);
	good();
	tail.entry[0].offset = htole64(0x8000000000000000ULL);
	CU_ASSERT_EQUAL(parse(), -EBADMSG);
	good();
	tail.entry[0].length = htole64(~0ULL);
	CU_ASSERT_EQUAL(parse(), -EBADMSG);
	good();
	tail.entry[0].name[0] = '\0';
	CU_ASSERT_EQUAL(parse(), -EBADMSG);
	CU_ASSERT_EQUAL(pack_parse(&tail, 3, file_size, &pack), -ENOENT);
}

static void test_script(void)
{
	char dir[] = "/tmp/pack-XXXXXX", cmd[512], buf[8] = "";
	const struct pack_blob *b;
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(cmd, sizeof(cmd),
		 "cp /bin/true %s/elf && printf one >%s/1 && printf twotwo >%s/2 && "
		 "scripts/pack %s/elf %s/out first=%s/1 second=%s/2",
		 dir, dir, dir, dir, dir, dir, dir);
	CU_ASSERT_EQUAL_FATAL(system(cmd), 0);
	snprintf(cmd, sizeof(cmd), "%s/out", dir);
	fd = open(cmd, O_RDONLY);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(pack_read(fd, &pack), 0);
	b = pack_find(&pack, "second");
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_EQUAL(b->length, 6);
	CU_ASSERT_EQUAL(pread(fd, buf, 6, (off_t)b->offset), 6);
	CU_ASSERT_STRING_EQUAL(buf, "twotwo");
	close(fd);
	snprintf(cmd, sizeof(cmd), "%s/out && rm -r %s", dir, dir);
	CU_ASSERT_EQUAL(system(cmd), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"a good directory", test_good},
		{"bad directories", test_bad},
		{"what scripts/pack writes", test_script},
		CU_TEST_INFO_NULL,
	};

	return run_suite("pack", NULL, NULL, tests);
}
