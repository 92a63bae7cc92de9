// SPDX-License-Identifier: GPL-2.0
/* The guest's network cards; see net.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "control.h"
#include "guest.h"
#include "log.h"
#include "net.h"
#include "net_helper.h"
#include "net_mac.h"
#include "vhost_front.h"

#define HELLO_MS 5000 /* given to a switch to say what it can, before the guest boots */
#define HELLO_RUNNING_MS 1000 /* and while it runs, when its consoles wait meanwhile */
#define AGAIN_NS 200000000ULL /* between attempts to reach a switch that went */
#define HELPER_AGAIN_NS 1000000000ULL /* and to start one of our own again */

/* What our own switch offers, for cards that wait for one. */
#define FEATURES_EXPECTED                                                                          \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC | VIRTIO_NET_F_STATUS |  \
	 VIRTIO_NET_F_MRG_RXBUF | VIRTIO_NET_F_MAC | VIRTIO_NET_F_CSUM | VIRTIO_NET_F_GUEST_CSUM | \
	 VIRTIO_NET_F_GUEST_TSO4 | VIRTIO_NET_F_GUEST_TSO6 | VIRTIO_NET_F_GUEST_ECN |              \
	 VIRTIO_NET_F_HOST_TSO4 | VIRTIO_NET_F_HOST_TSO6 | VIRTIO_NET_F_HOST_ECN)

struct net_card {
	struct linux_ctx *ctx;
	unsigned int index;
	struct options_net opt;
	struct vhost_front front;
	struct loop_timer again;
	int kick[NL_NET_RINGS];
	uint64_t features; /* that the guest was offered */
	struct nl_net_rings rings;
	bool have_rings; /* the guest's driver is ready */
	int words_fd; /* what a helper of the card's says, -1: none */
	bool told_loss; /* the operator knows that the switch went, */
	bool told_rings; /* that the guest's driver is no good, */
	bool told_refusal; /* and that the switch said no: once, the guest could have it go on */
	void (*stopped)(void *arg); /* who waits for the rings, NULL: nobody */
	void *stopped_arg;
	bool guest_waits; /* the guest does */
};

static void reconnect_later(struct net_card *card);

/* --- the guest -------------------------------------------------------------- */

static void tell_guest(struct net_card *card, enum nl_msg_type type)
{
	struct nl_slot *s = ctx_slot_find(card->ctx, NL_KIND_NET, card->index);
	struct nl_msg m = {.type = type};

	m.slot.kind = NL_KIND_NET;
	m.slot.index = card->index;
	if (s)
		m.slot.net = s->net;
	if (card->ctx->control && control_request(card->ctx, &m, NULL, 0, 0, NULL, NULL) < 0)
		log_debug("eth%u: the guest does not read its messages", card->index);
}

static void set_status(struct net_card *card, uint16_t status)
{
	struct nl_slot *s = ctx_slot_find(card->ctx, NL_KIND_NET, card->index);

	if (!s || s->net.status == status)
		return;
	s->net.status = status;
	tell_guest(card, NL_MSG_NET_STATE);
}

/* Where the back-end goes on: it uses buffers in order, so what is used is all it took. */
static uint16_t used_index(const struct net_card *card, unsigned int n)
{
	uint16_t idx = 0;
	off_t at = (off_t)card->rings.ring[n].used + 2;

	if (pread(guest_memory_fd(card->ctx), &idx, sizeof(idx), at) != sizeof(idx))
		return 0;
	return idx;
}

static void start_rings(struct net_card *card)
{
	struct vhost_front_rings r = {
		.rings = &card->rings,
		.memory_fd = guest_memory_fd(card->ctx),
		.memory_size = card->ctx->opt.mem_bytes,
	};
	char name[OPTIONS_UMID_LEN + 16];
	unsigned int n;
	int err;

	if (!card->have_rings || card->front.state != FRONT_READY || r.memory_fd < 0)
		return;
	snprintf(name, sizeof(name), "%s.eth%u", card->ctx->umid, card->index);
	r.name = name;
	for (n = 0; n < NL_NET_RINGS; n++) {
		r.kick[n] = card->kick[n];
		r.base[n] = used_index(card, n);
	}
	err = vhost_front_start(&card->front, &r);
	if (err) {
		if (!card->told_refusal)
			log_warn("eth%u: the switch does not take the card: %s", card->index,
				 strerror(-err));
		card->told_refusal = true;
		vhost_front_close(&card->front);
		reconnect_later(card);
		return;
	}
	set_status(card, 1);
}

static bool rings_valid(const struct linux_ctx *ctx, const struct nl_net_rings *r)
{
	unsigned int n;

	if (r->doorbell % 4 || r->doorbell >= ctx->opt.mem_bytes)
		return false;
	for (n = 0; n < NL_NET_RINGS; n++)
		if (!r->ring[n].num || r->ring[n].used >= ctx->opt.mem_bytes ||
		    r->ring[n].avail >= ctx->opt.mem_bytes || r->ring[n].desc >= ctx->opt.mem_bytes)
			return false;
	return true;
}

void net_message(struct linux_ctx *ctx, const struct nl_msg *m)
{
	struct net_card *card;

	if (m->rings.index >= NL_NET_MAX || !ctx->net[m->rings.index])
		return;
	card = ctx->net[m->rings.index];
	if (m->type == NL_MSG_NET_STOP) {
		card->have_rings = false;
		card->guest_waits = true;
		vhost_front_stop(&card->front);
		return;
	}
	if (!rings_valid(ctx, &m->rings) || m->rings.features & ~card->features) {
		if (!card->told_rings)
			log_warn("eth%u: the guest's driver gave rings that cannot be",
				 card->index);
		card->told_rings = true;
		return;
	}
	card->rings = m->rings;
	card->have_rings = true;
	start_rings(card);
}

/* Nobody touches the rings any more: who waits for that is told. */
static void rings_gone(struct net_card *card)
{
	void (*fn)(void *arg) = card->stopped;

	if (card->guest_waits)
		tell_guest(card, NL_MSG_NET_STOPPED);
	card->guest_waits = false;
	card->stopped = NULL;
	if (fn)
		fn(card->stopped_arg);
}

void net_guest_ended(struct linux_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < NL_NET_MAX; i++) {
		struct net_card *card = ctx->net[i];

		if (!card)
			continue;
		card->have_rings = card->guest_waits = false;
		if (card->front.state != FRONT_RUNNING && card->front.state != FRONT_STOPPING)
			continue;
		/* Who is connected anew has certainly let go of memory that is no more. */
		vhost_front_close(&card->front);
		rings_gone(card);
		reconnect_later(card);
	}
}

/* --- the switch ------------------------------------------------------------- */

static void on_ready(struct vhost_front *f)
{
	struct net_card *card = f->arg;

	if (card->features && card->features & ~f->offered) {
		log_warn("eth%u: the switch that came back can less than the one before; restart "
			 "the guest to use it",
			 card->index);
		return;
	}
	if (card->told_loss)
		log_info("eth%u: connected again", card->index);
	card->told_loss = false;
	start_rings(card);
}

static void on_stopped(struct vhost_front *f)
{
	rings_gone(f->arg);
}

static void on_status(struct vhost_front *f, uint16_t status)
{
	set_status(f->arg, status);
}

static void on_closed(struct vhost_front *f)
{
	struct net_card *card = f->arg;

	set_status(card, 0);
	if (!card->told_loss)
		log_warn("eth%u: the switch went; waiting for it to come back", card->index);
	card->told_loss = true;
	reconnect_later(card);
}

static const struct vhost_front_ops front_ops = {
	.ready = on_ready,
	.stopped = on_stopped,
	.status = on_status,
	.closed = on_closed,
};

static int connect_to(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd, err;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/*
 * The usual path lies where anybody can make a socket, and whoever serves it gets the guest's
 * memory: there it must be this user's switch, or root's. A path that was named is trusted.
 */
static bool is_strangers(int fd, const char *path)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (strcmp(path, OPTIONS_NET_SWITCH))
		return false;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ||
	       (peer.uid && peer.uid != geteuid());
}

/* A socket to the card's switch, or -errno with a line in error. */
static int reach(struct net_card *card, char error[static NET_ERROR_LEN])
{
	const struct options_net *o = &card->opt;
	int fd;

	if (o->port)
		return net_helper_start(o->port, &card->words_fd, error, NET_ERROR_LEN);
	fd = connect_to(o->path);
	if (fd < 0 && o->start && (fd == -ENOENT || fd == -ECONNREFUSED)) {
		fd = net_helper_switch(o->path, error, NET_ERROR_LEN);
		if (fd)
			return fd;
		fd = connect_to(o->path);
	}
	if (fd >= 0 && is_strangers(fd, o->path)) {
		snprintf(error, NET_ERROR_LEN,
			 "the switch at '%s' is another user's; name a path of your own, as in "
			 "eth%u=daemon,,unix,/run/user/%u/switch",
			 o->path, card->index, (unsigned int)getuid());
		close(fd);
		return -EPERM;
	}
	if (fd == -ENOENT || fd == -ECONNREFUSED)
		snprintf(error, NET_ERROR_LEN,
			 "no switch answers at '%s'; start one with 'uml_switch -unix %s', or put "
			 "',wait' or ',start' behind it",
			 o->path, o->path);
	else if (fd < 0)
		snprintf(error, NET_ERROR_LEN, "connecting to the switch at '%s' failed: %s",
			 o->path, strerror(-fd));
	return fd;
}

static void try_again(struct loop_timer *t)
{
	struct net_card *card = t->arg;
	char error[NET_ERROR_LEN] = "";
	int fd = reach(card, error);

	if (fd < 0 || vhost_front_open(&card->front, card->ctx->loop, fd, &front_ops, card) < 0)
		reconnect_later(card);
}

static void reconnect_later(struct net_card *card)
{
	loop_timer_set(card->ctx->loop, &card->again, card->opt.port ? HELPER_AGAIN_NS : AGAIN_NS,
		       try_again, card);
}

/* The first session, for which the boot waits. 0 or -errno with a line in error. */
static int first_session(struct net_card *card, char error[static NET_ERROR_LEN])
{
	int fd = reach(card, error), err;

	if (fd < 0)
		return fd;
	err = vhost_front_open(&card->front, card->ctx->loop, fd, &front_ops, card);
	if (!err)
		err = vhost_front_hello_wait(&card->front,
					     card->ctx->guest ? HELLO_RUNNING_MS : HELLO_MS);
	if (err)
		vhost_front_close(&card->front);
	if (err == -EPIPE)
		err = -ECONNRESET;
	/* A switch of the old kind hangs up when it is spoken to like that. */
	if (err == -ECONNRESET && card->opt.path && !card->opt.port) {
		if (asprintf(&card->opt.port, "daemon:%s", card->opt.path) < 0)
			return -ENOMEM;
		return first_session(card, error);
	}
	if (err == -ECONNRESET && card->opt.port)
		net_helper_reason(card->words_fd, error, NET_ERROR_LEN);
	else if (err)
		snprintf(error, NET_ERROR_LEN, "the switch at '%s' does not answer: %s",
			 card->opt.path ? card->opt.path : card->opt.port, strerror(-err));
	return err;
}

/* --- cards ------------------------------------------------------------------ */

static void card_free(struct net_card *card)
{
	unsigned int n;

	loop_timer_del(&card->again);
	if (card->front.state != FRONT_CLOSED)
		vhost_front_close(&card->front);
	for (n = 0; n < NL_NET_RINGS; n++)
		if (card->kick[n] >= 0)
			close(card->kick[n]);
	if (card->words_fd >= 0)
		close(card->words_fd);
	options_net_free(&card->opt);
	free(card);
}

static int make_kicks(struct net_card *card)
{
	unsigned int n;

	for (n = 0; n < NL_NET_RINGS; n++) {
		card->kick[n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (card->kick[n] < 0)
			return -errno;
	}
	return 0;
}

static int fill_slot(struct net_card *card)
{
	struct nl_slot *s = ctx_slot(card->ctx, NL_KIND_NET, card->index);
	unsigned int n;

	if (!s)
		return -ENOSPC;
	for (n = 0; n < NL_NET_RINGS; n++)
		s->fd[n] = card->kick[n];
	s->net.features = card->features;
	s->net.status = card->front.state != FRONT_CLOSED;
	if (card->opt.have_mac)
		memcpy(s->net.mac, card->opt.mac, sizeof(s->net.mac));
	else
		net_mac(card->ctx, card->index, s->net.mac);
	snprintf(s->spec, sizeof(s->spec), "%s", card->opt.text);
	return 0;
}

int net_open_one(struct linux_ctx *ctx, unsigned int index, struct options_net *n,
		 char error[static NET_ERROR_LEN])
{
	struct net_card *card = calloc(1, sizeof(*card));
	int err;

	if (!card)
		return -ENOMEM;
	card->ctx = ctx;
	card->index = index;
	card->kick[0] = card->kick[1] = card->words_fd = -1;
	/* A guest may stop a card that waits for its first switch. */
	card->front = (struct vhost_front){.ops = &front_ops, .arg = card};
	card->opt = *n;
	memset(n, 0, sizeof(*n));
	err = make_kicks(card);
	if (!err) {
		err = first_session(card, error);
		if ((err == -ENOENT || err == -ECONNREFUSED) && card->opt.wait) {
			log_info("eth%u: waiting for a switch at '%s'", index, card->opt.path);
			card->told_loss = true;
			card->features = FEATURES_EXPECTED;
			reconnect_later(card);
			err = 0;
		} else {
			card->features = card->front.offered & FEATURES_EXPECTED;
		}
	}
	if (!err)
		err = fill_slot(card);
	if (err) {
		card_free(card);
		return err;
	}
	ctx->net[index] = card;
	return 0;
}

void net_close_one(struct linux_ctx *ctx, unsigned int index)
{
	if (!ctx->net[index])
		return;
	card_free(ctx->net[index]);
	ctx->net[index] = NULL;
	ctx_slot_drop(ctx, NL_KIND_NET, index);
}

void net_close_all(struct linux_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < NL_NET_MAX; i++)
		net_close_one(ctx, i);
}

/* Two cards with one address do not work, and nobody sees why. */
static int check_macs(const struct linux_ctx *ctx)
{
	unsigned int i, k;

	for (i = 0; i < NL_NET_MAX; i++)
		for (k = 0; k < i && ctx->opt.net[i].have_mac; k++)
			if (ctx->opt.net[k].have_mac &&
			    !memcmp(ctx->opt.net[i].mac, ctx->opt.net[k].mac, 6)) {
				log_err("eth%u and eth%u have the same hardware address; leave it "
					"out "
					"of one of them",
					k, i);
				return STATUS_USAGE;
			}
	return 0;
}

int net_open_all(struct linux_ctx *ctx)
{
	char error[NET_ERROR_LEN] = "";
	unsigned int i;
	int err = check_macs(ctx);

	if (err)
		return err;
	for (i = 0; i < NL_NET_MAX; i++) {
		if (!ctx->opt.net[i].text)
			continue;
		err = net_open_one(ctx, i, &ctx->opt.net[i], error);
		if (err) {
			log_err("eth%u: %s", i, *error ? error : strerror(-err));
			return err == -EACCES || err == -EPERM ? STATUS_NOPERM : STATUS_UNAVAILABLE;
		}
	}
	return 0;
}

void net_stop(struct linux_ctx *ctx, unsigned int index, void (*fn)(void *arg), void *arg)
{
	struct net_card *card = ctx->net[index];

	if (!card) {
		fn(arg);
		return;
	}
	card->stopped = fn;
	card->stopped_arg = arg;
	vhost_front_stop(&card->front);
}

void net_resume(struct linux_ctx *ctx, unsigned int index)
{
	if (ctx->net[index])
		start_rings(ctx->net[index]);
}

void net_describe(struct linux_ctx *ctx, unsigned int index, char *out, size_t len)
{
	const struct net_card *card = ctx->net[index];
	const struct nl_slot *s = ctx_slot_find(ctx, NL_KIND_NET, index);
	const uint8_t *m = s ? s->net.mac : NULL;

	if (!card || !m) {
		snprintf(out, len, "none");
		return;
	}
	snprintf(out, len, "%s (%02x:%02x:%02x:%02x:%02x:%02x, %s)", card->opt.text, m[0], m[1],
		 m[2], m[3], m[4], m[5],
		 card->front.state == FRONT_RUNNING ? "connected"
		 : card->front.state == FRONT_READY ? "not set up by the guest"
						    : "waiting for the switch");
}
