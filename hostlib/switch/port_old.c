// SPDX-License-Identifier: GPL-2.0
/*
 * Old clients; see port_old.h.
 *
 * Each client has a data socket of its own, connected to the client's, and is told its name. So the
 * host's kernel sees to it that nobody else's frames come by it, and that we are told when a client
 * that was slow takes frames again; names are never searched. Only clients of version 0, which are
 * told nothing, send to the one socket that all know; they are found by their names there.
 *
 * Names of clients are abstract as a rule and 108 bytes long, with whatever was in memory at their
 * end. All bytes count.
 *
 * A client chooses the name that we send to. Whoever may connect to the control socket may so have
 * frames sent, with our rights, to any datagram socket; do not run the switch as root for others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "port_old.h"
#include "port_private.h"

#define REQUEST_MAX 256 /* more than the longest, so that what is behind it is seen */
#define PATIENCE_NS 10000000000ULL /* for a request to become whole */
#define WAITING_MAX 64 /* clients whose request is not whole */
#define FILES_MAX 4096 /* data sockets of clients */

struct old_server {
	struct sw *sw;
	mode_t mode; /* of sockets: that of the control socket */
	struct loop_watch data; /* the socket that all know */
	struct sockaddr_un data_name;
	struct old_client *clients;
	unsigned int waiting;
	unsigned int number; /* of the last data socket */
	uint8_t buf[PACKET_MAX + 1]; /* what fills it is too long */
};

struct old_client {
	struct old_server *srv;
	struct old_client *prev, *next;
	struct port *port; /* NULL while the request is not whole */
	struct loop_watch control; /* its end is the client's */
	struct loop_timer patience;
	struct old_request req;
	struct sockaddr_un peer; /* the client's data socket */
	struct loop_watch data; /* ours, connected to peer */
	struct sockaddr_un name; /* of data */
	struct ucred cred;
	size_t len;
	uint8_t buf[REQUEST_MAX];
};

/* --- names ------------------------------------------------------------------------------------ */

/* Whether a file is a socket that nobody listens on any more. */
static bool is_stale(const struct sockaddr_un *name)
{
	struct stat st;
	int rc, fd;

	if (lstat(name->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return false;
	fd = port_unix_socket(SOCK_DGRAM);
	if (fd < 0)
		return false;
	rc = connect(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 ? errno : 0;
	close(fd);
	return rc == ECONNREFUSED;
}

/* With its mode from the first moment on. */
static int bind_file(const struct old_server *srv, int fd, const struct sockaddr_un *name)
{
	mode_t mask = umask(0777 & ~srv->mode);
	int rc = bind(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 ? -errno : 0;

	if (rc == -EADDRINUSE && is_stale(name) && !unlink(name->sun_path))
		rc = bind(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 ? -errno : 0;
	umask(mask);
	return rc;
}

static int bind_abstract(int fd, struct sockaddr_un *name)
{
	port_unix_abstract(name);
	return bind(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 ? -errno : 0;
}

/* A name for a client's data socket: a file beside the one that all know, or none. */
static int bind_numbered(struct old_server *srv, int fd, struct sockaddr_un *name)
{
	char path[sizeof(name->sun_path) + 16];
	int rc = -EADDRINUSE;

	if (!srv->data_name.sun_path[0])
		return bind_abstract(fd, name);
	for (unsigned int i = 0; rc == -EADDRINUSE && i < FILES_MAX; i++) {
		srv->number = srv->number % FILES_MAX + 1;
		snprintf(path, sizeof(path), "%.*s.%u", (int)sizeof(srv->data_name.sun_path),
			 srv->data_name.sun_path, srv->number);
		rc = port_unix_path(name, path);
		if (!rc)
			rc = bind_file(srv, fd, name);
	}
	return rc ? bind_abstract(fd, name) : 0;
}

static void unlink_name(const struct sockaddr_un *name)
{
	if (name->sun_path[0])
		unlink(name->sun_path);
}

/* --- clients ---------------------------------------------------------------------------------- */

static void client_unlink(struct old_client *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		c->srv->clients = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (!c->port)
		c->srv->waiting--;
}

static void client_free(struct old_client *c)
{
	client_unlink(c);
	loop_timer_del(&c->patience);
	loop_close(&c->control);
	loop_close(&c->data);
	unlink_name(&c->name);
	free(c);
}

static void client_drop(struct old_client *c, const char *why)
{
	log_debug("old client %s: %s", c->port ? c->port->name : "(new)", why);
	if (c->port)
		port_remove(c->port);
	else
		client_free(c);
}

static int old_send(struct port *port, const struct packet *p)
{
	struct old_client *c = port->arg;
	int rc = port_datagram_send(c->data.fd, p);

	if (rc == -EAGAIN)
		loop_events(&c->data, POLLIN | POLLOUT);
	return rc;
}

static void old_describe(const struct port *port, char *out, size_t len)
{
	const struct old_client *c = port->arg;

	snprintf(out, len, "protocol %u, pid %d, user %u%s%s", c->req.version, (int)c->cred.pid,
		 (unsigned int)c->cred.uid, c->req.description[0] ? ", " : "", c->req.description);
}

static void old_close(struct port *port)
{
	client_free(port->arg);
}

static const struct port_ops old_ops = {
	.kind = "old",
	.send = old_send,
	.describe = old_describe,
	.close = old_close,
};

static void on_data(struct loop_watch *w, short revents)
{
	struct old_client *c = w->arg;
	struct old_server *srv = c->srv;

	if (revents & POLLOUT) {
		loop_events(w, POLLIN);
		port_writable(c->port);
	}
	/* What is wrong with the socket is told once by recv(). */
	for (int i = 0; i < PORT_BURST && revents & ~POLLOUT; i++) {
		ssize_t n = recv(w->fd, srv->buf, sizeof(srv->buf), MSG_DONTWAIT);

		if (n < 0)
			break;
		port_input(c->port, srv->buf, (size_t)n, NULL);
	}
	switch_flush(srv->sw);
}

/* The client's data socket and ours, and that this is its name. */
static int client_connect(struct old_client *c)
{
	struct old_server *srv = c->srv;
	int rc, fd = port_unix_socket(SOCK_DGRAM);

	if (fd < 0)
		return fd;
	rc = bind_numbered(srv, fd, &c->name);
	if (rc) {
		close(fd);
		return rc;
	}
	loop_add(sw_loop(srv->sw), &c->data, fd, POLLIN, on_data, c);
	memcpy(&c->peer, c->req.data, sizeof(c->peer));
	if (connect(fd, (struct sockaddr *)&c->peer, port_unix_len(&c->peer)) < 0)
		return -errno;
	return 0;
}

static int client_answer(struct old_client *c)
{
	if (c->req.version == 0)
		return 0;
	if (send(c->control.fd, &c->name, sizeof(c->name), MSG_DONTWAIT | MSG_NOSIGNAL) !=
	    sizeof(c->name))
		return -EPIPE;
	return 0;
}

/* The request is whole: the client becomes a port. */
static void client_join(struct old_client *c)
{
	struct port *port;
	int rc = client_connect(c);

	if (!rc)
		rc = port_add(&port, c->srv->sw, &old_ops, c, NULL);
	if (rc) {
		log_warn("an old client (pid %d) cannot join: %s", (int)c->cred.pid, strerror(-rc));
		client_drop(c, "cannot join");
		return;
	}
	loop_timer_del(&c->patience);
	c->port = port;
	c->srv->waiting--;
	if (client_answer(c))
		client_drop(c, "gone before it was answered");
}

/* Called for the request, and again for its end or for what must not come. */
static void on_control(struct loop_watch *w, short revents)
{
	struct old_client *c = w->arg;
	ssize_t n = recv(w->fd, c->buf + c->len, sizeof(c->buf) - c->len, MSG_DONTWAIT);
	int used;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || c->port) {
		client_drop(c, n > 0 ? "more on the control socket than a request" : "gone");
		return;
	}
	c->len += (size_t)n;
	used = old_request_parse(&c->req, c->buf, c->len);
	if (used < 0 || (used > 0 && (size_t)used < c->len))
		client_drop(c, "no request of the protocol");
	else if (used > 0)
		client_join(c);
}

static void on_patience(struct loop_timer *t)
{
	client_drop(t->arg, "no whole request in time");
}

int old_server_accept(struct old_server *srv, int fd)
{
	struct old_client *c = srv->waiting < WAITING_MAX ? calloc(1, sizeof(*c)) : NULL;
	socklen_t len = sizeof(c->cred);

	if (!c) {
		close(fd);
		return srv->waiting < WAITING_MAX ? -ENOMEM : -EBUSY;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c->cred, &len) < 0)
		c->cred.pid = 0;
	c->srv = srv;
	c->data.fd = -1;
	c->next = srv->clients;
	if (c->next)
		c->next->prev = c;
	srv->clients = c;
	srv->waiting++;
	loop_add(sw_loop(srv->sw), &c->control, fd, POLLIN, on_control, c);
	loop_timer_set(sw_loop(srv->sw), &c->patience, PATIENCE_NS, on_patience, c);
	return 0;
}

/* --- the socket that all know ----------------------------------------------------------------- */

static struct old_client *client_find(struct old_server *srv, const struct sockaddr_un *from)
{
	socklen_t len = port_unix_len(from);

	for (struct old_client *c = srv->clients; c; c = c->next)
		if (c->port && port_unix_len(&c->peer) == len && !memcmp(&c->peer, from, len))
			return c;
	return NULL;
}

static void on_shared_data(struct loop_watch *w, short revents)
{
	struct old_server *srv = w->arg;

	for (int i = 0; i < PORT_BURST; i++) {
		struct sockaddr_un from = {0};
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(w->fd, srv->buf, sizeof(srv->buf), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &len);
		struct old_client *c;

		if (n < 0)
			break;
		c = client_find(srv, &from);
		if (c)
			port_input(c->port, srv->buf, (size_t)n, NULL);
	}
	switch_flush(srv->sw);
}

/* Makes the socket, as a file if that is possible. 0 or -errno. */
static int open_shared(struct old_server *srv, const char *path, const char *data_path)
{
	char name[sizeof(srv->data_name.sun_path) + 8];
	int rc, fd = port_unix_socket(SOCK_DGRAM);

	if (fd < 0)
		return fd;
	if (!data_path)
		snprintf(name, sizeof(name), "%.*s.data", (int)sizeof(srv->data_name.sun_path),
			 path);
	rc = port_unix_path(&srv->data_name, data_path ? data_path : name);
	if (!rc)
		rc = bind_file(srv, fd, &srv->data_name);
	if (rc && !data_path)
		rc = bind_abstract(fd, &srv->data_name);
	if (rc) {
		close(fd);
		return rc;
	}
	return loop_add(sw_loop(srv->sw), &srv->data, fd, POLLIN, on_shared_data, srv);
}

struct old_server *old_server_new(struct sw *sw, const char *path, const char *data_path)
{
	struct old_server *srv = calloc(1, sizeof(*srv));
	struct stat st;
	int rc;

	if (!srv)
		return NULL;
	srv->sw = sw;
	srv->mode = stat(path, &st) || !S_ISSOCK(st.st_mode) ? 0600 : st.st_mode & 0666;
	srv->data.fd = -1;
	rc = open_shared(srv, path, data_path);
	if (rc) {
		free(srv);
		errno = -rc;
		return NULL;
	}
	return srv;
}

void old_server_free(struct old_server *srv)
{
	if (!srv)
		return;
	while (srv->clients)
		client_drop(srv->clients, "the switch's end");
	loop_close(&srv->data);
	unlink_name(&srv->data_name);
	free(srv);
}
