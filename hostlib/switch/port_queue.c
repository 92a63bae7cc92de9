// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a frame's way: to the device, or into the queue for a device that does not take
 * frames just now. The queue is bounded and drops at its tail.
 */
#include <errno.h>
#include "offload.h"
#include "switch_private.h"

static void flush_later(struct port *port)
{
	if (port->flush_wanted || !port->ops->flush)
		return;
	port->flush_wanted = true;
	port->flush_next = port->sw->flush_first;
	port->sw->flush_first = port;
}

static void count_sent(struct port *port, uint32_t len)
{
	port->stats.tx_frames++;
	port->stats.tx_bytes += len;
	flush_later(port);
}

bool port_queue_full(const struct port *port)
{
	const struct sw_config *c = &port->sw->config;

	return port->queue_bytes >= c->queue_bytes || port->queue_frames >= c->queue_frames;
}

/* Takes a reference of its own. */
static void enqueue(struct port *port, const struct packet *p, struct frame *f)
{
	if (port_queue_full(port)) {
		port_drop_tx(port, PORT_DROP_QUEUE, p);
		return;
	}
	/* A frame is in one queue only: who shares it gets a copy here. */
	f = f && f->refs == 1 ? frame_get(f) : frame_from_packet(&port->sw->pool, p);
	if (!f) {
		port_drop_tx(port, PORT_DROP_MEMORY, p);
		return;
	}
	f->next = NULL;
	*port->queue_end = f;
	port->queue_end = &f->next;
	port->queue_bytes += f->len;
	port->queue_frames++;
}

static void give(struct port *port, const struct packet *p, struct frame *f)
{
	int err = port->queue ? -EAGAIN : port->ops->send(port, p);

	if (!err)
		count_sent(port, p->len);
	else if (err == -EAGAIN)
		enqueue(port, p, f);
	else
		port_drop_tx(port, PORT_DROP_DEVICE, p);
}

static void give_frame(void *arg, struct frame *f)
{
	struct packet p;

	frame_packet(f, &p);
	give(arg, &p, f);
	frame_put(f);
}

/* What the device cannot do itself is done for it, on a copy. */
static int simplify(struct port *port, const struct packet *p)
{
	struct frame *f = frame_from_packet(&port->sw->pool, p);
	int err;

	if (!f)
		return -ENOMEM;
	err = offload_segment(f, give_frame, port);
	frame_put(f);
	return err;
}

void port_output(struct port *port, const struct packet *p, struct frame *f)
{
	int err;

	port_captured(port, CAPTURE_OUT, p, NULL);
	if ((p->meta.gso_type && !port->takes_large) ||
	    ((p->meta.flags & META_NEEDS_CSUM) && !port->takes_csum)) {
		err = simplify(port, p);
		if (err)
			port_drop_tx(port, port_drop_why(err), p);
		return;
	}
	give(port, p, f);
}

void port_writable(struct port *port)
{
	struct frame *f;

	while ((f = port->queue)) {
		struct packet p;
		int err;

		frame_packet(f, &p);
		err = port->ops->send(port, &p);
		if (err == -EAGAIN)
			return;
		port->queue = f->next;
		if (!port->queue)
			port->queue_end = &port->queue;
		port->queue_bytes -= f->len;
		port->queue_frames--;
		if (err)
			port_drop_tx(port, PORT_DROP_DEVICE, &p);
		else
			count_sent(port, f->len);
		frame_put(f);
	}
}

void port_queue_free(struct port *port)
{
	while (port->queue) {
		struct frame *f = port->queue;

		port->queue = f->next;
		frame_put(f);
	}
	port->queue_end = &port->queue;
	port->queue_bytes = 0;
	port->queue_frames = 0;
}
