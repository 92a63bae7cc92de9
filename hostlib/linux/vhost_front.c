// SPDX-License-Identifier: GPL-2.0
/* vhost-user, the front-end's side; see vhost_front.h. */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "vhost_front.h"

/*
 * Guest memory is one file; descriptors of rings hold offsets in it. Addresses of the front-end's
 * own are made up, for no process has the memory mapped in one place.
 */
#define USER_BASE (1ULL << 40)

#define STOP_NS 5000000000ULL /* given to a back-end to give the rings back */

#define PROTOCOL_WANTED (VHOST_PF_BACKEND_REQ | VHOST_PF_CONFIG | VHOST_PF_DOORBELL)

static int send_message(struct vhost_front *f, uint32_t request, const void *body, uint32_t size,
			int fd)
{
	struct vhost_header h = {.request = request, .flags = VHOST_FLAG_VERSION, .size = size};
	struct iovec iov[2] = {{&h, sizeof(h)}, {(void *)body, size}};
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = size ? 2 : 1};
	ssize_t n;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		m.msg_control = control.buf;
		m.msg_controllen = sizeof(control.buf);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	}
	do
		n = sendmsg(f->watch.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == (ssize_t)(sizeof(h) + size) ? 0 : -EIO;
}

static int send_u64(struct vhost_front *f, uint32_t request, uint64_t value, int fd)
{
	return send_message(f, request, &value, sizeof(value), fd);
}

static int send_state(struct vhost_front *f, uint32_t request, uint32_t index, uint32_t num)
{
	struct vhost_vring_state s = {.index = index, .num = num};

	return send_message(f, request, &s, sizeof(s), -1);
}

static void watch_end(struct loop_watch *w)
{
	int fd = w->fd;

	if (!w->loop || fd < 0)
		return;
	loop_del(w);
	close(fd);
}

void vhost_front_close(struct vhost_front *f)
{
	watch_end(&f->watch);
	watch_end(&f->backend);
	loop_timer_del(&f->patience);
	f->state = FRONT_CLOSED;
	f->got = 0;
}

static void lost(struct vhost_front *f)
{
	bool had = f->state == FRONT_RUNNING || f->state == FRONT_STOPPING;

	vhost_front_close(f);
	if (had)
		f->ops->stopped(f);
	f->ops->closed(f);
}

/* --- what the back-end says ------------------------------------------------- */

static void answer_hello(struct vhost_front *f, uint32_t request, const void *body, uint32_t size)
{
	uint64_t value = 0;

	if (size != sizeof(value) ||
	    (request != VHOST_GET_FEATURES && request != VHOST_GET_PROTOCOL_FEATURES))
		return;
	memcpy(&value, body, sizeof(value));
	if (request == VHOST_GET_FEATURES)
		f->offered = value;
	else
		f->protocol = value & PROTOCOL_WANTED;
	if (--f->answers)
		return;
	f->state = FRONT_READY;
	f->ops->ready(f);
}

static void answer_config(struct vhost_front *f, const void *body, uint32_t size)
{
	struct vhost_net_config config;
	size_t head = offsetof(struct vhost_config, data);

	if (size < head + sizeof(config))
		return;
	memcpy(&config, (const char *)body + head, sizeof(config));
	f->ops->status(f, config.status);
}

static void answer(struct vhost_front *f, uint32_t request, const void *body, uint32_t size)
{
	if (f->state == FRONT_HELLO) {
		answer_hello(f, request, body, size);
	} else if (request == VHOST_GET_CONFIG) {
		answer_config(f, body, size);
	} else if (f->state == FRONT_STOPPING && request == VHOST_GET_VRING_BASE && !--f->answers) {
		loop_timer_del(&f->patience);
		f->state = FRONT_READY;
		f->ops->stopped(f);
	}
}

/* Reads what is there of the next answer. 1: served one; 0: later; -errno. */
static int serve(struct vhost_front *f)
{
	struct vhost_header h;
	size_t want = sizeof(h);
	ssize_t n;

	if (f->got >= sizeof(h)) {
		memcpy(&h, f->in, sizeof(h));
		if (h.size > sizeof(f->in) - sizeof(h) ||
		    (h.flags & VHOST_FLAG_VERSION_MASK) != VHOST_FLAG_VERSION)
			return -EPROTO;
		want += h.size;
	}
	if (f->got < want) {
		n = recv(f->watch.fd, f->in + f->got, want - f->got, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n <= 0)
			return n < 0 ? -errno : -ECONNRESET;
		f->got += (size_t)n;
		return 1;
	}
	f->got = 0;
	answer(f, h.request, f->in + sizeof(h), h.size);
	return 1;
}

static int serve_all(struct vhost_front *f)
{
	int got;

	do
		got = f->state == FRONT_CLOSED ? 0 : serve(f);
	while (got > 0);
	return got;
}

static void session_ready(struct loop_watch *w, short revents)
{
	struct vhost_front *f = w->arg;

	(void)revents;
	if (serve_all(f) < 0)
		lost(f);
}

/* The back-end's configuration has changed: what is it now? */
static void backend_ready(struct loop_watch *w, short revents)
{
	struct vhost_front *f = w->arg;
	struct vhost_config c = {.size = sizeof(struct vhost_net_config)};
	char buf[256];
	ssize_t n = recv(w->fd, buf, sizeof(buf), MSG_DONTWAIT);

	(void)revents;
	if (n <= 0) {
		if (n == 0)
			watch_end(w);
		return;
	}
	if (f->protocol & VHOST_PF_CONFIG)
		send_message(f, VHOST_GET_CONFIG, &c,
			     (uint32_t)(offsetof(struct vhost_config, data) + c.size), -1);
}

/* --- what is asked of it ---------------------------------------------------- */

int vhost_front_open(struct vhost_front *f, struct loop *loop, int fd,
		     const struct vhost_front_ops *ops, void *arg)
{
	int err;

	*f = (struct vhost_front){.ops = ops, .arg = arg, .loop = loop};
	f->backend.fd = -1;
	err = loop_add(loop, &f->watch, fd, POLLIN, session_ready, f);
	if (!err)
		err = send_message(f, VHOST_SET_OWNER, NULL, 0, -1);
	if (!err)
		err = send_message(f, VHOST_GET_FEATURES, NULL, 0, -1);
	if (!err)
		err = send_message(f, VHOST_GET_PROTOCOL_FEATURES, NULL, 0, -1);
	if (err) {
		vhost_front_close(f);
		return err;
	}
	f->state = FRONT_HELLO;
	f->answers = 2;
	return 0;
}

int vhost_front_hello_wait(struct vhost_front *f, int ms)
{
	uint64_t until = loop_now_ns() + (uint64_t)ms * 1000000;

	while (f->state == FRONT_HELLO) {
		struct pollfd p = {.fd = f->watch.fd, .events = POLLIN};
		uint64_t now = loop_now_ns();
		int err;

		if (now >= until)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)((until - now) / 1000000) + 1) < 0 && errno != EINTR)
			return -errno;
		err = serve_all(f);
		if (err < 0)
			return -ECONNRESET;
	}
	return 0;
}

static int send_backend_fd(struct vhost_front *f)
{
	int pair[2], err;

	if (!(f->protocol & VHOST_PF_BACKEND_REQ))
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	err = send_message(f, VHOST_SET_BACKEND_REQ_FD, NULL, 0, pair[1]);
	close(pair[1]);
	if (!err)
		err = loop_add(f->loop, &f->backend, pair[0], POLLIN, backend_ready, f);
	if (err)
		close(pair[0]);
	return err;
}

static int send_ring(struct vhost_front *f, const struct vhost_front_rings *r, uint32_t n)
{
	const struct nl_net_rings *g = r->rings;
	struct vhost_vring_addr addr = {
		.index = n,
		.desc = USER_BASE + g->ring[n].desc,
		.avail = USER_BASE + g->ring[n].avail,
		.used = USER_BASE + g->ring[n].used,
	};
	int err = send_state(f, VHOST_SET_VRING_NUM, n, g->ring[n].num);

	if (!err)
		err = send_state(f, VHOST_SET_VRING_BASE, n, r->base[n]);
	if (!err)
		err = send_message(f, VHOST_SET_VRING_ADDR, &addr, sizeof(addr), -1);
	if (!err)
		err = send_u64(f, VHOST_SET_VRING_CALL, n | VHOST_VRING_NO_FD, -1);
	if (!err)
		err = send_u64(f, VHOST_SET_VRING_KICK, n, r->kick[n]);
	if (!err)
		err = send_state(f, VHOST_SET_VRING_ENABLE, n, 1);
	return err;
}

int vhost_front_start(struct vhost_front *f, const struct vhost_front_rings *r)
{
	struct vhost_memory memory = {
		.nregions = 1,
		.region = {{.guest_addr = 0, .user_addr = USER_BASE, .size = r->memory_size}},
	};
	uint32_t n;
	int err;

	if (!(f->protocol & VHOST_PF_DOORBELL))
		return -EOPNOTSUPP;
	err = send_u64(f, VHOST_SET_PROTOCOL_FEATURES, f->protocol, -1);
	if (!err)
		err = send_u64(f, VHOST_SET_FEATURES,
			       (r->rings->features | VHOST_F_PROTOCOL_FEATURES) & f->offered, -1);
	if (!err && f->backend.fd < 0)
		err = send_backend_fd(f);
	if (!err)
		err = send_message(f, VHOST_SET_MEM_TABLE, &memory,
				   8 + (uint32_t)sizeof(memory.region[0]), r->memory_fd);
	if (!err)
		err = send_u64(f, VHOST_SET_DOORBELL, USER_BASE + r->rings->doorbell, -1);
	if (!err && r->name)
		err = send_message(f, VHOST_SET_NAME, r->name, (uint32_t)strlen(r->name), -1);
	for (n = 0; n < NL_NET_RINGS && !err; n++)
		err = send_ring(f, r, n);
	if (!err)
		f->state = FRONT_RUNNING;
	return err;
}

static void no_patience(struct loop_timer *t)
{
	lost(t->arg);
}

void vhost_front_stop(struct vhost_front *f)
{
	uint32_t n;
	int err = 0;

	if (f->state == FRONT_STOPPING)
		return;
	if (f->state != FRONT_RUNNING) {
		f->ops->stopped(f);
		return;
	}
	f->state = FRONT_STOPPING;
	f->answers = NL_NET_RINGS;
	loop_timer_set(f->loop, &f->patience, STOP_NS, no_patience, f);
	for (n = 0; n < NL_NET_RINGS && !err; n++)
		err = send_state(f, VHOST_GET_VRING_BASE, n, 0);
	if (err)
		lost(f);
}
