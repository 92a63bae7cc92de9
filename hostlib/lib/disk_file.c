// SPDX-License-Identifier: GPL-2.0
/*
 * One file of a disk: opening, size, lock, header.
 *
 * System calls: stat, openat, fstat, ioctl BLKGETSIZE64, fcntl F_OFD_SETLK, pread64,
 * pwrite64.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk_private.h"
#include "text.h"

int disk_error(char error[static DISK_MESSAGE_LEN], int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	text_line(error, DISK_MESSAGE_LEN, format, ap);
	va_end(ap);
	return err;
}

void disk_warn(struct disk *d, const char *format, ...)
{
	va_list ap;

	if (d->nwarnings == DISK_WARNINGS)
		return;
	va_start(ap, format);
	text_line(d->warning[d->nwarnings++], DISK_MESSAGE_LEN, format, ap);
	va_end(ap);
}

static int check_kind(mode_t mode, const char *path, const char *what, char *error)
{
	if (S_ISREG(mode) || S_ISBLK(mode))
		return 0;
	if (S_ISDIR(mode))
		return disk_error(error, -EISDIR,
				  "%s %s is a directory; name an image file or a block device",
				  what, path);
	return disk_error(error, -ENODEV, "%s %s is a %s; name an image file or a block device",
			  what, path,
			  S_ISFIFO(mode)   ? "FIFO"
			  : S_ISSOCK(mode) ? "socket"
					   : "character device");
}

static int open_failed(int err, const char *path, const char *what, char *error)
{
	const char *cure = "check the path";

	if (err == -EACCES || err == -EPERM)
		cure = "check its permissions and those of the directories above it";
	else if (err == -EBUSY)
		cure = "it is mounted or in use; unmount it, or open it read-only (flag r)";
	else if (err == -EMFILE || err == -ENFILE)
		cure = "raise the limit on open files (ulimit -n)";
	return disk_error(error, err, "cannot open %s %s: %s; %s", what, path, strerror(-err),
			  cure);
}

/* A descriptor or -errno. The caller has seen that path is a file or block device. */
static int open_plain(const char *path, int mode)
{
	int fd = open(path, mode | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static bool want_readonly_fallback(int err)
{
	return err == -EACCES || err == -EROFS || err == -EPERM || err == -ETXTBSY;
}

static int inspect(struct disk_file *f, const char *path, const char *what, char *error)
{
	struct stat st;
	int err;

	if (fstat(f->fd, &st))
		return open_failed(-errno, path, what, error);
	err = check_kind(st.st_mode, path, what, error);
	if (err)
		return err;
	f->blockdev = S_ISBLK(st.st_mode);
	f->size = (uint64_t)st.st_size;
	if (f->blockdev && ioctl(f->fd, BLKGETSIZE64, &f->size))
		return open_failed(-errno, path, what, error);
	f->dev = f->blockdev ? st.st_rdev : st.st_dev;
	f->ino = f->blockdev ? 0 : st.st_ino;
	f->mtime_s = st.st_mtim.tv_sec;
	f->mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	return 0;
}

static int link_refused(const char *path, const char *what, char *error)
{
	return disk_error(error, -EINVAL,
			  "%s %s is a symbolic link; name the file that it leads to (readlink -f)",
			  what, path);
}

int disk_file_open(struct disk_file *f, const char *path, unsigned int flags, const char *what,
		   char error[static DISK_MESSAGE_LEN])
{
	bool want_write = !(flags & DISK_READONLY), excl;
	struct stat st;
	int err, link;

	*f = (struct disk_file){.fd = -1, .readonly = !want_write};
	if (flags & DISK_NO_LINK ? lstat(path, &st) : stat(path, &st))
		return open_failed(-errno, path, what, error);
	if (S_ISLNK(st.st_mode))
		return link_refused(path, what, error);
	err = check_kind(st.st_mode, path, what, error);
	if (err)
		return err;
	/* On a block device O_EXCL keeps us from writing to a mounted one. */
	excl = want_write && S_ISBLK(st.st_mode) && !(flags & DISK_SHARED);
	link = flags & DISK_NO_LINK ? O_NOFOLLOW : 0;
	f->fd = open_plain(path, (want_write ? O_RDWR : O_RDONLY) | (excl ? O_EXCL : 0) | link);
	if (want_write && want_readonly_fallback(f->fd)) {
		f->write_error = f->fd;
		f->readonly = true;
		f->fd = open_plain(path, O_RDONLY | link);
	}
	if (f->fd < 0) {
		err = f->fd;
		f->fd = -1;
		if (err == -ELOOP && link)
			return link_refused(path, what, error);
		return open_failed(err, path, what, error);
	}
	err = inspect(f, path, what, error);
	if (err)
		disk_file_close(f);
	return err;
}

void disk_file_close(struct disk_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

int disk_file_narrow(struct disk_file *f, const char *path, const struct disk_part *part,
		     char error[static DISK_MESSAGE_LEN])
{
	if (!part->len)
		return 0;
	if (part->offset > f->size || part->len > f->size - part->offset)
		return disk_error(error, -EINVAL,
				  "backing file %s has %llu bytes, and none at %llu to %llu", path,
				  (unsigned long long)f->size, (unsigned long long)part->offset,
				  (unsigned long long)(part->offset + part->len));
	f->offset = part->offset;
	f->size = part->len;
	return 0;
}

/* " (process N)" for whoever holds the lock, if the kernel knows: POSIX locks only. */
static void holder(const struct disk_file *f, struct flock *lock, char *out, size_t len)
{
	lock->l_pid = 0;
	out[0] = '\0';
	if (!fcntl(f->fd, F_OFD_GETLK, lock) && lock->l_type != F_UNLCK && lock->l_pid > 0)
		snprintf(out, len, " (process %d)", (int)lock->l_pid);
}

int disk_file_lock(const struct disk_file *f, const char *path, bool exclusive,
		   char error[static DISK_MESSAGE_LEN])
{
	struct flock lock = {.l_type = (short)(exclusive ? F_WRLCK : F_RDLCK),
			     .l_whence = SEEK_SET};
	char who[32];

	if (!fcntl(f->fd, F_OFD_SETLK, &lock))
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return -ENOLCK;
	lock.l_type = (short)(exclusive ? F_WRLCK : F_RDLCK);
	holder(f, &lock, who, sizeof(who));
	return disk_error(
		error, -EWOULDBLOCK,
		"%s is in use by another guest or tool%s%s; stop it, or give each guest a "
		"COW file of its own (uml_mkcow), or share it at your own risk (flag c)",
		path, who, exclusive ? "" : ", which may write to it");
}

int disk_read_header(const struct disk_file *f, struct cow_header *out)
{
	uint8_t buf[COW_HEADER_MAX];
	size_t len = 0;

	while (len < sizeof(buf)) {
		ssize_t n = pread(f->fd, buf + len, sizeof(buf) - len, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
	}
	return cow_header_parse(buf, len, f->size, out);
}

int disk_write_header(int fd, const struct cow_header *h)
{
	uint8_t buf[COW_HEADER_MAX];
	int len = cow_header_build(h, buf, sizeof(buf)), done = 0;

	while (len > 0 && done < len) {
		ssize_t n = pwrite(fd, buf + done, (size_t)(len - done), done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (int)n;
	}
	return len < 0 ? len : 0;
}
