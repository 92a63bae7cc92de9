// SPDX-License-Identifier: GPL-2.0
/*
 * Spanning tree: bridges and ports come and go, frames come in; see stp.h. The algorithm is in
 * stp_tree.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "rng.h"
#include "stp.h"
#include "stp_private.h"
#include "vlan.h"

#define PORT_PRIORITY 0x8000

/* Stations are learned before frames are passed on. */
static void learn(struct port *port, const struct packet *p)
{
	bool tagged;
	int vid = vlan_classify(&port->vlan, p, &tagged);
	const uint8_t *src = p->head + 6;

	if (vid >= 0 && !(src[0] & 1) && !port->sw->config.hub)
		macs_learn(port->sw->macs, src, (uint16_t)vid, port, calendar_now(port->sw->cal));
}

bool stp_input(struct port *port, const struct packet *p)
{
	uint8_t frame[STP_BPDU_MAX];
	uint32_t len = p->len < sizeof(frame) ? p->len : (uint32_t)sizeof(frame);
	struct stp_port *sp = port->stp;
	struct stp_bpdu b;

	if (p->head[0] != 0x01 || p->head_len < 17 || !stp_is_bpdu(p->head, p->head_len)) {
		if (sp && sp->state == STP_LEARNING)
			learn(port, p);
		return false;
	}
	packet_copy(p, 0, frame, len);
	if (!sp || sp->state == STP_DISABLED || stp_bpdu_parse(&b, frame, len) < 0)
		return true;
	stp_hear(port->sw->stp, sp, &b);
	return true;
}

void stp_port_up(struct port *port)
{
	struct stp *s = port->sw->stp;
	struct stp_port *p = port->stp;

	if (!s || !port->up)
		return;
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p) {
			port->blocked = true; /* better silent than a storm */
			return;
		}
		p->port = port;
		p->id = (uint16_t)(PORT_PRIORITY | port->index);
		port->stp = p;
	}
	stp_port_begin(s, p);
	stp_reconsider(s);
	/* Not in the standard: neighbours need not wait for the next hello. */
	if (stp_is_designated(s, p))
		stp_send_config(s, p);
}

void stp_port_gone(struct port *port)
{
	struct stp_port *p = port->stp;
	struct stp *s = port->sw->stp;

	port->stp = NULL;
	port->blocked = false;
	if (!p)
		return;
	stp_port_end(p);
	p->state = STP_DISABLED;
	if (s) /* freed behind it: it looks whether we had a root port until now */
		stp_reconsider(s);
	free(p);
}

/* The bridge's identifier in eight bytes: priority, then address. */
static void make_id(struct stp *s, unsigned int priority)
{
	unsigned int i;

	s->id = priority;
	for (i = 0; i < 6; i++)
		s->id = s->id << 8 | s->mac[i];
}

/* A locally administered address. */
static void make_mac(struct stp *s)
{
	struct rng r;
	uint64_t v;

	rng_seed(&r, s->sw->config.seed, "spanning tree");
	v = rng_next(&r);
	/* In real time switches mostly have the same seed. */
	if (!s->sw->config.own_time && getrandom(&v, sizeof(v), GRND_NONBLOCK) != sizeof(v))
		v ^= calendar_now(s->sw->cal) * 0x9e3779b97f4a7c15ULL;
	memcpy(s->mac, &v, sizeof(s->mac));
	s->mac[0] = 0x02;
}

int stp_enable(struct sw *sw, unsigned int priority)
{
	struct stp *s = sw->stp;
	struct port *port;

	if (priority > 0xffff)
		return -EINVAL;
	if (s) /* begin anew */
		stp_disable(sw);
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->sw = sw;
	make_mac(s);
	make_id(s, priority);
	sw->stp = s;
	stp_begin(s);
	for (port = sw->ports; port; port = port->next)
		stp_port_up(port);
	return 0;
}

void stp_disable(struct sw *sw)
{
	struct stp *s = sw->stp;
	struct port *port;

	if (!s)
		return;
	sw->stp = NULL;
	for (port = sw->ports; port; port = port->next)
		stp_port_gone(port);
	stp_end(s);
	free(s);
	sw_macs_forget(sw, NULL);
}

/* --- display ---------------------------------------------------------------- */

const char *stp_port_state(const struct port *port)
{
	static const char *const names[] = {"disabled", "blocking", "listening", "learning",
					    "forwarding"};

	return port->stp ? names[port->stp->state] : "off";
}

const char *stp_port_role(const struct port *port)
{
	const struct stp *s = port->sw->stp;

	if (!s || !port->stp)
		return "off";
	if (port->stp == s->root_port)
		return "root";
	return stp_is_designated(s, port->stp) ? "designated" : "alternate";
}

void stp_describe(const struct sw *sw, char *out, size_t len)
{
	const struct stp *s = sw->stp;

	if (!s)
		snprintf(out, len, "off");
	else if (!s->root_port)
		snprintf(out, len, "bridge %016llx is the root", (unsigned long long)s->id);
	else
		snprintf(out, len, "bridge %016llx, root %016llx at cost %u by %s",
			 (unsigned long long)s->id, (unsigned long long)s->root, s->cost,
			 s->root_port->port->name);
}
