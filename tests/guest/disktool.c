// SPDX-License-Identifier: GPL-2.0
/*
 * What the disk tests do inside a guest beyond busybox.
 *
 *   disktool zero DEV OFF LEN         BLKZEROOUT
 *   disktool discard DEV OFF LEN      BLKDISCARD
 *   disktool put DEV OFF LEN SEED     writes a pattern (O_DIRECT), then fsync
 *   disktool check DEV OFF LEN SEED   compares with it ("0" as SEED: zeros)
 *   disktool fill DEV STEP            writes and syncs block after block until an error:
 *                                     prints how many were acknowledged, and the error
 *   disktool log DEV TICKET COUNT     writes record n to DEV, fsync, then n to TICKET, ...
 *   disktool torture DEV OPS JOBS     random reads, writes, zeroes, discards against a model
 *
 * Prints one line that starts with the verb and "ok", or a reason and status 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK (1U << 20)
#define TORTURE_SPAN (4U << 20) /* bytes of disk each torture job owns */
#define TORTURE_MAX (256U << 10) /* bytes of one request at most */
#define SECTOR 512

static void fail(const char *what)
{
	printf("FAIL %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_disk(const char *path, int flags)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | flags);

	if (fd < 0)
		fail(path);
	return fd;
}

static void *buffer(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fail("mmap");
	return p;
}

/* The 8 bytes that belong at byte offset off of the disk. */
static uint64_t word_at(uint64_t off, uint64_t seed)
{
	return seed ? (off + seed) * 0x9e3779b97f4a7c15ULL ^ seed : 0;
}

static void pattern(uint64_t *to, uint64_t off, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len / 8; i++)
		to[i] = word_at(off + i * 8, seed);
}

static int do_range(char **argv, unsigned long request)
{
	uint64_t range[2] = {strtoull(argv[3], NULL, 0), strtoull(argv[4], NULL, 0)};
	int fd = open_disk(argv[2], 0);

	if (ioctl(fd, request, range) < 0)
		fail(argv[1]);
	printf("%s ok\n", argv[1]);
	return 0;
}

static int do_pattern(char **argv, int put)
{
	uint64_t off = strtoull(argv[3], NULL, 0), end = off + strtoull(argv[4], NULL, 0);
	uint64_t seed = strtoull(argv[5], NULL, 0);
	char *want = buffer(CHUNK), *got = buffer(CHUNK);
	int fd = open_disk(argv[2], O_DIRECT);

	while (off < end) {
		size_t len = end - off < CHUNK ? end - off : CHUNK;

		pattern((uint64_t *)want, off, len, seed);
		if (put && pwrite(fd, want, len, (off_t)off) != (ssize_t)len)
			fail("write");
		if (!put && pread(fd, got, len, (off_t)off) != (ssize_t)len)
			fail("read");
		if (!put && memcmp(want, got, len)) {
			printf("FAIL check: differs within %zu bytes at %llu\n", len,
			       (unsigned long long)off);
			return 1;
		}
		off += len;
	}
	if (put && fsync(fd))
		fail("fsync");
	printf("%s ok\n", argv[1]);
	return 0;
}

static int do_fill(char **argv)
{
	size_t step = strtoul(argv[3], NULL, 0);
	uint64_t *buf = buffer(step), off = 0;
	int fd = open_disk(argv[2], O_DIRECT);

	for (;; off += step) {
		pattern(buf, off, step, 7);
		if (pwrite(fd, buf, step, (off_t)off) != (ssize_t)step || fdatasync(fd))
			break;
	}
	printf("fill ok %llu errno %d\n", (unsigned long long)(off / step), errno);
	return 0;
}

static int do_log(char **argv)
{
	uint64_t count = strtoull(argv[4], NULL, 0), *buf = buffer(4096);
	int fd = open_disk(argv[2], O_DIRECT), ticket = open_disk(argv[3], O_DIRECT);

	for (uint64_t n = 1; n <= count; n++) {
		/* Scattered, so that each write opens a new piece of a COW file. */
		uint64_t off = n * 7919 % count * 4096;

		pattern(buf, off, 4096, n);
		buf[0] = n;
		if (pwrite(fd, buf, 4096, (off_t)off) != 4096 || fsync(fd))
			fail("log");
		buf[0] = n;
		if (pwrite(ticket, buf, 4096, 0) != 4096)
			fail("ticket");
	}
	printf("log ok\n");
	return 0;
}

struct torture {
	int fd;
	uint64_t base; /* where the job's span begins */
	uint64_t seed;
	char *model; /* what the span must hold */
	char *buf;
};

static uint64_t dice(struct torture *t, uint64_t below)
{
	t->seed = t->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (t->seed >> 24) % below;
}

static int torture_step(struct torture *t)
{
	uint64_t len = (1 + dice(t, dice(t, 4) ? 16 : TORTURE_MAX / SECTOR)) * SECTOR;
	uint64_t off = dice(t, (TORTURE_SPAN - len) / SECTOR + 1) * SECTOR;
	uint64_t range[2] = {t->base + off, len};
	/* Sometimes not at the beginning of a page, so that segments are odd. */
	char *buf = t->buf + dice(t, 8) * SECTOR;
	unsigned int what = (unsigned int)dice(t, 20);

	if (what < 9) {
		if (pread(t->fd, buf, len, (off_t)range[0]) != (ssize_t)len)
			fail("torture read");
		return memcmp(buf, t->model + off, len) != 0;
	}
	if (what < 18) {
		pattern((uint64_t *)buf, range[0], len, t->seed);
		memcpy(t->model + off, buf, len);
		if (pwrite(t->fd, buf, len, (off_t)range[0]) != (ssize_t)len)
			fail("torture write");
	} else if (what == 18) {
		memset(t->model + off, 0, len);
		if (ioctl(t->fd, BLKZEROOUT, range))
			fail("torture zero");
	} else if (fdatasync(t->fd)) {
		fail("torture sync");
	}
	return 0;
}

static int torture_job(const char *dev, unsigned int job, unsigned long ops)
{
	struct torture t = {.base = (uint64_t)job * TORTURE_SPAN, .seed = job + 1};

	t.fd = open_disk(dev, O_DIRECT);
	t.model = buffer(TORTURE_SPAN);
	t.buf = buffer(TORTURE_MAX + 8 * SECTOR);
	if (pread(t.fd, t.model, TORTURE_SPAN, (off_t)t.base) != TORTURE_SPAN)
		fail("torture load");
	for (unsigned long i = 0; i < ops; i++) {
		if (torture_step(&t)) {
			printf("FAIL torture: job %u differs after %lu steps\n", job, i);
			return 1;
		}
	}
	return 0;
}

static int do_torture(char **argv)
{
	unsigned long ops = strtoul(argv[3], NULL, 0), jobs = strtoul(argv[4], NULL, 0);
	int status, bad = 0;

	fflush(stdout);
	for (unsigned int i = 0; i < jobs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			fail("fork");
		if (!pid)
			exit(torture_job(argv[2], i, ops));
	}
	while (wait(&status) > 0)
		bad |= status;
	if (!bad)
		printf("torture ok\n");
	return bad != 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 3 ? argv[1] : "";

	if (!strcmp(verb, "fill"))
		return do_fill(argv);
	if (!strcmp(verb, "log") && argc > 4)
		return do_log(argv);
	if (!strcmp(verb, "torture") && argc > 4)
		return do_torture(argv);
	if (!strcmp(verb, "zero") && argc > 4)
		return do_range(argv, BLKZEROOUT);
	if (!strcmp(verb, "discard") && argc > 4)
		return do_range(argv, BLKDISCARD);
	if (!strcmp(verb, "put") && argc > 5)
		return do_pattern(argv, 1);
	if (!strcmp(verb, "check") && argc > 5)
		return do_pattern(argv, 0);
	fprintf(stderr, "disktool: see the head of disktool.c\n");
	return 64;
}
