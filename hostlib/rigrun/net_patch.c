// SPDX-License-Identifier: GPL-2.0
/*
 * A cable between two switches of one process. What goes through it takes a microsecond, so that
 * frames that go round in a loop of switches do so in time, and not in one call.
 */
#include <errno.h>
#include <stdlib.h>
#include "net_private.h"

#define PATCH_NS 1000
#define PATCH_SOURCE 0x90000000U /* among events of one moment */

struct patch {
	struct port *port, *other; /* NULL: it went */
	struct link *way; /* from here to the other */
};

static void patch_deliver(void *arg, struct frame *f, uint64_t now_ns)
{
	struct patch *patch = arg;
	struct packet p;

	(void)now_ns;
	frame_packet(f, &p);
	if (patch->other)
		switch_input(patch->other, &p);
	frame_put(f);
}

static const struct link_ops way_ops = {.deliver = patch_deliver};

static int patch_send(struct port *port, const struct packet *p)
{
	struct patch *patch = port->arg;
	struct frame *f = frame_from_packet(sw_pool(port->sw), p);

	if (!f)
		return -ENOMEM;
	link_send(patch->way, f);
	return 0;
}

static void patch_close(struct port *port)
{
	struct patch *patch = port->arg;

	if (patch->other)
		((struct patch *)patch->other->arg)->other = NULL;
	link_free(patch->way);
	free(patch);
}

static const struct port_ops patch_ops = {
	.kind = "patch",
	.send = patch_send,
	.close = patch_close,
};

static int add(struct port **out, struct sw *sw, const char *name)
{
	const struct link_spec spec = {.set = LINK_SET_DELAY, .delay_ns = PATCH_NS};
	struct patch *patch = calloc(1, sizeof(*patch));
	int err = -ENOMEM;

	if (!patch)
		return err;
	patch->way = link_new(sw_calendar(sw), PATCH_SOURCE, 0, name, &way_ops, patch);
	if (patch->way)
		err = link_set(patch->way, &spec);
	if (!err)
		err = port_add(out, sw, &patch_ops, patch, name);
	if (!err) {
		patch->port = *out;
		return 0;
	}
	if (patch->way)
		link_free(patch->way);
	free(patch);
	return err;
}

int net_patch(struct port *out[2], struct sw *a, struct sw *b, const char *name_a,
	      const char *name_b)
{
	int err = add(&out[0], a, name_a);

	if (err)
		return err;
	err = add(&out[1], b, name_b);
	if (err) {
		port_remove(out[0]);
		out[0] = NULL;
		return err;
	}
	((struct patch *)out[0]->arg)->other = out[1];
	((struct patch *)out[1]->arg)->other = out[0];
	return 0;
}
