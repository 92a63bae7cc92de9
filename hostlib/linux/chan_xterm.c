// SPDX-License-Identifier: GPL-2.0
/*
 * xterm: a terminal window, by any emulator that can run a program inside (xterm=).
 *
 * The program inside is ourselves as --console-helper: it connects to a socket in the
 * guest's private directory and passes its terminal. So any emulator will do, also one
 * that hands the window to a server process. A line that the operator named gets its
 * window at start; others when the guest first writes to them. A closed window hangs
 * the line up; the next output opens a new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>
#include "accept.h"
#include "chan.h"
#include "console_helper.h"
#include "log.h"
#include "terminal.h"

#define OPEN_NS 20000000000ULL /* a window that is not there by then will not come */

struct xterm_chan {
	struct sockaddr_un addr;
	int listen_fd;
	struct loop_watch listen, helper;
	struct loop_timer late;
	bool opening;
	int tty; /* the window's terminal, -1 while there is none */
};

/* Whether a program is on the path (or is a path). */
static bool have_program(const char *name)
{
	const char *path = getenv("PATH"), *end;
	char full[4096];

	if (strchr(name, '/'))
		return access(name, X_OK) == 0;
	for (path = path ? path : "/bin:/usr/bin"; *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		snprintf(full, sizeof(full), "%.*s/%s", (int)(end - path), path, name);
		if (access(full, X_OK) == 0)
			return true;
	}
	return false;
}

static int check(const struct chan_env *env, char why[CONSOLE_WHY_LEN])
{
	const char *display = getenv("DISPLAY"), *name = strrchr(env->emulator, '/');

	if (!have_program(env->emulator)) {
		snprintf(why, CONSOLE_WHY_LEN,
			 "the terminal emulator '%.60s' is not installed; install it or name "
			 "another with xterm=",
			 env->emulator);
		return -ENOENT;
	}
	/* What other emulators need we cannot know. */
	if ((!display || !*display) && strcmp(name ? name + 1 : env->emulator, "xterm") == 0) {
		snprintf(why, CONSOLE_WHY_LEN,
			 "DISPLAY is not set, so no window can open; set it, or use pts or port:N");
		return -ENXIO;
	}
	return 0;
}

static int listen_at(struct xterm_chan *x)
{
	x->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (x->listen_fd < 0)
		return -errno;
	unlink(x->addr.sun_path);
	if (bind(x->listen_fd, (struct sockaddr *)&x->addr, sizeof(x->addr)) < 0 ||
	    listen(x->listen_fd, 4) < 0) {
		int err = -errno;

		close(x->listen_fd);
		return err;
	}
	return 0;
}

static int xterm_open(struct chan *c, const struct chan_spec *spec, char why[CONSOLE_WHY_LEN])
{
	struct xterm_chan *x;
	int err = check(c->env, why), len;

	if (err)
		return err;
	x = calloc(1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	x->tty = x->listen.fd = x->helper.fd = -1;
	x->addr.sun_family = AF_UNIX;
	len = snprintf(x->addr.sun_path, sizeof(x->addr.sun_path), "%s/%s", c->env->run_dir,
		       c->line);
	err = len >= (int)sizeof(x->addr.sun_path) ? -ENAMETOOLONG : listen_at(x);
	if (err) {
		snprintf(why, CONSOLE_WHY_LEN, "a socket in %.100s: %s", c->env->run_dir,
			 strerror(-err));
		free(x);
		return err;
	}
	c->priv = x;
	c->leave = CHAN_LEAVE_HANGUP;
	snprintf(c->where, sizeof(c->where), "xterm");
	return 0;
}

/* In the child: becomes the emulator. */
static void become_emulator(const struct chan *c, const char *self)
{
	const struct chan_env *env = c->env;
	struct xterm_chan *x = c->priv;
	char title[80];
	char *argv[] = {(char *)env->emulator,
			(char *)env->title_switch,
			title,
			(char *)env->exec_switch,
			(char *)self,
			"--console-helper",
			x->addr.sun_path,
			NULL};
	sigset_t none;
	int null;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!getenv("NESTLING_XTERM_DEBUG"))
		dup2(null, STDERR_FILENO);
	snprintf(title, sizeof(title), "%s (%s)", c->line, env->umid);
	execvp(env->emulator, argv);
	_exit(127);
}

static void too_late(struct loop_timer *t)
{
	struct chan *c = t->arg;
	struct xterm_chan *x = c->priv;

	x->opening = false;
	log_err("%s: no window appeared; does '%s' run on DISPLAY '%s'?", c->line, c->env->emulator,
		getenv("DISPLAY") ?: "");
}

static void xterm_demand(struct chan *c)
{
	struct xterm_chan *x = c->priv;
	char self[4096];
	ssize_t n;
	pid_t pid;

	if (x->opening || x->tty >= 0 || x->listen.fd < 0)
		return;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return;
	self[n] = 0;
	pid = fork();
	if (pid == 0)
		become_emulator(c, self);
	if (pid < 0) {
		log_err("%s: starting '%s': %s", c->line, c->env->emulator, strerror(errno));
		return;
	}
	x->opening = true;
	loop_timer_set(c->env->loop, &x->late, OPEN_NS, too_late, c);
}

static void drop_window(struct xterm_chan *x)
{
	int fd = x->helper.fd;

	loop_del(&x->helper);
	if (fd >= 0)
		close(fd);
	if (x->tty >= 0)
		close(x->tty);
	x->tty = -1;
}

static void helper_ready(struct loop_watch *w, short revents)
{
	struct chan *c = w->arg;
	char byte;
	ssize_t n = recv(w->fd, &byte, 1, MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		c->events->left(c->arg);
	else if (n == 1 && byte == CONSOLE_HELPER_RESIZED)
		c->events->resized(c->arg);
}

/* The helper's first byte carries its terminal. The descriptor or -errno. */
static int receive_terminal(int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		/* The padding behind it would be room for a second one, which nobody would close. */
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	struct timeval limit = {.tv_sec = 2};
	struct cmsghdr *h;
	int tty = -1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (recvmsg(fd, &m, MSG_CMSG_CLOEXEC) != 1)
		return -EPROTO;
	h = CMSG_FIRSTHDR(&m);
	if (!h || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPROTO;
	memcpy(&tty, CMSG_DATA(h), sizeof(int));
	if (byte == CONSOLE_HELPER_HELLO && isatty(tty))
		return tty;
	close(tty);
	return byte == CONSOLE_HELPER_HELLO ? -ENOTTY : -EPROTO;
}

/* Nobody else uses this terminal, so its flags are ours. */
static void make_raw(int tty)
{
	struct termios t;

	if (tcgetattr(tty, &t) == 0) {
		cfmakeraw(&t);
		tcsetattr(tty, TCSANOW, &t);
	}
	fcntl(tty, F_SETFL, O_RDWR | O_NONBLOCK);
}

static void helper_arrives(struct loop_watch *w, short revents)
{
	struct chan *c = w->arg;
	struct xterm_chan *x = c->priv;
	int tty, fd = accept_caller(w, "an xterm's socket", 0);

	if (fd < 0)
		return;
	tty = x->tty < 0 ? receive_terminal(fd) : -EBUSY;
	if (tty < 0 || loop_add(c->env->loop, &x->helper, fd, POLLIN, helper_ready, c)) {
		close(fd);
		return;
	}
	loop_timer_del(&x->late);
	x->opening = false;
	x->tty = tty;
	make_raw(tty);
	chan_attached(c, tty, tty);
}

static int xterm_start(struct chan *c, char why[CONSOLE_WHY_LEN])
{
	struct xterm_chan *x = c->priv;
	int err = loop_add(c->env->loop, &x->listen, x->listen_fd, POLLIN, helper_arrives, c);

	if (!err && c->by_name)
		xterm_demand(c);
	return err;
}

static ssize_t xterm_read(struct chan *c, void *buf, size_t n)
{
	ssize_t got = read(c->rfd, buf, n);

	if (got > 0)
		return got;
	return got < 0 && (errno == EAGAIN || errno == EINTR) ? -EAGAIN : -EPIPE;
}

static ssize_t xterm_write(struct chan *c, const void *buf, size_t n)
{
	ssize_t put;

	if (n == 0)
		return 0;
	put = write(c->wfd, buf, n);
	if (put >= 0)
		return put;
	return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
}

static void xterm_detach(struct chan *c)
{
	drop_window(c->priv);
	chan_forget(c);
}

static void xterm_size(struct chan *c, uint16_t *rows, uint16_t *cols)
{
	struct xterm_chan *x = c->priv;

	terminal_size(x->tty, rows, cols);
}

static void xterm_close(struct chan *c)
{
	struct xterm_chan *x = c->priv;

	loop_timer_del(&x->late);
	xterm_detach(c);
	loop_del(&x->listen);
	close(x->listen_fd);
	unlink(x->addr.sun_path);
	free(x);
}

const struct chan_ops chan_xterm_ops = {
	.open = xterm_open,
	.start = xterm_start,
	.read = xterm_read,
	.write = xterm_write,
	.demand = xterm_demand,
	.detach = xterm_detach,
	.size = xterm_size,
	.close = xterm_close,
};
