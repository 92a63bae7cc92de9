// SPDX-License-Identifier: GPL-2.0
/* Messages of a vhost-user front-end; see vhost.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "abi.h"
#include "vhost.h"

#define PROTOCOL_FEATURES \
	(VHOST_PF_REPLY_ACK | VHOST_PF_BACKEND_REQ | VHOST_PF_CONFIG | VHOST_PF_DOORBELL)
#define BATCH 32 /* messages of one front-end a turn */

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void vhost_init(struct vhost *v, int fd, uint64_t offered, const struct vhost_ops *ops, void *arg)
{
	unsigned int i;

	memset(v, 0, sizeof(*v));
	v->ops = ops;
	v->arg = arg;
	v->fd = fd;
	v->offered = offered;
	v->backend_fd = -1;
	for (i = 0; i < VHOST_RINGS; i++)
		v->ring[i].kick_fd = v->ring[i].call_fd = -1;
}

/* --- rings ------------------------------------------------------------------ */

static void ring_end(struct vhost *v, unsigned int n)
{
	struct vhost_ring *r = &v->ring[n];

	if (!r->on)
		return;
	v->ops->ring(v, n, false);
	r->on = false;
	r->base = r->vring.next;
}

/* Begins when all is known. -EINVAL for addresses outside of guest memory. */
static int ring_try(struct vhost *v, unsigned int n)
{
	struct vhost_ring *r = &v->ring[n];
	bool enabled = r->enabled || !(v->features & VHOST_F_PROTOCOL_FEATURES);
	int err;

	if (r->on || !enabled || !r->have_addr || !r->num || r->kick_fd < 0 || !v->memory.n)
		return 0;
	err = vring_start(&r->vring, &v->memory, r->num, &r->addr, r->base,
			  v->features & VIRTIO_F_EVENT_IDX);
	if (err)
		return err;
	r->on = true;
	v->ops->ring(v, n, true);
	return 0;
}

static void rings_end(struct vhost *v)
{
	unsigned int i;

	for (i = 0; i < VHOST_RINGS; i++)
		ring_end(v, i);
}

static void doorbell_find(struct vhost *v)
{
	v->doorbell = NULL;
	if (v->doorbell_addr && v->doorbell_addr % 4 == 0)
		v->doorbell =
			guest_memory_user(&v->memory, v->doorbell_addr, sizeof(struct nl_doorbell));
}

void vhost_call(struct vhost *v, unsigned int n)
{
	struct nl_doorbell *bell = (void *)v->doorbell;
	uint64_t one = 1;

	if (!bell) {
		if (v->ring[n].call_fd >= 0 && write(v->ring[n].call_fd, &one, sizeof(one)) < 0)
			return; /* full: the guest has not looked yet, and will */
		return;
	}
	__atomic_store_n(&bell->pending, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&bell->sequence, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&bell->asleep, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &bell->sequence, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* --- messages --------------------------------------------------------------- */

static int reply(struct vhost *v, const void *body, uint32_t size)
{
	struct vhost_header h = {
		.request = v->in.header.request,
		.flags = VHOST_FLAG_VERSION | VHOST_FLAG_REPLY,
		.size = size,
	};
	struct iovec iov[2] = {{&h, sizeof(h)}, {(void *)body, size}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2};
	ssize_t n;

	do
		n = sendmsg(v->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	/* Answers are few and short: one that does not fit is of a peer that plays games. */
	return n == (ssize_t)(sizeof(h) + size) ? 0 : -ECONNRESET;
}

static int take_fd(struct vhost *v)
{
	int fd;

	if (v->in.nfds != 1)
		return -1;
	fd = v->in.fds[0];
	v->in.nfds = 0;
	return fd;
}

static int set_memory(struct vhost *v)
{
	const struct vhost_memory *table = &v->in.body.memory;
	unsigned int i;
	int err;

	if (v->in.header.size < 8 || table->nregions > VHOST_REGIONS_MAX ||
	    v->in.header.size < 8 + table->nregions * sizeof(struct vhost_region) ||
	    v->in.nfds != table->nregions)
		return -EINVAL;
	rings_end(v);
	memory_unmap(&v->memory);
	v->doorbell = NULL;
	err = memory_map(&v->memory, table, v->in.fds, &v->memory_lost);
	if (err)
		return err;
	doorbell_find(v);
	for (i = 0; i < VHOST_RINGS && !err; i++)
		err = ring_try(v, i);
	return err;
}

static int set_num(struct vhost *v)
{
	const struct vhost_vring_state *s = &v->in.body.state;

	if (v->in.header.size != sizeof(*s) || s->index >= VHOST_RINGS || s->num > VRING_NUM_MAX)
		return -EINVAL;
	ring_end(v, s->index);
	v->ring[s->index].num = s->num;
	return ring_try(v, s->index);
}

static int set_base(struct vhost *v)
{
	const struct vhost_vring_state *s = &v->in.body.state;

	if (v->in.header.size != sizeof(*s) || s->index >= VHOST_RINGS || s->num > UINT16_MAX)
		return -EINVAL;
	ring_end(v, s->index);
	v->ring[s->index].base = (uint16_t)s->num;
	return ring_try(v, s->index);
}

static int set_addr(struct vhost *v)
{
	const struct vhost_vring_addr *a = &v->in.body.addr;

	if (v->in.header.size != sizeof(*a) || a->index >= VHOST_RINGS)
		return -EINVAL;
	ring_end(v, a->index);
	v->ring[a->index].addr = *a;
	v->ring[a->index].have_addr = true;
	return ring_try(v, a->index);
}

static int get_base(struct vhost *v)
{
	struct vhost_vring_state s = v->in.body.state;
	struct vhost_ring *r;

	if (v->in.header.size != sizeof(s) || s.index >= VHOST_RINGS)
		return -EINVAL;
	r = &v->ring[s.index];
	ring_end(v, s.index);
	fd_close(&r->kick_fd);
	fd_close(&r->call_fd);
	s.num = r->base;
	return reply(v, &s, sizeof(s)) ? -ECONNRESET : 1;
}

/* Front-ends give blocking descriptors: one that is full or empty must not hold us up. */
static int no_wait(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

static int set_ring_fd(struct vhost *v)
{
	unsigned int n = v->in.body.u64 & VHOST_VRING_INDEX_MASK;
	int fd = take_fd(v), *slot;

	if (v->in.header.size != 8 || n >= VHOST_RINGS ||
	    (fd < 0) != !!(v->in.body.u64 & VHOST_VRING_NO_FD)) {
		if (fd >= 0)
			close(fd);
		return -EINVAL;
	}
	if (v->in.header.request == VHOST_SET_VRING_ERR) {
		if (fd >= 0)
			close(fd); /* there is nobody to tell of errors */
		return 0;
	}
	slot = v->in.header.request == VHOST_SET_VRING_KICK ? &v->ring[n].kick_fd
							    : &v->ring[n].call_fd;
	if (slot == &v->ring[n].kick_fd)
		ring_end(v, n);
	fd_close(slot);
	*slot = fd;
	if (fd >= 0 && no_wait(fd) < 0)
		return -EINVAL;
	return ring_try(v, n);
}

static int set_enable(struct vhost *v)
{
	const struct vhost_vring_state *s = &v->in.body.state;

	if (v->in.header.size != sizeof(*s) || s->index >= VHOST_RINGS)
		return -EINVAL;
	v->ring[s->index].enabled = s->num;
	if (!s->num)
		ring_end(v, s->index);
	return ring_try(v, s->index);
}

static int get_config(struct vhost *v)
{
	struct vhost_config c = {0};
	const struct vhost_config *in = &v->in.body.config;
	size_t head = offsetof(struct vhost_config, data);

	if (v->in.header.size < head || in->size > VHOST_CONFIG_MAX ||
	    in->offset > VHOST_CONFIG_MAX || v->in.header.size > sizeof(*in))
		return -EINVAL;
	c.offset = in->offset;
	c.size = in->size;
	if (in->offset < sizeof(v->config)) {
		size_t n = sizeof(v->config) - in->offset;

		memcpy(c.data, (char *)&v->config + in->offset, n < in->size ? n : in->size);
	}
	return reply(v, &c, (uint32_t)head + c.size) ? -ECONNRESET : 1;
}

static int set_features(struct vhost *v)
{
	if (v->in.header.size != 8 || v->in.body.u64 & ~v->offered)
		return -EINVAL;
	v->features = v->in.body.u64;
	v->ops->features(v);
	return 0;
}

static int set_protocol_features(struct vhost *v)
{
	if (v->in.header.size != 8)
		return -EINVAL;
	v->protocol_features = v->in.body.u64 & PROTOCOL_FEATURES;
	return 0;
}

static int set_doorbell(struct vhost *v)
{
	if (v->in.header.size != 8 || !(v->protocol_features & VHOST_PF_DOORBELL))
		return -EINVAL;
	v->doorbell_addr = v->in.body.u64;
	doorbell_find(v);
	return v->doorbell || !v->memory.n || !v->doorbell_addr ? 0 : -EINVAL;
}

static int set_name(struct vhost *v)
{
	if (!(v->protocol_features & VHOST_PF_DOORBELL) ||
	    v->in.header.size >= sizeof(v->in.body.text))
		return -EINVAL;
	v->in.body.text[v->in.header.size] = '\0';
	v->ops->name(v, v->in.body.text);
	return 0;
}

static int reply_u64(struct vhost *v, uint64_t value)
{
	return reply(v, &value, sizeof(value)) ? -ECONNRESET : 1;
}

/* 0 or -errno: acknowledged if wanted; 1: answered. */
static int dispatch(struct vhost *v)
{
	switch (v->in.header.request) {
	case VHOST_GET_FEATURES:
		return reply_u64(v, v->offered);
	case VHOST_SET_FEATURES:
		return set_features(v);
	case VHOST_SET_OWNER:
		return 0;
	case VHOST_RESET_OWNER:
		rings_end(v);
		return 0;
	case VHOST_SET_MEM_TABLE:
		return set_memory(v);
	case VHOST_SET_VRING_NUM:
		return set_num(v);
	case VHOST_SET_VRING_ADDR:
		return set_addr(v);
	case VHOST_SET_VRING_BASE:
		return set_base(v);
	case VHOST_GET_VRING_BASE:
		return get_base(v);
	case VHOST_SET_VRING_KICK:
	case VHOST_SET_VRING_CALL:
	case VHOST_SET_VRING_ERR:
		return set_ring_fd(v);
	case VHOST_GET_PROTOCOL_FEATURES:
		return reply_u64(v, PROTOCOL_FEATURES);
	case VHOST_SET_PROTOCOL_FEATURES:
		return set_protocol_features(v);
	case VHOST_GET_QUEUE_NUM:
		return reply_u64(v, 1);
	case VHOST_SET_VRING_ENABLE:
		return set_enable(v);
	case VHOST_SET_BACKEND_REQ_FD:
		fd_close(&v->backend_fd);
		v->backend_fd = take_fd(v);
		return v->backend_fd >= 0 ? 0 : -EINVAL;
	case VHOST_GET_CONFIG:
		return get_config(v);
	case VHOST_SET_CONFIG:
		return 0; /* nothing of a network card can be written */
	case VHOST_SET_DOORBELL:
		return set_doorbell(v);
	case VHOST_SET_NAME:
		return set_name(v);
	default:
		return -EOPNOTSUPP;
	}
}

static void fds_drop(struct vhost *v)
{
	while (v->in.nfds)
		close(v->in.fds[--v->in.nfds]);
}

/* One message, whole and with its descriptors in v->in. 0 or -errno; answers. */
static int message(struct vhost *v)
{
	int err = dispatch(v);
	bool ack = v->in.header.flags & VHOST_FLAG_NEED_REPLY &&
		   v->protocol_features & VHOST_PF_REPLY_ACK;

	fds_drop(v);
	v->in.got = 0;
	if (err == 1 || err == -ECONNRESET)
		return err == 1 ? 0 : err;
	if (ack)
		return reply_u64(v, err ? 1 : 0) == 1 ? 0 : -ECONNRESET;
	/* Who does not ask is not told; what it wanted to set up will not work. */
	return err == -EOPNOTSUPP ? 0 : err;
}

/* --- the socket ------------------------------------------------------------- */

static void fds_keep(struct vhost *v, struct msghdr *m)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t i, n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (v->in.nfds < VHOST_FDS_MAX)
				v->in.fds[v->in.nfds++] = fd;
			else
				close(fd);
		}
	}
}

/* Reads up to `want` bytes of the message. Bytes of it that are there now, or -errno. */
static ssize_t fill(struct vhost *v, size_t want)
{
	char control[CMSG_SPACE(sizeof(int) * VHOST_FDS_MAX)];
	const size_t head = sizeof(v->in.header);
	struct iovec iov;
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	if (v->in.got >= want)
		return (ssize_t)v->in.got;
	if (v->in.got < head) {
		iov.iov_base = (char *)&v->in.header + v->in.got;
		iov.iov_len = (want < head ? want : head) - v->in.got;
	} else {
		iov.iov_base = (char *)&v->in.body + (v->in.got - head);
		iov.iov_len = want - v->in.got;
	}
	do
		n = recvmsg(v->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (!n)
		return -ECONNRESET;
	fds_keep(v, &m);
	v->in.got += (size_t)n;
	return (ssize_t)v->in.got;
}

int vhost_serve(struct vhost *v)
{
	const struct vhost_header *h = &v->in.header;
	unsigned int i;
	ssize_t n;

	for (i = 0; i < BATCH; i++) {
		n = fill(v, sizeof(*h));

		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		if ((size_t)n < sizeof(*h))
			continue;
		if (h->size > sizeof(v->in.body) ||
		    (h->flags & VHOST_FLAG_VERSION_MASK) != VHOST_FLAG_VERSION)
			return -EPROTO;
		n = fill(v, sizeof(*h) + h->size);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		if ((size_t)n < sizeof(*h) + h->size)
			continue;
		n = message(v);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

void vhost_config_changed(struct vhost *v)
{
	struct vhost_header h = {
		.request = VHOST_BACKEND_CONFIG_CHANGE,
		.flags = VHOST_FLAG_VERSION,
	};

	if (v->backend_fd >= 0)
		send(v->backend_fd, &h, sizeof(h), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void vhost_exit(struct vhost *v)
{
	unsigned int i;

	rings_end(v);
	for (i = 0; i < VHOST_RINGS; i++) {
		fd_close(&v->ring[i].kick_fd);
		fd_close(&v->ring[i].call_fd);
	}
	fd_close(&v->backend_fd);
	fds_drop(v);
	memory_unmap(&v->memory);
}
