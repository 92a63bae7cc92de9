// SPDX-License-Identifier: GPL-2.0
/*
 * The channel to the guest kernel, loader's half; see control.h. Requests are few and
 * small, so they stand in a list. The loader never blocks here: a guest that does not
 * read its messages gets -EAGAIN, one that does not answer a timeout.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "control.h"
#include "disks.h"
#include "guest.h"
#include "log.h"
#include "net.h"

struct request {
	struct control *control;
	struct request *next;
	uint32_t id;
	control_fn fn;
	void *arg;
	struct loop_timer timer;
};

struct control {
	struct linux_ctx *ctx;
	struct loop_watch watch;
	struct request *requests;
	uint32_t next_id;
	bool running;
	char panic[NL_MSG_TEXT + 1];
};

static void forget(struct control *c, struct request *r)
{
	struct request **p;

	for (p = &c->requests; *p; p = &(*p)->next) {
		if (*p == r) {
			*p = r->next;
			break;
		}
	}
	loop_timer_del(&r->timer);
	free(r);
}

static void timed_out(struct loop_timer *t)
{
	struct request *r = t->arg;
	control_fn fn = r->fn;
	void *arg = r->arg;

	forget(r->control, r);
	fn(arg, NULL, -ETIMEDOUT);
}

static void on_result(struct control *c, const struct nl_msg *m)
{
	struct request *r;

	for (r = c->requests; r && r->id != m->id; r = r->next)
		;
	if (!r)
		return; /* too late, or made up */
	if (m->more) {
		r->fn(r->arg, m, 0);
	} else {
		control_fn fn = r->fn;
		void *arg = r->arg;

		forget(c, r);
		fn(arg, m, 0);
	}
}

static void on_event(struct control *c, const struct nl_msg *m)
{
	char text[NL_MSG_TEXT + 1];

	memcpy(text, m->text, m->len);
	text[m->len] = '\0';
	if (m->type == NL_MSG_RUNNING) {
		c->running = true;
		guest_tell_layers(c->ctx);
		disks_running(c->ctx);
	}
	if (m->type == NL_MSG_PANIC)
		memcpy(c->panic, text, sizeof(text));
	mconsole_notify(c->ctx, m->type, text);
}

/* What comes from the guest is not to be trusted: size, type and length are checked. */
static void ready(struct loop_watch *w, short revents)
{
	struct control *c = w->arg;
	struct nl_msg m;
	ssize_t n = recv(w->fd, &m, sizeof(m), MSG_DONTWAIT);

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			loop_del(w);
		return;
	}
	if (n != sizeof(m) || m.len > NL_MSG_TEXT)
		return;
	switch (m.type) {
	case NL_MSG_RESULT:
		on_result(c, &m);
		break;
	case NL_MSG_RUNNING:
	case NL_MSG_PANIC:
	case NL_MSG_NOTIFY:
		on_event(c, &m);
		break;
	case NL_MSG_NET_START:
	case NL_MSG_NET_STOP:
		net_message(c->ctx, &m);
		break;
	default:
		log_debug("the guest sent a message of unknown type %u", m.type);
	}
}

int control_start(struct linux_ctx *ctx)
{
	struct control *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->ctx = ctx;
	c->next_id = 1;
	err = loop_add(ctx->loop, &c->watch, guest_control_fd(ctx), POLLIN, ready, c);
	if (err) {
		free(c);
		return err;
	}
	ctx->control = c;
	disks_started(ctx);
	return 0;
}

void control_drain(struct linux_ctx *ctx)
{
	struct control *c = ctx->control;

	while (c && c->watch.fd >= 0) {
		struct pollfd p = {.fd = c->watch.fd, .events = POLLIN};

		if (poll(&p, 1, 0) <= 0)
			break;
		ready(&c->watch, p.revents);
	}
}

void control_stop(struct linux_ctx *ctx)
{
	struct control *c = ctx->control;

	if (!c)
		return;
	control_drain(ctx);
	loop_del(&c->watch);
	while (c->requests) {
		struct request *r = c->requests;
		control_fn fn = r->fn;
		void *arg = r->arg;

		forget(c, r);
		fn(arg, NULL, -ECONNRESET);
	}
	ctx->control = NULL;
	free(c);
}

static int send_message(int fd, const struct nl_msg *m, const int *fds, unsigned int nfds)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(NL_SLOT_FDS * sizeof(int))];
	} ancillary;
	struct iovec iov = {.iov_base = (void *)m, .iov_len = sizeof(*m)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (nfds > NL_SLOT_FDS)
		return -EINVAL;
	if (nfds) {
		memset(&ancillary, 0, sizeof(ancillary));
		msg.msg_control = ancillary.buf;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		ancillary.head.cmsg_level = SOL_SOCKET;
		ancillary.head.cmsg_type = SCM_RIGHTS;
		ancillary.head.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(&ancillary.head), fds, nfds * sizeof(int));
	}
	return sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int control_request(struct linux_ctx *ctx, struct nl_msg *m, const int *fds, unsigned int nfds,
		    uint64_t timeout_ns, control_fn fn, void *arg)
{
	struct control *c = ctx->control;
	struct request *r = NULL;
	int err;

	if (!c)
		return -ENOTCONN;
	m->id = c->next_id++;
	if (fn) {
		r = calloc(1, sizeof(*r));
		if (!r)
			return -ENOMEM;
	}
	err = send_message(c->watch.fd, m, fds, nfds);
	if (err || !r) {
		free(r);
		return err;
	}
	*r = (struct request){.control = c, .next = c->requests, .id = m->id, .fn = fn, .arg = arg};
	c->requests = r;
	loop_timer_set(ctx->loop, &r->timer, timeout_ns, timed_out, r);
	return 0;
}

bool control_running(const struct linux_ctx *ctx)
{
	return ctx->control && ctx->control->running;
}

const char *control_panic(const struct linux_ctx *ctx)
{
	return ctx->control ? ctx->control->panic : "";
}
