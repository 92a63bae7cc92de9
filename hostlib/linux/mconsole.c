// SPDX-License-Identifier: GPL-2.0
/*
 * Management console: socket and notifications; see mconsole.h, mconsole_proto.h.
 *
 * Whoever can reach the socket commands the guest, so it lies in a directory of the
 * operator's, has mode 0600, and every datagram must come with the credentials of the
 * operator or of root. Nothing here waits for a client. A turn of the loop takes
 * TURN_MAX datagrams at most; what floods in beyond that waits in the socket, which the
 * kernel bounds.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "mconsole.h"
#include "mconsole_private.h"
#include "mconsole_proto.h"

#define TURN_MAX 32
#define TIMEOUT_NS 10000000000ULL /* for the guest to answer */

/* A datagram and who sent it. */
struct datagram {
	uint8_t data[MCONSOLE_REQUEST_MAX + 1]; /* a byte more, to tell what is too long */
	size_t len;
	struct sockaddr_un from;
	socklen_t from_len;
};

/*
 * Only the operator and root are heard. The room for control data holds the credentials
 * and nothing else: descriptors that a client sends along are closed by the kernel.
 */
static bool is_trusted(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct ucred cred;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
	    c->cmsg_len < CMSG_LEN(sizeof(cred)))
		return false;
	memcpy(&cred, CMSG_DATA(c), sizeof(cred));
	return cred.uid == 0 || cred.uid == geteuid();
}

/* 1: a datagram to look at; 0: one to be ignored; -1: none left. */
static int receive(int fd, struct datagram *d)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = {.iov_base = d->data, .iov_len = sizeof(d->data)};
	struct msghdr msg = {
		.msg_name = &d->from,
		.msg_namelen = sizeof(d->from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return -1;
	d->len = (size_t)n;
	d->from_len = msg.msg_namelen;
	/* Without a name there is nobody to answer. */
	return d->from_len > offsetof(struct sockaddr_un, sun_path) && is_trusted(&msg);
}

static void refuse(struct mconsole *m, const struct datagram *d, int err)
{
	struct answer *a = answer_new(&m->answers, &d->from, d->from_len);

	if (!a)
		return;
	if (err == -EPROTONOSUPPORT)
		answer_end(a, err, "version %u of the protocol is spoken here", MCONSOLE_VERSION);
	else if (err == -EMSGSIZE)
		answer_end(a, err, "a command has at most %d bytes", MCONSOLE_TEXT);
	else
		answer_end(a, err, "no command; 'help' lists them");
}

static void serve(struct mconsole *m, const struct datagram *d)
{
	struct mconsole_request r;
	struct answer *a;
	int err = mconsole_request_parse(d->data, d->len, &r);

	if (err == -EBADMSG)
		return;
	if (err) {
		refuse(m, d, err);
		return;
	}
	a = answer_new(&m->answers, &d->from, d->from_len);
	if (a)
		mconsole_command(m->ctx, a, r.text);
}

static void ready(struct loop_watch *w, short revents)
{
	struct datagram d = {.len = 0};

	for (int i = 0; i < TURN_MAX; i++) {
		int r = receive(w->fd, &d);

		if (r < 0)
			break;
		if (r > 0)
			serve(w->arg, &d);
	}
}

/* Sends to the socket of mconsole=notify:. 0 or -errno. */
static int notify(struct mconsole *m, enum mconsole_notify_type type, const char *text)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	uint8_t buf[MCONSOLE_NOTIFY_MAX];
	const char *path = m->ctx->opt.mconsole_notify;
	size_t n;

	if (!path)
		return 0;
	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	n = mconsole_notify_build(buf, type, text);
	return sendto(m->watch.fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to,
		      sizeof(to)) < 0
		       ? -errno
		       : 0;
}

static int open_socket(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, err, on = 1;
	mode_t mask;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path); /* left by one that was killed; the directory is ours (umid.c) */
	mask = umask(0177);
	err = setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
			      bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0
		      ? -errno
		      : 0;
	umask(mask);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/*
 * Another socket under the same name. Requests in the old one are served; a client that
 * has connected to that one hears no answer any more, so this is the last resort.
 */
static void renew(void *arg)
{
	struct mconsole *m = arg;
	char path[sizeof(m->path) + 4];
	struct datagram d = {.len = 0};
	int old = m->watch.fd, fd, r;

	snprintf(path, sizeof(path), "%s.n", m->path);
	fd = open_socket(path);
	if (fd < 0)
		return;
	if (rename(path, m->path) < 0) {
		unlink(path);
		close(fd);
		return;
	}
	loop_del(&m->watch);
	if (loop_add(m->ctx->loop, &m->watch, fd, POLLIN, ready, m) < 0)
		log_warn("the management console is lost for want of memory");
	m->answers.fd = fd;
	while ((r = receive(old, &d)) >= 0)
		if (r)
			serve(m, &d);
	close(old);
}

static int announce(struct mconsole *m)
{
	int err = notify(m, MCONSOLE_NOTIFY_SOCKET, m->path);

	if (!err)
		return 0;
	log_err("telling the socket '%s' (mconsole=notify:) of this guest failed: %s; start "
		"the program that listens there first",
		m->ctx->opt.mconsole_notify, strerror(-err));
	return err == -EACCES || err == -EPERM ? STATUS_NOPERM : STATUS_NOINPUT;
}

int mconsole_open(struct linux_ctx *ctx)
{
	struct mconsole *m = calloc(1, sizeof(*m));
	int fd, err;

	if (!m) {
		log_err("no memory for the management console");
		return STATUS_OSERR;
	}
	m->ctx = ctx;
	m->timeout_ns = TIMEOUT_NS;
	snprintf(m->path, sizeof(m->path), "%s/mconsole", ctx->run_dir);
	fd = open_socket(m->path);
	err = fd < 0 ? fd : loop_add(ctx->loop, &m->watch, fd, POLLIN, ready, m);
	if (err) {
		log_err("making the socket '%s' failed: %s; name another directory with "
			"uml_dir=",
			m->path, strerror(-err));
		if (fd >= 0)
			close(fd);
		free(m);
		return STATUS_CANTCREATE;
	}
	m->answers.loop = ctx->loop;
	m->answers.fd = fd;
	m->answers.renew = renew;
	m->answers.owner = m;
	ctx->mconsole = m;
	return announce(m);
}

void mconsole_close(struct linux_ctx *ctx)
{
	struct mconsole *m = ctx->mconsole;

	if (!m)
		return;
	answer_close_all(&m->answers);
	loop_del(&m->watch);
	close(m->answers.fd);
	unlink(m->path);
	ctx->mconsole = NULL;
	free(m);
}

void mconsole_notify(struct linux_ctx *ctx, enum nl_msg_type event, const char *text)
{
	struct mconsole *m = ctx->mconsole;
	int err = 0;

	if (!m)
		return;
	if (event == NL_MSG_RUNNING)
		m->stopped = false; /* a new guest */
	else if (event == NL_MSG_PANIC)
		err = notify(m, MCONSOLE_NOTIFY_PANIC, text);
	else if (event == NL_MSG_NOTIFY)
		err = notify(m, MCONSOLE_NOTIFY_USER, text);
	if (err)
		log_debug("mconsole=notify: %s", strerror(-err));
}
