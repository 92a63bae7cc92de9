// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of files that a guest may read and not change; see confine_keep() in confine.h.
 *
 * A mount of the file alone, nowhere in the tree of names (open_tree(2)), is made read only, and
 * the file opened on it. Its mode, owner and times can then be changed by nobody who has that
 * descriptor: the host looks at the mount first (EROFS). The file may have another name by now;
 * it is looked whether it is the same. Linux 5.12 or later.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "confine.h"
#include "confine_private.h"

/*
 * Of devices, /dev/null alone (it can be written to on such a mount, too): others are not the
 * same when they are opened again.
 */
static bool is_kept(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || fstat(fd, &st) < 0)
		return false;
	return (S_ISREG(st.st_mode) && (flags & O_ACCMODE) == O_RDONLY) ||
	       (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

void confine_keep(struct confine_config *c, int fd)
{
	if (fd >= 0 && c->nkept < CONFINE_KEPT_MAX && confine_may_change(c) && is_kept(fd))
		c->kept[c->nkept++] = fd;
}

/* The file of a descriptor by its name of now, on a mount of its own. A descriptor, or -errno. */
static int mount_apart(int fd)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	char link[64], name[PATH_MAX];
	int tree, err;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name) - 1);
	if (n < 0)
		return -errno;
	name[n] = '\0';
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return -errno;
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
		return tree;
	err = -errno;
	close(tree);
	return err;
}

static bool is_same(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static int keep(int fd)
{
	int tree = mount_apart(fd), flags = fcntl(fd, F_GETFL), again, err = 0;
	char link[64];

	if (tree < 0)
		return tree;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", tree);
	again = open(link, (flags & (O_ACCMODE | O_NONBLOCK)) | O_CLOEXEC | O_NOCTTY);
	if (again < 0)
		err = -errno;
	else if (!is_same(again, fd))
		err = -ESTALE;
	else if (dup3(again, fd, O_CLOEXEC) < 0)
		err = -errno;
	if (again >= 0)
		close(again);
	close(tree);
	return err;
}

int confine_keep_all(const struct confine_config *c)
{
	int err = 0, ret;
	size_t i;

	for (i = 0; i < c->nkept; i++) {
		ret = keep(c->kept[i]);
		err = err ? err : ret;
	}
	return err;
}
