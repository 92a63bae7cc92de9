// SPDX-License-Identifier: GPL-2.0
/*
 * What a vhost-user back-end says to the loader, on its session and on the channel of its own
 * messages, in pieces of any size: the owner is told what comes to pass, once and in order.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include "input.h"
#include "vhost_front.h"
#include "turn.h"

#define MEM 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;
static struct vhost_front front;
static struct vhost_front_rings rings;
static int session = -1, backend = -1; /* the back-end's ends; -1: hung up, or not there */
static bool runs; /* the back-end has the rings */
static unsigned int stops; /* vhost_front_stop() that were not answered */
static bool start_at_once, stop_at_once, close_at_once;

/* --- the owner -------------------------------------------------------------- */

static void start(struct vhost_front *f)
{
	int err = vhost_front_start(f, &rings);

	assert(err == 0 || f->state == FRONT_READY);
	assert(err != -EOPNOTSUPP || !(f->protocol & VHOST_PF_DOORBELL));
	if (err)
		vhost_front_close(f);
	runs = !err;
}

static void stop(struct vhost_front *f)
{
	stops++;
	vhost_front_stop(f);
}

static void on_ready(struct vhost_front *f)
{
	assert(f->state == FRONT_READY && !runs);
	if (close_at_once)
		vhost_front_close(f);
	else if (start_at_once)
		start(f);
	if (runs && stop_at_once)
		stop(f);
}

static void on_stopped(struct vhost_front *f)
{
	/* Asked for, or the session went with the rings. */
	assert(stops || runs);
	assert(f->state == FRONT_READY || f->state == FRONT_CLOSED || f->state == FRONT_HELLO);
	stops = 0;
	runs = runs && f->state == FRONT_HELLO;
}

static void on_status(struct vhost_front *f, uint16_t status)
{
	assert(f->state != FRONT_CLOSED && f->state != FRONT_HELLO);
}

static void on_closed(struct vhost_front *f)
{
	assert(f->state == FRONT_CLOSED && !runs);
}

static const struct vhost_front_ops ops = {
	.ready = on_ready,
	.stopped = on_stopped,
	.status = on_status,
	.closed = on_closed,
};

/* --- the back-end ----------------------------------------------------------- */

static void hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Reads what the front said; the descriptor of SET_BACKEND_REQ_FD is the only one of a socket. */
static void hear(void)
{
	char buf[4096], control[CMSG_SPACE(sizeof(int) * 4)];
	struct iovec iov = {buf, sizeof(buf)};
	int fd, type;
	socklen_t len = sizeof(type);

	while (session >= 0) {
		struct msghdr m = {.msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		struct cmsghdr *c;

		if (recvmsg(session, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
			break;
		c = CMSG_FIRSTHDR(&m);
		if (!c)
			continue;
		assert(c->cmsg_len == CMSG_LEN(sizeof(int)));
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0) {
			hang_up(&backend);
			backend = fd;
		} else {
			close(fd);
		}
	}
}

static void put(int fd, const void *data, size_t len)
{
	if (fd >= 0 && send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* the front hung up */
}

/* A whole answer to one of the questions that a front asks. */
static void answer(struct input *in)
{
	static const uint32_t requests[] = {VHOST_GET_FEATURES, VHOST_GET_PROTOCOL_FEATURES,
					    VHOST_GET_VRING_BASE, VHOST_GET_CONFIG};
	uint8_t which = take8(in);
	struct vhost_header h = {
		.request = requests[which % 4],
		.flags = VHOST_FLAG_VERSION | VHOST_FLAG_REPLY,
		.size = 8,
	};
	uint8_t body[sizeof(struct vhost_config) + 4];

	/* What is usual, or a size and a request of its own. */
	if (h.request == VHOST_GET_CONFIG)
		h.size = 20;
	if (which & 16)
		h.size = take16(in) % (sizeof(body) + 1);
	if (which & 32)
		h.request = take32(in);
	if (which & 64)
		h.flags = take8(in);
	take(in, body, sizeof(body) < h.size ? sizeof(body) : h.size);
	put(session, &h, sizeof(h));
	put(session, body, h.size);
}

/* Both answers of a greeting, as our own switch gives them. */
static void greet(struct input *in)
{
	struct {
		struct vhost_header h;
		uint64_t value;
	} __attribute__((packed)) m = {
		.h = {VHOST_GET_FEATURES, VHOST_FLAG_VERSION | VHOST_FLAG_REPLY, 8},
		.value = VHOST_F_PROTOCOL_FEATURES | VIRTIO_F_VERSION_1,
	};

	put(session, &m, sizeof(m));
	m.h.request = VHOST_GET_PROTOCOL_FEATURES;
	m.value = VHOST_PF_DOORBELL | VHOST_PF_CONFIG;
	m.value |= take8(in) & 1 ? VHOST_PF_BACKEND_REQ : 0;
	put(session, &m, sizeof(m));
}

static void say(int fd, struct input *in)
{
	uint8_t buf[128];
	size_t n = take8(in) % sizeof(buf) + 1;

	take(in, buf, n);
	put(fd, buf, n);
}

/* --- one thing after another ------------------------------------------------ */

static void turn(void)
{
	turn_loop(loop);
	hear();
}

static void open_session(void)
{
	int pair[2];

	hang_up(&session);
	hang_up(&backend);
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	session = pair[1];
	assert(vhost_front_open(&front, loop, pair[0], &ops, NULL) == 0);
}

static void end_session(void)
{
	vhost_front_close(&front);
	assert(front.watch.fd < 0 && front.backend.fd < 0);
	runs = false;
	stops = 0;
}

/* As before the boot; nothing comes behind what is there, so that nobody waits. */
static void wait_for_hello(struct input *in)
{
	int err;

	if (front.state != FRONT_HELLO)
		return;
	if (session >= 0) {
		greet(in);
		shutdown(session, SHUT_WR);
	}
	err = vhost_front_hello_wait(&front, 10000);
	assert(err == 0 || err == -ECONNRESET);
	if (err)
		end_session();
}

static void one_thing(struct input *in)
{
	switch (take8(in) % 12) {
	case 0:
	case 1:
		answer(in);
		break;
	case 2:
		greet(in);
		break;
	case 3:
		say(session, in);
		break;
	case 4:
		say(backend, in);
		break;
	case 5:
		if (front.state == FRONT_READY)
			start(&front);
		break;
	case 6:
		stop(&front);
		break;
	case 7:
		hang_up(&session);
		break;
	case 8:
		hang_up(&backend);
		break;
	case 9:
		end_session();
		open_session();
		break;
	case 10:
		wait_for_hello(in);
		break;
	case 11:
		turn();
		break;
	}
}

static void rings_make(void)
{
	static struct nl_net_rings r = {
		.features = VIRTIO_F_VERSION_1,
		.doorbell = 64,
		.ring = {{.num = 8, .desc = 4096, .avail = 8192, .used = 12288},
			 {.num = 8, .desc = 16384, .avail = 20480, .used = 24576}},
	};

	if (rings.rings)
		return;
	rings = (struct vhost_front_rings){
		.rings = &r,
		.memory_fd = memfd_create("memory", MFD_CLOEXEC),
		.memory_size = MEM,
		.name = "fuzz.eth0",
	};
	assert(rings.memory_fd >= 0 && ftruncate(rings.memory_fd, MEM) == 0);
	rings.kick[0] = rings.kick[1] = rings.memory_fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t how = take8(&in);
	uint64_t open;

	rings_make();
	open = fds_open();
	start_at_once = how & 1;
	stop_at_once = how & 2;
	close_at_once = (how & 12) == 12;
	loop = loop_new();
	assert(loop);
	open_session();
	while (in.left) {
		one_thing(&in);
		/* Now and then several of its things are there at once. */
		if (!(how & 16) || !in.left || *in.at & 1)
			turn();
	}
	end_session();
	hang_up(&session);
	hang_up(&backend);
	loop_free(loop);
	assert(fds_open() == open);
	return 0;
}
