// SPDX-License-Identifier: GPL-2.0
/* Making and ending channels, and the one that is nothing; see chan.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "chan.h"

static const struct chan_ops *const backends[] = {
	[CHAN_NULL] = &chan_null_ops, [CHAN_FD] = &chan_fd_ops,     [CHAN_TTY] = &chan_tty_ops,
	[CHAN_PTY] = &chan_pty_ops,   [CHAN_PORT] = &chan_port_ops, [CHAN_XTERM] = &chan_xterm_ops,
};

struct chan *chan_new(struct chan_env *env, const char *line, const struct chan_spec *spec, bool in,
		      bool out, bool by_name, char why[CONSOLE_WHY_LEN])
{
	struct chan *c = calloc(1, sizeof(*c));
	int err;

	if (!c) {
		snprintf(why, CONSOLE_WHY_LEN, "out of memory");
		return NULL;
	}
	c->ops = backends[spec->kind];
	c->env = env;
	c->rfd = c->wfd = -1;
	c->in = in;
	c->out = out;
	c->by_name = by_name;
	snprintf(c->line, sizeof(c->line), "%s", line);
	err = c->ops->open(c, spec, why);
	if (err) {
		free(c);
		errno = -err;
		return NULL;
	}
	return c;
}

void chan_free(struct chan *c)
{
	if (!c)
		return;
	c->ops->close(c);
	free(c);
}

void chan_attached(struct chan *c, int rfd, int wfd)
{
	c->rfd = rfd;
	c->wfd = wfd;
	c->attached = true;
	c->pending = false;
	if (c->events)
		c->events->attached(c->arg);
}

void chan_forget(struct chan *c)
{
	c->rfd = c->wfd = -1;
	c->attached = false;
	c->pending = false;
}

/* --- null: says nothing, takes everything --- */

static int null_open(struct chan *c, const struct chan_spec *spec, char why[CONSOLE_WHY_LEN])
{
	snprintf(c->where, sizeof(c->where), "null");
	return 0;
}

static ssize_t null_read(struct chan *c, void *buf, size_t n)
{
	return -EAGAIN;
}

/* Never called: a line without a peer drops old output by itself. */
static ssize_t null_write(struct chan *c, const void *buf, size_t n)
{
	return (ssize_t)n;
}

static void null_close(struct chan *c)
{
}

const struct chan_ops chan_null_ops = {
	.open = null_open,
	.read = null_read,
	.write = null_write,
	.close = null_close,
};
