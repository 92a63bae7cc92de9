// SPDX-License-Identifier: GPL-2.0
/*
 * Hot-plug; see hotplug.h.
 *
 * One command at a time changes a device (mconsole.busy). A guest that does not answer
 * leaves a device in doubt: it stays in the table, for the guest may have it; "remove"
 * settles that, as a guest that does not know the device is no reason to keep it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "console.h"
#include "console_spec.h"
#include "control.h"
#include "disks.h"
#include "disk.h"
#include "guest.h"
#include "hotplug.h"
#include "hotplug_name.h"
#include "mconsole_private.h"
#include "net.h"

#define ERROR_LEN DISKS_ERROR_LEN

_Static_assert(ERROR_LEN >= CONSOLE_ERROR_LEN && ERROR_LEN >= OPTIONS_ERROR_LEN &&
		       ERROR_LEN >= NET_ERROR_LEN,
	       "one buffer for all");

/* A change under way. */
struct change {
	struct linux_ctx *ctx;
	struct answer *answer;
	struct hotplug_device dev;
	char *then; /* a line's new setting once the old one is gone, or NULL */
};

/* --- changes --- */

static uint64_t *busy_word(const struct change *c)
{
	return &c->ctx->mconsole->busy[c->dev.kind];
}

static void change_free(struct change *c)
{
	*busy_word(c) &= ~(1ULL << c->dev.index);
	free(c->then);
	free(c);
}

static void change_end(struct change *c, int err, const char *text)
{
	answer_end(c->answer, err, "%s", text);
	change_free(c);
}

/* Begins a change; NULL with the answer finished when that cannot be. */
static struct change *change_new(struct linux_ctx *ctx, struct answer *a,
				 const struct hotplug_device *d)
{
	struct change *c = calloc(1, sizeof(*c));

	if (!c) {
		answer_end(a, ENOMEM, "no memory");
		return NULL;
	}
	*c = (struct change){.ctx = ctx, .answer = a, .dev = *d};
	c->dev.setting = NULL; /* the request's, which goes */
	if (*busy_word(c) & 1ULL << d->index) {
		answer_end(a, EBUSY, "%s is being changed by another command", d->name);
		free(c);
		return NULL;
	}
	*busy_word(c) |= 1ULL << d->index;
	return c;
}

/* Closes the loader's side of a device. */
static void close_device(struct linux_ctx *ctx, const struct hotplug_device *d)
{
	char error[CONSOLE_ERROR_LEN];

	if (d->kind == NL_KIND_NET)
		net_close_one(ctx, d->index);
	else if (d->kind != NL_KIND_UBD)
		console_remove(ctx, d->kind, d->index, error);
	else if (ctx->disk[d->index])
		disks_close_one(ctx, d->index);
	else
		ctx_slot_drop(ctx, d->kind, d->index); /* the built-in system */
}

/* The guest's reason, or words for its error. */
static void reason(const struct nl_msg *m, char out[static NL_MSG_TEXT + 1])
{
	if (m->len) {
		memcpy(out, m->text, m->len);
		out[m->len] = '\0';
	} else {
		snprintf(out, NL_MSG_TEXT + 1, "%s", m->err ? strerror(abs(m->err)) : "");
	}
}

static void give_up(struct change *c, int err)
{
	mconsole_no_answer(c->answer, err);
	change_free(c);
}

/* --- adding --- */

static void on_added(void *arg, const struct nl_msg *m, int err)
{
	struct change *c = arg;
	char text[NL_MSG_TEXT + 1];

	if (m && m->more)
		return;
	if (!m) {
		/* A guest that ended left it behind; one that is silent may have it. */
		if (err != -ETIMEDOUT)
			close_device(c->ctx, &c->dev);
		give_up(c, err);
		return;
	}
	reason(m, text);
	if (m->err)
		close_device(c->ctx, &c->dev);
	change_end(c, m->err, text);
}

/* Hands the device's slot to the guest. */
static void send_slot(struct change *c)
{
	const struct nl_slot *s = ctx_slot_find(c->ctx, c->dev.kind, c->dev.index);
	struct nl_msg m = {.type = NL_MSG_ADD};
	unsigned int i, nfds = 0;
	int fds[NL_SLOT_FDS], err;

	if (!s) {
		close_device(c->ctx, &c->dev);
		change_end(c, ENOSPC, "there is no room for another device");
		return;
	}
	m.slot = *s;
	for (i = 0; i < NL_SLOT_FDS; i++)
		if (s->fd[i] >= 0)
			fds[nfds++] = s->fd[i];
	err = control_request(c->ctx, &m, fds, nfds, c->ctx->mconsole->timeout_ns, on_added, c);
	if (err) {
		close_device(c->ctx, &c->dev);
		give_up(c, err);
	}
}

static void add_disk(struct linux_ctx *ctx, struct answer *a, const struct hotplug_device *d,
		     const char *text)
{
	char error[ERROR_LEN] = "";
	struct options_ubd u;
	struct change *c;
	unsigned int index;
	int err;

	if (ctx_slot_find(ctx, NL_KIND_UBD, d->index)) {
		answer_end(a, EEXIST, "%s is there already; remove it first", d->name);
		return;
	}
	memset(&u, 0, sizeof(u));
	err = options_parse_ubd(text + 3, &index, &u, error);
	if (!err && !u.file) {
		snprintf(error, sizeof(error), "%s: a file is needed", d->name);
		err = -EINVAL;
	}
	u.flags |= DISK_NO_LINK;
	c = err ? NULL : change_new(ctx, a, d);
	if (c) {
		err = disks_open_one(ctx, d->index, &u, error);
		if (err) {
			change_end(c, err, *error ? error : strerror(-err));
		} else {
			guest_grow(ctx);
			send_slot(c);
		}
	} else if (err) {
		answer_end(a, err, "%s", *error ? error : strerror(-err));
	}
	options_ubd_free(&u);
}

static void add_card(struct linux_ctx *ctx, struct answer *a, const struct hotplug_device *d,
		     const char *text)
{
	char error[ERROR_LEN] = "";
	struct options_net n;
	struct change *c;
	int index, err;

	if (ctx_slot_find(ctx, NL_KIND_NET, d->index)) {
		answer_end(a, EEXIST, "%s is there already; remove it first", d->name);
		return;
	}
	err = options_parse_net(text, &index, &n, error, sizeof(error));
	if (err <= 0) {
		answer_end(a, EINVAL, "%s", *error ? error : "no network card");
		return;
	}
	c = change_new(ctx, a, d);
	if (c) {
		err = net_open_one(ctx, d->index, &n, error);
		if (err)
			change_end(c, err, *error ? error : strerror(-err));
		else
			send_slot(c);
	}
	options_net_free(&n);
}

static void add_line(struct change *c, const char *setting)
{
	char error[ERROR_LEN] = "";
	int err = console_config(c->ctx, c->dev.kind, c->dev.index, setting, error);

	if (err)
		change_end(c, err, *error ? error : strerror(-err));
	else
		send_slot(c);
}

/* --- removing --- */

static void on_removed(void *arg, const struct nl_msg *m, int err)
{
	struct change *c = arg;
	char text[NL_MSG_TEXT + 1];
	char *then;

	if (m && m->more)
		return;
	if (!m) {
		give_up(c, err);
		return;
	}
	if (m->err && m->err != -ENODEV && m->err != -ENOENT) {
		if (c->dev.kind == NL_KIND_NET)
			net_resume(c->ctx, c->dev.index);
		reason(m, text);
		change_end(c, m->err, text);
		return;
	}
	close_device(c->ctx, &c->dev);
	then = c->then;
	c->then = NULL;
	if (then && strcmp(then, "none") != 0)
		add_line(c, then);
	else
		change_end(c, 0, "");
	free(then);
}

static void send_removal(void *arg)
{
	struct change *c = arg;
	struct nl_msg m = {.type = NL_MSG_REMOVE};
	int err;

	m.slot.kind = c->dev.kind;
	m.slot.index = c->dev.index;
	err = control_request(c->ctx, &m, NULL, 0, c->ctx->mconsole->timeout_ns, on_removed, c);
	if (err)
		give_up(c, err);
}

/* The guest takes a card's rings apart, so the switch must have let go of them. */
static void ask_removal(struct change *c)
{
	if (c->dev.kind == NL_KIND_NET)
		net_stop(c->ctx, c->dev.index, send_removal, c);
	else
		send_removal(c);
}

void hotplug_remove(struct linux_ctx *ctx, struct answer *a, const char *text)
{
	char error[ERROR_LEN] = "";
	struct change *c;
	struct hotplug_device d;
	int err = hotplug_name(text, &d, error);

	if (!err && d.setting) {
		snprintf(error, sizeof(error), "usage: remove DEV");
		err = -EINVAL;
	}
	if (!err && !ctx_slot_find(ctx, d.kind, d.index)) {
		snprintf(error, sizeof(error), "there is no %s", d.name);
		err = -ENODEV;
	}
	if (err) {
		answer_end(a, err, "%s", error);
		return;
	}
	if (!mconsole_can_ask(ctx, a))
		return;
	c = change_new(ctx, a, &d);
	if (c)
		ask_removal(c);
}

/* --- config --- */

static void describe(struct linux_ctx *ctx, const struct hotplug_device *d, char *out, size_t len)
{
	const struct nl_slot *s = ctx_slot_find(ctx, d->kind, d->index);

	if (!s)
		snprintf(out, len, "none");
	else if (d->kind == NL_KIND_NET)
		net_describe(ctx, d->index, out, len);
	else if (d->kind == NL_KIND_UBD)
		snprintf(out, len, "%s", s->spec);
	else
		console_describe(ctx, d->kind, d->index, out, len);
}

static void list_kind(struct linux_ctx *ctx, struct answer *a, const char *prefix,
		      enum nl_kind kind, unsigned int count)
{
	char text[ERROR_LEN], what[ERROR_LEN / 2];
	struct hotplug_device d = {.kind = kind};
	int n;

	for (d.index = 0; d.index < count; d.index++) {
		if (!ctx_slot_find(ctx, kind, d.index))
			continue;
		describe(ctx, &d, what, sizeof(what));
		n = snprintf(text, sizeof(text), "%s%u=%s\n", prefix, d.index, what);
		answer_add(a, 0, text, (size_t)n, true);
	}
}

static void list_devices(struct linux_ctx *ctx, struct answer *a)
{
	list_kind(ctx, a, "ubd", NL_KIND_UBD, NL_UBD_MAX);
	list_kind(ctx, a, "eth", NL_KIND_NET, NL_NET_MAX);
	list_kind(ctx, a, "con", NL_KIND_CON, NL_CON_MAX);
	list_kind(ctx, a, "ssl", NL_KIND_SSL, NL_SSL_MAX);
	answer_end(a, 0, "mem=%lluM", (unsigned long long)ctx->opt.mem_bytes >> 20);
}

/* A line that is there is disconnected first, so its channel can be changed. */
static void config_line(struct linux_ctx *ctx, struct answer *a, const struct hotplug_device *d)
{
	bool there = ctx_slot_find(ctx, d->kind, d->index) != NULL;
	char why[CONSOLE_WHY_LEN] = "";
	struct console_spec spec;
	struct change *c;
	int err = console_spec_parse(d->setting, &spec, why);

	if (err) {
		answer_end(a, err, "%s: %s", d->name, why);
		return;
	}
	c = change_new(ctx, a, d);
	if (!c)
		return;
	if (!there) {
		add_line(c, d->setting);
		return;
	}
	c->then = strdup(d->setting);
	if (c->then)
		ask_removal(c);
	else
		change_end(c, ENOMEM, "no memory");
}

void hotplug_config(struct linux_ctx *ctx, struct answer *a, const char *text)
{
	char error[ERROR_LEN] = "";
	struct hotplug_device d;
	int err;

	if (!*text) {
		list_devices(ctx, a);
		return;
	}
	if (strncmp(text, "mem", 3) == 0 && (!text[3] || text[3] == '=')) {
		mconsole_forward_config(ctx, a, text);
		return;
	}
	err = hotplug_name(text, &d, error);
	if (err) {
		answer_end(a, err, "%s", error);
	} else if (!d.setting) {
		describe(ctx, &d, error, sizeof(error));
		answer_end(a, 0, "%s", error);
	} else if (mconsole_can_ask(ctx, a)) {
		if (d.kind == NL_KIND_UBD)
			add_disk(ctx, a, &d, text);
		else if (d.kind == NL_KIND_NET)
			add_card(ctx, a, &d, text);
		else
			config_line(ctx, a, &d);
	}
}
