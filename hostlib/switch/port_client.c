// SPDX-License-Identifier: GPL-2.0
/*
 * Ports that are clients of another switch by its control socket: `daemon:` (an old uml_switch),
 * `vde:` and `trunk:` (another of ours).
 *
 * All speak version 3 of the old protocol (port_old_parse.c): a request on a stream socket
 * that stays open, answered by the name of the other's data socket; then a frame a datagram. Frames
 * of 64 KiB fit. When the stream ends, the other switch has gone: the port has no carrier then, and
 * joins again as soon as somebody answers. A trunk may be made before its other end is there.
 */
#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "port_old.h"
#include "port_private.h"

#define RETRY_MIN_NS 100000000ULL
#define RETRY_MAX_NS 2000000000ULL
#define NO_GROUP ((gid_t)-1)
#define ANSWER_NS 5000000000ULL /* the other switch's time to answer a request */

/* The request; what is sent of it ends behind the description (VDE) or is 124 bytes (others). */
struct request {
	uint32_t magic, version, type;
	struct sockaddr_un data;
	char description[OLD_DESCRIPTION_MAX];
} __attribute__((packed));

#define REQUEST_PLAIN 124

static_assert(offsetof(struct request, description) == 122, "the old protocol's layout");

enum client_state {
	CLIENT_WAITING,
	CLIENT_ASKED,
	CLIENT_JOINED
};

struct client {
	struct port *port;
	struct sw *sw;
	const struct port_ops *ops;
	bool vde; /* packed request with a description, data socket in a file */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	enum client_state state;
	struct loop_watch control, data;
	struct loop_timer timer; /* to try again, or for the answer */
	uint64_t retry_ns;
	struct sockaddr_un own; /* name of our data socket */
	uint8_t answer[sizeof(struct sockaddr_un)];
	size_t answered; /* bytes of answer */
	uint32_t vde_port;
	gid_t group; /* of our data socket's file; NO_GROUP: the usual */
	mode_t mode; /* 0: the usual */
	char description[OLD_DESCRIPTION_MAX];
	uint8_t buf[PACKET_MAX + 1]; /* what fills it is too long */
};

static void client_try(struct client *c);

/* Closes what leads to the other switch. */
static void client_part(struct client *c)
{
	loop_timer_del(&c->timer);
	loop_close(&c->control);
	loop_close(&c->data);
	if (c->own.sun_path[0])
		unlink(c->own.sun_path);
	memset(&c->own, 0, sizeof(c->own));
	c->answered = 0;
	c->state = CLIENT_WAITING;
}

static void on_retry(struct loop_timer *t)
{
	client_try(t->arg);
}

static void client_retry(struct client *c)
{
	bool was_joined = c->state == CLIENT_JOINED;

	client_part(c);
	if (was_joined)
		port_set_linked(c->port, false);
	loop_timer_set(sw_loop(c->sw), &c->timer, c->retry_ns, on_retry, c);
	c->retry_ns = c->retry_ns * 2 < RETRY_MAX_NS ? c->retry_ns * 2 : RETRY_MAX_NS;
}

static void on_data(struct loop_watch *w, short revents)
{
	struct client *c = w->arg;

	if (revents & POLLOUT) {
		loop_events(w, POLLIN);
		port_writable(c->port);
	}
	for (int i = 0; i < PORT_BURST && revents & ~POLLOUT; i++) {
		ssize_t n = recv(w->fd, c->buf, sizeof(c->buf), MSG_DONTWAIT);

		if (n < 0)
			break;
		port_input(c->port, c->buf, (size_t)n, NULL);
	}
	switch_flush(c->sw);
}

/* The other switch has named its data socket. */
static void client_joined(struct client *c)
{
	struct sockaddr_un peer;

	memcpy(&peer, c->answer, sizeof(peer));
	if (peer.sun_family != AF_UNIX ||
	    connect(c->data.fd, (struct sockaddr *)&peer, port_unix_len(&peer)) < 0) {
		log_warn("%s: its data socket does not answer", c->path);
		client_retry(c);
		return;
	}
	/* Whatever came before could be from anybody. */
	while (recv(c->data.fd, c->buf, 1, MSG_DONTWAIT) >= 0)
		;
	loop_timer_del(&c->timer);
	loop_events(&c->data, POLLIN);
	c->state = CLIENT_JOINED;
	c->retry_ns = RETRY_MIN_NS;
	port_set_linked(c->port, true);
}

static void on_control(struct loop_watch *w, short revents)
{
	struct client *c = w->arg;
	uint8_t more[64];
	bool whole = c->answered == sizeof(c->answer);
	ssize_t n = recv(w->fd, whole ? more : c->answer + c->answered,
			 whole ? sizeof(more) : sizeof(c->answer) - c->answered, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_retry(c);
		return;
	}
	if (whole)
		return; /* nothing is said here; what comes all the same is not for us */
	c->answered += (size_t)n;
	if (c->answered == sizeof(c->answer))
		client_joined(c);
}

static void on_no_answer(struct loop_timer *t)
{
	struct client *c = t->arg;

	log_warn("%s: whoever listens there does not answer", c->path);
	client_retry(c);
}

/* --- joining ---------------------------------------------------------------------------------- */

/* VDE switches look for a file: beside their control socket if we may make one there. */
static int bind_vde(struct client *c, int fd)
{
	const char *slash = strrchr(c->path, '/');
	const char *dirs[] = {NULL, getenv("XDG_RUNTIME_DIR"), "/tmp"};
	char dir[sizeof(c->path)], path[2 * sizeof(c->path)];
	static unsigned int number;
	int rc = -ENOENT;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - c->path) : 1,
		 slash ? c->path : ".");
	dirs[0] = dir;
	number++;
	for (size_t i = 0; rc && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (!dirs[i])
			continue;
		snprintf(path, sizeof(path), "%s/.uml_switch-%d-%u", dirs[i], (int)getpid(),
			 number);
		rc = port_unix_path(&c->own, path);
		if (!rc && bind(fd, (struct sockaddr *)&c->own, sizeof(c->own)) < 0)
			rc = -errno;
	}
	if (rc) {
		memset(&c->own, 0, sizeof(c->own));
		return rc;
	}
	if (c->group != NO_GROUP && chown(c->own.sun_path, (uid_t)-1, c->group) < 0)
		log_warn("%s: the group stays as it is: %s", c->own.sun_path, strerror(errno));
	if (c->mode && chmod(c->own.sun_path, c->mode) < 0)
		log_warn("%s: the mode stays as it is: %s", c->own.sun_path, strerror(errno));
	return 0;
}

static int open_data(struct client *c)
{
	int fd = port_unix_socket(SOCK_DGRAM);

	if (fd < 0)
		return fd;
	/* Not connected yet: anybody could send. Not listened to before it is. */
	loop_add(sw_loop(c->sw), &c->data, fd, 0, on_data, c);
	if (c->vde)
		return bind_vde(c, fd);
	port_unix_abstract(&c->own);
	return bind(fd, (struct sockaddr *)&c->own, sizeof(c->own)) < 0 ? -errno : 0;
}

static int open_control(struct client *c)
{
	struct sockaddr_un addr;
	int rc = port_unix_path(&addr, c->path), fd;

	if (rc)
		return rc;
	fd = port_unix_socket(SOCK_STREAM);
	if (fd < 0)
		return fd;
	loop_add(sw_loop(c->sw), &c->control, fd, POLLIN, on_control, c);
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
}

static int send_request(struct client *c)
{
	struct request r = {.magic = OLD_MAGIC, .version = 3};
	size_t len = REQUEST_PLAIN;

	r.data = c->own;
	if (c->vde) {
		r.type = c->vde_port << 8;
		snprintf(r.description, sizeof(r.description), "%s", c->description);
		len = offsetof(struct request, description) + strlen(r.description);
	}
	if (send(c->control.fd, &r, len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len)
		return -EPIPE;
	return 0;
}

/* Asks the other switch. 0, or -errno with nothing left open. */
static int client_ask(struct client *c)
{
	int rc = open_control(c);

	if (!rc)
		rc = open_data(c);
	if (!rc)
		rc = send_request(c);
	if (rc) {
		client_part(c);
		return rc;
	}
	c->state = CLIENT_ASKED;
	loop_timer_set(sw_loop(c->sw), &c->timer, ANSWER_NS, on_no_answer, c);
	return 0;
}

static void client_try(struct client *c)
{
	if (client_ask(c))
		client_retry(c);
}

/* --- the port --------------------------------------------------------------------------------- */

static int client_send(struct port *port, const struct packet *p)
{
	struct client *c = port->arg;
	int rc;

	if (c->state != CLIENT_JOINED)
		return -ENOTCONN;
	rc = port_datagram_send(c->data.fd, p);
	if (rc == -EAGAIN)
		loop_events(&c->data, POLLIN | POLLOUT);
	return rc;
}

static void client_describe(const struct port *port, char *out, size_t len)
{
	static const char *const states[] = {
		[CLIENT_WAITING] = "not there",
		[CLIENT_ASKED] = "asked",
		[CLIENT_JOINED] = "joined",
	};
	const struct client *c = port->arg;

	snprintf(out, len, "%s, %s", c->path, states[c->state]);
}

static void client_close(struct port *port)
{
	struct client *c = port->arg;

	client_part(c);
	free(c);
}

#define CLIENT_OPS(name)                                                          \
	{                                                                         \
		.kind = (name), .send = client_send, .describe = client_describe, \
		.close = client_close,                                            \
	}

static const struct port_ops daemon_ops = CLIENT_OPS("daemon");
static const struct port_ops trunk_ops = CLIENT_OPS("trunk");
static const struct port_ops vde_ops = CLIENT_OPS("vde");

static struct client *client_new(struct sw *sw, const struct port_ops *ops, const char *path,
				 size_t path_len, char *err, size_t err_len)
{
	struct client *c;

	if (!path_len || path_len >= sizeof(c->path)) {
		port_fail(err, err_len, -EINVAL,
			  "%s: the path of a control socket is expected, of 1 to %zu bytes",
			  ops->kind, sizeof(c->path) - 1);
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		port_fail(err, err_len, -ENOMEM, "%s: no memory", ops->kind);
		return NULL;
	}
	c->sw = sw;
	c->ops = ops;
	c->control.fd = c->data.fd = -1;
	c->group = NO_GROUP;
	c->retry_ns = RETRY_MIN_NS;
	memcpy(c->path, path, path_len);
	return c;
}

/* Makes the port; patient: also if the other switch is not there. Frees c when it fails. */
static int client_start(struct port **out, struct client *c, bool patient, const char *name,
			char *err, size_t err_len)
{
	int rc = client_ask(c);

	if (rc && !patient) {
		port_fail(err, err_len, rc, "%s: joining %s failed: %s%s", c->ops->kind, c->path,
			  strerror(-rc),
			  rc == -ENOENT || rc == -ECONNREFUSED ? "; start the switch first" : "");
		free(c);
		return rc;
	}
	rc = port_add_said(out, c->sw, c->ops, c, name, err, err_len);
	if (rc) {
		client_part(c);
		free(c);
		return rc;
	}
	c->port = *out;
	port_set_linked(c->port, false); /* until the answer is there */
	if (c->state == CLIENT_WAITING)
		client_retry(c);
	return 0;
}

static int plain_create(struct port **out, struct sw *sw, const struct port_ops *ops, bool patient,
			const char *args, const char *name, char *err, size_t err_len)
{
	struct client *c =
		client_new(sw, ops, args ? args : "", args ? strlen(args) : 0, err, err_len);

	return c ? client_start(out, c, patient, name, err, err_len) : -EINVAL;
}

int port_daemon_create(struct port **out, struct sw *sw, const char *args, const char *name,
		       char *err, size_t err_len)
{
	return plain_create(out, sw, &daemon_ops, false, args, name, err, err_len);
}

int port_trunk_create(struct port **out, struct sw *sw, const char *args, const char *name,
		      char *err, size_t err_len)
{
	return plain_create(out, sw, &trunk_ops, true, args, name, err, err_len);
}

static int set_port(void *ctx, const char *value, char *err, size_t err_len)
{
	uint64_t n;

	if (port_number(value, 1, 0xffffff, &n))
		return port_fail(err, err_len, -EINVAL, "vde: port=%s is no number of a port",
				 value);
	((struct client *)ctx)->vde_port = (uint32_t)n;
	return 0;
}

static int set_group(void *ctx, const char *value, char *err, size_t err_len)
{
	const struct group *group = getgrnam(value);

	if (!group)
		return port_fail(err, err_len, -EINVAL, "vde: there is no group '%s'", value);
	((struct client *)ctx)->group = group->gr_gid;
	return 0;
}

static int set_mode(void *ctx, const char *value, char *err, size_t err_len)
{
	char *end;
	unsigned long mode = strtoul(value, &end, 8);

	if (!*value || *end || mode > 0777)
		return port_fail(err, err_len, -EINVAL, "vde: mode=%s is no mode such as 0660",
				 value);
	((struct client *)ctx)->mode = (mode_t)mode;
	return 0;
}

static int set_description(void *ctx, const char *value, char *err, size_t err_len)
{
	struct client *c = ctx;

	snprintf(c->description, sizeof(c->description), "%s", value);
	return 0;
}

static const struct port_word vde_words[] = {
	{"port=", set_port},         {"group=", set_group}, {"mode=", set_mode},
	{"descr=", set_description}, {NULL, NULL},
};

/* A VDE switch is named by its folder, in which the control socket is `ctl`. */
static int vde_path(struct client *c, char *err, size_t err_len)
{
	struct stat st;
	size_t len = strlen(c->path);

	if (stat(c->path, &st) || !S_ISDIR(st.st_mode))
		return 0;
	if (len + sizeof("/ctl") > sizeof(c->path))
		return port_fail(err, err_len, -ENAMETOOLONG, "vde: the path is too long");
	memcpy(c->path + len, "/ctl", sizeof("/ctl"));
	return 0;
}

int port_vde_create(struct port **out, struct sw *sw, const char *args, const char *name, char *err,
		    size_t err_len)
{
	size_t len = args ? strcspn(args, ",") : 0;
	struct client *c = client_new(sw, &vde_ops, args ? args : "", len, err, err_len);
	int rc;

	if (!c)
		return -EINVAL;
	c->vde = true;
	snprintf(c->description, sizeof(c->description), "uml_switch pid=%d", (int)getpid());
	rc = vde_path(c, err, err_len);
	if (!rc)
		rc = port_words(args + len, "vde", vde_words, c, err, err_len);
	if (rc) {
		free(c);
		return rc;
	}
	return client_start(out, c, false, name, err, err_len);
}
