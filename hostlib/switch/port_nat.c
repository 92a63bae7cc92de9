// SPDX-License-Identifier: GPL-2.0
/*
 * NAT by libslirp; see port_nat.h.
 *
 * libslirp answers some frames (ARP, DHCP, acknowledgements) while it is given them, but a port may
 * not call the switch from send(). Such answers are kept and handed over by a timer that is due at
 * once, that is at the end of the same turn of the loop.
 *
 * Limits: guests see TCP without window scaling, as libslirp has it. Segments of TCP over IPv4 that
 * are larger than the wire's are taken whole; those over IPv6 it would refuse, and they are cut.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "log.h"
#include "offload.h"
#include "port_nat.h"
#include "port_nat_forward.h"
#include "port_nat_merge.h"
#include "port_nat_poll.h"
#include "port_private.h"

#define ANSWERS_MAX 4096 /* frames kept for the end of the turn */
#define CLOCK_STALE_NS 50000000ULL
#define MS_NS 1000000ULL

struct nat_timer {
	struct nat *nat;
	SlirpTimerId id;
	void *cb_arg;
	struct loop_timer timer;
};

struct nat {
	struct port *port;
	struct sw *sw;
	Slirp *slirp;
	struct nat_config config;
	struct nat_poll poll;
	struct loop_watch watch; /* of poll.epoll */
	struct loop_timer work; /* something is to be done at the end of this turn */
	struct loop_timer timeout; /* libslirp's next one */
	uint64_t clock_ns; /* the time that libslirp was told last */
	bool sending; /* within send(): answers are kept */
	struct frame *answers, **answers_end;
	unsigned int answers_count;
	struct nat_merge merge; /* what this turn brought for the guest so far */
	uint8_t buf[PACKET_MAX];
};

/* --- turns of the loop ------------------------------------------------------------------------ */

static void on_timeout(struct loop_timer *t);
static void turn_over(struct nat *nat);

/* Behind all that may have changed what libslirp waits for. */
static void ask(struct nat *nat)
{
	uint32_t timeout_ms = nat_poll_ask(&nat->poll, nat->slirp);

	if (timeout_ms == NAT_NO_TIMEOUT)
		loop_timer_del(&nat->timeout);
	else
		loop_timer_set(sw_loop(nat->sw), &nat->timeout, timeout_ms * MS_NS, on_timeout,
			       nat);
}

static void tick(struct nat *nat)
{
	nat->clock_ns = loop_now_ns();
	nat_poll_tick(&nat->poll, nat->slirp);
}

static void on_timeout(struct loop_timer *t)
{
	struct nat *nat = t->arg;

	tick(nat);
	ask(nat);
	turn_over(nat);
}

static void on_ready(struct loop_watch *w, short revents)
{
	struct nat *nat = w->arg;

	nat->clock_ns = loop_now_ns();
	nat_poll_serve(&nat->poll, nat->slirp);
	ask(nat);
	turn_over(nat);
}

/* --- frames ----------------------------------------------------------------------------------- */

/* The segments that were put together go on. */
static void pass_on(struct nat *nat)
{
	struct packet_meta meta;

	if (nat_merge_finish(&nat->merge, &meta))
		port_input(nat->port, nat->merge.buf, nat->merge.len, &meta);
	nat_merge_reset(&nat->merge);
}

static void from_host(struct nat *nat, const void *data, size_t len)
{
	if (nat_merge_add(&nat->merge, data, len))
		return;
	pass_on(nat); /* before what does not go with it */
	if (!nat_merge_add(&nat->merge, data, len))
		port_input(nat->port, data, len, NULL);
}

/* What libslirp said while it was given frames. */
static void pass_on_answers(struct nat *nat)
{
	struct frame *f;

	while ((f = nat->answers)) {
		nat->answers = f->next;
		f->next = NULL;
		from_host(nat, f->data, f->len);
		frame_put(f);
	}
	nat->answers_end = &nat->answers;
	nat->answers_count = 0;
}

/* The end of a turn. */
static void turn_over(struct nat *nat)
{
	pass_on(nat);
	switch_flush(nat->sw);
}

/* The end of a turn in which frames came: their answers, and what libslirp waits for now. */
static void on_work(struct loop_timer *t)
{
	struct nat *nat = t->arg;

	pass_on_answers(nat);
	ask(nat);
	turn_over(nat);
}

static void want_work(struct nat *nat)
{
	if (!nat->work.due_ns)
		loop_timer_set(sw_loop(nat->sw), &nat->work, 0, on_work, nat);
}

static void keep_answer(struct nat *nat, const void *data, size_t len)
{
	struct frame *f;

	if (nat->answers_count >= ANSWERS_MAX || len > PACKET_MAX)
		return; /* as if lost on the wire */
	f = frame_new(sw_pool(nat->sw), (uint32_t)len);
	if (!f)
		return;
	memcpy(f->data, data, len);
	f->next = NULL;
	*nat->answers_end = f;
	nat->answers_end = &f->next;
	nat->answers_count++;
}

static ssize_t from_slirp(const void *data, size_t len, void *opaque)
{
	struct nat *nat = opaque;

	if (!nat->port)
		return (ssize_t)len; /* before the port is there, or behind its end */
	if (nat->sending) {
		keep_answer(nat, data, len);
	} else {
		pass_on_answers(nat); /* they were said before */
		from_host(nat, data, len);
	}
	return (ssize_t)len;
}

static void give_segment(void *arg, struct frame *seg)
{
	struct nat *nat = arg;

	slirp_input(nat->slirp, seg->data, (int)seg->len);
	frame_put(seg);
}

/* A frame whose checksum is to be filled in, and that is larger than the wire's perhaps. */
static int give_unfinished(struct nat *nat, const struct packet *p)
{
	struct frame *f = frame_from_packet(sw_pool(nat->sw), p);
	uint8_t gso = p->meta.gso_type & (uint8_t)~META_GSO_ECN;
	int rc;

	if (!f)
		return -ENOMEM;
	if (gso != META_GSO_NONE && gso != META_GSO_TCPV4) {
		rc = offload_segment(f, give_segment, nat);
	} else {
		f->meta.gso_type = META_GSO_NONE; /* one large segment is a segment, too */
		rc = offload_checksum(f);
		if (!rc)
			slirp_input(nat->slirp, f->data, (int)f->len);
	}
	frame_put(f);
	return rc;
}

/* Whether the frame may begin a flow, for which libslirp would make a socket. */
static bool begins_flow(const struct packet *p)
{
	uint8_t h[ETH_HLEN + 60 + 14] = {0};
	unsigned int proto, at;

	packet_copy(p, 0, h, p->len < sizeof(h) ? p->len : sizeof(h));
	if (h[12] == 0x08 && h[13] == 0x00) {
		proto = h[ETH_HLEN + 9];
		at = ETH_HLEN + (h[ETH_HLEN] & 0xfU) * 4;
	} else if (h[12] == 0x86 && h[13] == 0xdd) {
		proto = h[ETH_HLEN + 6];
		at = ETH_HLEN + 40;
	} else {
		return false; /* ARP */
	}
	return proto != IPPROTO_TCP || (h[at + 13] & 0x12) == 0x02; /* SYN without ACK */
}

static int nat_send(struct port *port, const struct packet *p)
{
	struct nat *nat = port->arg;
	int rc = 0;

	if (nat_poll_is_full(&nat->poll) && begins_flow(p))
		return -EMFILE;
	nat->sending = true;
	/* libslirp has timeouts begin at the time it knows, and ends them by the one it is told. */
	if (loop_now_ns() - nat->clock_ns > CLOCK_STALE_NS)
		tick(nat);
	if (p->meta.flags & META_NEEDS_CSUM || p->meta.gso_type) {
		rc = give_unfinished(nat, p);
	} else {
		packet_copy(p, 0, nat->buf, p->len);
		slirp_input(nat->slirp, nat->buf, (int)p->len);
	}
	nat->sending = false;
	want_work(nat);
	return rc;
}

/* --- what libslirp calls ---------------------------------------------------------------------- */

static void on_guest_error(const char *msg, void *opaque)
{
	log_debug("nat: %s", msg);
}

static int64_t clock_ns(void *opaque)
{
	return (int64_t)loop_now_ns();
}

static void *timer_new(SlirpTimerId id, void *cb_arg, void *opaque)
{
	struct nat_timer *t = calloc(1, sizeof(*t));

	if (!t)
		abort(); /* libslirp has no way to be told, and ends itself without memory, too */
	t->nat = opaque;
	t->id = id;
	t->cb_arg = cb_arg;
	return t;
}

static void timer_free(void *timer, void *opaque)
{
	struct nat_timer *t = timer;

	loop_timer_del(&t->timer);
	free(t);
}

static void on_timer(struct loop_timer *timer)
{
	struct nat_timer *t = timer->arg;
	struct nat *nat = t->nat;

	slirp_handle_timer(nat->slirp, t->id, t->cb_arg);
	turn_over(nat);
}

static void timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
	struct nat *nat = opaque;
	struct nat_timer *t = timer;
	int64_t delay_ms = expire_ms - (int64_t)(loop_now_ns() / MS_NS);

	loop_timer_set(sw_loop(nat->sw), &t->timer, delay_ms > 0 ? (uint64_t)delay_ms * MS_NS : 0,
		       on_timer, t);
}

static void forget_fd(int fd, void *opaque)
{
	struct nat *nat = opaque;

	nat_poll_forget(&nat->poll, fd);
}

static void notify(void *opaque)
{
	struct nat *nat = opaque;

	want_work(nat);
}

static const SlirpCb callbacks = {
	.send_packet = from_slirp,
	.guest_error = on_guest_error,
	.clock_get_ns = clock_ns,
	.timer_new_opaque = timer_new,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = forget_fd,
	.unregister_poll_fd = forget_fd,
	.notify = notify,
};

/* --- the port --------------------------------------------------------------------------------- */

static void nat_describe(const struct port *port, char *out, size_t len)
{
	const struct nat *nat = port->arg;
	char net[INET_ADDRSTRLEN] = "";

	inet_ntop(AF_INET, &nat->config.net, net, sizeof(net));
	snprintf(out, len, "%s/%d, %u sockets, %u forwards", net,
		 __builtin_popcount(nat->config.mask.s_addr), nat->poll.watched_count,
		 nat->config.forwards);
}

static void nat_free(struct nat *nat)
{
	struct frame *f;

	nat->port = NULL;
	if (nat->slirp)
		slirp_cleanup(nat->slirp);
	loop_timer_del(&nat->work);
	loop_timer_del(&nat->timeout);
	while ((f = nat->answers)) {
		nat->answers = f->next;
		frame_put(f);
	}
	loop_del(&nat->watch);
	nat_poll_exit(&nat->poll);
	free(nat);
}

static void nat_close(struct port *port)
{
	nat_free(port->arg);
}

static const struct port_ops nat_ops = {
	.kind = "nat",
	.takes_large = true,
	.takes_csum = true,
	.send = nat_send,
	.describe = nat_describe,
	.close = nat_close,
};

static int start_slirp(struct nat *nat)
{
	const struct nat_config *c = &nat->config;
	SlirpConfig sc = {
		.version = 4,
		.restricted = c->restricted,
		.in_enabled = true,
		.vnetwork = c->net,
		.vnetmask = c->mask,
		.vhost = c->host,
		.in6_enabled = !c->no_ipv6,
		.vprefix_addr6 = c->prefix6,
		.vprefix_len = 64,
		.vhost6 = c->prefix6,
		.vhostname = "nestling",
		.vdhcp_start = c->dhcp,
		.vnameserver = c->dns,
		.vnameserver6 = c->prefix6,
		.if_mtu = c->mtu,
		.if_mru = c->mtu,
		.disable_host_loopback = c->no_loopback,
		.disable_dns = c->no_dns,
		.disable_dhcp = c->no_dhcp,
	};

	sc.vhost6.s6_addr[15] = 2;
	sc.vnameserver6.s6_addr[15] = 3;
	nat->slirp = slirp_new(&sc, &callbacks, nat);
	return nat->slirp ? 0 : -ENOMEM;
}

bool port_is_nat(const struct port *port)
{
	return port->ops == &nat_ops;
}

int port_nat_forward(struct port *port, const char *spec, bool add, char *err, size_t err_len)
{
	struct nat *nat = port->arg;
	int rc = nat_forward_change(nat->slirp, &nat->config, spec, add, err, err_len);

	ask(nat);
	return rc;
}

void port_nat_forwards(const struct port *port, void (*fn)(void *arg, const char *spec), void *arg)
{
	const struct nat *nat = port->arg;
	char text[160];

	for (unsigned int i = 0; i < nat->config.forwards; i++) {
		nat_forward_print(&nat->config.forward[i], text, sizeof(text));
		fn(arg, text);
	}
}

static int nat_open(struct nat *nat, char *err, size_t err_len)
{
	int rc = nat_poll_init(&nat->poll);

	if (rc)
		return port_fail(err, err_len, rc, "nat: %s", strerror(-rc));
	nat->clock_ns = loop_now_ns();
	rc = start_slirp(nat);
	if (rc)
		return port_fail(err, err_len, rc, "nat: libslirp does not start");
	for (unsigned int i = 0; !rc && i < nat->config.forwards; i++)
		rc = nat_forward_add(nat->slirp, &nat->config.forward[i], err, err_len);
	return rc;
}

int port_nat_create(struct port **out, struct sw *sw, const char *args, const char *name, char *err,
		    size_t err_len)
{
	struct nat *nat = calloc(1, sizeof(*nat));
	int rc;

	if (!nat)
		return port_fail(err, err_len, -ENOMEM, "nat: no memory");
	nat->sw = sw;
	nat->poll.epoll = nat->watch.fd = -1;
	nat->answers_end = &nat->answers;
	rc = nat_config_parse(&nat->config, args, err, err_len);
	if (!rc)
		rc = nat_open(nat, err, err_len);
	if (!rc)
		rc = port_add_said(out, sw, &nat_ops, nat, name, err, err_len);
	if (rc) {
		nat_free(nat);
		return rc;
	}
	nat->port = *out;
	loop_add(sw_loop(sw), &nat->watch, nat->poll.epoll, POLLIN, on_ready, nat);
	ask(nat);
	return 0;
}
