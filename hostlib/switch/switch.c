// SPDX-License-Identifier: GPL-2.0
/*
 * The switch as a whole: its ports, its time, its end. See switch.h.
 *
 * In real time the calendar is moved along whenever frames come in and when its next event is due.
 * The clock is read once for all frames that a device hands in at a time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include "stp.h"
#include "switch_private.h"
#include "vlan.h"

#define AGE_NS 300000000000ULL /* IEEE 802.1Q, table 8-6 */
#define MEMORY (256ULL << 20)
#define QUEUE_BYTES (4ULL << 20)
#define QUEUE_FRAMES 4096

struct loop *sw_loop(struct sw *sw)
{
	return sw->loop;
}

struct calendar *sw_calendar(struct sw *sw)
{
	return sw->cal;
}

struct frame_pool *sw_pool(struct sw *sw)
{
	return &sw->pool;
}

const struct sw_config *sw_config(const struct sw *sw)
{
	return &sw->config;
}

void sw_set_hub(struct sw *sw, bool hub)
{
	sw->config.hub = hub;
	macs_forget(sw->macs, NULL);
}

const struct sw_lateness *sw_lateness(const struct sw *sw)
{
	return &sw->lateness;
}

struct sw *sw_new(struct loop *loop, const struct sw_config *config)
{
	struct sw *sw = calloc(1, sizeof(*sw));
	struct sw_config *c;

	if (!sw)
		return NULL;
	sw->loop = loop;
	sw->tick_ns = CALENDAR_NEVER;
	c = &sw->config;
	*c = *config;
	c->age_ns = c->age_ns ? c->age_ns : AGE_NS;
	c->memory = c->memory ? c->memory : MEMORY;
	c->queue_bytes = c->queue_bytes ? c->queue_bytes : QUEUE_BYTES;
	c->queue_frames = c->queue_frames ? c->queue_frames : QUEUE_FRAMES;
	frame_pool_init(&sw->pool, c->memory);
	sw->cal = c->calendar ? c->calendar : calendar_new();
	sw->macs = macs_new(SWITCH_MACS_MAX, c->age_ns);
	if (!sw->cal || !sw->macs) {
		sw_free(sw);
		return NULL;
	}
	if (!c->own_time) {
		calendar_run(sw->cal, loop_now_ns(), 0);
		/* Links' delays are kept as they are: timers of this thread are late by 50 us otherwise. */
		prctl(PR_SET_TIMERSLACK, 1);
	}
	return sw;
}

void sw_free(struct sw *sw)
{
	if (!sw)
		return;
	while (sw->ports)
		port_remove(sw->ports);
	if (sw->stp)
		stp_disable(sw);
	loop_timer_del(&sw->tick);
	macs_free(sw->macs);
	if (!sw->config.calendar)
		calendar_free(sw->cal);
	frame_pool_exit(&sw->pool);
	free(sw);
}

/* --- time ------------------------------------------------------------------- */

static void run_due(struct sw *sw)
{
	uint64_t now = loop_now_ns(), due = calendar_next(sw->cal);

	if (due <= now) {
		sw->lateness.events++;
		sw->lateness.late += now - due > SWITCH_LATE_NS;
		if (now - due > sw->lateness.worst_ns)
			sw->lateness.worst_ns = now - due;
	}
	calendar_run(sw->cal, now, 0);
}

static void tick(struct loop_timer *t)
{
	struct sw *sw = t->arg;

	sw->tick_ns = CALENDAR_NEVER;
	sw->in_batch = true; /* an event that calls switch_input() has its own time */
	run_due(sw);
	switch_flush(sw);
}

/* The timer follows the calendar's next event. */
static void tick_set(struct sw *sw)
{
	uint64_t next = calendar_next(sw->cal), now;

	if (next == sw->tick_ns)
		return;
	sw->tick_ns = next;
	if (next == CALENDAR_NEVER) {
		loop_timer_del(&sw->tick);
		return;
	}
	now = loop_now_ns();
	loop_timer_set(sw->loop, &sw->tick, next > now ? next - now : 0, tick, sw);
}

void switch_flush(struct sw *sw)
{
	struct port *port;

	while ((port = sw->flush_first)) {
		sw->flush_first = port->flush_next;
		port->flush_wanted = false;
		port->ops->flush(port);
	}
	sw->in_batch = false;
	if (!sw->config.own_time)
		tick_set(sw);
}

void switch_input(struct port *port, const struct packet *p)
{
	struct sw *sw = port->sw;

	if (!sw->in_batch && !sw->config.own_time) {
		sw->in_batch = true;
		run_due(sw);
	}
	port->stats.rx_frames++;
	port->stats.rx_bytes += p->len;
	if (p->len < ETH_HLEN)
		port_drop_rx(port, PORT_DROP_RUNT, p);
	else if (!port->up)
		port_drop_rx(port, PORT_DROP_DOWN, p);
	else
		port_receive(port, p);
}

void port_transmit(struct port *port, const struct packet *p)
{
	if (port->up)
		port_forward(port, p, NULL);
}

/* --- ports ------------------------------------------------------------------ */

struct port *port_first(struct sw *sw)
{
	return sw->ports;
}

struct port *port_find(struct sw *sw, const char *name)
{
	struct port *port;

	for (port = sw->ports; port; port = port->next)
		if (!strcmp(port->name, name))
			return port;
	return NULL;
}

static unsigned int free_index(const struct sw *sw)
{
	unsigned int i;

	for (i = 1; i <= SWITCH_PORTS_MAX; i++)
		if (!sw->by_index[i])
			return i;
	return 0;
}

static void link_in(struct sw *sw, struct port *port)
{
	struct port **p = &sw->ports;

	while (*p && (*p)->index < port->index)
		p = &(*p)->next;
	port->next = *p;
	*p = port;
	sw->by_index[port->index] = port;
	sw->nports++;
}

/* Names are words: of letters, digits and a few signs. */
static bool name_valid(const char *name)
{
	size_t n =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return n && !name[n] && n < PORT_NAME_MAX;
}

int port_rename(struct port *port, const char *name)
{
	struct port *other = port_find(port->sw, name);

	if (!name_valid(name))
		return -EINVAL;
	if (other && other != port)
		return -EEXIST;
	snprintf(port->name, sizeof(port->name), "%s", name);
	return 0;
}

static unsigned int choose_index(struct sw *sw)
{
	const struct sw_events *events = sw->config.events;
	unsigned int index =
		events && events->choose_index ? events->choose_index(sw->config.events_arg) : 0;

	return index && index <= SWITCH_PORTS_MAX && !sw->by_index[index] ? index : free_index(sw);
}

int port_add(struct port **out, struct sw *sw, const struct port_ops *ops, void *arg,
	     const char *name)
{
	unsigned int index = choose_index(sw);
	struct port *port;

	if (!index)
		return -ENOSPC;
	if (name && !name_valid(name))
		return -EINVAL;
	if (name && port_find(sw, name))
		return -EEXIST;
	port = calloc(1, sizeof(*port));
	if (!port)
		return -ENOMEM;
	port->sw = sw;
	port->index = index;
	port->ops = ops;
	port->arg = arg;
	port->up = port->wanted = port->linked = true;
	port->takes_large = ops->takes_large;
	port->takes_csum = ops->takes_csum;
	port->queue_end = &port->queue;
	if (name) {
		snprintf(port->name, sizeof(port->name), "%s", name);
	} else {
		unsigned int n = index;

		/* Somebody may have taken the name on purpose. */
		do
			snprintf(port->name, sizeof(port->name), "%s%u", ops->kind, n++);
		while (port_find(sw, port->name));
	}
	link_in(sw, port);
	*out = port;
	if (sw->stp)
		stp_port_up(port);
	if (sw->config.events && sw->config.events->port_came)
		sw->config.events->port_came(sw->config.events_arg, port);
	return 0;
}

static void unlink_flush(struct port *port)
{
	struct port **p = &port->sw->flush_first;

	while (*p && *p != port)
		p = &(*p)->flush_next;
	if (*p)
		*p = port->flush_next;
}

void port_remove(struct port *port)
{
	struct sw *sw = port->sw;
	struct port **p = &sw->ports;

	if (sw->config.events && sw->config.events->port_goes)
		sw->config.events->port_goes(sw->config.events_arg, port);
	while (*p != port)
		p = &(*p)->next;
	*p = port->next;
	sw->by_index[port->index] = NULL;
	sw->nports--;
	unlink_flush(port);
	if (sw->stp)
		stp_port_gone(port);
	macs_forget(sw->macs, port);
	port_links_free(port);
	port_queue_free(port);
	port->ops->close(port);
	free(port);
}

/* What follows from the cable and the device's other side. */
static void port_follow(struct port *port)
{
	bool up = port->wanted && port->linked;

	if (port->up == up)
		return;
	port->up = up;
	if (!up) {
		macs_forget(port->sw->macs, port);
		port_queue_free(port);
	}
	if (port->ops->carrier)
		port->ops->carrier(port, up);
	if (port->sw->stp) {
		if (up)
			stp_port_up(port);
		else
			stp_port_gone(port);
	}
}

void port_set_up(struct port *port, bool up)
{
	port->wanted = up;
	port_follow(port);
}

void port_set_linked(struct port *port, bool linked)
{
	port->linked = linked;
	port_follow(port);
}

int port_set_vlan(struct port *port, const struct port_vlan *vlan)
{
	if (!vlan_valid(vlan))
		return -EINVAL;
	port->vlan = *vlan;
	macs_forget(port->sw->macs, port);
	return 0;
}

const char *port_drop_name(enum port_drop drop)
{
	static const char *const names[PORT_DROPS] = {
		[PORT_DROP_RUNT] = "runt",        [PORT_DROP_DOWN] = "down",
		[PORT_DROP_VLAN] = "vlan",        [PORT_DROP_SELF] = "self",
		[PORT_DROP_QUEUE] = "port-queue", [PORT_DROP_MEMORY] = "memory",
		[PORT_DROP_DEVICE] = "device",    [PORT_DROP_LINK] = "link",
	};

	return names[drop];
}

void sw_macs(struct sw *sw, sw_mac_fn fn, void *arg)
{
	macs_each(sw->macs, fn, arg, calendar_now(sw->cal));
}

void sw_macs_forget(struct sw *sw, const struct port *port)
{
	macs_forget(sw->macs, port);
}

unsigned int sw_macs_count(const struct sw *sw)
{
	return macs_count(sw->macs);
}
