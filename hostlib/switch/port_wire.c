// SPDX-License-Identifier: GPL-2.0
/*
 * Between a port's device and the bridge: captures and links, in both directions.
 *
 * A link works on frames of the wire's size: what is larger is cut first. What a link does to a
 * frame other than deliver it is told to the captures as a comment.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "offload.h"
#include "switch_private.h"

/* Time since 1970 for captures; in virtual time the calendar's, which begins then. */
static uint64_t unix_ns(const struct sw *sw)
{
	struct timespec ts;

	if (sw->config.own_time)
		return calendar_now(sw->cal);
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

void port_captured(struct port *port, enum capture_dir dir, const struct packet *p,
		   const char *comment)
{
	uint64_t now;
	unsigned int i;

	if (!port->captures[0].capture)
		return;
	now = unix_ns(port->sw);
	for (i = 0; i < PORT_CAPTURES_MAX && port->captures[i].capture; i++)
		capture_packet(port->captures[i].capture, port->captures[i].interface, now, dir, p,
			       comment);
}

void port_drop_rx(struct port *port, enum port_drop why, const struct packet *p)
{
	port->stats.rx_drop[why]++;
	port_captured(port, CAPTURE_IN, p, port_drop_name(why));
}

void port_drop_tx(struct port *port, enum port_drop why, const struct packet *p)
{
	port->stats.tx_drop[why]++;
	port_captured(port, CAPTURE_OUT, p, port_drop_name(why));
}

enum port_drop port_drop_why(int err)
{
	return err == -ENOMEM ? PORT_DROP_MEMORY : PORT_DROP_DEVICE;
}

/* --- links ------------------------------------------------------------------ */

static void deliver_in(void *arg, struct frame *f, uint64_t now_ns)
{
	struct packet p;

	(void)now_ns;
	frame_packet(f, &p);
	bridge_input(arg, &p, f);
	frame_put(f);
}

static void deliver_out(void *arg, struct frame *f, uint64_t now_ns)
{
	struct port *port = arg;
	struct packet p;

	(void)now_ns;
	frame_packet(f, &p);
	if (port->up)
		port_output(port, &p, f);
	else
		port_drop_tx(port, PORT_DROP_DOWN, &p);
	frame_put(f);
}

/* Frames that end in a link are drops of the port, too. */
static bool is_end(enum link_fate fate)
{
	return fate != LINK_SENT && fate != LINK_CORRUPTED && fate != LINK_DUPLICATED &&
	       fate != LINK_REORDERED;
}

static void fate(struct port *port, enum capture_dir dir, uint64_t *drops, const struct frame *f,
		 enum link_fate what)
{
	struct iovec iov = {.iov_base = (void *)f->data, .iov_len = f->len};
	struct packet p;

	if (is_end(what))
		(*drops)++;
	if (packet_init(&p, &iov, 1, f->len, &f->meta) == 0)
		port_captured(port, dir, &p, link_fate_name(what));
}

static void fate_in(void *arg, const struct frame *f, enum link_fate what, uint64_t now_ns)
{
	struct port *port = arg;

	(void)now_ns;
	fate(port, CAPTURE_IN, &port->stats.rx_drop[PORT_DROP_LINK], f, what);
}

static void fate_out(void *arg, const struct frame *f, enum link_fate what, uint64_t now_ns)
{
	struct port *port = arg;

	(void)now_ns;
	fate(port, CAPTURE_OUT, &port->stats.tx_drop[PORT_DROP_LINK], f, what);
}

static const struct link_ops ops_in = {.deliver = deliver_in, .fate = fate_in};
static const struct link_ops ops_out = {.deliver = deliver_out, .fate = fate_out};

static bool is_plain(const struct port *port, const struct link *l)
{
	return !l || (link_is_perfect(l) && !port->sw->config.count_links);
}

static void send_segment(void *arg, struct frame *seg)
{
	link_send(arg, seg);
}

/* Through an imperfect link; f: p's owner, or NULL. 0 or -errno. */
static int through(struct sw *sw, struct link *l, const struct packet *p, struct frame *f)
{
	int err = 0;

	f = f ? frame_get(f) : frame_from_packet(&sw->pool, p);
	if (!f)
		return -ENOMEM;
	if (!f->meta.gso_type) {
		link_send(l, f);
		return 0;
	}
	err = offload_segment(f, send_segment, l);
	frame_put(f);
	return err;
}

void port_receive(struct port *port, const struct packet *p)
{
	int err;

	port_captured(port, CAPTURE_IN, p, NULL);
	if (is_plain(port, port->in)) {
		bridge_input(port, p, NULL);
		return;
	}
	err = through(port->sw, port->in, p, NULL);
	if (err)
		port_drop_rx(port, port_drop_why(err), p);
}

void port_forward(struct port *port, const struct packet *p, struct frame *f)
{
	int err;

	if (is_plain(port, port->out)) {
		port_output(port, p, f);
		return;
	}
	err = through(port->sw, port->out, p, f);
	if (err)
		port_drop_tx(port, port_drop_why(err), p);
}

int port_set_link(struct port *port, bool in, const struct link_spec *spec)
{
	struct link **l = in ? &port->in : &port->out;
	char name[PORT_NAME_MAX + 8];

	if (!*l) {
		snprintf(name, sizeof(name), "%s/%s", port->name, in ? "in" : "out");
		*l = link_new(port->sw->cal, 2 * port->index + !in, port->sw->config.seed, name,
			      in ? &ops_in : &ops_out, port);
		if (!*l)
			return -ENOMEM;
	}
	return link_set(*l, spec);
}

void port_links_free(struct port *port)
{
	if (port->in)
		link_free(port->in);
	if (port->out)
		link_free(port->out);
	port->in = port->out = NULL;
}

/* --- captures --------------------------------------------------------------- */

int port_capture(struct port *port, struct capture *cap)
{
	unsigned int i;
	int n;

	for (i = 0; i < PORT_CAPTURES_MAX && port->captures[i].capture; i++)
		if (port->captures[i].capture == cap)
			return 0;
	if (i == PORT_CAPTURES_MAX)
		return -ENOSPC;
	n = capture_interface(cap, port->name);
	if (n < 0)
		return n;
	port->captures[i].capture = cap;
	port->captures[i].interface = (unsigned int)n;
	return 0;
}

void port_capture_end(struct port *port, struct capture *cap)
{
	unsigned int i, n;

	for (i = n = 0; i < PORT_CAPTURES_MAX; i++)
		if (port->captures[i].capture != cap)
			port->captures[n++] = port->captures[i];
	memset(&port->captures[n], 0, (PORT_CAPTURES_MAX - n) * sizeof(port->captures[0]));
}
