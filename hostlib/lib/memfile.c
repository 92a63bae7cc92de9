// SPDX-License-Identifier: GPL-2.0
/* Memory files; see memfile.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memfile.h"

/* File systems that are mounted noexec refuse it. */
static int can_execute(int fd)
{
	void *p;

	if (ftruncate(fd, 1) < 0)
		return 0;
	p = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return 0;
	munmap(p, 1);
	return 1;
}

static int make_in(const char *dir)
{
	char path[PATH_MAX];
	int fd, err;

	if (!dir || !*dir)
		return -ENOENT;
	if (snprintf(path, sizeof(path), "%s/nestling-XXXXXX", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	if (can_execute(fd))
		return fd;
	err = errno ? -errno : -EPERM;
	close(fd);
	return err;
}

static int make_unlinked(void)
{
	const char *const dirs[] = {getenv("TMPDIR"), "/dev/shm", "/tmp"};
	int fd = -ENOENT;

	for (unsigned int i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && fd < 0; i++)
		fd = make_in(dirs[i]);
	return fd;
}

int memfile_make(const char *name, uint64_t bytes)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		fd = errno == ENOSYS ? make_unlinked() : -errno;
	if (fd < 0)
		return fd;
	if (ftruncate(fd, (off_t)bytes) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int memfile_seal(int fd, int seals)
{
	int there, err;

	if (fcntl(fd, F_ADD_SEALS, seals) == 0)
		return 0;
	err = -errno;
	/* What make_unlinked() gives has none, or on a tmpfs that one from the start. */
	there = fcntl(fd, F_GET_SEALS);
	return there < 0 || there == F_SEAL_SEAL ? 0 : err;
}

int memfile_make_fixed(const char *name, uint64_t bytes)
{
	int fd = memfile_make(name, bytes), err;

	if (fd < 0)
		return fd;
	err = memfile_seal(fd, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}
