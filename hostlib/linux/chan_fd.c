// SPDX-License-Identifier: GPL-2.0
/*
 * fd:N and tty:/dev/x: descriptors that the loader inherited, and terminals of the
 * host.
 *
 * An inherited descriptor shares its flags with other processes (the shell that
 * started us has the same terminal), so O_NONBLOCK is never set on it. A terminal or
 * pipe is opened anew through /proc/self/fd, non-blocking; a socket has MSG_DONTWAIT;
 * a file does not block. Where opening anew is not permitted, reads and writes follow
 * poll and are so small that they do not block.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "chan.h"
#include "terminal.h"

#define CAREFUL_BYTES 256 /* a terminal that polls writable takes at least these */

struct fd_chan {
	int fd; /* the one to use */
	bool own; /* opened by us: to be closed */
	bool socket;
	bool careful; /* may block: small pieces after poll only */
};

static int check_direction(const struct chan *c, int fd, char why[CONSOLE_WHY_LEN])
{
	int flags = fcntl(fd, F_GETFL), mode;

	if (flags < 0) {
		snprintf(why, CONSOLE_WHY_LEN,
			 "descriptor %d is not open; open it in the shell, as in %d<>FILE", fd, fd);
		return -EBADF;
	}
	mode = flags & O_ACCMODE;
	if (c->in && mode == O_WRONLY) {
		snprintf(why, CONSOLE_WHY_LEN, "descriptor %d cannot be read; use in,out", fd);
		return -EBADF;
	}
	if (c->out && mode == O_RDONLY) {
		snprintf(why, CONSOLE_WHY_LEN, "descriptor %d cannot be written; use in,out", fd);
		return -EBADF;
	}
	return 0;
}

/* Another open file of the same terminal or pipe, or -1 with errno. */
static int open_anew(const struct chan *c, int fd)
{
	char path[40];
	int mode = c->in && c->out ? O_RDWR : c->in ? O_RDONLY : O_WRONLY;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int fd_open(struct chan *c, const struct chan_spec *spec, char why[CONSOLE_WHY_LEN])
{
	struct fd_chan *f;
	struct stat st;
	int err;

	/* By now most are the loader's own: guest memory, disks. */
	if (c->env->running && spec->fd > STDERR_FILENO) {
		snprintf(why, CONSOLE_WHY_LEN,
			 "descriptor %d: while a guest runs only 0, 1 and 2 can be used; name "
			 "others "
			 "when you start it",
			 spec->fd);
		return -EPERM;
	}
	err = check_direction(c, spec->fd, why);
	if (err)
		return err;
	f = calloc(1, sizeof(*f));
	if (!f || fstat(spec->fd, &st) < 0) {
		free(f);
		snprintf(why, CONSOLE_WHY_LEN, "descriptor %d: %s", spec->fd, strerror(ENOMEM));
		return -ENOMEM;
	}
	f->fd = spec->fd;
	f->socket = S_ISSOCK(st.st_mode);
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)) {
		int fresh = open_anew(c, spec->fd);

		f->own = fresh >= 0;
		f->careful = fresh < 0;
		f->fd = fresh >= 0 ? fresh : spec->fd;
	}
	c->terminal = isatty(f->fd);
	c->leave = CHAN_LEAVE_END;
	c->priv = f;
	snprintf(c->where, sizeof(c->where), "fd:%d", spec->fd);
	return 0;
}

/*
 * A character device of that name, before it is opened: opening alone does things to some devices,
 * and waits at a FIFO. A descriptor of the name alone (O_PATH), or -errno with why.
 */
static int tty_name(const struct chan *c, const char *name, char why[CONSOLE_WHY_LEN])
{
	/* A link like those in /dev/serial/by-id is what somebody types who starts a guest. */
	int fd = open(name, O_PATH | O_CLOEXEC | (c->env->running ? O_NOFOLLOW : 0));
	struct stat st;
	int err;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err = -errno;
		snprintf(why, CONSOLE_WHY_LEN, "opening %.100s: %s", name, strerror(-err));
	} else if (S_ISLNK(st.st_mode)) {
		err = -ELOOP;
		snprintf(why, CONSOLE_WHY_LEN,
			 "%.100s is a symbolic link, which is not followed while a guest runs; "
			 "name the device itself",
			 name);
	} else if (!S_ISCHR(st.st_mode)) {
		err = -ENOTTY;
		snprintf(why, CONSOLE_WHY_LEN,
			 "%.100s is not a terminal; use fd:N for files and pipes", name);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int tty_open(struct chan *c, const struct chan_spec *spec, char why[CONSOLE_WHY_LEN])
{
	int name_fd = tty_name(c, spec->text, why), err;
	struct fd_chan *f;

	if (name_fd < 0)
		return name_fd;
	f = calloc(1, sizeof(*f));
	if (!f) {
		close(name_fd);
		return -ENOMEM;
	}
	f->own = true;
	f->fd = open_anew(c, name_fd);
	err = f->fd < 0 ? -errno : 0;
	close(name_fd);
	if (err) {
		snprintf(why, CONSOLE_WHY_LEN, "opening %.100s: %s", spec->text, strerror(-err));
		free(f);
		return err;
	}
	if (!isatty(f->fd)) {
		snprintf(why, CONSOLE_WHY_LEN,
			 "%.100s is not a terminal; use fd:N for files and pipes", spec->text);
		close(f->fd);
		free(f);
		return -ENOTTY;
	}
	c->priv = f;
	c->terminal = true;
	c->leave = CHAN_LEAVE_KEEP;
	snprintf(c->where, sizeof(c->where), "tty:%.90s", spec->text);
	return 0;
}

static int fd_start(struct chan *c, char why[CONSOLE_WHY_LEN])
{
	struct fd_chan *f = c->priv;
	int err;

	if (c->in && c->terminal) {
		err = terminal_raw(f->fd);
		if (err) {
			snprintf(why, CONSOLE_WHY_LEN, "%s: raw mode: %s", c->where,
				 strerror(-err));
			return err;
		}
	}
	chan_attached(c, c->in ? f->fd : -1, c->out ? f->fd : -1);
	return 0;
}

/* After poll said so nothing waits, unless another process was quicker. */
static bool ready(const struct fd_chan *f, short events)
{
	struct pollfd p = {.fd = f->fd, .events = events};

	return !f->careful || poll(&p, 1, 0) > 0;
}

static ssize_t fd_read(struct chan *c, void *buf, size_t n)
{
	struct fd_chan *f = c->priv;
	ssize_t got;

	if (!ready(f, POLLIN))
		return -EAGAIN;
	got = f->socket ? recv(f->fd, buf, n, MSG_DONTWAIT) : read(f->fd, buf, n);
	if (got > 0)
		return got;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	/* A terminal has no end: it has been hung up. */
	return c->terminal ? -EPIPE : 0;
}

static ssize_t fd_write(struct chan *c, const void *buf, size_t n)
{
	struct fd_chan *f = c->priv;
	ssize_t put;

	if (n == 0)
		return 0;
	if (f->careful && n > CAREFUL_BYTES)
		n = CAREFUL_BYTES;
	if (!ready(f, POLLOUT))
		return -EAGAIN;
	put = f->socket ? send(f->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) : write(f->fd, buf, n);
	if (put >= 0)
		return put;
	if (errno == EAGAIN || errno == EINTR)
		return -EAGAIN;
	c->write_error = errno;
	return -EPIPE;
}

static void fd_size(struct chan *c, uint16_t *rows, uint16_t *cols)
{
	struct fd_chan *f = c->priv;

	terminal_size(f->fd, rows, cols);
}

static void fd_close(struct chan *c)
{
	struct fd_chan *f = c->priv;

	terminal_forget(f->fd);
	if (f->own)
		close(f->fd);
	free(f);
}

const struct chan_ops chan_fd_ops = {
	.open = fd_open,
	.start = fd_start,
	.read = fd_read,
	.write = fd_write,
	.size = fd_size,
	.close = fd_close,
};

const struct chan_ops chan_tty_ops = {
	.open = tty_open,
	.start = fd_start,
	.read = fd_read,
	.write = fd_write,
	.size = fd_size,
	.close = fd_close,
};
