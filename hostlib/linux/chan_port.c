// SPDX-License-Identifier: GPL-2.0
/*
 * port:N: telnet on a TCP port, on the loopback address unless another is named.
 *
 * Lines that name the same address and port share it: a connection gets the first
 * line that is free, and is told and closed when none is. A connection can be left
 * and made again; the guest's session stays.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "accept.h"
#include "chan.h"
#include "telnet.h"

#define BACKLOG 8

/* A port that is listened on, shared by channels. */
struct chan_listener {
	struct chan_listener *next;
	struct chan_env *env;
	struct sockaddr_in addr; /* as asked for */
	struct loop_watch watch;
	int fd;
	struct port_chan *users; /* in the order of the command line */
};

struct port_chan {
	struct chan *chan;
	struct chan_listener *listener;
	struct port_chan *next; /* user of the same listener */
	struct telnet telnet;
	uint8_t out[8192]; /* encoded, to be sent */
	size_t out_start, out_len;
};

static int listen_on(struct chan_listener *l, char why[CONSOLE_WHY_LEN])
{
	const int on = 1;
	int err;

	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		goto fail;
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(l->fd, (struct sockaddr *)&l->addr, sizeof(l->addr)) < 0 ||
	    listen(l->fd, BACKLOG) < 0)
		goto fail;
	return 0;

fail:
	err = -errno;
	snprintf(why, CONSOLE_WHY_LEN, "listening on port %u: %s; choose another, or 0 for any",
		 ntohs(l->addr.sin_port), strerror(-err));
	if (l->fd >= 0)
		close(l->fd);
	return err;
}

/* The listener of an address, made if need be. */
static struct chan_listener *get_listener(struct chan_env *env, const struct sockaddr_in *addr,
					  char why[CONSOLE_WHY_LEN])
{
	struct chan_listener *l;
	int err;

	for (l = env->listeners; l && addr->sin_port; l = l->next)
		if (l->addr.sin_port == addr->sin_port &&
		    l->addr.sin_addr.s_addr == addr->sin_addr.s_addr)
			return l;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->env = env;
	l->addr = *addr;
	l->watch.fd = -1;
	err = listen_on(l, why);
	if (err) {
		free(l);
		errno = -err;
		return NULL;
	}
	l->next = env->listeners;
	env->listeners = l;
	return l;
}

static void drop_listener(struct chan_listener *l)
{
	struct chan_listener **p;

	if (l->users)
		return;
	for (p = &l->env->listeners; *p != l; p = &(*p)->next)
		;
	*p = l->next;
	loop_del(&l->watch);
	close(l->fd);
	free(l);
}

static int port_open(struct chan *c, const struct chan_spec *spec, char why[CONSOLE_WHY_LEN])
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(spec->port)};
	socklen_t len = sizeof(addr);
	struct port_chan *p = calloc(1, sizeof(*p)), **tail;

	if (!p)
		return -ENOMEM;
	inet_pton(AF_INET, spec->text, &addr.sin_addr);
	p->listener = get_listener(c->env, &addr, why);
	if (!p->listener) {
		int err = errno ? -errno : -ENOMEM;

		free(p);
		return err;
	}
	p->chan = c;
	for (tail = &p->listener->users; *tail; tail = &(*tail)->next)
		;
	*tail = p;
	getsockname(p->listener->fd, (struct sockaddr *)&addr, &len);
	c->priv = p;
	c->leave = CHAN_LEAVE_KEEP;
	snprintf(c->where, sizeof(c->where), "port:%.20s:%u", spec->text, ntohs(addr.sin_port));
	snprintf(c->announce, sizeof(c->announce), "port %u of %.20s (telnet)",
		 ntohs(addr.sin_port), spec->text);
	return 0;
}

static void take(struct port_chan *p, int fd)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	telnet_start(&p->telnet);
	p->out_start = p->out_len = 0;
	chan_attached(p->chan, fd, fd);
	p->chan->pending = true; /* the opening requests */
	p->chan->events->resized(p->chan->arg);
}

static void refuse(int fd)
{
	static const char text[] = "All lines of this port are in use.\r\n";

	/* A courtesy: whether it arrives does not matter. */
	(void)!send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void port_accept(struct loop_watch *w, short revents)
{
	struct chan_listener *l = w->arg;
	int fd = accept_caller(w, "a console's port", SOCK_NONBLOCK);
	struct port_chan *p;

	if (fd < 0)
		return;
	for (p = l->users; p; p = p->next)
		if (!p->chan->attached && p->chan->events)
			break;
	if (p)
		take(p, fd);
	else
		refuse(fd);
}

static int port_start(struct chan *c, char why[CONSOLE_WHY_LEN])
{
	struct port_chan *p = c->priv;
	struct chan_listener *l = p->listener;

	if (l->watch.fd >= 0)
		return 0;
	return loop_add(c->env->loop, &l->watch, l->fd, POLLIN, port_accept, l);
}

/* Sends what is encoded already. 0 when all is gone, -EAGAIN, -EPIPE. */
static int send_encoded(struct chan *c)
{
	struct port_chan *p = c->priv;
	ssize_t n;

	while (p->out_len) {
		n = send(c->wfd, p->out + p->out_start, p->out_len, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
		p->out_start += (size_t)n;
		p->out_len -= (size_t)n;
	}
	p->out_start = 0;
	return 0;
}

static void take_replies(struct port_chan *p)
{
	memcpy(p->out, p->telnet.reply, p->telnet.reply_len);
	p->out_len = p->telnet.reply_len;
	p->telnet.reply_len = 0;
}

static ssize_t port_write(struct chan *c, const void *buf, size_t n)
{
	struct port_chan *p = c->priv;
	size_t used = 0;
	int err = send_encoded(c);

	if (!err) {
		take_replies(p);
		p->out_len += telnet_output(&p->telnet, buf, n, p->out + p->out_len,
					    sizeof(p->out) - p->out_len, &used);
		err = send_encoded(c);
	}
	c->pending = p->out_len > 0 || p->telnet.reply_len > 0;
	if (err == -EPIPE)
		return err;
	return used || !n ? (ssize_t)used : -EAGAIN;
}

static ssize_t port_read(struct chan *c, void *buf, size_t n)
{
	struct port_chan *p = c->priv;
	uint8_t raw[1024];
	ssize_t got = recv(c->rfd, raw, n < sizeof(raw) ? n : sizeof(raw), MSG_DONTWAIT);
	size_t len;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
	if (got == 0)
		return -EPIPE;
	len = telnet_input(&p->telnet, raw, (size_t)got, buf);
	if (p->telnet.reply_len)
		c->pending = true;
	if (p->telnet.resized || c->pending) {
		p->telnet.resized = false;
		c->events->resized(c->arg);
	}
	return len ? (ssize_t)len : -EAGAIN;
}

static void port_size(struct chan *c, uint16_t *rows, uint16_t *cols)
{
	struct port_chan *p = c->priv;

	*rows = p->telnet.rows;
	*cols = p->telnet.cols;
}

static void port_detach(struct chan *c)
{
	if (c->rfd >= 0)
		close(c->rfd);
	chan_forget(c);
}

static void port_close(struct chan *c)
{
	struct port_chan *p = c->priv, **q;

	port_detach(c);
	for (q = &p->listener->users; *q != p; q = &(*q)->next)
		;
	*q = p->next;
	drop_listener(p->listener);
	free(p);
}

const struct chan_ops chan_port_ops = {
	.open = port_open,
	.start = port_start,
	.read = port_read,
	.write = port_write,
	.detach = port_detach,
	.size = port_size,
	.close = port_close,
};
