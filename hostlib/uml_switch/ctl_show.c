// SPDX-License-Identifier: GPL-2.0
/* What there is, for people and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "link.h"
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

void show_ports(struct ctx *ctx, FILE *out)
{
	struct port *port;

	fprintf(out, "%-16s %-8s %-8s %-10s %s\n", "port", "kind", "state", "vlan", "");
	for (port = port_first(ctx->sw); port; port = port->next) {
		char what[256] = "", vlan[32];

		if (port->ops->describe)
			port->ops->describe(port, what, sizeof(what));
		vlan_text(&port->vlan, vlan, sizeof(vlan));
		fprintf(out, "%-16s %-8s %-8s %-10s %s\n", port->name, port->ops->kind, state(port),
			vlan, what);
	}
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

void show_stats(struct ctx *ctx, FILE *out, const char *name)
{
	const struct sw_lateness *late = sw_lateness(ctx->sw);
	struct port *port;

	for (port = port_first(ctx->sw); port; port = port->next) {
		const struct port_stats *s = &port->stats;

		if (name && strcmp(port->name, name))
			continue;
		fprintf(out, "%s\n", port->name);
		fprintf(out,
			"    in %" PRIu64 " frames, %" PRIu64 " bytes; out %" PRIu64
			" frames, %" PRIu64 " bytes; waiting %u\n",
			s->rx_frames, s->rx_bytes, s->tx_frames, s->tx_bytes, port->queue_frames);
		show_drops(out, "in", s->rx_drop);
		show_drops(out, "out", s->tx_drop);
		show_link_stats(out, "in", port->in);
		show_link_stats(out, "out", port->out);
	}
	if (!name && late->late)
		fprintf(out,
			"real time: %" PRIu64 " of %" PRIu64
			" times late by more than 1 ms, worst %" PRIu64 " us\n",
			late->late, late->events, late->worst_ns / 1000);
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

void show_json(struct ctx *ctx, FILE *out)
{
	const struct sw_lateness *late = sw_lateness(ctx->sw);
	const char *sep = "";
	struct port *port;

	fputs("{\"ports\": [", out);
	for (port = port_first(ctx->sw); port; port = port->next) {
		fputs(sep, out);
		json_port(out, port);
		sep = ",\n";
	}
	fprintf(out,
		"], \"macs\": %u, \"events\": %" PRIu64 ", \"late\": %" PRIu64
		", \"late_worst_ns\": %" PRIu64 ", \"memory_refused\": %" PRIu64 "}\n",
		sw_macs_count(ctx->sw), late->events, late->late, late->worst_ns,
		sw_pool(ctx->sw)->refused);
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

void show_links(struct ctx *ctx, FILE *out, const char *name)
{
	struct port *port;

	for (port = port_first(ctx->sw); port; port = port->next) {
		if (name && strcmp(port->name, name))
			continue;
		show_link(out, port, "in", port->in, name);
		show_link(out, port, "out", port->out, name);
	}
}

static void show_mac(void *arg, const uint8_t *mac, uint16_t vlan, const struct port *port,
		     uint64_t age_ns)
{
	fprintf(arg, "%02x:%02x:%02x:%02x:%02x:%02x %4u %-16s %" PRIu64 " s\n", mac[0], mac[1],
		mac[2], mac[3], mac[4], mac[5], vlan, port->name, age_ns / 1000000000);
}

void show_macs(struct ctx *ctx, FILE *out)
{
	sw_macs(ctx->sw, show_mac, out);
}

void show_captures(struct ctx *ctx, FILE *out)
{
	unsigned int i;

	for (i = 0; i < CAPTURES_MAX; i++) {
		const struct capture_entry *e = &ctx->captures[i];
		const struct capture_stats *s;

		if (!e->capture)
			continue;
		s = capture_stats(e->capture);
		fprintf(out,
			"%s %s: %" PRIu64 " frames, %" PRIu64 " bytes, %" PRIu64
			" not wanted by the filter, %" PRIu64 " lost\n",
			e->path, e->all ? "(all ports)" : "", s->frames, s->bytes, s->filtered,
			s->lost);
	}
}
