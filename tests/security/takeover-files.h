/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For takeover.c: what a taken-over guest kernel does with files, in a guest that shares a
 * directory (--share DIR; DIR/held is open in the guest) or shares none, and with a file that it
 * was not given (--outside FILE, in another directory of DIR's parent). takeover.sh makes what is
 * needed. share-* and held-* are allowed where the directory is shared for writing and nowhere
 * else, escape-* nowhere.
 */
#ifndef TAKEOVER_FILES_H
#define TAKEOVER_FILES_H

#include <libgen.h>
#include <limits.h>
#include <dirent.h>
#include <sys/sysmacros.h>

#define NOBODY_HAS "/nestling/no/such/directory"

static const char *share = NOBODY_HAS; /* --share */
static const char *outside = NOBODY_HAS "/file"; /* --outside */

/* A name in the shared directory, in its memory. */
static unsigned long in_share(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", share, name);
	return text(path);
}

/* A name beside the file that was not given. */
static unsigned long beside(const char *name)
{
	char path[PATH_MAX], dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", outside);
	snprintf(path, sizeof(path), "%s/%s", dirname(dir), name);
	return text(path);
}

/* The way to that file from the directory's parent: "hidden/file". */
static const char *from_parent(void)
{
	const char *slash = strrchr(outside, '/');

	while (slash > outside && slash[-1] != '/')
		slash--;
	return slash;
}

/* Opens, reads or writes a byte, and closes. */
static long use_file(long dir, unsigned long path, int flags)
{
	long fd = CALL(SYS_openat, UL(dir), path, UL(flags), 0600UL), ret;

	if (fd < 0)
		return fd;
	ret = (flags & O_ACCMODE) == O_RDONLY
		      ? CALL(SYS_pread64, UL(fd), victim.scratch + SCRATCH_BYTES - 4096, 1UL, 0UL)
		      : CALL(SYS_pwrite64, UL(fd), text("X"), 1UL, 0UL);
	CALL(SYS_close, UL(fd));
	return ret;
}

static long share_read(void)
{
	return use_file(AT_FDCWD, in_share("file"), O_RDONLY);
}

static long share_list(void)
{
	long fd = CALL(SYS_openat, UL(AT_FDCWD), in_share(""), UL(O_RDONLY | O_DIRECTORY)), ret;

	if (fd < 0)
		return fd;
	ret = CALL(SYS_getdents64, UL(fd), victim.scratch + SCRATCH_BYTES - 4096, 4096UL);
	CALL(SYS_close, UL(fd));
	return ret;
}

static long share_write(void)
{
	return use_file(AT_FDCWD, in_share("file"), O_RDWR);
}

static long share_create(void)
{
	return use_file(AT_FDCWD, in_share("created"), O_RDWR | O_CREAT | O_EXCL);
}

static long share_truncate(void)
{
	return CALL(SYS_truncate, in_share("other"), 1UL);
}

static long share_chmod(void)
{
	return CALL(SYS_chmod, in_share("other"), 0640UL);
}

static long share_times(void)
{
	struct timespec ts[2] = {{1, 0}, {1, 0}};

	return CALL(SYS_utimensat, UL(AT_FDCWD), in_share("other"), put(ts, sizeof(ts)), 0UL);
}

static long share_link(void)
{
	return CALL(SYS_link, in_share("file"), in_share("linked"));
}

static long share_symlink(void)
{
	return CALL(SYS_symlink, text("file"), in_share("symlink"));
}

static long share_mkdir(void)
{
	return CALL(SYS_mkdir, in_share("made"), 0700UL);
}

static long share_fifo(void)
{
	return CALL(SYS_mknod, in_share("fifo"), UL(S_IFIFO | 0600), 0UL);
}

static long share_rename(void)
{
	return CALL(SYS_rename, in_share("other"), in_share("renamed"));
}

static long share_unlink(void)
{
	return CALL(SYS_unlink, in_share("unlinked"));
}

static long share_rmdir(void)
{
	return CALL(SYS_rmdir, in_share("empty"));
}

/* The descriptor that it has of DIR/held, or -ENODEV. */
static long held(void)
{
	struct stat want, st;
	char path[PATH_MAX];
	long fd;

	snprintf(path, sizeof(path), "%s/held", share);
	if (stat(path, &want) < 0)
		return -ENODEV;
	for (fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%ld", victim.pid, fd);
		if (stat(path, &st) == 0 && st.st_dev == want.st_dev && st.st_ino == want.st_ino)
			return fd;
	}
	return -ENODEV;
}

static long held_write(void)
{
	long fd = held();

	return fd < 0 ? fd : CALL(SYS_pwrite64, UL(fd), text("X"), 1UL, 0UL);
}

static long held_truncate(void)
{
	long fd = held();

	return fd < 0 ? fd : CALL(SYS_ftruncate, UL(fd), 1UL);
}

static long held_chmod(void)
{
	long fd = held();

	return fd < 0 ? fd : CALL(SYS_fchmod, UL(fd), 0640UL);
}

/* --- the file that was not given ------------------------------------------------------------ */

static long escape_read(void)
{
	return use_file(AT_FDCWD, text(outside), O_RDONLY);
}

static long escape_write(void)
{
	return use_file(AT_FDCWD, text(outside), O_RDWR);
}

static long escape_create(void)
{
	return use_file(AT_FDCWD, beside("created"), O_RDWR | O_CREAT | O_EXCL);
}

/* Upwards from the directory's descriptor, by a name and by a descriptor of its parent. */
static long escape_up(void)
{
	long dir = CALL(SYS_openat, UL(AT_FDCWD), in_share(""), UL(O_PATH | O_DIRECTORY));
	char up[PATH_MAX];
	long ret;

	if (dir < 0)
		return dir;
	snprintf(up, sizeof(up), "../%s", from_parent());
	ret = use_file(dir, text(up), O_RDONLY);
	CALL(SYS_close, UL(dir));
	return ret;
}

static long escape_parent(void)
{
	long dir = CALL(SYS_openat, UL(AT_FDCWD), in_share(".."), UL(O_PATH | O_DIRECTORY)), ret;

	if (dir < 0)
		return dir;
	ret = use_file(dir, text(from_parent()), O_RDONLY);
	CALL(SYS_close, UL(dir));
	return ret;
}

/* Through a symbolic link that the host's user has put there (DIR/way-out), or it itself. */
static long escape_symlink(void)
{
	char up[PATH_MAX];
	long ret = use_file(AT_FDCWD, in_share("way-out"), O_RDONLY);

	if (ret >= 0)
		return ret;
	snprintf(up, sizeof(up), "../%s", from_parent());
	if (CALL(SYS_symlink, text(up), in_share("own-way-out")) < 0)
		return ret;
	return use_file(AT_FDCWD, in_share("own-way-out"), O_RDWR);
}

static long escape_link(void)
{
	return CALL(SYS_link, text(outside), in_share("stolen"));
}

static long escape_rename(void)
{
	long ret = CALL(SYS_rename, text(outside), in_share("moved-in"));

	if (ret >= 0)
		CALL(SYS_rename, in_share("moved-in"), text(outside));
	return ret;
}

static long escape_move_out(void)
{
	return CALL(SYS_rename, in_share("moved-out"), beside("moved-out"));
}

static long escape_truncate(void)
{
	return CALL(SYS_truncate, text(outside), 1UL);
}

static long escape_mkdir(void)
{
	return CALL(SYS_mkdir, beside("made"), 0700UL);
}

static long escape_unlink(void)
{
	return CALL(SYS_unlink, beside("unlinked"));
}

static long escape_chmod(void)
{
	return CALL(SYS_chmod, text(outside), 0666UL);
}

static long escape_times(void)
{
	struct timespec ts[2] = {{1, 0}, {1, 0}};

	return CALL(SYS_utimensat, UL(AT_FDCWD), text(outside), put(ts, sizeof(ts)), 0UL);
}

static long escape_look(void)
{
	return CALL(SYS_newfstatat, UL(AT_FDCWD), text(outside),
		    victim.scratch + SCRATCH_BYTES - 4096, 0UL);
}

/* /dev/null's numbers. Taken away again at once. */
static long escape_device(void)
{
	long ret = CALL(SYS_mknod, in_share("device"), UL(S_IFCHR | 0600), makedev(1, 3));

	if (ret < 0)
		ret = CALL(SYS_mknodat, UL(AT_FDCWD), in_share("device"), UL(S_IFCHR | 0600),
			   makedev(1, 3));
	if (ret >= 0)
		CALL(SYS_unlink, in_share("device"));
	return ret;
}

/* One that somebody has left in the directory: no way to the host's device. */
static long escape_node(void)
{
	return use_file(AT_FDCWD, in_share("node"), O_RDONLY);
}

static long escape_execute(void)
{
	long ret = CALL(SYS_execve, in_share("file"), 0UL, 0UL);

	return ret == -EACCES || ret == -ENOEXEC ? 0 : ret; /* it may; that is no program */
}

/* What covers the file, if anything does; that nothing is mounted there is said to who may. */
static long escape_uncover(void)
{
	char dir[PATH_MAX];
	long ret;

	snprintf(dir, sizeof(dir), "%s", outside);
	ret = CALL(SYS_umount2, text(dirname(dir)), UL(MNT_DETACH));
	return ret == -EINVAL ? 0 : ret;
}

/* By another root, if /proc is there. */
static long escape_proc(void)
{
	static const char *const roots[] = {"/proc/1/root", "/proc/self/root"};
	char path[PATH_MAX];
	long ret = -ENOENT;
	size_t i;

	for (i = 0; i < 2 && ret < 0; i++) {
		snprintf(path, sizeof(path), "%s%s", roots[i], outside);
		ret = use_file(AT_FDCWD, text(path), O_RDONLY);
	}
	return ret;
}

/*
 * The directory above the shared one, which in a mount namespace is an empty one that everybody may
 * read: Landlock alone refuses it, with EACCES. Not where uml_run shows the host's directories.
 */
static long landlock_parent(void)
{
	return got_fd(CALL(SYS_openat, UL(AT_FDCWD), in_share(".."), UL(O_RDONLY | O_DIRECTORY)));
}

/* From each descriptor that it has, as if it were a directory. */
static long escape_descriptors(void)
{
	char up[PATH_MAX];
	long fd, ret = -EBADF, plant;
	unsigned long at;

	/* Where nothing confines it, it gets one that leads there: the attempt must notice. */
	plant = CALL(SYS_openat, UL(AT_FDCWD), in_share(""), UL(O_PATH | O_DIRECTORY));
	snprintf(up, sizeof(up), "../%s", from_parent());
	at = text(up);
	for (fd = 0; fd < 256 && ret < 0; fd++) {
		long now = use_file(fd, at, O_RDONLY);

		if (now >= 0 || (now != -EBADF && now != -ENOTDIR))
			ret = now;
	}
	if (plant >= 0)
		CALL(SYS_close, UL(plant));
	return ret;
}

#endif
