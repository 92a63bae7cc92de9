// SPDX-License-Identifier: GPL-2.0
/* Runs held against each other, and what of captures is read for that. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "capture.h"
#include "compare.h"
#include "frames.h"
#include "packet.h"
#include "suite.h"

static char top[] = "/tmp/compare.XXXXXX";
static char said[8192], err[512];

static void path_of(char *out, size_t len, const char *run, const char *name)
{
	snprintf(out, len, "%s/%s/%s", top, run, name);
}

static void put(const char *run, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	path_of(path, sizeof(path), run, name);
	f = fopen(path, "w");
	CU_ASSERT_FATAL(f != NULL);
	fputs(text, f);
	fclose(f);
}

/* A frame of `byte`s at a time, `ns` since 1970. */
struct shot {
	uint64_t ns;
	const char *interface;
	unsigned int byte, len;
	const char *comment;
};

static void shoot(const char *run, const char *name, const struct shot *shots)
{
	char path[256];
	struct capture_spec spec = {.path = path};
	struct capture *cap;
	uint8_t data[256];

	path_of(path, sizeof(path), run, name);
	CU_ASSERT_FATAL(capture_open(&cap, &spec, err, sizeof(err)) == 0);
	for (; shots->interface; shots++) {
		struct iovec iov = {data, shots->len};
		struct packet_meta meta = {0};
		struct packet p;

		memset(data, (int)shots->byte, sizeof(data));
		CU_ASSERT_FATAL(packet_init(&p, &iov, 1, shots->len, &meta) == 0);
		capture_packet(cap, (unsigned int)capture_interface(cap, shots->interface),
			       shots->ns, CAPTURE_IN, &p, shots->comment);
	}
	CU_ASSERT_EQUAL(capture_close(cap), 0);
}

static int compare(void)
{
	char a[64], b[64];
	FILE *f = fmemopen(said, sizeof(said), "w");
	int rc;

	snprintf(a, sizeof(a), "%s/a", top);
	snprintf(b, sizeof(b), "%s/b", top);
	*err = 0;
	rc = compare_runs(a, b, f, err, sizeof(err));
	fputc(0, f);
	fclose(f);
	return rc;
}

static void clean(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s/a %s/b && mkdir %s/a %s/b", top, top, top,
		 top);
	CU_ASSERT_FATAL(system(command) == 0);
}

#define T0 1767225600000000000ULL

static void same(void)
{
	static const struct shot shots[] = {{T0, "a.eth0", 1, 60, NULL}, {0}};

	clean();
	CU_ASSERT_EQUAL(compare(), 0);
	CU_ASSERT_STRING_EQUAL(said, "the same: 0 files\n");
	shoot("a", "capture.pcapng", shots);
	shoot("b", "capture.pcapng", shots);
	put("a", "timeline.txt", "x\n");
	put("b", "timeline.txt", "x\n");
	put("a", "wall.json", "1");
	put("b", "wall.json", "2");
	CU_ASSERT_EQUAL(compare(), 0);
	CU_ASSERT_STRING_EQUAL(said, "the same: 2 files\n");
}

static void texts(void)
{
	clean();
	put("a", "timeline.txt", "one\ntwo\nthree\n");
	put("b", "timeline.txt", "one\ntw\033o\nthree\n");
	put("a", "short.txt", "one\n");
	put("b", "short.txt", "one\ntwo\n");
	put("a", "only.txt", "");
	put("b", "other.txt", "");
	CU_ASSERT_EQUAL(compare(), 1);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(said, "timeline.txt: line 2\n  first : two\n  second: tw\\x1bo\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(said, "short.txt: line 2\n  first : (ends here)\n  second: two\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "only.txt: only in the first run\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "other.txt: only in the second run\n"));
}

static void frames(void)
{
	static const struct shot a[] = {
		{T0, "a.eth0", 1, 60, NULL}, {T0 + 1500000001, "b.eth0", 2, 60, "loss"}, {0}};
	static const struct shot b[] = {
		{T0, "a.eth0", 1, 60, NULL}, {T0 + 1500000001, "b.eth0", 3, 60, "loss"}, {0}};
	static const struct shot early[] = {{T0 + 7, "a.eth0", 1, 60, NULL}, {0}};

	clean();
	shoot("a", "capture.pcapng", a);
	shoot("b", "capture.pcapng", b);
	shoot("a", "z.pcapng", a);
	shoot("b", "z.pcapng", early);
	CU_ASSERT_EQUAL(compare(), 1);
	/* The earliest is the first. */
	CU_ASSERT_EQUAL(
		strncmp(said, "z.pcapng: frame 1\n  first : 2026-01-01T00:00:00.000000000Z", 58),
		0);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "capture.pcapng: frame 2\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(said, "  second: 2026-01-01T00:00:01.500000001Z b.eth0 in, 60 bytes, "
			     "03:03:03:03:03:03 to 03:03:03:03:03:03 type 0303, loss\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "  byte 0 is 02, and 03\n"));
	shoot("b", "capture.pcapng", a);
	shoot("b", "z.pcapng", a);
	CU_ASSERT_EQUAL(compare(), 0);
	/* The comment counts, and so does an end. */
	shoot("b", "z.pcapng", (const struct shot[]){a[0], {0}});
	CU_ASSERT_EQUAL(compare(), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "z.pcapng: frame 2\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "  second: (ends here)\n"));
}

/* A capture that was cut, or is none, is said to be that, wherever it is cut. */
static void broken(void)
{
	static const struct shot shots[] = {
		{T0, "a.eth0", 1, 60, "x"}, {T0, "a.eth0", 1, 60, NULL}, {0}};
	struct frames_frame frame;
	uint8_t data[4096];
	char path[256];
	size_t len, cut;
	int fd, whole = 0;

	clean();
	shoot("a", "capture.pcapng", shots);
	path_of(path, sizeof(path), "a", "capture.pcapng");
	fd = open(path, O_RDONLY);
	len = (size_t)read(fd, data, sizeof(data));
	close(fd);
	for (cut = 0; cut <= len; cut++) {
		struct frames *f = frames_new(data, cut);
		int rc, n = 0;

		while ((rc = frames_next(f, &frame)) > 0)
			n++;
		CU_ASSERT(rc == 0 || rc == -EPROTO);
		CU_ASSERT(n <= 2);
		whole += rc == 0 && n == 2;
		frames_free(f);
	}
	CU_ASSERT(whole >= 1);
	put("a", "capture.pcapng", "this is no capture");
	put("b", "capture.pcapng", "this is another");
	CU_ASSERT_EQUAL(compare(), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "(cannot be read any further)"));
}

static void nothing_there(void)
{
	char a[64];

	clean();
	snprintf(a, sizeof(a), "%s/a", top);
	CU_ASSERT_EQUAL(compare_runs(a, "/nowhere", stdout, err, sizeof(err)), -ENOENT);
	CU_ASSERT_STRING_EQUAL(err, "/nowhere cannot be read: No such file or directory");
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"the same", same},
		{"texts", texts},
		{"frames", frames},
		{"captures that are cut", broken},
		{"no such run", nothing_there},
		CU_TEST_INFO_NULL,
	};
	int failures;
	char command[64];

	if (!mkdtemp(top))
		return 1;
	failures = run_suite("compare", NULL, NULL, tests);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command) != 0 || failures;
}
