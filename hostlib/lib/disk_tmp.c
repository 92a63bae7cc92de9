// SPDX-License-Identifier: GPL-2.0
/* A new file that has its name only when it is complete: see disk_tmp.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk_tmp.h"

static void directory_of(const char *path, char out[static PATH_MAX])
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	snprintf(out, PATH_MAX, "%s", dirname(copy));
}

static mode_t new_file_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* A name beside the final one. 0 or -errno. */
static int temporary_name(struct disk_tmp *t)
{
	int n = snprintf(t->tmp, sizeof(t->tmp), "%s.XXXXXX", t->path);

	return n < (int)sizeof(t->tmp) ? 0 : -ENAMETOOLONG;
}

static int begin_named(struct disk_tmp *t)
{
	int err = temporary_name(t);

	if (err)
		return err;
	t->fd = mkostemp(t->tmp, O_CLOEXEC);
	if (t->fd < 0) {
		t->tmp[0] = '\0';
		return -errno;
	}
	return fchmod(t->fd, new_file_mode()) ? -errno : 0;
}

int disk_tmp_begin(struct disk_tmp *t, const char *path)
{
	char dir[PATH_MAX];
	int n;

	*t = (struct disk_tmp){.fd = -1};
	n = snprintf(t->path, sizeof(t->path), "%s", path);
	if (n >= (int)sizeof(t->path))
		return -ENAMETOOLONG;
	directory_of(path, dir);
	t->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	if (t->fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
		return -errno;
	return begin_named(t);
}

/* Gives an unnamed file a name. 0 or -errno. */
static int link_fd(int fd, const char *name)
{
	char self[40];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

static int sync_directory(const char *path)
{
	char dir[PATH_MAX];
	int fd, err = 0;

	directory_of(path, dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0; /* may be written but not read: then there is nothing to sync */
	if (fsync(fd) && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

/* An unnamed file: straight to its name, or by a temporary one that can replace. */
static int name_unnamed(struct disk_tmp *t, bool replace)
{
	int err = link_fd(t->fd, t->path);

	if (err != -EEXIST || !replace)
		return err;
	for (int i = 0; i < 100 && err == -EEXIST; i++) {
		snprintf(t->tmp, sizeof(t->tmp), "%.*s.%d-%d", PATH_MAX - 24, t->path, getpid(), i);
		err = link_fd(t->fd, t->tmp);
	}
	if (err)
		t->tmp[0] = '\0';
	return err;
}

int disk_tmp_commit(struct disk_tmp *t, _Bool replace)
{
	int err = 0;

	if (fsync(t->fd))
		return -errno;
	if (!t->tmp[0])
		err = name_unnamed(t, replace);
	if (!err && t->tmp[0]) {
		unsigned int flags = replace ? 0 : RENAME_NOREPLACE;

		err = renameat2(AT_FDCWD, t->tmp, AT_FDCWD, t->path, flags) ? -errno : 0;
		if (!err)
			t->tmp[0] = '\0';
	}
	if (err)
		return err;
	err = sync_directory(t->path);
	close(t->fd);
	t->fd = -1;
	return err;
}

void disk_tmp_abort(struct disk_tmp *t)
{
	if (t->fd >= 0)
		close(t->fd);
	if (t->tmp[0])
		unlink(t->tmp);
	t->fd = -1;
	t->tmp[0] = '\0';
}
