// SPDX-License-Identifier: GPL-2.0
/*
 * Several threads on one COW disk: one that asks with COW_NOWAIT first, as the
 * guest kernel's own thread does, and three that may wait. Each writes and checks
 * stretches of its own, which share bitmap blocks, bytes of bitmap and the one
 * cached block with the others'.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cow_disk.h"
#include "suite.h"

#define THREADS 4
#define ROUNDS 20000
#define SIZE (40ULL << 20) /* three blocks of bitmap */
#define STRETCHES 48

static struct cow_disk disk;

struct worker {
	pthread_t thread;
	int number;
	uint64_t rng;
	uint32_t stamp[STRETCHES]; /* 0: as in the backing file */
	long bad, immediate, fell_back;
};

static uint64_t rnd(struct worker *w)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return w->rng >> 3;
}

/* Sectors of the threads lie side by side: thread t has every fourth one. */
static uint64_t place(const struct worker *w, unsigned int stretch)
{
	return (uint64_t)stretch * (SIZE / STRETCHES / 4096 * 4096) + (uint64_t)w->number * 512;
}

static int either(struct worker *w, bool write, const struct iovec *iov, uint64_t off)
{
	int (*call)(struct cow_disk *, const struct iovec *, int, uint64_t, int) =
		write ? cow_disk_pwritev : cow_disk_preadv;
	int err = w->number ? -EAGAIN : call(&disk, iov, 1, off, COW_NOWAIT);

	if (err != -EAGAIN) {
		w->immediate++;
		return err;
	}
	w->fell_back++;
	return call(&disk, iov, 1, off, 0);
}

static void fill(uint32_t *buf, int number, uint32_t stamp)
{
	for (uint32_t i = 0; i < 128; i++)
		buf[i] = stamp ? stamp * 8 + (uint32_t)number : 0;
}

static void round_of(struct worker *w)
{
	uint32_t buf[128], want[128];
	struct iovec iov = {buf, sizeof(buf)};
	unsigned int s = (unsigned int)(rnd(w) % STRETCHES), what = (unsigned int)(rnd(w) % 64);
	int err;

	if (what == 0) {
		err = cow_disk_flush(&disk);
	} else if (what < 24) {
		fill(buf, w->number, ++w->stamp[s]);
		err = either(w, true, &iov, place(w, s));
	} else {
		fill(want, w->number, w->stamp[s]);
		err = either(w, false, &iov, place(w, s));
		w->bad += !err && memcmp(buf, want, sizeof(buf)) != 0;
	}
	w->bad += err != 0;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < ROUNDS; i++)
		round_of(w);
	return NULL;
}

static int file(uint64_t size)
{
	int fd = memfd_create("cow-threads", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)size))
		abort();
	return fd;
}

static void run(unsigned int cache_blocks)
{
	static struct worker workers[THREADS];
	struct cow_disk_config c = {.ops = &cow_ops_host, .cache_blocks = cache_blocks};

	CU_ASSERT_EQUAL_FATAL(cow_geometry_init(&c.geometry, SIZE, 0, 0), COW_OK);
	c.fd = file(c.geometry.file_end);
	c.backing_fd = file(SIZE);
	CU_ASSERT_EQUAL_FATAL(cow_disk_init(&disk, &c), 0);
	memset(workers, 0, sizeof(workers));
	for (int i = 0; i < THREADS; i++) {
		workers[i].number = i;
		workers[i].rng = 4711 + (uint64_t)i;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&workers[i].thread, NULL, work, &workers[i]),
				      0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		CU_ASSERT_EQUAL(workers[i].bad, 0);
	}
	CU_ASSERT(workers[0].immediate > 0);
	CU_ASSERT_EQUAL(cow_disk_flush(&disk), 0);
	cow_disk_exit(&disk);
	close(c.fd);
	close(c.backing_fd);
}

static void test_small_cache(void)
{
	run(1);
}

static void test_usual_cache(void)
{
	run(0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"one cached block", test_small_cache},
		{"everything cached", test_usual_cache},
		CU_TEST_INFO_NULL,
	};

	return run_suite("cow_threads", NULL, NULL, tests);
}
