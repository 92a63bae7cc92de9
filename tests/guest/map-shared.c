// SPDX-License-Identifier: GPL-2.0
/*
 * Memory shared between processes and with files: anonymous, memfd, POSIX and System V shared
 * memory, files on disk; copies on write; truncation; seals.
 */
#include "check.h"
#include <fcntl.h>
#include <sched.h>
#include <sys/shm.h>
#include <sys/stat.h>

#define PAGE 4096UL
#define RW (PROT_READ | PROT_WRITE)
#define PAGES 32

/* Parent and child hand the value of every page on, 50 rounds each. */
static bool play(volatile int *a, volatile int *b)
{
	pid_t pid = check_fork();
	int me = pid == 0;
	volatile int *p = me ? b : a;

	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < PAGES; i++) {
			volatile int *at = p + i * PAGE / sizeof(int);
			long spins = 0;

			while (*at != 2 * round + me) {
				if (++spins > 200)
					sched_yield();
			}
			*at = 2 * round + me + 1;
		}
	}
	if (me)
		_exit(0);
	return check_wait(pid, 5000) == 0;
}

static void anonymous(void)
{
	int *p = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(play(p, p), "anonymous shared memory");
}

static void two_mappings(void)
{
	int fd = memfd_create("shared", 0);
	int *a, *b;

	CHECK_NEED(fd >= 0 && !ftruncate(fd, PAGES * PAGE), "memfd");
	a = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	b = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(play(a, b), "two mappings of one memfd");
	a[0] = 1234;
	CHECK(b[0] == 1234, "in one process too");
	b = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(b[0] == 1234, "a private one sees it");
	b[0] = 1;
	CHECK(a[0] == 1234, "and keeps its changes");
	a[0] = 99;
	CHECK(b[0] == 1, "for good");
}

static void file(void)
{
	char name[] = "map-shared-XXXXXX", text[8] = "";
	int fd = mkstemp(name);
	char *p;

	CHECK_NEED(fd >= 0 && !ftruncate(fd, PAGES * PAGE), "file");
	unlink(name);
	p = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(play((int *)p, (int *)p), "a file");
	memcpy(p + 5 * PAGE, "hello", 6);
	CHECK(pread(fd, text, 6, 5 * PAGE) == 6 && !strcmp(text, "hello"),
	      "read() sees what the mapping has");
	CHECK(pwrite(fd, "world", 6, 6 * PAGE - 2) == 6 && !memcmp(p + 6 * PAGE - 2, "world", 6),
	      "and the other way");
	CHECK(!msync(p, PAGES * PAGE, MS_SYNC), "msync");
}

static void posix_memory(void)
{
	char name[40];
	int fd;
	int *a, *b;

	snprintf(name, sizeof(name), "/check-%d", getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0) {
		check_skip("no /dev/shm", "POSIX shared memory");
		return;
	}
	CHECK_NEED(!ftruncate(fd, PAGES * PAGE), "ftruncate");
	a = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	b = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	shm_unlink(name);
	CHECK(play(a, b), "POSIX shared memory");
}

static void system_v(void)
{
	int id = shmget(IPC_PRIVATE, PAGES * PAGE, 0600 | IPC_CREAT);
	int *a, *b;
	struct shmid_ds ds;

	CHECK_NEED(id >= 0, "shmget");
	a = shmat(id, NULL, 0);
	b = shmat(id, NULL, SHM_RDONLY);
	shmctl(id, IPC_RMID, NULL);
	CHECK_NEED(a != (void *)-1 && b != (void *)-1, "shmat");
	a[3] = 33;
	CHECK_EQ(b[3], 33, "System V shared memory, attached twice");
	a[3] = 0;
	CHECK(play(a, a), "and used by two processes");
	CHECK(!shmctl(id, IPC_STAT, &ds) && ds.shm_nattch == 2, "shm_nattch");
	shmdt(b);
	shmdt(a);
	CHECK(shmctl(id, IPC_STAT, &ds) == -1, "gone with its last user");
}

/* Private memory after fork: each has its own, whoever writes first. */
static void copies(void)
{
	int *p = mmap(NULL, PAGES * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), bad = 0;
	pid_t pid;

	for (unsigned i = 0; i < PAGES * PAGE / 4; i++)
		p[i] = i;
	pid = check_fork();
	if (pid == 0) {
		for (unsigned i = 0; i < PAGES * PAGE / 4; i += 2)
			p[i] = -1;
		for (unsigned i = 1; i < PAGES * PAGE / 4; i += 2)
			bad += p[i] != (int)i;
		_exit(bad != 0);
	}
	for (unsigned i = 1; i < PAGES * PAGE / 4; i += 2)
		p[i] = -2;
	for (unsigned i = 0; i < PAGES * PAGE / 4; i += 2)
		bad += p[i] != (int)i;
	CHECK_EQ(check_wait(pid, 3000), 0, "the child's copy");
	CHECK_EQ(bad, 0, "the parent's copy");
	/* A chain of forks: grandchildren see what their parents had. */
	for (int depth = 0; depth < 5; depth++) {
		p[0] = depth;
		pid = check_fork();
		if (pid) {
			p[0] = 1000;
			_exit(check_wait(pid, 3000) || p[0] != 1000 ? 1 : 0);
		}
		if (p[0] != depth)
			_exit(2);
	}
	_exit(0);
}

static void exit_of_copies(void)
{
	pid_t pid = check_fork();

	if (pid == 0)
		copies();
	CHECK_EQ(check_wait(pid, 5000), 0, "a chain of forks");
}

static void advice(void)
{
	pid_t pid;
	char *p = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, 'x', 3 * PAGE);
	madvise(p, PAGE, MADV_DONTFORK);
	madvise(p + PAGE, PAGE, MADV_WIPEONFORK);
	pid = check_fork();
	if (pid == 0) {
		int q[2];

		if (pipe(q) || write(q[1], p, 1) != -1 || errno != EFAULT)
			_exit(1);
		_exit(p[PAGE] == 0 && p[2 * PAGE] == 'x' ? 0 : 2);
	}
	CHECK_EQ(check_wait(pid, 3000), 0, "MADV_DONTFORK and MADV_WIPEONFORK");
	CHECK(p[0] == 'x' && p[PAGE] == 'x', "not for the parent");
}

static void seals(void)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING);
	char *p;

	CHECK_NEED(fd >= 0 && !ftruncate(fd, PAGE), "memfd");
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == -1 && errno == EBUSY,
	      "no seal against writing while mapped");
	p[0] = 's';
	munmap(p, PAGE);
	CHECK(!fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), "seals");
	CHECK(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM,
	      "no writable mapping");
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED && p[0] == 's', "a read-only one");
	CHECK(write(fd, "x", 1) == -1 && errno == EPERM, "no write()");
	CHECK(ftruncate(fd, 0) == -1 && errno == EPERM, "no truncation");
}

/* Pages that a hole takes away read as zeros; those behind a new end are gone. */
static void holes(void)
{
	int fd = memfd_create("holes", 0);
	char *p;

	CHECK_NEED(!ftruncate(fd, 4 * PAGE), "memfd");
	p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	memset(p, 'h', 4 * PAGE);
	CHECK(!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, PAGE), "a hole");
	CHECK(p[PAGE] == 0 && p[0] == 'h' && p[2 * PAGE] == 'h', "is zeros in the mapping");
	CHECK(!ftruncate(fd, 2 * PAGE) && !ftruncate(fd, 4 * PAGE), "cut and grown");
	CHECK(p[2 * PAGE] == 0 && p[3 * PAGE] == 0, "zeros again");
	p[3 * PAGE] = 'n';
	CHECK_EQ(p[3 * PAGE], 'n', "and usable");
}

static const struct check_group groups[] = {
	{"anonymous", anonymous}, {"two mappings", two_mappings},
	{"file", file},           {"POSIX", posix_memory},
	{"System V", system_v},   {"copies", exit_of_copies},
	{"advice", advice},       {"seals", seals},
	{"holes", holes},         {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
