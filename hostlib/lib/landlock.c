// SPDX-License-Identifier: GPL-2.0
/*
 * Landlock; see landlock.h. The header of the oldest system that this is built on knows less
 * than the newest host that it runs on, so the numbers stand here.
 */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "landlock.h"

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH 1

/* LANDLOCK_ACCESS_FS_*, a bit each */
#define FS_EXECUTE (1ULL << 0)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_FIRST_VERSION ((1ULL << 13) - 1)
#define FS_REFER (1ULL << 13) /* version 2 */
#define FS_TRUNCATE (1ULL << 14) /* version 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* version 5 */
#define FS_WRITE_FILE (1ULL << 1)
#define FS_MAKE_CHAR (1ULL << 6)
#define FS_MAKE_BLOCK (1ULL << 11)
#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define NET_BIND_AND_CONNECT_TCP 3ULL /* version 4 */
#define SCOPE_ABSTRACT_SOCKET 1ULL /* version 6 */
#define SCOPE_SIGNAL 2ULL

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct path_beneath_attr {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

static const uint64_t allowed[] = {
	[LANDLOCK_LIST] = FS_READ_DIR,
	[LANDLOCK_READ] = FS_EXECUTE | FS_READ_FILE | FS_READ_DIR,
	[LANDLOCK_WRITE] = ~(FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_IOCTL_DEV),
};

int landlock_version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

	return v < 0 ? -errno : (int)v;
}

static struct ruleset_attr all_of(int version, bool signals)
{
	struct ruleset_attr a = {.fs = FS_FIRST_VERSION};

	if (version >= 2)
		a.fs |= FS_REFER;
	if (version >= 3)
		a.fs |= FS_TRUNCATE;
	if (version >= 4)
		a.net = NET_BIND_AND_CONNECT_TCP;
	if (version >= 5)
		a.fs |= FS_IOCTL_DEV;
	if (version >= 6)
		a.scoped = SCOPE_ABSTRACT_SOCKET | (signals ? SCOPE_SIGNAL : 0);
	return a;
}

/* The kernel refuses a longer structure only if the bytes it does not know are not zero. */
int landlock_restrict(const struct landlock_dir *dir, size_t n, bool signals)
{
	int version = landlock_version(), fd, err = 0;
	struct ruleset_attr attr;
	struct stat st = {0};
	size_t i;

	if (version < 0)
		return version;
	attr = all_of(version, signals);
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0)
		return -errno;
	for (i = 0; i < n && !err; i++) {
		struct path_beneath_attr rule = {.fd = dir[i].fd};

		if (fstat(dir[i].fd, &st) < 0)
			err = -errno;
		rule.allowed = attr.fs & allowed[dir[i].rights];
		if (!S_ISDIR(st.st_mode)) /* others are refused for a file */
			rule.allowed &= FS_OF_FILES;
		if (!err && syscall(SYS_landlock_add_rule, fd, RULE_PATH_BENEATH, &rule, 0) < 0)
			err = -errno;
	}
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		err = -errno;
	close(fd);
	return err;
}
