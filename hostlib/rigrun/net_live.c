// SPDX-License-Identifier: GPL-2.0
/* Captures that somebody began while the network is up, and looks at. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "capture.h"
#include "net_private.h"

/* Calls fn for each port that the capture is about. */
static int each_port(struct rig_net *net, const struct rig_net_live *live,
		     int (*fn)(struct port *port, struct capture *cap))
{
	const struct rig *r = net->c.rig;
	unsigned int end;
	uint32_t i;
	int err = 0;

	for (i = 0; i < r->nlinks; i++) {
		if (!net_is_captured(&live->what, r, i))
			continue;
		for (end = 0; end < 2 && !err; end++)
			if (net->link[i].port[end])
				err = fn(net->link[i].port[end], live->capture);
	}
	return err;
}

static int forget(struct port *port, struct capture *cap)
{
	port_capture_end(port, cap);
	return 0;
}

int rig_net_live_begin(struct rig_net *net, const struct rig_capture *what, int fd,
		       struct rig_net_live **out, char *err, size_t len)
{
	const struct capture_spec spec = {
		.fd = fd,
		.filter = what->filter,
		.snaplen = what->snap_bytes,
	};
	struct rig_net_live *live = calloc(1, sizeof(*live));
	int rc;

	*out = NULL;
	if (!live) {
		close(fd);
		snprintf(err, len, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	live->what = *what;
	rc = capture_open(&live->capture, &spec, err, len);
	if (rc) {
		free(live);
		return rc;
	}
	live->next = net->live;
	net->live = live;
	rc = net_name_interfaces(net, what, live->capture);
	if (!rc)
		rc = each_port(net, live, port_capture);
	if (rc) {
		snprintf(err, len, "%s",
			 rc == -ENOSPC ? "more captures of a link at a time are not possible"
				       : strerror(-rc));
		rig_net_live_end(net, live);
		return rc;
	}
	capture_flush(live->capture);
	*out = live;
	return 0;
}

void rig_net_live_end(struct rig_net *net, struct rig_net_live *live)
{
	struct rig_net_live **p = &net->live;

	while (*p != live)
		p = &(*p)->next;
	*p = live->next;
	each_port(net, live, forget);
	capture_close(live->capture);
	free(live);
}

void rig_net_live_flush(struct rig_net *net)
{
	struct rig_net_live *live;

	for (live = net->live; live; live = live->next)
		capture_flush(live->capture);
}
