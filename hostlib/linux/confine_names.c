// SPDX-License-Identifier: GPL-2.0
/*
 * Which directories Landlock is to let a guest have. Landlock can only allow, and with a directory
 * all that lies below. So where nothing covers what is hidden (confine_ns.c), everything around it is
 * allowed, name by name: names stay to be seen, but files that are made there later cannot be read.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "confine.h"
#include "confine_private.h"

static int add_fd(struct confine_names *names, int fd, enum landlock_rights rights)
{
	struct landlock_dir *more;

	if (names->n == names->room) {
		more = realloc(names->dir, (names->room * 2 + 16) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		names->dir = more;
		names->room = names->room * 2 + 16;
	}
	names->dir[names->n++] = (struct landlock_dir){fd, rights};
	return 0;
}

/* A path that is followed to its end; -ENOENT, -EACCES and so on if there is none for this user. */
static int add_path(struct confine_names *names, const char *path, int flags,
		    enum landlock_rights rights)
{
	int err, fd = open(path, O_PATH | O_CLOEXEC | flags);

	if (fd < 0)
		return -errno;
	err = add_fd(names, fd, rights);
	if (err)
		close(fd);
	return err;
}

int confine_names_add(struct confine_names *names, const struct confine_share *share)
{
	return add_path(names, share->path, 0,
			share->mode == SHARE_WRITE ? LANDLOCK_WRITE : LANDLOCK_READ);
}

enum relation {
	APART,
	HIDDEN,
	HOLDS, /* something that is hidden lies below it */
};

bool confine_lies_below(const char *path, const char *dir)
{
	size_t len = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

static enum relation relation_of(const struct confine_config *c, const char *path)
{
	enum relation found = APART;
	size_t i;

	for (i = 0; i < c->nshares; i++) {
		if (c->share[i].mode != SHARE_HIDE)
			continue;
		if (strcmp(c->share[i].path, path) == 0)
			return HIDDEN;
		if (confine_lies_below(c->share[i].path, path))
			found = HOLDS;
	}
	return found;
}

/* Whether something below is to stay as it is: with a directory all below it may be written. */
static bool holds_readonly(const struct confine_config *c, const char *path)
{
	size_t i;

	for (i = 1; i < c->nshares; i++)
		if (c->share[i].mode == SHARE_READ && confine_lies_below(c->share[i].path, path))
			return true;
	return false;
}

/*
 * Depth is that of the hidden paths, and dir has room for PATH_MAX. Symbolic links need no right of
 * their own: what they lead to does.
 */
static int add_around(struct confine_names *names, const struct confine_config *c, char *dir)
{
	size_t len = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
	struct dirent *e;
	int err = 0;
	DIR *d = opendir(dir);

	if (!d)
		return errno == EACCES || errno == ENOENT ? 0 : -errno;
	while (!err && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    e->d_type == DT_LNK || len + strlen(e->d_name) + 2 > PATH_MAX)
			continue;
		sprintf(dir + len, "/%s", e->d_name);
		switch (relation_of(c, dir)) {
		case APART:
			err = add_path(names, dir, O_NOFOLLOW, LANDLOCK_READ);
			err = err == -EACCES || err == -ENOENT ? 0 : err;
			break;
		case HOLDS:
			err = add_around(names, c, dir);
			break;
		case HIDDEN:
			break;
		}
	}
	closedir(d);
	strcpy(dir + len, len ? "" : "/");
	return err;
}

int confine_names_around(struct confine_names *names, const struct confine_config *c,
			 const struct confine_share *share)
{
	char dir[PATH_MAX];
	int err;

	if (share->mode == SHARE_WRITE && holds_readonly(c, share->path))
		return -EOPNOTSUPP;
	if (relation_of(c, share->path) != HOLDS)
		return confine_names_add(names, share);
	if (share->mode ==
	    SHARE_WRITE) /* what is made there could not be read: it is not offered */
		return -EOPNOTSUPP;
	if (snprintf(dir, sizeof(dir), "%s", share->path) >= (int)sizeof(dir))
		return -ENAMETOOLONG;
	err = add_path(names, dir, 0, LANDLOCK_LIST);
	return err ? err : add_around(names, c, dir);
}

void confine_names_free(struct confine_names *names)
{
	while (names->n > 0)
		close(names->dir[--names->n].fd);
	free(names->dir);
}
