// SPDX-License-Identifier: GPL-2.0
/*
 * pty and pts: a new pseudo-terminal of the host, whose name is announced. A user
 * joins it with screen, tmux, minicom, ... and leaves it again; the session stays.
 *
 * A master without a user on the slave's side polls as hung up, all the time, and the
 * kernel tells nobody when one comes: so it is looked at a few times a second while
 * nobody is there. Nothing is written meanwhile, because the slave starts with echo on
 * and would send the guest its own output; raw mode is set when a user comes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "chan.h"
#include "log.h"
#include "terminal.h"

#define LOOK_NS 200000000ULL

struct pty_chan {
	int master;
	struct loop_timer look;
};

static void set_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return;
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
}

/* A slave that was open once makes the master report that it is closed. */
static int mark_closed(const char *name)
{
	int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* A new pair, whose slave's name goes to c. 0 or -errno: there is none then. */
static int make_pair(struct chan *c, struct pty_chan *p)
{
	char name[64];
	int err;

	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (p->master < 0)
		return -errno;
	if (grantpt(p->master) < 0 || unlockpt(p->master) < 0 ||
	    ptsname_r(p->master, name, sizeof(name)))
		err = -errno;
	else
		err = mark_closed(name);
	if (err) {
		close(p->master);
		p->master = -1;
		return err;
	}
	snprintf(c->where, sizeof(c->where), "pts:%s", name);
	snprintf(c->announce, sizeof(c->announce), "%s", name);
	return 0;
}

static int pty_open(struct chan *c, const struct chan_spec *spec, char why[CONSOLE_WHY_LEN])
{
	struct pty_chan *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	err = make_pair(c, p);
	if (err) {
		snprintf(why, CONSOLE_WHY_LEN, "a new pseudo-terminal: %s (is /dev/pts mounted?)",
			 strerror(-err));
		free(p);
		return err;
	}
	c->priv = p;
	c->leave = CHAN_LEAVE_KEEP;
	return 0;
}

static bool nobody_there(const struct pty_chan *p)
{
	struct pollfd pfd = {.fd = p->master, .events = POLLIN};

	poll(&pfd, 1, 0);
	return pfd.revents & POLLHUP;
}

/* As a rule the kernel gives the same name again: its lowest number that is free. */
static int renew(struct chan *c)
{
	struct pty_chan *p = c->priv;
	char before[sizeof(c->announce)];
	int err;

	memcpy(before, c->announce, sizeof(before));
	err = make_pair(c, p);
	if (!err && strcmp(before, c->announce) != 0)
		log_info("%s is on %s now", c->line, c->announce);
	return err;
}

/*
 * Programs such as screen take the terminal for themselves (TIOCEXCL), and the kernel remembers it
 * as long as the master is open: nobody but root could join again. The next one gets a new pair.
 */
static void drop_exclusive(struct chan *c)
{
	struct pty_chan *p = c->priv;
	int fd = open(c->announce, O_RDWR | O_NOCTTY | O_CLOEXEC), err;

	if (fd >= 0) {
		ioctl(fd, TIOCNXCL);
		close(fd);
	} else if (errno == EBUSY && nobody_there(p)) {
		close(p->master);
		err = renew(c);
		if (err)
			log_warn("%s: no new pseudo-terminal after %s: %s; trying again", c->line,
				 c->announce, strerror(-err));
	}
}

static void pty_look(struct loop_timer *t)
{
	struct chan *c = t->arg;
	struct pty_chan *p = c->priv;

	if ((p->master < 0 && renew(c)) || nobody_there(p)) {
		loop_timer_set(c->env->loop, &p->look, LOOK_NS, pty_look, c);
		return;
	}
	set_raw(p->master);
	chan_attached(c, p->master, p->master);
}

static int pty_start(struct chan *c, char why[CONSOLE_WHY_LEN])
{
	struct pty_chan *p = c->priv;

	pty_look(&(struct loop_timer){.arg = c});
	return p ? 0 : -EINVAL;
}

static ssize_t pty_read(struct chan *c, void *buf, size_t n)
{
	struct pty_chan *p = c->priv;
	ssize_t got = read(p->master, buf, n);

	if (got > 0)
		return got;
	return got < 0 && (errno == EAGAIN || errno == EINTR) ? -EAGAIN : -EPIPE;
}

static ssize_t pty_write(struct chan *c, const void *buf, size_t n)
{
	struct pty_chan *p = c->priv;
	ssize_t put;

	if (n == 0)
		return 0;
	put = write(p->master, buf, n);
	if (put >= 0)
		return put;
	return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
}

static void pty_detach(struct chan *c)
{
	struct pty_chan *p = c->priv;

	chan_forget(c);
	drop_exclusive(c);
	loop_timer_set(c->env->loop, &p->look, LOOK_NS, pty_look, c);
}

static void pty_size(struct chan *c, uint16_t *rows, uint16_t *cols)
{
	struct pty_chan *p = c->priv;

	terminal_size(p->master, rows, cols);
}

static void pty_close(struct chan *c)
{
	struct pty_chan *p = c->priv;

	loop_timer_del(&p->look);
	if (p->master >= 0)
		close(p->master);
	free(p);
}

const struct chan_ops chan_pty_ops = {
	.open = pty_open,
	.start = pty_start,
	.read = pty_read,
	.write = pty_write,
	.detach = pty_detach,
	.size = pty_size,
	.close = pty_close,
};
