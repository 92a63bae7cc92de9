// SPDX-License-Identifier: GPL-2.0
/*
 * The host's port at the hidden switch. It is a trunk: the VLAN in a frame's tag is the number of
 * its node (from 1), put there by the switch, which no guest can choose.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "agent_private.h"
#include "port_private.h"
#include "vlan.h"

#define NAME "rig-agent"
#define ADDRESSES (2 * ETH_ALEN)
#define FRAME_MAX (VLAN_TAG_LEN + sizeof(struct agent_frame) + AGENT_CHUNK)

_Static_assert(AGENT_NODES_MAX <= VLAN_MAX, "each node has a VLAN");

struct agent_port {
	struct agent *agent;
	struct sw *sw;
	struct port *port; /* NULL: the switch is gone */
	struct event event; /* agent_work() */
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
};

/* --- from nodes ----------------------------------------------------------------- */

static int port_send(struct port *port, const struct packet *p)
{
	struct agent_port *ap = port->arg;
	unsigned int vid;

	if (p->len < ADDRESSES + VLAN_TAG_LEN || p->len > sizeof(ap->in))
		return 0; /* none of ours */
	packet_copy(p, 0, ap->in, p->len);
	vid = (ap->in[ADDRESSES + 2] << 8 | ap->in[ADDRESSES + 3]) & 0xfff;
	if (vid < 1 || vid > AGENT_NODES_MAX)
		return 0;
	/* As the node sent it: without the tag. */
	memmove(ap->in + VLAN_TAG_LEN, ap->in, ADDRESSES);
	agent_receive(ap->agent, vid - 1, ap->in + VLAN_TAG_LEN, p->len - VLAN_TAG_LEN);
	return 0;
}

/* Whoever moves the calendar calls switch_flush() behind it. */
static void on_event(struct event *e, uint64_t now_ns)
{
	struct agent_port *ap = e->arg;

	(void)now_ns;
	agent_work(ap->agent);
}

/* --- to nodes ------------------------------------------------------------------- */

static void way_wake(struct agent *a)
{
	struct agent_port *ap = a->way_arg;
	struct calendar *cal = sw_calendar(ap->sw);

	/* Without memory for it: the next frame or call tries again. */
	if (!ap->port || calendar_add(cal, &ap->event, calendar_now(cal),
				      PORT_EVENT_SOURCE | ap->port->index, on_event, ap))
		a->awake = false;
}

static void way_send(struct agent *a, unsigned int node, struct agent_frame *head, const void *data,
		     uint32_t len)
{
	static const uint8_t host[] = AGENT_HOST;
	struct agent_port *ap = a->way_arg;
	const unsigned int vid = node + 1;
	const uint8_t tag[VLAN_TAG_LEN] = {0x81, 0x00, (uint8_t)(vid >> 8), (uint8_t)vid};
	uint8_t *at = ap->out;

	if (!ap->port)
		return;
	agent_mac(node, head->to);
	memcpy(head->from, host, sizeof(host));
	head->length = len;
	at = mempcpy(at, head, ADDRESSES);
	at = mempcpy(at, tag, sizeof(tag));
	at = mempcpy(at, (const uint8_t *)head + ADDRESSES, sizeof(*head) - ADDRESSES);
	if (len)
		at = mempcpy(at, data, len);
	port_input(ap->port, ap->out, (size_t)(at - ap->out), NULL);
}

static const struct agent_way way = {.send = way_send, .wake = way_wake};

/* --- the port ------------------------------------------------------------------- */

static void port_closed(struct port *port)
{
	struct agent_port *ap = port->arg;

	calendar_del(sw_calendar(ap->sw), &ap->event);
	ap->port = NULL;
}

static const struct port_ops ops = {
	.kind = "agent",
	.send = port_send,
	.close = port_closed,
};

int agent_node_port(struct agent *a, unsigned int node, struct port *port)
{
	const struct port_vlan vlan = {.mode = PORT_VLAN_ACCESS, .vlan = (uint16_t)(node + 1)};

	if (node >= AGENT_NODES_MAX)
		return -EINVAL;
	(void)a;
	return port_set_vlan(port, &vlan);
}

int agent_new(struct agent **out, struct sw *sw, const struct agent_events *events, void *arg)
{
	struct port_vlan trunk = {.mode = PORT_VLAN_TRUNK};
	struct agent_port *ap = calloc(1, sizeof(*ap));
	struct agent *a = calloc(1, sizeof(*a));
	int err = -ENOMEM;

	if (!ap || !a)
		goto fail;
	ap->agent = a;
	ap->sw = sw;
	a->way = &way;
	a->way_arg = ap;
	a->dirty_first = AGENT_NODES_MAX;
	a->arg = arg;
	if (events)
		a->events = *events;
	err = port_add(&ap->port, sw, &ops, ap, NAME);
	if (err)
		goto fail;
	memset(trunk.allowed, 0xff, sizeof(trunk.allowed));
	err = port_set_vlan(ap->port, &trunk);
	if (err) {
		port_remove(ap->port);
		goto fail;
	}
	*out = a;
	return 0;
fail:
	free(ap);
	free(a);
	return err;
}

void agent_free(struct agent *a)
{
	struct agent_port *ap;
	unsigned int i;

	if (!a)
		return;
	ap = a->way_arg;
	if (ap->port)
		port_remove(ap->port);
	for (i = 0; i < AGENT_NODES_MAX; i++) {
		request_list_free(&a->node[i].waiting);
		request_list_free(&a->node[i].active);
		request_list_free(&a->node[i].ended);
	}
	free(ap);
	free(a);
}
