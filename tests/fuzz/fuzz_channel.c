// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest kernel says to the loader, between what the operator asks of it and what a switch
 * answers: requests end once, and no switch is told of rings that lie outside of guest memory.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include "control.h"
#include "control_check.h"
#include "disks.h"
#include "guest.h"
#include "input.h"
#include "net.h"
#include "net_helper.h"
#include "quiet.h"
#include "vhost_proto.h"
#include "turn.h"

#define MEM 65536
#define CARDS 2
#define REQUESTS 16
#define REQUEST_NS 1000000000000ULL
#define LATER 10
#define MUCH_LATER 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __real_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);

/* The other end of a card's session. */
struct peer {
	int fd; /* -1: there is none */
	bool there; /* a switch answers who calls */
	uint64_t offered, protocol; /* what the next session is told */
	uint64_t said; /* features that this one was */
	uint64_t user_base; /* that the loader named */
};

struct asked {
	bool sent, done;
};

static struct linux_ctx ctx;
static struct peer peer[CARDS];
static int channel[2]; /* the loader's end, the guest's */
static int memory = -1;
static struct asked asked[REQUESTS];
static unsigned int nasked, stops_open;
static time_t ahead; /* seconds by which the clock of the loop was put forward */

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc = __real_clock_gettime(clock, ts);

	ts->tv_sec += ahead;
	return rc;
}

/* --- the rest of the loader ------------------------------------------------- */

int guest_control_fd(const struct linux_ctx *c)
{
	return channel[0];
}

int guest_memory_fd(const struct linux_ctx *c)
{
	return memory;
}

void guest_tell_layers(struct linux_ctx *c)
{
}

void disks_started(struct linux_ctx *c)
{
}

void disks_running(struct linux_ctx *c)
{
}

void mconsole_notify(struct linux_ctx *c, enum nl_msg_type event, const char *text)
{
	assert(strlen(text) <= NL_MSG_TEXT);
}

static void hang_up(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static void answer(int fd, uint32_t request, const void *body, uint32_t size)
{
	struct vhost_header h = {
		.request = request,
		.flags = VHOST_FLAG_VERSION | VHOST_FLAG_REPLY,
		.size = size,
	};
	char buf[64];

	memcpy(buf, &h, sizeof(h));
	memcpy(buf + sizeof(h), body, size);
	if (send(fd, buf, sizeof(h) + size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* the loader hung up */
}

/* A switch whose answers to the greeting are there already, or none. */
int net_helper_start(const char *port, int *words_fd, char *error, size_t error_len)
{
	struct peer *p = &peer[atoi(port)];
	int pair[2];

	if (!p->there)
		return -ECONNREFUSED;
	hang_up(p);
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	p->fd = pair[1];
	p->said = p->offered;
	answer(pair[1], VHOST_GET_FEATURES, &p->offered, sizeof(p->offered));
	answer(pair[1], VHOST_GET_PROTOCOL_FEATURES, &p->protocol, sizeof(p->protocol));
	return pair[0];
}

int net_helper_switch(const char *path, char *error, size_t error_len)
{
	return -ENOENT;
}

void net_helper_reason(int words_fd, char *error, size_t error_len)
{
}

/* --- the switch's side ------------------------------------------------------ */

static void in_memory(const struct peer *p, uint64_t addr)
{
	assert(addr >= p->user_base && addr - p->user_base < MEM);
}

static void heard(struct peer *p, const struct vhost_header *h, const union vhost_body *b)
{
	switch (h->request) {
	case VHOST_SET_FEATURES:
		assert(!(b->u64 & ~p->said));
		break;
	case VHOST_SET_MEM_TABLE:
		assert(b->memory.nregions == 1 && b->memory.region[0].size == MEM);
		p->user_base = b->memory.region[0].user_addr;
		break;
	case VHOST_SET_VRING_NUM:
		assert(b->state.index < NL_NET_RINGS && b->state.num);
		break;
	case VHOST_SET_VRING_ADDR:
		in_memory(p, b->addr.desc);
		in_memory(p, b->addr.avail);
		in_memory(p, b->addr.used);
		break;
	case VHOST_SET_DOORBELL:
		in_memory(p, b->u64);
		assert(b->u64 % 4 == 0);
		break;
	}
}

/* Descriptors that come with messages are dropped by the kernel. */
static void hear(struct peer *p)
{
	struct vhost_header h;
	union vhost_body body;

	while (p->fd >= 0 && recv(p->fd, &h, sizeof(h), MSG_DONTWAIT) == sizeof(h)) {
		assert(h.size <= sizeof(body));
		memset(&body, 0, sizeof(body));
		if (h.size)
			assert(recv(p->fd, &body, h.size, MSG_DONTWAIT) == (ssize_t)h.size);
		heard(p, &h, &body);
	}
}

static void say_raw(struct peer *p, struct input *in)
{
	uint8_t buf[64];
	size_t n = take8(in) % sizeof(buf) + 1;

	take(in, buf, n);
	if (p->fd >= 0 && send(p->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
}

static void give_rings_back(struct peer *p)
{
	struct vhost_vring_state s = {0};

	for (; p->fd >= 0 && s.index < NL_NET_RINGS; s.index++)
		answer(p->fd, VHOST_GET_VRING_BASE, &s, sizeof(s));
}

static void say_status(struct peer *p, struct input *in)
{
	struct vhost_config c = {.size = sizeof(struct vhost_net_config)};
	struct vhost_net_config net = {.status = take8(in) & 1};

	memcpy(c.data, &net, sizeof(net));
	if (p->fd >= 0)
		answer(p->fd, VHOST_GET_CONFIG, &c, offsetof(struct vhost_config, data) + c.size);
}

/* What is found by who calls next: a switch of ours, another one, or nobody. */
static void switch_choose(struct peer *p, struct input *in)
{
	uint8_t how = take8(in);

	p->there = !(how & 1);
	p->offered = take16(in) | VHOST_F_PROTOCOL_FEATURES;
	p->protocol = VHOST_PF_CONFIG;
	if (!(how & 2))
		p->protocol |= VHOST_PF_DOORBELL | VHOST_PF_BACKEND_REQ;
}

/* --- the guest's side ------------------------------------------------------- */

/* The guest kernel takes all that it is sent. */
static void guest_hear(void)
{
	struct nl_msg m;
	ssize_t n;

	while ((n = recv(channel[1], &m, sizeof(m), MSG_DONTWAIT)) > 0)
		assert(control_check(&m, (unsigned long)n, 0) == 0);
}

static void guest_send(const void *m, size_t len)
{
	if (send(channel[1], m, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
}

static void rings_take(struct nl_net_rings *r, struct input *in)
{
	unsigned int n;

	r->index = take8(in) % (CARDS + 1);
	r->features = take16(in);
	r->doorbell = take16(in) & ~3u;
	for (n = 0; n < NL_NET_RINGS; n++) {
		r->ring[n].num = take8(in);
		r->ring[n].desc = take16(in);
		r->ring[n].avail = take16(in);
		r->ring[n].used = take16(in);
	}
}

/* A message of the right size, with most of its fields in bounds. */
static void guest_message(struct input *in)
{
	static const uint32_t types[] = {NL_MSG_RESULT, NL_MSG_RUNNING,   NL_MSG_PANIC,
					 NL_MSG_NOTIFY, NL_MSG_NET_START, NL_MSG_NET_STOP};
	struct nl_msg m;
	uint8_t type = take8(in);

	memset(&m, 0, sizeof(m));
	m.type = type < 240 ? types[type % 6] : type;
	if (m.type == NL_MSG_NET_START || m.type == NL_MSG_NET_STOP) {
		rings_take(&m.rings, in);
	} else {
		m.id = take8(in);
		m.more = take8(in) & 1;
		m.len = take16(in);
		take(in, m.text, take8(in));
	}
	guest_send(&m, sizeof(m));
}

/* Any bytes of any size. */
static void guest_bytes(struct input *in)
{
	static uint8_t buf[sizeof(struct nl_msg) + 64];
	size_t n = take16(in) % sizeof(buf);

	take(in, buf, n);
	guest_send(buf, n);
}

/* --- the operator's side ---------------------------------------------------- */

static void answered(void *arg, const struct nl_msg *m, int err)
{
	struct asked *a = arg;

	assert(!a->done);
	assert(m ? !err && m->len <= NL_MSG_TEXT : err < 0);
	a->done = !m || !m->more;
}

static void ask(void)
{
	struct nl_msg m = {.type = NL_MSG_COMMAND, .len = 4, .text = "proc"};
	struct asked *a = &asked[nasked];

	if (nasked == REQUESTS)
		return;
	a->sent = control_request(&ctx, &m, NULL, 0, REQUEST_NS, answered, a) == 0;
	nasked++;
}

static void stopped(void *arg)
{
	assert(stops_open);
	stops_open = 0;
}

/* One stop at a time, as hotplug does. */
static void stop(unsigned int card)
{
	if (stops_open)
		return;
	stops_open = 1;
	net_stop(&ctx, card, stopped, NULL);
}

static void turn(void)
{
	turn_loop(ctx.loop);
	control_drain(&ctx);
}

static void one_thing(struct input *in)
{
	uint8_t what = take8(in);
	unsigned int card = what >> 7;

	switch (what & 15) {
	case 0:
	case 1:
	case 2:
	case 3:
		guest_message(in);
		break;
	case 4:
		guest_bytes(in);
		break;
	case 5:
		ask();
		break;
	case 6:
		say_raw(&peer[card], in);
		break;
	case 7:
		give_rings_back(&peer[card]);
		break;
	case 8:
		say_status(&peer[card], in);
		break;
	case 9:
		stop(card);
		break;
	case 10:
		net_resume(&ctx, card);
		break;
	case 11:
		hang_up(&peer[card]);
		break;
	case 12:
		net_guest_ended(&ctx);
		break;
	case 13:
		switch_choose(&peer[card], in);
		ahead += LATER; /* who waits calls again, who is not answered gives up */
		break;
	case 14:
		ahead += MUCH_LATER;
		break;
	}
}

/* --- all of it -------------------------------------------------------------- */

/* A card that has its switch, or waits for one. */
static void card_open(unsigned int index, struct input *in)
{
	struct options_net n = {.text = strdup("eth"), .wait = true};
	char error[NET_ERROR_LEN];

	peer[index].fd = -1;
	switch_choose(&peer[index], in);
	assert(asprintf(&n.port, "%u", index) > 0);
	assert(net_open_one(&ctx, index, &n, error) == 0);
}

static void begin(struct input *in)
{
	unsigned int i;

	memset(&ctx, 0, sizeof(ctx));
	memset(asked, 0, sizeof(asked));
	nasked = stops_open = 0;
	ahead = 0;
	ctx.opt.mem_bytes = MEM;
	ctx.loop = loop_new();
	assert(ctx.loop);
	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) == 0);
	for (i = 0; i < CARDS; i++)
		card_open(i, in);
	assert(control_start(&ctx) == 0);
}

static void end(void)
{
	unsigned int i;

	control_stop(&ctx);
	net_close_all(&ctx);
	assert(ctx.nslots == 0);
	for (i = 0; i < nasked; i++)
		assert(asked[i].done == asked[i].sent);
	for (i = 0; i < CARDS; i++)
		hang_up(&peer[i]);
	loop_free(ctx.loop);
	close(channel[0]);
	close(channel[1]);
}

static void memory_make(void)
{
	if (memory >= 0)
		return;
	memory = memfd_create("memory", MFD_CLOEXEC);
	assert(memory >= 0 && ftruncate(memory, MEM) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	unsigned int i;
	uint64_t open;

	memory_make();
	open = fds_open();
	begin(&in);
	while (in.left) {
		one_thing(&in);
		turn();
		assert(strlen(control_panic(&ctx)) <= NL_MSG_TEXT);
		guest_hear();
		for (i = 0; i < CARDS; i++)
			hear(&peer[i]);
	}
	end();
	assert(fds_open() == open);
	return 0;
}
