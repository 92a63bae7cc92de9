// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's consoles as a set; see console.h. Which lines there are and with what
 * channels, and what their events mean for the guest and the loader.
 *
 *   console.c       the set: command line, hot-plug, window sizes, ends
 *   console_line.c  one line: relay and buffers, escape key
 *   chan_*.c        channels: descriptors and terminals, pty, telnet port, xterm
 *   terminal.c      raw mode and the way back
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "console.h"
#include "console_line.h"
#include "console_spec.h"
#include "control.h"
#include "log.h"
#include "terminal.h"

#define DEFAULT_ESCAPE 0x1d /* Ctrl-] */
#define SIZE_NS 10000000ULL /* a window that is dragged has hundreds of sizes a second */
#define PATIENCE_TERMINAL_MS 2000
#define PATIENCE_FILE_MS 60000 /* a reader of our output may be busy for a while */

struct console_set {
	struct linux_ctx *ctx;
	struct chan_env env;
	struct line_host host;
	int escape_key;
	struct console_line *con[NL_CON_MAX], *ssl[NL_SSL_MAX]; /* NULL: no such line */
	struct loop_timer sizes; /* tells the guest of lines with size_owed */
	char getty[512]; /* console_getty_word() */
};

static struct console_line **line_at(struct console_set *s, enum nl_kind kind, unsigned int index)
{
	return kind == NL_KIND_CON ? &s->con[index] : &s->ssl[index];
}

/* The n-th of all lines that may be, NULL after the last; *l may be NULL. */
static bool nth_line(struct console_set *s, unsigned int n, struct console_line **l)
{
	if (n >= NL_CON_MAX + NL_SSL_MAX)
		return false;
	*l = n < NL_CON_MAX ? s->con[n] : s->ssl[n - NL_CON_MAX];
	return true;
}

/* --- what lines ask for --- */

static void fill_slot(struct console_set *s, const struct console_line *l, const char *spec)
{
	struct nl_slot *slot = ctx_slot_find(s->ctx, l->kind, l->index);

	if (!slot)
		slot = ctx_slot(s->ctx, l->kind, l->index);
	if (!slot)
		return;
	slot->fd[0] = l->guest_fd;
	slot->line.rows = l->rows;
	slot->line.cols = l->cols;
	if (spec)
		snprintf(slot->spec, sizeof(slot->spec), "%s", spec);
}

static void on_renewed(void *arg, struct console_line *l)
{
	struct console_set *s = arg;
	struct nl_msg m = {.type = NL_MSG_ADD};

	fill_slot(s, l, NULL);
	m.slot = *ctx_slot_find(s->ctx, l->kind, l->index);
	if (s->ctx->control)
		control_request(s->ctx, &m, &l->guest_fd, 1, 0, NULL, NULL);
}

static int tell_size(struct console_set *s, const struct console_line *l)
{
	const struct nl_slot *slot = ctx_slot_find(s->ctx, l->kind, l->index);
	struct nl_msg m = {.type = NL_MSG_WINSIZE};

	if (!slot || !s->ctx->control)
		return 0;
	m.slot = *slot;
	return control_request(s->ctx, &m, NULL, 0, 0, NULL, NULL);
}

/* The last size counts, and must not be lost in a guest that is busy. */
static void tell_sizes(struct loop_timer *t)
{
	struct console_set *s = t->arg;
	struct console_line *l;
	bool again = false;
	unsigned int n;

	for (n = 0; nth_line(s, n, &l); n++) {
		if (!l || !l->size_owed)
			continue;
		l->size_owed = tell_size(s, l) == -EAGAIN;
		again |= l->size_owed;
	}
	if (again)
		loop_timer_set(s->ctx->loop, t, SIZE_NS, tell_sizes, s);
}

static void on_resized(void *arg, struct console_line *l)
{
	struct console_set *s = arg;

	fill_slot(s, l, NULL);
	l->size_owed = true;
	if (!s->sizes.due_ns)
		loop_timer_set(s->ctx->loop, &s->sizes, SIZE_NS, tell_sizes, s);
}

static void on_lost(void *arg, struct console_line *l)
{
	struct console_set *s = arg;

	if (l->kind != NL_KIND_CON || l->index != 0 || s->ctx->ending)
		return;
	s->ctx->status = STATUS_SIGNAL + SIGHUP;
	super_end_cleanly(s->ctx);
}

static void on_key(void *arg, enum console_key key)
{
	struct console_set *s = arg;

	if (key == KEY_END)
		super_end_now(s->ctx);
	else
		super_end_cleanly(s->ctx);
}

/* --- making lines --- */

/* A line for spec; its slot is filled. 0, or -errno with why. "none" makes nothing. */
static int add_line(struct console_set *s, enum nl_kind kind, unsigned int index, const char *text,
		    bool by_name, char why[CONSOLE_WHY_LEN])
{
	struct console_spec spec;
	struct console_line *l;
	int err = console_spec_parse(text, &spec, why);

	if (err || spec.in.kind == CHAN_NONE)
		return err;
	l = line_new(&s->env, kind, index, &spec, by_name, s->escape_key, &s->host, why);
	if (!l)
		return -errno;
	*line_at(s, kind, index) = l;
	fill_slot(s, l, text);
	return 0;
}

static const char *spec_of(const struct options_lines *o, enum nl_kind kind, unsigned int index)
{
	if (o->one[index])
		return o->one[index];
	if (o->all)
		return o->all;
	return kind == NL_KIND_CON && index == 0 ? "fd:0,fd:1" : "none";
}

/* The exit status that an error of opening means. */
static int status_of(int err)
{
	switch (err) {
	case -EINVAL:
	case -EBADF:
		return STATUS_USAGE;
	case -EACCES:
	case -EPERM:
		return STATUS_NOPERM;
	case -ENOENT:
	case -ENOTTY:
		return STATUS_NOINPUT;
	case -EADDRINUSE:
	case -EBUSY:
		return STATUS_LOCKED;
	case -ENXIO:
		return STATUS_UNAVAILABLE;
	default:
		return STATUS_OSERR;
	}
}

static int open_family(struct console_set *s, enum nl_kind kind)
{
	const struct options *o = &s->ctx->opt;
	const struct options_lines *lines = kind == NL_KIND_CON ? &o->con : &o->ssl;
	unsigned int i, max = kind == NL_KIND_CON ? NL_CON_MAX : NL_SSL_MAX;
	const char *name = kind == NL_KIND_CON ? "con" : "ssl";
	char why[CONSOLE_WHY_LEN] = "";
	int err;

	for (i = 0; i < max; i++) {
		err = add_line(s, kind, i, spec_of(lines, kind, i), lines->one[i] != NULL, why);
		if (err) {
			log_err("%s%u=%s: %s", name, i, spec_of(lines, kind, i),
				*why ? why : strerror(-err));
			return status_of(err);
		}
	}
	return 0;
}

static int make_set(struct linux_ctx *ctx)
{
	struct console_set *s = calloc(1, sizeof(*s));
	const struct options *o = &ctx->opt;

	if (!s)
		return -ENOMEM;
	s->ctx = ctx;
	s->env.loop = ctx->loop;
	s->env.run_dir = ctx->run_dir;
	s->env.umid = ctx->umid;
	s->env.emulator = o->xterm_emulator ?: "xterm";
	s->env.title_switch = o->xterm_title ?: "-T";
	s->env.exec_switch = o->xterm_exec ?: "-e";
	s->host = (struct line_host){s, on_renewed, on_resized, on_lost, on_key};
	s->escape_key = DEFAULT_ESCAPE;
	ctx->consoles = s;
	return 0;
}

int console_open_all(struct linux_ctx *ctx)
{
	char why[CONSOLE_WHY_LEN];
	int status;

	if (make_set(ctx)) {
		log_err("out of memory");
		return STATUS_OSERR;
	}
	if (ctx->opt.escape &&
	    console_escape_parse(ctx->opt.escape, &ctx->consoles->escape_key, why)) {
		log_err("%s", why);
		return STATUS_USAGE;
	}
	status = open_family(ctx->consoles, NL_KIND_CON);
	if (!status)
		status = open_family(ctx->consoles, NL_KIND_SSL);
	return status;
}

/* --- running --- */

/* Starts one line. 0 or -errno with why. */
static int start_line(struct console_line *l, char why[CONSOLE_WHY_LEN])
{
	bool first = !l->started;
	int err = line_start(l, why);

	if (!err && first && l->in->announce[0])
		log_info("%s is on %s", l->name, l->in->announce);
	return err;
}

int console_start(struct linux_ctx *ctx)
{
	struct console_set *s = ctx->consoles;
	char why[CONSOLE_WHY_LEN] = "";
	struct console_line *l;
	unsigned int n;
	int err;

	/* From here on messages may meet a raw terminal. */
	if (s->con[0] && s->con[0]->in->terminal)
		log_set_raw(true);
	for (n = 0; nth_line(s, n, &l); n++) {
		err = l ? start_line(l, why) : 0;
		if (err) {
			log_err("%s: %s", l->name, why);
			return err;
		}
	}
	err = terminal_guard();
	if (err)
		log_warn("nobody would restore the terminal after kill -9: %s", strerror(-err));
	return 0;
}

void console_winch(struct linux_ctx *ctx)
{
	struct console_line *l;
	unsigned int n;

	for (n = 0; ctx->consoles && nth_line(ctx->consoles, n, &l); n++)
		if (l && line_measure(l))
			on_resized(ctx->consoles, l);
}

void console_tell_sizes(struct linux_ctx *ctx)
{
	struct console_line *l;
	unsigned int n;

	for (n = 0; ctx->consoles && nth_line(ctx->consoles, n, &l); n++)
		if (l && l->rows)
			on_resized(ctx->consoles, l);
}

void console_continued(struct linux_ctx *ctx)
{
	terminal_again();
	console_winch(ctx);
}

void console_drain(struct linux_ctx *ctx)
{
	struct console_line *l;
	unsigned int n;

	for (n = 0; ctx->consoles && nth_line(ctx->consoles, n, &l); n++)
		if (l)
			line_drain(l, l->kind == NL_KIND_CON && !l->index && !l->out->terminal
					      ? PATIENCE_FILE_MS
					      : PATIENCE_TERMINAL_MS);
}

void console_restore(void)
{
	terminal_restore();
	log_set_raw(false);
}

void console_close_all(struct linux_ctx *ctx)
{
	struct console_line *l;
	unsigned int n;

	for (n = 0; ctx->consoles && nth_line(ctx->consoles, n, &l); n++)
		line_free(l);
	if (ctx->consoles)
		loop_timer_del(&ctx->consoles->sizes);
	free(ctx->consoles);
	ctx->consoles = NULL;
}

/* --- hot-plug --- */

int console_config(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index, const char *spec,
		   char error[static CONSOLE_ERROR_LEN])
{
	struct console_set *s = ctx->consoles;
	char why[CONSOLE_WHY_LEN] = "";
	int err;

	if (*line_at(s, kind, index)) {
		snprintf(error, CONSOLE_ERROR_LEN, "%s is there already; remove it first",
			 (*line_at(s, kind, index))->name);
		return -EEXIST;
	}
	s->env.running = true;
	err = add_line(s, kind, index, spec, true, why);
	if (!err && !*line_at(s, kind, index)) {
		snprintf(error, CONSOLE_ERROR_LEN, "'none' is what it is already");
		return -EINVAL;
	}
	if (!err)
		err = start_line(*line_at(s, kind, index), why);
	if (!err)
		return 0;
	if (*line_at(s, kind, index))
		console_remove(ctx, kind, index, error);
	snprintf(error, CONSOLE_ERROR_LEN, "%s", *why ? why : strerror(-err));
	return err;
}

int console_remove(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index,
		   char error[static CONSOLE_ERROR_LEN])
{
	struct console_line **l = line_at(ctx->consoles, kind, index);

	if (!*l) {
		snprintf(error, CONSOLE_ERROR_LEN, "there is no such line");
		return -ENODEV;
	}
	line_free(*l);
	*l = NULL;
	ctx_slot_drop(ctx, kind, index);
	return 0;
}

bool console_describe(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index, char *text,
		      size_t len)
{
	const struct console_line *l = *line_at(ctx->consoles, kind, index);

	if (!l) {
		snprintf(text, len, "none");
		return false;
	}
	if (l->in == l->out)
		snprintf(text, len, "%s", l->in->where);
	else
		snprintf(text, len, "%s,%s", l->in->where, l->out->where);
	return true;
}

/* --- for the guest's command line --- */

bool console_plain(const struct linux_ctx *ctx)
{
	const struct console_line *l = ctx->consoles->con[0];

	return l && l->in->ops == &chan_fd_ops && !l->in->terminal;
}

const char *console_getty_word(const struct linux_ctx *ctx)
{
	static const char head[] = "nestling.getty=";
	struct console_set *s = ctx->consoles;
	size_t len = sizeof(head) - 1;
	struct console_line *l;
	unsigned int n;

	memcpy(s->getty, head, sizeof(head));
	for (n = 1; nth_line(s, n, &l); n++) {
		if (!l || !l->in->by_name || l->in->ops == &chan_null_ops)
			continue;
		len += (size_t)snprintf(s->getty + len, sizeof(s->getty) - len, "%s%s%u",
					len >= sizeof(head) ? "," : "",
					l->kind == NL_KIND_CON ? "tty" : "ttyS", l->index);
		if (len >= sizeof(s->getty))
			return NULL;
	}
	return len >= sizeof(head) ? s->getty : NULL;
}
