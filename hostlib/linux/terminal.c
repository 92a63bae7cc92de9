// SPDX-License-Identifier: GPL-2.0
/*
 * Terminals of the host; see terminal.h.
 *
 * The table is static because a signal handler has to reach it. The guard is a fork
 * that holds the terminals and the read end of a pipe whose write end only the
 * loader has: end of file means that the loader is gone. It changes a terminal only
 * if it is still exactly as raw as we left it, so that it cannot spoil what a shell
 * has set meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>
#include "fds.h"
#include "terminal.h"

#define TERMINALS 16

static struct terminal {
	volatile sig_atomic_t used;
	int fd;
	struct termios saved, raw;
} terminals[TERMINALS];

/* Sets without being stopped as a background process. Async-signal-safe. */
static void set_quietly(int fd, const struct termios *mode)
{
	sigset_t block, old;

	sigemptyset(&block);
	sigaddset(&block, SIGTTOU);
	sigprocmask(SIG_BLOCK, &block, &old);
	tcsetattr(fd, TCSANOW, mode);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static struct terminal *find(int fd)
{
	int i;

	for (i = 0; i < TERMINALS; i++)
		if (terminals[i].used && terminals[i].fd == fd)
			return &terminals[i];
	return NULL;
}

/* Two descriptors of one terminal must not save each other's raw mode. */
static bool is_raw_already(int fd)
{
	char mine[64], theirs[64];
	int i;

	if (ttyname_r(fd, mine, sizeof(mine)))
		return false;
	for (i = 0; i < TERMINALS; i++) {
		if (!terminals[i].used || ttyname_r(terminals[i].fd, theirs, sizeof(theirs)))
			continue;
		if (!__builtin_strcmp(mine, theirs))
			return true;
	}
	return false;
}

int terminal_raw(int fd)
{
	struct terminal *t;

	if (find(fd) || is_raw_already(fd))
		return 0;
	for (t = terminals; t < terminals + TERMINALS; t++)
		if (!t->used)
			break;
	if (t == terminals + TERMINALS)
		return -ENOSPC;
	if (tcgetattr(fd, &t->saved) < 0)
		return -errno;
	t->fd = fd;
	t->raw = t->saved;
	cfmakeraw(&t->raw);
	t->raw.c_cc[VMIN] = 1;
	t->raw.c_cc[VTIME] = 0;
	t->used = 1;
	if (tcsetattr(fd, TCSADRAIN, &t->raw) < 0) {
		t->used = 0;
		return -errno;
	}
	tcgetattr(fd, &t->raw); /* what the terminal made of it */
	return 0;
}

void terminal_again(void)
{
	int i;

	for (i = 0; i < TERMINALS; i++)
		if (terminals[i].used)
			tcsetattr(terminals[i].fd, TCSADRAIN, &terminals[i].raw);
}

void terminal_restore(void)
{
	int i, err = errno;

	for (i = 0; i < TERMINALS; i++) {
		if (!terminals[i].used)
			continue;
		terminals[i].used = 0;
		set_quietly(terminals[i].fd, &terminals[i].saved);
	}
	errno = err;
}

void terminal_forget(int fd)
{
	struct terminal *t = find(fd);

	if (!t)
		return;
	t->used = 0;
	set_quietly(fd, &t->saved);
}

static bool same_mode(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag;
}

/* Keeps the terminals and the pipe, nothing else of the loader. */
static int guard_keep_only(int pipe_fd)
{
	int i, fd, top = 3;

	for (i = 0; i < TERMINALS; i++) {
		if (!terminals[i].used)
			continue;
		fd = fcntl(terminals[i].fd, F_DUPFD, 256);
		if (fd < 0)
			return -1;
		terminals[i].fd = fd;
		top = fd > top ? fd : top;
	}
	pipe_fd = fcntl(pipe_fd, F_DUPFD, top + 1);
	if (pipe_fd < 0)
		return -1;
	fds_close(0, 255);
	fds_close(pipe_fd + 1, INT_MAX);
	return pipe_fd;
}

static void guard_main(int pipe_fd)
{
	struct termios now;
	sigset_t all;
	char byte;
	int i;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "linux-terminal");
	pipe_fd = guard_keep_only(pipe_fd);
	if (pipe_fd < 0)
		_exit(1);
	while (read(pipe_fd, &byte, 1) < 0 && errno == EINTR)
		;
	for (i = 0; i < TERMINALS; i++)
		if (terminals[i].used && tcgetattr(terminals[i].fd, &now) == 0 &&
		    same_mode(&now, &terminals[i].raw))
			tcsetattr(terminals[i].fd, TCSANOW, &terminals[i].saved);
	_exit(0);
}

int terminal_guard(void)
{
	static int guard_fd = -1;
	bool any = false;
	int i, pair[2];
	pid_t pid;

	for (i = 0; i < TERMINALS; i++)
		any = any || terminals[i].used;
	if (!any || guard_fd >= 0)
		return 0;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(pair[0]);
		close(pair[1]);
		return err;
	}
	if (pid == 0) {
		close(pair[1]);
		guard_main(pair[0]);
	}
	close(pair[0]);
	guard_fd = pair[1]; /* closed by our end, whichever it is */
	return 0;
}

void terminal_size(int fd, uint16_t *rows, uint16_t *cols)
{
	struct winsize ws = {0};

	if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &ws) < 0)
		ws = (struct winsize){0};
	*rows = ws.ws_row;
	*cols = ws.ws_col;
}
