// SPDX-License-Identifier: GPL-2.0
/*
 * Who gets a frame: learning, look-up, flooding, VLANs.
 *
 * A frame for several ports is copied at most once for those that must keep it, and once for those
 * that want the other form of its tag.
 */
#include "stp.h"
#include "switch_private.h"
#include "vlan.h"

static bool is_group(const uint8_t *mac)
{
	return mac[0] & 1;
}

/* The form that leaves by a port: 1 without the tag of the network, 2 with it. */
static struct frame *other_form(struct sw *sw, struct transit *t)
{
	if (!t->other)
		t->other =
			t->tagged ? vlan_pop(&sw->pool, t->p) : vlan_push(&sw->pool, t->p, t->vid);
	return t->other;
}

static void leave(struct port *port, struct transit *t)
{
	int form = vlan_leaves(&port->vlan, t->vid);
	struct packet p;

	if (!form)
		return;
	if (!port->up || port->blocked) {
		port_drop_tx(port, PORT_DROP_DOWN, t->p);
		return;
	}
	if (t->vid == VLAN_TRANSPARENT || (form == 2) == t->tagged) {
		port_forward(port, t->p, t->f);
		return;
	}
	if (!other_form(port->sw, t)) {
		port_drop_tx(port, PORT_DROP_MEMORY, t->p);
		return;
	}
	frame_packet(t->other, &p);
	port_forward(port, &p, t->other);
}

static void flood(struct port *from, struct transit *t)
{
	struct sw *sw = from->sw;
	struct port *port;

	/* Several may have to keep it: one copy for all. */
	if (!t->f && sw->nports > 2) {
		t->f = frame_from_packet(&sw->pool, t->p);
		t->owns_f = t->f;
	}
	for (port = sw->ports; port; port = port->next)
		if (port != from)
			leave(port, t);
}

static void forward(struct port *from, struct transit *t)
{
	struct sw *sw = from->sw;
	uint64_t now = calendar_now(sw->cal);
	const uint8_t *dst = t->p->head, *src = t->p->head + ETH_ALEN;
	struct port *to = NULL;

	if (!sw->config.hub) {
		if (!is_group(src))
			macs_learn(sw->macs, src, (uint16_t)t->vid, from, now);
		if (!is_group(dst))
			to = macs_find(sw->macs, dst, (uint16_t)t->vid, now);
	}
	if (!to)
		flood(from, t);
	else if (to == from)
		port_drop_rx(from, PORT_DROP_SELF, t->p);
	else
		leave(to, t);
}

void bridge_input(struct port *port, const struct packet *p, struct frame *f)
{
	struct transit t = {.p = p, .f = f};

	if (port->sw->stp && stp_input(port, p))
		return;
	if (!port->up || port->blocked) {
		port_drop_rx(port, PORT_DROP_DOWN, p);
		return;
	}
	t.vid = vlan_classify(&port->vlan, p, &t.tagged);
	if (t.vid < 0) {
		port_drop_rx(port, PORT_DROP_VLAN, p);
		return;
	}
	forward(port, &t);
	if (t.owns_f)
		frame_put(t.f);
	frame_put(t.other);
}
