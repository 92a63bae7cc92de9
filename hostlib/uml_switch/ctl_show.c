// SPDX-License-Identifier: GPL-2.0
/* What there is, for people and as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "link.h"
#include "stp.h"
#include "uml_switch.h"

static const char *state(const struct port *port)
{
	return !port->up ? "down" : port->blocked ? "blocked" : "up";
}

static void vlan_text(const struct port_vlan *v, char *out, size_t len)
{
	if (v->mode == PORT_VLAN_NONE)
		snprintf(out, len, "-");
	else if (v->mode == PORT_VLAN_ACCESS)
		snprintf(out, len, "access %u", v->vlan);
	else if (v->vlan)
		snprintf(out, len, "trunk native %u", v->vlan);
	else
		snprintf(out, len, "trunk");
}

int show_ports(struct call *c)
{
	struct port *port;

	fprintf(c->out, "%-16s %-8s %-8s %-10s %s\n", "port", "kind", "state", "vlan", "");
	for (port = port_first(c->ctx->sw); port; port = port->next) {
		char what[256] = "", vlan[32];

		if (port->ops->describe)
			port->ops->describe(port, what, sizeof(what));
		vlan_text(&port->vlan, vlan, sizeof(vlan));
		fprintf(c->out, "%-16s %-8s %-8s %-10s %s\n", port->name, port->ops->kind,
			state(port), vlan, what);
	}
	return 0;
}

int show_stp(struct call *c)
{
	struct port *port;
	char text[256];

	stp_describe(c->ctx->sw, text, sizeof(text));
	fprintf(c->out, "%s\n", text);
	for (port = port_first(c->ctx->sw); port; port = port->next)
		fprintf(c->out, "%-16s %-10s %s\n", port->name, stp_port_state(port),
			stp_port_role(port));
	return 0;
}

static void show_drops(FILE *out, const char *dir, const uint64_t *drops)
{
	unsigned int i;

	for (i = 0; i < PORT_DROPS; i++)
		if (drops[i])
			fprintf(out, "    %s dropped, %s: %" PRIu64 "\n", dir, port_drop_name(i),
				drops[i]);
}

static void show_link_stats(FILE *out, const char *dir, const struct link *l)
{
	const struct link_stats *s = l ? link_stats(l) : NULL;
	unsigned int i;

	if (!s || !s->frames)
		return;
	fprintf(out,
		"    link %s: %" PRIu64 " frames, %" PRIu64 " delivered, queue %" PRIu64
		" (most %" PRIu64 "), %" PRIu64 " in flight\n",
		dir, s->frames, s->delivered, s->queue_packets, s->queue_packets_max, s->in_flight);
	for (i = LINK_SENT + 1; i < LINK_FATES; i++)
		if (s->fate[i])
			fprintf(out, "    link %s, %s: %" PRIu64 "\n", dir, link_fate_name(i),
				s->fate[i]);
}

static void show_port_stats(FILE *out, const struct port *port)
{
	const struct port_stats *s = &port->stats;

	fprintf(out,
		"%s\n    in %" PRIu64 " frames, %" PRIu64 " bytes; out %" PRIu64 " frames, %" PRIu64
		" bytes; waiting %u\n",
		port->name, s->rx_frames, s->rx_bytes, s->tx_frames, s->tx_bytes,
		port->queue_frames);
	show_drops(out, "in", s->rx_drop);
	show_drops(out, "out", s->tx_drop);
	show_link_stats(out, "in", port->in);
	show_link_stats(out, "out", port->out);
}

int show_stats(struct call *c)
{
	const struct sw_lateness *late = sw_lateness(c->ctx->sw);
	struct port *port = c->n ? ctl_port(c, c->word[0]) : NULL;

	if (c->n) {
		if (port)
			show_port_stats(c->out, port);
		return port ? 0 : -ENODEV;
	}
	for (port = port_first(c->ctx->sw); port; port = port->next)
		show_port_stats(c->out, port);
	if (late->late)
		fprintf(c->out,
			"real time: %" PRIu64 " of %" PRIu64
			" times late by more than 1 ms, worst %" PRIu64 " us\n",
			late->late, late->events, late->worst_ns / 1000);
	return 0;
}

/* --- JSON ------------------------------------------------------------------- */

/* A string that may hold anything. */
static void json_string(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch == '"' || ch == '\\')
			fprintf(out, "\\%c", ch);
		else if (ch < 0x20 || ch >= 0x7f)
			fprintf(out, "\\u%04x", ch);
		else
			fputc(ch, out);
	}
	fputc('"', out);
}

static void json_drops(FILE *out, const char *name, const uint64_t *drops)
{
	const char *sep = "";
	unsigned int i;

	fprintf(out, ", \"%s\": {", name);
	for (i = 0; i < PORT_DROPS; i++) {
		if (!drops[i])
			continue;
		fprintf(out, "%s\"%s\": %" PRIu64, sep, port_drop_name(i), drops[i]);
		sep = ", ";
	}
	fputc('}', out);
}

static void json_link(FILE *out, const char *name, const struct link *l)
{
	const struct link_stats *s;
	char text[512];
	unsigned int i;

	if (!l)
		return;
	s = link_stats(l);
	link_print(link_get(l), text, sizeof(text));
	fprintf(out, ", \"link_%s\": {\"settings\": ", name);
	json_string(out, text);
	fprintf(out,
		", \"frames\": %" PRIu64 ", \"delivered\": %" PRIu64 ", \"queue\": %" PRIu64
		", \"queue_max\": %" PRIu64 ", \"in_flight\": %" PRIu64,
		s->frames, s->delivered, s->queue_packets, s->queue_packets_max, s->in_flight);
	for (i = LINK_SENT + 1; i < LINK_FATES; i++)
		fprintf(out, ", \"%s\": %" PRIu64, link_fate_name(i), s->fate[i]);
	fputc('}', out);
}

static void json_port(FILE *out, const struct port *port)
{
	const struct port_stats *s = &port->stats;
	char what[256] = "", vlan[32];

	if (port->ops->describe)
		port->ops->describe(port, what, sizeof(what));
	vlan_text(&port->vlan, vlan, sizeof(vlan));
	fprintf(out, "{\"name\": \"%s\", \"kind\": \"%s\", \"state\": \"%s\", \"vlan\": \"%s\", ",
		port->name, port->ops->kind, state(port), vlan);
	fputs("\"peer\": ", out);
	json_string(out, what);
	fprintf(out,
		", \"rx_frames\": %" PRIu64 ", \"rx_bytes\": %" PRIu64 ", \"tx_frames\": %" PRIu64
		", \"tx_bytes\": %" PRIu64 ", \"waiting\": %u",
		s->rx_frames, s->rx_bytes, s->tx_frames, s->tx_bytes, port->queue_frames);
	json_drops(out, "rx_dropped", s->rx_drop);
	json_drops(out, "tx_dropped", s->tx_drop);
	json_link(out, "in", port->in);
	json_link(out, "out", port->out);
	fputc('}', out);
}

int show_json(struct call *c)
{
	struct sw *sw = c->ctx->sw;
	const struct sw_lateness *late = sw_lateness(sw);
	const char *sep = "";
	struct port *port;
	FILE *out = c->out;

	fputs("{\"ports\": [", out);
	for (port = port_first(sw); port; port = port->next) {
		fputs(sep, out);
		json_port(out, port);
		sep = ",\n";
	}
	fprintf(out,
		"], \"macs\": %u, \"events\": %" PRIu64 ", \"late\": %" PRIu64
		", \"late_worst_ns\": %" PRIu64 ", \"memory_refused\": %" PRIu64 "}\n",
		sw_macs_count(sw), late->events, late->late, late->worst_ns, sw_pool(sw)->refused);
	return 0;
}

/* --- links, addresses, captures --------------------------------------------- */

static void show_link(FILE *out, const struct port *port, const char *dir, const struct link *l,
		      bool all)
{
	char text[512];

	if (!l && !all)
		return;
	if (l)
		link_print(link_get(l), text, sizeof(text));
	fprintf(out, "%s %s %s\n", port->name, dir, l ? text : "perfect");
}

static void show_port_links(FILE *out, const struct port *port, bool all)
{
	show_link(out, port, "in", port->in, all);
	show_link(out, port, "out", port->out, all);
}

int show_links(struct call *c)
{
	struct port *port = c->n ? ctl_port(c, c->word[0]) : NULL;

	if (c->n) {
		if (port)
			show_port_links(c->out, port, true);
		return port ? 0 : -ENODEV;
	}
	for (port = port_first(c->ctx->sw); port; port = port->next)
		show_port_links(c->out, port, false);
	return 0;
}

static void show_mac(void *arg, const uint8_t *mac, uint16_t vlan, const struct port *port,
		     uint64_t age_ns)
{
	fprintf(arg, "%02x:%02x:%02x:%02x:%02x:%02x %4u %-16s %" PRIu64 " s\n", mac[0], mac[1],
		mac[2], mac[3], mac[4], mac[5], vlan, port->name, age_ns / 1000000000);
}

int show_macs(struct call *c)
{
	sw_macs(c->ctx->sw, show_mac, c->out);
	return 0;
}

int show_captures(struct call *c)
{
	unsigned int i;

	for (i = 0; i < CAPTURES_MAX; i++) {
		const struct capture_entry *e = &c->ctx->captures[i];
		const struct capture_stats *s;

		if (!e->capture)
			continue;
		s = capture_stats(e->capture);
		fprintf(c->out,
			"%s %s: %" PRIu64 " frames, %" PRIu64 " bytes, %" PRIu64
			" not wanted by the filter, %" PRIu64 " lost\n",
			e->path, e->all ? "(all ports)" : "", s->frames, s->bytes, s->filtered,
			s->lost);
	}
	return 0;
}
