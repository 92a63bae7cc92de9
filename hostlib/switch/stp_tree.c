// SPDX-License-Identifier: GPL-2.0
/*
 * The spanning tree algorithm: IEEE 802.1D-1998, 8.4 to 8.7, whose terms and times are used here.
 *
 * Each bridge tells its neighbours what it knows of the way to the root, the bridge with the
 * lowest identifier. At each port the best of what was heard there and what we would say ourselves
 * is kept (`best`). The port where the best way to the root was heard is the root port; ports
 * where we have the best to say are designated; all others are blocked. What was heard dies of
 * age unless it is said again.
 *
 * A change of the tree makes stations appear behind other ports: the root is told of it, and then
 * tells all, by a flag. Addresses are forgotten when that begins and when it ends.
 *
 * Times are the calendar's; all timers are events in it, of sources that no link has.
 */
#include "stp_private.h"

#define HOLD STP_SECOND
#define AGE_STEP STP_SECOND /* what a bridge adds to the age of what it passes on */
#define PATH_COST 4 /* of a port of 1 Gbit/s, table 8-5 */
#define SOURCE 0x80000000U /* of events: links have numbers below */

static bool is_root(const struct stp *s)
{
	return !s->root_port;
}

bool stp_is_designated(const struct stp *s, const struct stp_port *p)
{
	return p->best.bridge == s->id && p->best.port == p->id;
}

static struct calendar *cal(const struct stp *s)
{
	return s->sw->cal;
}

/* Ports that take part, in the order of their numbers. */
static struct stp_port *after(const struct port *port)
{
	for (; port; port = port->next)
		if (port->stp && port->stp->state != STP_DISABLED)
			return port->stp;
	return NULL;
}

#define FOR_EACH_PORT(s, p) for ((p) = after((s)->sw->ports); (p); (p) = after((p)->port->next))

/* --- timers ----------------------------------------------------------------- */

static void bridge_timer(struct stp *s, struct event *e, uint64_t ns, event_fn fn)
{
	calendar_add(cal(s), e, calendar_now(cal(s)) + ns, SOURCE, fn, s);
}

static void port_timer(struct stp_port *p, struct event *e, uint64_t ns, event_fn fn)
{
	struct calendar *c = p->port->sw->cal;

	calendar_add(c, e, calendar_now(c) + ns, SOURCE + p->port->index, fn, p);
}

void stp_port_end(struct stp_port *p)
{
	struct calendar *c = p->port->sw->cal;

	calendar_del(c, &p->age);
	calendar_del(c, &p->delay);
	calendar_del(c, &p->hold);
}

/* --- sending ---------------------------------------------------------------- */

static void send(struct stp_port *p, const struct stp_bpdu *b)
{
	uint8_t frame[STP_BPDU_MAX];
	struct iovec iov = {.iov_base = frame};
	struct packet packet;

	iov.iov_len = stp_bpdu_build(b, p->port->sw->stp->mac, frame);
	if (packet_init(&packet, &iov, 1, (uint32_t)iov.iov_len, NULL) == 0)
		port_transmit(p->port, &packet);
}

static void hold_ends(struct event *e, uint64_t now_ns)
{
	struct stp_port *p = e->arg;

	if (p->pending)
		stp_send_config(p->port->sw->stp, p);
}

/* 8.6.1: at most one a second; the next one waits. */
void stp_send_config(struct stp *s, struct stp_port *p)
{
	struct stp_bpdu b = {
		.vector = {s->root, s->cost, s->id, p->id},
		.max_age_ns = s->max_age_ns,
		.hello_ns = s->hello_ns,
		.delay_ns = s->delay_ns,
	};

	if (p->hold.place) {
		p->pending = true;
		return;
	}
	if (!is_root(s))
		b.age_ns = calendar_now(cal(s)) - s->root_port->heard_ns +
			   s->root_port->heard_age_ns + AGE_STEP;
	if (b.age_ns >= s->max_age_ns)
		return;
	b.change_ack = p->ack;
	b.change = s->change;
	p->ack = p->pending = false;
	send(p, &b);
	port_timer(p, &p->hold, HOLD, hold_ends);
}

static void send_configs(struct stp *s)
{
	struct stp_port *p;

	FOR_EACH_PORT(s, p)
	if (stp_is_designated(s, p))
		stp_send_config(s, p);
}

static void hello(struct event *e, uint64_t now_ns)
{
	struct stp *s = e->arg;

	send_configs(s);
	bridge_timer(s, &s->hello, s->hello_ns, hello);
}

/* --- topology changes ------------------------------------------------------- */

/* 8.6.6: says so to the root until somebody on the way acknowledges it. */
static void notify(struct stp *s);

static void notify_again(struct event *e, uint64_t now_ns)
{
	notify(e->arg);
}

static void notify(struct stp *s)
{
	static const struct stp_bpdu b = {.is_change = true};

	if (is_root(s))
		return;
	send(s->root_port, &b);
	bridge_timer(s, &s->notify, STP_HELLO, notify_again);
}

static void set_change(struct stp *s, bool change)
{
	if (s->change != change)
		sw_macs_forget(s->sw, NULL);
	s->change = change;
}

static void change_ends(struct event *e, uint64_t now_ns)
{
	struct stp *s = e->arg;

	s->change_detected = false;
	set_change(s, false);
}

/* 8.6.14 */
static void topology_changes(struct stp *s)
{
	bool known = s->change_detected;

	sw_macs_forget(s->sw, NULL);
	s->change_detected = true;
	if (is_root(s)) {
		set_change(s, true);
		bridge_timer(s, &s->change_end, STP_MAX_AGE + STP_DELAY, change_ends);
	} else if (!known) {
		notify(s);
	}
}

/* --- states of ports -------------------------------------------------------- */

static void set_state(struct stp_port *p, enum stp_state state)
{
	p->state = state;
	p->port->blocked = state == STP_BLOCKING || state == STP_LISTENING || state == STP_LEARNING;
}

/* 8.7.5: listening, learning, forwarding, a delay after the other. */
static void delay_ends(struct event *e, uint64_t now_ns)
{
	struct stp_port *p = e->arg;
	struct stp *s = p->port->sw->stp;

	if (p->state == STP_LISTENING) {
		set_state(p, STP_LEARNING);
		port_timer(p, &p->delay, s->delay_ns, delay_ends);
	} else if (p->state == STP_LEARNING) {
		set_state(p, STP_FORWARDING);
		topology_changes(s);
	}
}

static void make_forwarding(struct stp *s, struct stp_port *p)
{
	if (p->state != STP_BLOCKING)
		return;
	set_state(p, STP_LISTENING);
	port_timer(p, &p->delay, s->delay_ns, delay_ends);
}

static void make_blocking(struct stp *s, struct stp_port *p)
{
	bool was_in_use = p->state == STP_FORWARDING || p->state == STP_LEARNING;

	p->pending = p->ack = false;
	if (p->state == STP_BLOCKING)
		return;
	set_state(p, STP_BLOCKING);
	calendar_del(cal(s), &p->delay);
	if (was_in_use)
		topology_changes(s);
}

static void become_designated(struct stp *s, struct stp_port *p)
{
	p->best = (struct stp_vector){s->root, s->cost, s->id, p->id};
	calendar_del(cal(s), &p->age);
}

/* 8.6.8: the port by which the root is nearest. */
static void select_root(struct stp *s)
{
	struct stp_vector best = {0}, v;
	struct stp_port *p;

	s->root_port = NULL;
	FOR_EACH_PORT(s, p)
	{
		if (stp_is_designated(s, p) || p->best.root >= s->id)
			continue;
		v = p->best;
		v.cost += PATH_COST;
		if (v.cost < PATH_COST) /* a neighbour's nonsense */
			continue;
		if (s->root_port && stp_vector_compare(&v, &best) >= 0)
			continue;
		best = v;
		s->root_port = p;
	}
	s->root = s->root_port ? best.root : s->id;
	s->cost = s->root_port ? best.cost : 0;
}

/* 8.6.9: where nobody has something better to say than we. */
static void select_designated(struct stp *s)
{
	struct stp_port *p;

	FOR_EACH_PORT(s, p)
	{
		struct stp_vector ours = {s->root, s->cost, s->id, p->id};

		if (stp_is_designated(s, p) || p->best.root != s->root ||
		    stp_vector_compare(&ours, &p->best) <= 0)
			become_designated(s, p);
	}
}

/* 8.6.7 and 8.6.11: after something at a port has changed. */
void stp_reconsider(struct stp *s)
{
	bool was_root = is_root(s);
	struct stp_port *p;

	select_root(s);
	select_designated(s);
	FOR_EACH_PORT(s, p)
	{
		if (p == s->root_port) {
			p->pending = p->ack = false;
			make_forwarding(s, p);
		} else if (stp_is_designated(s, p)) {
			make_forwarding(s, p);
		} else {
			make_blocking(s, p);
		}
	}
	if (was_root && !is_root(s)) {
		calendar_del(cal(s), &s->hello);
		if (s->change_detected) {
			calendar_del(cal(s), &s->change_end);
			notify(s);
		}
	} else if (!was_root && is_root(s)) {
		s->max_age_ns = STP_MAX_AGE;
		s->hello_ns = STP_HELLO;
		s->delay_ns = STP_DELAY;
		calendar_del(cal(s), &s->notify);
		topology_changes(s);
		send_configs(s);
		bridge_timer(s, &s->hello, s->hello_ns, hello);
	}
}

/* 8.7.3: what was heard is too old. */
static void age_ends(struct event *e, uint64_t now_ns)
{
	struct stp_port *p = e->arg;
	struct stp *s = p->port->sw->stp;

	become_designated(s, p);
	stp_reconsider(s);
}

/* --- hearing ---------------------------------------------------------------- */

/* 8.6.2.2: better than what is known, or the same neighbour's latest word. */
static bool supersedes(const struct stp *s, const struct stp_port *p, const struct stp_vector *v)
{
	if (v->root == p->best.root && v->cost == p->best.cost && v->bridge == p->best.bridge &&
	    v->bridge != s->id)
		return true;
	return stp_vector_compare(v, &p->best) <= 0;
}

/* 8.7.1 */
static void hear_config(struct stp *s, struct stp_port *p, const struct stp_bpdu *b)
{
	if (!supersedes(s, p, &b->vector)) {
		if (stp_is_designated(s, p))
			stp_send_config(s, p);
		return;
	}
	p->best = b->vector;
	p->heard_ns = calendar_now(cal(s));
	p->heard_age_ns = b->age_ns;
	port_timer(p, &p->age, b->max_age_ns - b->age_ns, age_ends);
	stp_reconsider(s);
	if (p != s->root_port)
		return;
	s->max_age_ns = b->max_age_ns;
	s->hello_ns = b->hello_ns;
	s->delay_ns = b->delay_ns;
	set_change(s, b->change);
	send_configs(s);
	if (b->change_ack) {
		s->change_detected = false;
		calendar_del(cal(s), &s->notify);
	}
}

/* 8.7.2 */
static void hear_change(struct stp *s, struct stp_port *p)
{
	if (!stp_is_designated(s, p))
		return;
	topology_changes(s);
	p->ack = true;
	stp_send_config(s, p);
}

void stp_hear(struct stp *s, struct stp_port *p, const struct stp_bpdu *b)
{
	if (b->is_change)
		hear_change(s, p);
	else
		hear_config(s, p, b);
}

/* --- begin and end ---------------------------------------------------------- */

void stp_port_begin(struct stp *s, struct stp_port *p)
{
	stp_port_end(p);
	p->pending = p->ack = false;
	become_designated(s, p);
	set_state(p, STP_BLOCKING);
}

void stp_begin(struct stp *s)
{
	s->root = s->id;
	s->max_age_ns = STP_MAX_AGE;
	s->hello_ns = STP_HELLO;
	s->delay_ns = STP_DELAY;
	bridge_timer(s, &s->hello, s->hello_ns, hello);
}

void stp_end(struct stp *s)
{
	calendar_del(cal(s), &s->hello);
	calendar_del(cal(s), &s->notify);
	calendar_del(cal(s), &s->change_end);
}
