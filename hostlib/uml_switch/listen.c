// SPDX-License-Identifier: GPL-2.0
/*
 * The sockets of the switch: one for clients, one for those who command it.
 *
 * Clients of all protocols come to the same socket and are told apart by their first four bytes:
 * vhost-user front-ends begin with the number of a request (1 to 1001), old clients with their
 * magic number or, in version 0, with zero.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "accept.h"
#include "log.h"
#include "port_guest.h"
#include "uml_switch.h"
#include "vhost_proto.h"

#define HELLO_NS 5000000000ULL /* a client that says nothing for so long goes */
#define BACKLOG 128

/* A client that has not yet said what it is. */
struct caller {
	struct ctx *ctx;
	struct loop_watch watch;
	struct loop_timer patience;
};

static int address(const char *path, struct sockaddr_un *sun)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(sun->sun_path)) {
		log_err("'%s' is too long for a socket's name: at most %zu bytes", path,
			sizeof(sun->sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(sun->sun_path, path);
	return 0;
}

/* Takes away a socket that nobody serves any more. */
static int make_way(const char *path, const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, err;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		log_err("'%s' is there and is no socket; give another name with -unix", path);
		return -EEXIST;
	}
	/* A switch that hangs must not hold us up. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) < 0 ? errno : 0;
	close(fd);
	if (!err || err == EAGAIN) {
		log_err("a switch serves '%s' already; give another name with -unix", path);
		return -EADDRINUSE;
	}
	if (err != ECONNREFUSED) {
		log_err("'%s' is no socket of a switch: %s; give another name with -unix", path,
			strerror(err));
		return -err;
	}
	if (unlink(path) < 0) {
		err = errno;
		log_err("removing the left-over socket '%s' failed: %s", path, strerror(err));
		return -err;
	}
	return 0;
}

static int socket_at(const char *path, mode_t mode)
{
	struct sockaddr_un sun;
	mode_t old;
	int fd, err;

	err = address(path, &sun);
	if (!err)
		err = make_way(path, &sun);
	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	old = umask(0777 & ~mode);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		err = -errno;
		log_err("listening at '%s' failed: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = err;
	}
	umask(old);
	return fd;
}

static void caller_end(struct caller *c)
{
	loop_del(&c->watch);
	loop_timer_del(&c->patience);
	free(c);
}

static void no_patience(struct loop_timer *t)
{
	struct caller *c = t->arg;
	int fd = c->watch.fd;

	caller_end(c);
	close(fd);
}

static void new_port(struct ctx *ctx, int err)
{
	if (err)
		log_warn("a client was not let in: %s", strerror(-err));
}

static void first_words(struct loop_watch *w, short revents)
{
	struct caller *c = w->arg;
	struct ctx *ctx = c->ctx;
	uint32_t word = 0;
	int fd = w->fd;
	ssize_t n = recv(fd, &word, sizeof(word), MSG_PEEK | MSG_DONTWAIT);

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && n < (ssize_t)sizeof(word))
		return; /* its patience bounds this */
	caller_end(c);
	if (n == (ssize_t)sizeof(word) && (word == OLD_MAGIC || !word) && ctx->old)
		new_port(ctx, old_server_accept(ctx->old, fd));
	else if (n == (ssize_t)sizeof(word) && word <= VHOST_SET_NAME)
		new_port(ctx, port_guest_add(ctx->sw, fd, NULL));
	else
		close(fd);
}

static void client_came(struct loop_watch *w, short revents)
{
	struct ctx *ctx = w->arg;
	struct caller *c;
	int fd = accept_caller(w, "the switch's socket", SOCK_NONBLOCK);

	(void)revents;
	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return;
	}
	c->ctx = ctx;
	loop_add(ctx->loop, &c->watch, fd, POLLIN, first_words, c);
	loop_timer_set(ctx->loop, &c->patience, HELLO_NS, no_patience, c);
}

static void commander_came(struct loop_watch *w, short revents)
{
	int fd = accept_caller(w, "the control socket", SOCK_NONBLOCK);

	(void)revents;
	if (fd >= 0)
		ctl_accept(w->arg, fd);
}

static const char *ctl_path(struct options *o)
{
	static char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];

	if (!o->ctl) {
		snprintf(path, sizeof(path), "%s%s", o->socket, CTL_SUFFIX);
		o->ctl = path;
	}
	return o->ctl;
}

int listen_open(struct ctx *ctx)
{
	struct options *o = &ctx->opt;
	int fd = socket_at(o->socket, o->mode);

	if (fd < 0)
		return fd;
	loop_add(ctx->loop, &ctx->listening, fd, POLLIN, client_came, ctx);
	ctx->old = old_server_new(ctx->sw, o->socket, o->data);
	if (!ctx->old) {
		int err = errno;

		log_err("the data socket for old clients failed: %s", strerror(err));
		return -err;
	}
	fd = socket_at(ctl_path(o), 0600);
	if (fd < 0)
		return fd;
	loop_add(ctx->loop, &ctx->ctl_listening, fd, POLLIN, commander_came, ctx);
	log_info("listening at %s, commands at %s", o->socket, o->ctl);
	return 0;
}

static void close_at(struct loop_watch *w, const char *path)
{
	int fd = w->fd;

	if (!w->loop || fd < 0)
		return;
	loop_del(w);
	close(fd);
	unlink(path);
}

void listen_close(struct ctx *ctx)
{
	close_at(&ctx->listening, ctx->opt.socket);
	close_at(&ctx->ctl_listening, ctx->opt.ctl);
	if (ctx->old)
		old_server_free(ctx->old);
}
