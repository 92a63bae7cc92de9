/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Landlock, as far as this host has it: a process gives up the file system, the network and
 * what its Landlock knows besides. Constants: Linux, Documentation/userspace-api/landlock.rst.
 */
#ifndef NESTLING_LANDLOCK_H
#define NESTLING_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

enum landlock_rights {
	LANDLOCK_LIST, /* the names in directories */
	LANDLOCK_READ,
	LANDLOCK_WRITE, /* and all else, but for making devices and their ioctls */
};

/* A directory, or a file, that stays open. */
struct landlock_dir {
	int fd; /* O_PATH will do */
	enum landlock_rights rights; /* in it and below */
};

/* Version of the host's interface, or -errno (-ENOSYS, -EOPNOTSUPP: there is none). */
int landlock_version(void);

/*
 * Restricts this process and its children to dir[0..n-1], and with signals also to signals among
 * themselves (their abstract sockets are in any case). Needs no_new_privs. 0 or -errno.
 */
int landlock_restrict(const struct landlock_dir *dir, size_t n, bool signals);

#endif
