// SPDX-License-Identifier: GPL-2.0
/* The network of a rig; see net.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "capture.h"
#include "net_private.h"
#include "port_kinds.h"
#include "stp.h"

/* Switches' seeds: far from each other, the same in each run. */
static uint64_t seed_of(const struct rig_net *net, uint64_t n)
{
	return net->c.rig->seed * 0x9e3779b97f4a7c15ULL + n;
}

static void port_goes(void *arg, struct port *port)
{
	net_card_lost(arg, port);
}

/* Who was there first must not matter. */
static unsigned int choose_index(void *arg)
{
	struct rig_net *net = arg;
	unsigned int index = net->next_index;

	net->next_index = 0;
	return index;
}

static struct sw *new_switch(struct rig_net *net, uint64_t n, bool hub)
{
	static const struct sw_events events = {
		.choose_index = choose_index,
		.port_goes = port_goes,
	};
	const struct sw_config config = {
		.hub = hub,
		.seed = seed_of(net, n),
		.own_time = net->c.calendar,
		.count_links = true,
		.calendar = net->c.calendar,
		.events = &events,
		.events_arg = net,
	};

	return sw_new(net->c.loop, &config);
}

static bool is_cable(const struct rig_link *l)
{
	return l->end[0].kind == RIG_END_NODE && l->end[1].kind == RIG_END_NODE;
}

struct sw *net_switch_of(const struct rig_net *net, uint32_t link, unsigned int end)
{
	const struct rig_link *l = &net->c.rig->link[link];
	const struct rig_end *e = &l->end[end];

	if (is_cable(l))
		return net->cable[link];
	/* A node or the host's network is plugged into the lan at the other end. */
	return net->lan[e->kind == RIG_END_LAN ? e->index : l->end[!end].index];
}

static int make_switches(struct rig_net *net)
{
	const struct rig *r = net->c.rig;
	uint32_t i;

	net->lan = calloc(r->nlans + 1, sizeof(struct sw *));
	net->cable = calloc(r->nlinks + 1, sizeof(struct sw *));
	net->link = calloc(r->nlinks + 1, sizeof(*net->link));
	net->hidden = new_switch(net, 0, false);
	if (!net->lan || !net->cable || !net->link || !net->hidden)
		return -ENOMEM;
	for (i = 0; i < r->nlans; i++) {
		net->lan[i] = new_switch(net, 1 + i, r->lan[i].hub);
		if (!net->lan[i])
			return -ENOMEM;
		if (r->lan[i].stp && stp_enable(net->lan[i], STP_PRIORITY) < 0)
			return -ENOMEM;
	}
	for (i = 0; i < r->nlinks; i++) {
		net->link[i].way[0].spec = r->link[i].way[0];
		net->link[i].way[1].spec = r->link[i].way[1];
		if (!is_cable(&r->link[i]))
			continue;
		net->cable[i] = new_switch(net, 1 + r->nlans + i, true);
		if (!net->cable[i])
			return -ENOMEM;
	}
	return 0;
}

/* --- captures ---------------------------------------------------------------- */

static bool same_end(const struct rig_end *a, const struct rig_end *b)
{
	return a->kind == b->kind && a->index == b->index;
}

bool net_is_captured(const struct rig_capture *c, const struct rig *r, uint32_t link)
{
	if (c->all)
		return true;
	if (c->link != RIG_NONE)
		return c->link == link;
	return same_end(&r->link[link].end[0], &c->of) || same_end(&r->link[link].end[1], &c->of);
}

int net_name_interfaces(struct rig_net *net, const struct rig_capture *c, struct capture *cap)
{
	const struct rig *r = net->c.rig;
	char name[PORT_NAME_MAX];
	uint32_t i, n;
	int got = 0;

	for (n = 0; n < r->nnodes && got >= 0; n++) {
		for (i = 0; i < r->node[n].cards && got >= 0; i++) {
			if (!net_is_captured(c, r, r->node[n].card[i].link))
				continue;
			net_card_name(net, n, i, name, sizeof(name));
			got = capture_interface(cap, name);
		}
	}
	return got < 0 ? got : 0;
}

/* Into a file of the run's folder. */
static int open_capture(struct rig_net *net, uint32_t i, char *err, size_t len)
{
	const struct rig_capture *c = &net->c.rig->capture[i];
	struct capture_spec spec = {.filter = c->filter, .snaplen = c->snap_bytes};
	char name[40];

	snprintf(name, sizeof(name), i ? "capture%u.pcapng" : "capture.pcapng", i + 1);
	spec.fd = openat(net->c.folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (spec.fd < 0) {
		int rc = -errno;

		snprintf(err, len, "%s cannot be made in the folder of the run: %s", name,
			 strerror(-rc));
		return rc;
	}
	if (capture_open(&net->capture[i], &spec, err, len) < 0)
		return -EINVAL;
	return net_name_interfaces(net, c, net->capture[i]);
}

static int open_captures(struct rig_net *net, char *err, size_t len)
{
	uint32_t i;
	int rc = 0;

	net->capture = calloc(net->c.rig->ncaptures + 1, sizeof(struct capture *));
	if (!net->capture)
		return -ENOMEM;
	for (i = 0; i < net->c.rig->ncaptures && !rc; i++)
		rc = open_capture(net, i, err, len);
	return rc;
}

static int capture_port(struct rig_net *net, uint32_t link, struct port *port)
{
	const struct rig *r = net->c.rig;
	struct rig_net_live *live;
	uint32_t i;
	int err = 0;

	for (i = 0; i < r->ncaptures && !err; i++)
		if (net_is_captured(&r->capture[i], r, link))
			err = port_capture(port, net->capture[i]);
	for (live = net->live; live && !err; live = live->next)
		if (net_is_captured(&live->what, r, link))
			err = port_capture(port, live->capture);
	return err;
}

/* --- links ------------------------------------------------------------------- */

/*
 * A way from a node is done where its frames come in; so that each is done once, the other way of
 * a cable is done where the other node's come in, and that of a lan where they go out.
 */
struct port *net_port_of(const struct rig_net *net, uint32_t link, unsigned int way, bool *in)
{
	const struct rig_link *l = &net->c.rig->link[link];
	unsigned int from = way, to = !way;

	*in = l->end[from].kind != RIG_END_LAN;
	return net->link[link].port[*in ? from : l->end[to].kind == RIG_END_LAN ? from : to];
}

/* All settings of a way, for a port that came. */
static int set_way(struct rig_net *net, uint32_t link, unsigned int way)
{
	bool in;
	struct port *port = net_port_of(net, link, way, &in);

	return port ? port_set_link(port, in, &net->link[link].way[way].spec) : 0;
}

/* Some of them, as a step names them. */
static int change_way(struct rig_net *net, uint32_t link, unsigned int way,
		      const struct link_spec *changes)
{
	bool in;
	struct port *port = net_port_of(net, link, way, &in);

	link_spec_merge(&net->link[link].way[way].spec, changes);
	return port ? port_set_link(port, in, changes) : 0;
}

int net_port_came(struct rig_net *net, uint32_t link, unsigned int end, struct port *port)
{
	int err;

	net->link[link].port[end] = port;
	err = set_way(net, link, 0);
	if (!err)
		err = set_way(net, link, 1);
	return err ? err : capture_port(net, link, port);
}

int rig_net_set_link(struct rig_net *net, uint32_t link, uint8_t way, const struct link_spec *spec)
{
	unsigned int w;
	int err = 0;

	for (w = 0; w < 2 && !err; w++) {
		if (!(way & (w ? RIG_WAY_1 : RIG_WAY_0)))
			continue;
		err = change_way(net, link, w, spec);
	}
	return err;
}

const struct link_spec *rig_net_link(const struct rig_net *net, uint32_t link, unsigned int way)
{
	return &net->link[link].way[way].spec;
}

static int plug_nat(struct rig_net *net, uint32_t i, char *err, size_t len)
{
	const struct rig_nat *n = &net->c.rig->nat[i];
	const struct rig_link *l = &net->c.rig->link[n->link];
	unsigned int end = l->end[0].kind == RIG_END_NAT ? 0 : 1;
	char spec[1024];
	struct port *port;
	int rc;

	snprintf(spec, sizeof(spec), "nat%s%s", *n->options ? ":" : "", n->options);
	net->next_index = net->link[n->link].index[end];
	rc = port_create(&port, net_switch_of(net, n->link, end), spec, n->name, err, len);
	return rc ? rc : net_port_came(net, n->link, end, port);
}

/* In each switch in the order of the links. */
static int number_ports(struct rig_net *net)
{
	const struct rig *r = net->c.rig;
	unsigned int *count = calloc(r->nlans + 1, sizeof(*count)), end;
	uint32_t i;

	if (!count)
		return -ENOMEM;
	for (i = 0; i < r->nlinks; i++) {
		for (end = 0; end < 2; end++) {
			const struct rig_end *e = &r->link[i].end[end];
			const struct rig_end *other = &r->link[i].end[!end];
			uint32_t lan = e->kind == RIG_END_LAN ? e->index : other->index;

			if (net->cable[i])
				net->link[i].index[end] = end + 1;
			else if (e->kind != RIG_END_LAN || other->kind == RIG_END_LAN)
				net->link[i].index[end] = ++count[lan];
		}
	}
	free(count);
	return 0;
}

static int plug_patch(struct rig_net *net, uint32_t i)
{
	const struct rig *r = net->c.rig;
	const struct rig_end *e = r->link[i].end;
	struct port *port[2];
	int err = net_patch(port, net->lan[e[0].index], net->lan[e[1].index],
			    rig_end_name(r, &e[1]), rig_end_name(r, &e[0]));

	if (!err)
		err = net_port_came(net, i, 0, port[0]);
	return err ? err : net_port_came(net, i, 1, port[1]);
}

/* What is there without guests. */
static int plug_in(struct rig_net *net, char *err, size_t len)
{
	const struct rig *r = net->c.rig;
	uint32_t i;
	int rc = 0;

	for (i = 0; i < r->nlinks && !rc; i++)
		if (r->link[i].end[0].kind == RIG_END_LAN && r->link[i].end[1].kind == RIG_END_LAN)
			rc = plug_patch(net, i);
	for (i = 0; i < r->nnats && !rc; i++)
		rc = plug_nat(net, i, err, len);
	return rc;
}

/* --- the whole --------------------------------------------------------------- */

int rig_net_new(struct rig_net **out, const struct rig_net_config *config, char *err, size_t len)
{
	struct rig_net *net = calloc(1, sizeof(*net));
	int rc = -ENOMEM;

	*err = 0;
	if (net) {
		net->c = *config;
		rc = make_switches(net);
	}
	if (!rc) {
		rc = number_ports(net);
	}
	if (!rc)
		rc = open_captures(net, err, len);
	if (!rc)
		rc = plug_in(net, err, len);
	if (!rc)
		rc = net_cards_open(net);
	if (rc) {
		if (!*err)
			snprintf(err, len, "the network cannot be made: %s", strerror(-rc));
		rig_net_free(net);
		return rc;
	}
	*out = net;
	return 0;
}

void rig_net_free(struct rig_net *net)
{
	uint32_t i;

	if (!net)
		return;
	net_cards_close(net);
	while (net->live)
		rig_net_live_end(net, net->live);
	for (i = 0; net->lan && i < net->c.rig->nlans; i++)
		sw_free(net->lan[i]);
	for (i = 0; net->cable && i < net->c.rig->nlinks; i++)
		sw_free(net->cable[i]);
	sw_free(net->hidden);
	for (i = 0; net->capture && i < net->c.rig->ncaptures; i++)
		if (net->capture[i])
			capture_close(net->capture[i]);
	free(net->capture);
	free(net->lan);
	free(net->cable);
	free(net->link);
	free(net);
}

struct sw *rig_net_hidden(struct rig_net *net)
{
	return net->hidden;
}

void rig_net_flush(struct rig_net *net)
{
	uint32_t i;

	for (i = 0; i < net->c.rig->nlans; i++)
		switch_flush(net->lan[i]);
	for (i = 0; i < net->c.rig->nlinks; i++)
		if (net->cable[i])
			switch_flush(net->cable[i]);
	switch_flush(net->hidden);
}
