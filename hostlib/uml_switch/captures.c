// SPDX-License-Identifier: GPL-2.0
/* Captures that were asked for: which are running, and of which ports. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "uml_switch.h"

#define FLUSH_NS 200000000ULL /* what was captured is in the file after so long */

static void flush_all(struct loop_timer *t)
{
	struct ctx *ctx = t->arg;
	bool any = false;
	unsigned int i;

	for (i = 0; i < CAPTURES_MAX; i++) {
		if (!ctx->captures[i].capture)
			continue;
		capture_flush(ctx->captures[i].capture);
		any = true;
	}
	if (any)
		loop_timer_set(ctx->loop, t, FLUSH_NS, flush_all, ctx);
}

static struct capture_entry *entry_find(struct ctx *ctx, const char *path)
{
	unsigned int i;

	for (i = 0; i < CAPTURES_MAX; i++)
		if (ctx->captures[i].capture && !strcmp(ctx->captures[i].path, path))
			return &ctx->captures[i];
	return NULL;
}

static struct capture_entry *entry_free(struct ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < CAPTURES_MAX; i++)
		if (!ctx->captures[i].capture)
			return &ctx->captures[i];
	return NULL;
}

static void entry_end(struct ctx *ctx, struct capture_entry *e)
{
	struct port *port;

	for (port = port_first(ctx->sw); port; port = port->next)
		port_capture_end(port, e->capture);
	capture_close(e->capture);
	free(e->path);
	*e = (struct capture_entry){0};
}

/*
 * Captures ports to cap; names: NULL for all, or separated by commas. With cap NULL, only looks
 * whether they are there. 0 or -errno.
 */
static int attach(struct ctx *ctx, struct capture *cap, const char *names, char *err,
		  size_t err_len)
{
	char name[PORT_NAME_MAX];
	struct port *port;
	int status = 0;
	size_t n;

	for (port = port_first(ctx->sw); !names && cap && port && !status; port = port->next)
		status = port_capture(port, cap);
	for (; names && *names && !status; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		snprintf(name, sizeof(name), "%.*s", (int)n, names);
		port = port_find(ctx->sw, name);
		if (!port) {
			snprintf(err, err_len, "no port '%s'; 'show ports' lists them", name);
			return -ENODEV;
		}
		status = cap ? port_capture(port, cap) : 0;
	}
	if (status == -ENOSPC)
		snprintf(err, err_len, "a port has %d captures already; stop one",
			 PORT_CAPTURES_MAX);
	return status;
}

int captures_start(struct ctx *ctx, const struct capture_spec *spec, const char *ports, char *err,
		   size_t err_len)
{
	struct capture_entry *e = entry_free(ctx);
	int status;

	if (entry_find(ctx, spec->path)) {
		snprintf(err, err_len, "'%s' is being written already", spec->path);
		return -EEXIST;
	}
	if (!e) {
		snprintf(err, err_len, "%d captures run already; stop one", CAPTURES_MAX);
		return -ENOSPC;
	}
	/* Before the file is made, and what was in it lost. */
	status = attach(ctx, NULL, ports, err, err_len);
	if (status)
		return status;
	status = capture_open(&e->capture, spec, err, err_len);
	if (status) {
		e->capture = NULL;
		return status;
	}
	e->path = strdup(spec->path);
	e->all = !ports;
	status = e->path ? attach(ctx, e->capture, ports, err, err_len) : -ENOMEM;
	if (status)
		entry_end(ctx, e);
	else
		loop_timer_set(ctx->loop, &ctx->flush_timer, FLUSH_NS, flush_all, ctx);
	return status;
}

int captures_stop(struct ctx *ctx, const char *path, char *err, size_t err_len)
{
	struct capture_entry *e = entry_find(ctx, path);

	if (!e) {
		snprintf(err, err_len, "no capture '%s'; 'show captures' lists them", path);
		return -ENOENT;
	}
	entry_end(ctx, e);
	return 0;
}

void captures_stop_all(struct ctx *ctx)
{
	unsigned int i;

	loop_timer_del(&ctx->flush_timer);
	for (i = 0; i < CAPTURES_MAX; i++)
		if (ctx->captures[i].capture)
			entry_end(ctx, &ctx->captures[i]);
}

void captures_port(struct ctx *ctx, struct port *port)
{
	unsigned int i;

	for (i = 0; i < CAPTURES_MAX; i++)
		if (ctx->captures[i].capture && ctx->captures[i].all)
			port_capture(port, ctx->captures[i].capture);
}
