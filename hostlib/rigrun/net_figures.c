// SPDX-License-Identifier: GPL-2.0
/* What is counted of links, and what their settings promise. */
#include "net_private.h"

static void add_stats(const struct link_stats *s, double f[RIG_FIGURES])
{
	static const enum link_fate chance[] = {LINK_LOST, LINK_LOST_BURST};
	static const enum link_fate other[] = {LINK_QUEUE_FULL, LINK_CODEL, LINK_TOO_LONG,
					       LINK_DOWN, LINK_NO_MEMORY};
	uint64_t lost = 0, dropped;
	unsigned int i;

	for (i = 0; i < sizeof(chance) / sizeof(chance[0]); i++)
		lost += s->fate[chance[i]];
	dropped = lost;
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		dropped += s->fate[other[i]];
	f[RIG_FIGURE_FRAMES] += (double)s->frames;
	f[RIG_FIGURE_BYTES] += (double)s->bytes;
	f[RIG_FIGURE_DELIVERED] += (double)s->delivered;
	f[RIG_FIGURE_DELIVERED_BYTES] += (double)s->delivered_bytes;
	f[RIG_FIGURE_LOST] += (double)lost;
	f[RIG_FIGURE_DROPPED] += (double)dropped;
	f[RIG_FIGURE_QUEUE] = (double)s->queue_bytes;
	f[RIG_FIGURE_QUEUE_PACKETS] = (double)s->queue_packets;
	if ((double)s->queue_bytes_max > f[RIG_FIGURE_QUEUE_MAX])
		f[RIG_FIGURE_QUEUE_MAX] = (double)s->queue_bytes_max;
}

static void figures(const struct rig_net *net, uint32_t link, unsigned int way,
		    double out[RIG_FIGURES])
{
	bool in;
	const struct port *port = net_port_of(net, link, way, &in);
	const struct link *l = !port ? NULL : in ? port->in : port->out;
	unsigned int i;

	for (i = 0; i < RIG_FIGURES; i++)
		out[i] = net->link[link].way[way].counted[i];
	out[RIG_FIGURE_QUEUE] = out[RIG_FIGURE_QUEUE_PACKETS] = 0;
	if (l)
		add_stats(link_stats(l), out);
}

void rig_net_figures(const struct rig_net *net, uint32_t link, uint8_t way, double out[RIG_FIGURES])
{
	figures(net, link, way == RIG_WAY_1, out);
}

void net_port_goes(struct rig_net *net, uint32_t link, unsigned int end)
{
	struct net_link *l = &net->link[link];
	double now[2][RIG_FIGURES];
	unsigned int way, i;
	bool in;

	for (way = 0; way < 2; way++)
		figures(net, link, way, now[way]);
	for (way = 0; way < 2; way++) {
		if (net_port_of(net, link, way, &in) != l->port[end])
			continue;
		for (i = 0; i < RIG_FIGURES; i++)
			l->way[way].counted[i] = now[way][i];
	}
	l->port[end] = NULL;
}

static uint64_t frames_of(const struct sw *sw)
{
	const struct port *port;
	uint64_t n = 0;

	for (port = sw ? port_first((struct sw *)sw) : NULL; port; port = port->next)
		n += port->stats.tx_frames;
	return n;
}

uint64_t rig_net_frames(const struct rig_net *net)
{
	const struct rig *r = net->c.rig;
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < r->nlans; i++)
		n += frames_of(net->lan[i]);
	for (i = 0; i < r->nlinks; i++)
		n += frames_of(net->cable[i]);
	return n;
}

/* --- lookahead --------------------------------------------------------------- */

/* No frame is faster than this. */
static uint64_t least_delay(const struct link_spec *s)
{
	if (s->reorder > 0)
		return 0;
	if (!s->jitter_ns)
		return s->delay_ns;
	if (s->jitter_kind != LINK_JITTER_UNIFORM || s->jitter_ns > s->delay_ns)
		return 0;
	return s->delay_ns - s->jitter_ns;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* From a node into a lan, and out of one; of lan `only`, or of all. */
static uint64_t through_lan(const struct rig_net *net, uint32_t only)
{
	const struct rig *r = net->c.rig;
	uint64_t into = UINT64_MAX / 2, out_of = UINT64_MAX / 2;
	uint32_t i;

	for (i = 0; i < r->nlinks; i++) {
		const struct rig_end *e = r->link[i].end;
		unsigned int lan = e[0].kind == RIG_END_LAN ? 0 : 1;

		if (e[lan].kind != RIG_END_LAN || e[!lan].kind == RIG_END_LAN ||
		    (only != RIG_NONE && e[lan].index != only))
			continue;
		into = smaller(into, least_delay(&net->link[i].way[!lan].spec));
		out_of = smaller(out_of, least_delay(&net->link[i].way[lan].spec));
	}
	return into + out_of;
}

uint64_t rig_net_lookahead(const struct rig_net *net)
{
	const struct rig *r = net->c.rig;
	uint64_t least = UINT64_MAX;
	bool joined = false;
	uint32_t i;

	for (i = 0; i < r->nlinks; i++) {
		const struct rig_end *e = r->link[i].end;

		joined |= e[0].kind == RIG_END_LAN && e[1].kind == RIG_END_LAN;
		if (e[0].kind != RIG_END_NODE || e[1].kind != RIG_END_NODE)
			continue;
		least = smaller(least, least_delay(&net->link[i].way[0].spec));
		least = smaller(least, least_delay(&net->link[i].way[1].spec));
	}
	if (joined)
		return smaller(least, through_lan(net, RIG_NONE));
	for (i = 0; i < r->nlans; i++)
		least = smaller(least, through_lan(net, i));
	return least;
}
