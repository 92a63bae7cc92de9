// SPDX-License-Identifier: GPL-2.0
/*
 * Speed of a disk or file, measured alike in a guest and on the host.
 *
 *   diskbench PATH read|write rand|seq BLOCK DEPTH SECONDS [buffered]
 *
 * One process. DEPTH 1: pread/pwrite; more: that many requests in flight by
 * io_submit(2). O_DIRECT unless "buffered". Prints one line:
 *
 *   read rand 4096 1: 123456 iops 482.2 MB/s
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define SPAN_MAX (1ULL << 30) /* works on the first GiB at most */

struct bench {
	int fd;
	int write;
	int random;
	size_t block;
	int depth;
	uint64_t span; /* bytes that are worked on */
	uint64_t next; /* sequential position */
	uint64_t seed;
	char *buf[DEPTH_MAX];
	uint64_t ops;
};

static void fail(const char *what)
{
	fprintf(stderr, "diskbench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint64_t next_offset(struct bench *b)
{
	uint64_t off = b->next;

	if (b->random) {
		b->seed = b->seed * 6364136223846793005ULL + 1442695040888963407ULL;
		return (b->seed >> 20) % (b->span / b->block) * b->block;
	}
	b->next += b->block;
	if (b->next + b->block > b->span)
		b->next = 0;
	return off;
}

static void run_single(struct bench *b, double end)
{
	do {
		for (int i = 0; i < 16; i++, b->ops++) {
			off_t off = (off_t)next_offset(b);
			ssize_t n = b->write ? pwrite(b->fd, b->buf[0], b->block, off)
					     : pread(b->fd, b->buf[0], b->block, off);

			if (n != (ssize_t)b->block)
				fail(b->write ? "write" : "read");
		}
	} while (now() < end);
}

static void run_deep(struct bench *b, double end)
{
	struct iocb cb[DEPTH_MAX], *cbs[DEPTH_MAX];
	struct io_event done[DEPTH_MAX];
	aio_context_t ctx = 0;
	int n = b->depth;

	if (syscall(SYS_io_setup, DEPTH_MAX, &ctx))
		fail("io_setup");
	memset(cb, 0, sizeof(cb));
	for (int i = 0; i < b->depth; i++) {
		cb[i].aio_fildes = (uint32_t)b->fd;
		cb[i].aio_lio_opcode = b->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
		cb[i].aio_buf = (uintptr_t)b->buf[i];
		cb[i].aio_nbytes = b->block;
		cb[i].aio_data = (uintptr_t)&cb[i];
		cbs[i] = &cb[i];
	}
	do {
		for (int i = 0; i < n; i++)
			cbs[i]->aio_offset = (int64_t)next_offset(b);
		if (syscall(SYS_io_submit, ctx, n, cbs) != n)
			fail("io_submit");
		n = (int)syscall(SYS_io_getevents, ctx, 1, DEPTH_MAX, done, NULL);
		if (n < 1)
			fail("io_getevents");
		for (int i = 0; i < n; i++) {
			if (done[i].res != (int64_t)b->block)
				fail(b->write ? "write" : "read");
			cbs[i] = (struct iocb *)(uintptr_t)done[i].data;
		}
		b->ops += (uint64_t)n;
	} while (now() < end);
	syscall(SYS_io_destroy, ctx);
}

static void prepare(struct bench *b, const char *path, int direct)
{
	off_t end;

	b->fd = open(path, (b->write ? O_RDWR : O_RDONLY) | (direct ? O_DIRECT : 0) | O_CLOEXEC);
	if (b->fd < 0)
		fail(path);
	end = lseek(b->fd, 0, SEEK_END);
	if (end < (off_t)b->block)
		fail("too small");
	b->span = (uint64_t)end < SPAN_MAX ? (uint64_t)end : SPAN_MAX;
	for (int i = 0; i < b->depth; i++) {
		b->buf[i] = mmap(NULL, b->block, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (b->buf[i] == MAP_FAILED)
			fail("mmap");
		memset(b->buf[i], 0x5a + i, b->block);
	}
}

int main(int argc, char **argv)
{
	struct bench b = {.seed = 42};
	double start, seconds;

	if (argc < 7) {
		fprintf(stderr, "usage: diskbench PATH read|write rand|seq BLOCK DEPTH SECONDS "
				"[buffered]\n");
		return 64;
	}
	b.write = !strcmp(argv[2], "write");
	b.random = !strcmp(argv[3], "rand");
	b.block = strtoul(argv[4], NULL, 0);
	b.depth = atoi(argv[5]);
	seconds = atof(argv[6]);
	if (b.block < 512 || b.depth < 1 || b.depth > DEPTH_MAX) {
		fprintf(stderr, "diskbench: BLOCK is 512 or more, DEPTH 1 to %d\n", DEPTH_MAX);
		return 64;
	}
	prepare(&b, argv[1], argc < 8);
	start = now();
	if (b.depth == 1)
		run_single(&b, start + seconds);
	else
		run_deep(&b, start + seconds);
	seconds = now() - start;
	printf("%s %s %zu %d: %.0f iops %.1f MB/s\n", argv[2], argv[3], b.block, b.depth,
	       b.ops / seconds, b.ops * b.block / seconds / 1e6);
	return 0;
}
