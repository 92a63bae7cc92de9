// SPDX-License-Identifier: GPL-2.0
/*
 * The relay of one line; see console_line.h.
 *
 * Two bounded buffers. While somebody is attached a full buffer stops reading at its
 * source, so nothing is lost in either direction and memory stays bounded whatever the
 * two sides send. While nobody is attached the guest must not wait for ever: then the
 * oldest output is dropped, and who comes gets the last LINE_OUT_BYTES.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "console_line.h"

static const char menu[] = "\r\n[ .  end the guest now   h  shut it down   ?  help   "
			   "other keys: back ]\r\n";
static const char help[] = "\r\n[ You are on the console of a guest kernel.\r\n"
			   "  .  ends it at once, as pulling the plug does\r\n"
			   "  h  shuts it down cleanly (Ctrl-Alt-Del); at once if it does not\r\n"
			   "     know how\r\n"
			   "  the escape key again  is sent to the guest\r\n"
			   "  any other key  goes back; nothing is sent ]\r\n";

static void update(struct console_line *l);

static void set_watch(struct console_line *l, struct loop_watch *w, int fd, short events,
		      loop_fd_fn fn)
{
	if (fd < 0 || !events) {
		loop_del(w);
		return;
	}
	if (w->fd == fd) {
		loop_events(w, events);
		return;
	}
	loop_del(w);
	loop_add(l->loop, w, fd, events, fn, l);
}

/* --- buffers --- */

/* Room at the end of out_buf; without anybody there old output gives way. */
static size_t out_room(struct console_line *l)
{
	size_t drop;

	if (l->out_start) {
		memmove(l->out_buf, l->out_buf + l->out_start, l->out_len);
		l->out_start = 0;
	}
	if (!l->out->attached && l->out_len > LINE_OUT_BYTES / 2) {
		drop = l->out_len - LINE_OUT_BYTES / 2;
		memmove(l->out_buf, l->out_buf + drop, l->out_len - drop);
		l->out_len -= drop;
	}
	return LINE_OUT_BYTES - l->out_len;
}

/* Text of our own on the line, if there is room. */
static void say(struct console_line *l, const char *text)
{
	size_t n = strlen(text);

	if (n > out_room(l))
		return;
	memcpy(l->out_buf + l->out_len, text, n);
	l->out_len += n;
}

/* --- the peer goes --- */

static int make_pair(struct console_line *l)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	l->host_fd = pair[0];
	l->guest_fd = pair[1];
	return 0;
}

/* Ends the session: the guest sees the old socket close and gets a new one. */
static void hang_up(struct console_line *l)
{
	int host = l->host_fd, guest = l->guest_fd;

	if (make_pair(l))
		return; /* no descriptors: the session stays */
	loop_del(&l->guest);
	close(host);
	close(guest);
	l->in_len = l->out_len = 0;
	l->host->renewed(l->host->arg, l);
}

static void chan_left(struct console_line *l, struct chan *c)
{
	enum chan_leave leave = c->leave;

	loop_del(&l->from);
	loop_del(&l->to);
	if (c->ops->detach)
		c->ops->detach(c);
	else
		chan_forget(c);
	if (leave == CHAN_LEAVE_HANGUP)
		hang_up(l);
	else if (leave == CHAN_LEAVE_END)
		l->host->lost(l->host->arg, l);
	update(l);
}

/* --- output: guest to channel --- */

static void push_out(struct console_line *l)
{
	ssize_t n;

	while (l->out->attached && (l->out_len || l->out->pending)) {
		n = l->out->ops->write(l->out, l->out_buf + l->out_start, l->out_len);
		if (n == -EPIPE) {
			chan_left(l, l->out);
			return;
		}
		if (n <= 0)
			return;
		l->out_start += (size_t)n;
		l->out_len -= (size_t)n;
	}
}

/* One read from the guest. True if there was something. */
static bool pull_out(struct console_line *l)
{
	size_t room = out_room(l);
	ssize_t n;

	if (!room)
		return false;
	n = recv(l->host_fd, l->out_buf + l->out_len, room, MSG_DONTWAIT);
	if (n <= 0)
		return false;
	l->out_len += (size_t)n;
	if (!l->out->attached && l->out->ops->demand)
		l->out->ops->demand(l->out);
	return true;
}

/* --- input: channel to guest --- */

static void push_in(struct console_line *l)
{
	ssize_t n;

	if (!l->in_len)
		return;
	n = send(l->host_fd, l->in_buf + l->in_start, l->in_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n <= 0)
		return;
	l->in_start += (size_t)n;
	l->in_len -= (size_t)n;
}

static void act_on_key(struct console_line *l, enum console_key key)
{
	switch (key) {
	case KEY_MENU:
		say(l, menu);
		break;
	case KEY_HELP:
		say(l, help);
		break;
	case KEY_END:
	case KEY_CAD:
		l->host->key(l->host->arg, key);
		break;
	default:
		break;
	}
}

static void take_input(struct console_line *l, const uint8_t *data, size_t n)
{
	enum console_key key;
	size_t used;

	l->in_start = l->in_len = 0;
	while (n) {
		l->in_len += console_escape_filter(&l->escape, data, n, l->in_buf + l->in_len,
						   &used, &key);
		act_on_key(l, key);
		data += used;
		n -= used;
	}
}

/* --- events --- */

static void guest_ready(struct loop_watch *w, short revents)
{
	struct console_line *l = w->arg;

	if (revents & POLLOUT)
		push_in(l);
	if ((revents & ~POLLOUT) && pull_out(l))
		push_out(l);
	update(l);
}

static void from_ready(struct loop_watch *w, short revents)
{
	struct console_line *l = w->arg;
	uint8_t data[LINE_IN_BYTES];
	ssize_t n = l->in->ops->read(l->in, data, sizeof(data));

	if (n == -EPIPE) {
		chan_left(l, l->in);
		return;
	}
	if (n == 0)
		l->in_ended = true;
	if (n > 0) {
		take_input(l, data, (size_t)n);
		push_in(l);
		push_out(l); /* a menu */
	}
	update(l);
}

static void to_ready(struct loop_watch *w, short revents)
{
	struct console_line *l = w->arg;

	push_out(l);
	update(l);
}

/*
 * A watch without events is removed, not kept: a peer that hung up would be reported
 * in every turn.
 */
static void update(struct console_line *l)
{
	short events = 0;

	if (!l->started)
		return;
	if (l->out_len < LINE_OUT_BYTES || !l->out->attached)
		events |= POLLIN;
	if (l->in_len)
		events |= POLLOUT;
	set_watch(l, &l->guest, l->host_fd, events, guest_ready);
	set_watch(l, &l->from, l->in->rfd, l->in_len || l->in_ended ? 0 : POLLIN, from_ready);
	set_watch(l, &l->to, l->out->wfd, l->out_len || l->out->pending ? POLLOUT : 0, to_ready);
}

static void on_resized(void *arg)
{
	struct console_line *l = arg;

	if (line_measure(l))
		l->host->resized(l->host->arg, l);
	update(l);
}

static void on_attached(void *arg)
{
	on_resized(arg);
}

static void on_left(void *arg)
{
	struct console_line *l = arg;

	chan_left(l, l->in);
}

static const struct chan_events chan_events = {
	.attached = on_attached,
	.left = on_left,
	.resized = on_resized,
};

/* --- life --- */

bool line_measure(struct console_line *l)
{
	struct chan *c = l->out->ops->size ? l->out : l->in;
	uint16_t rows = 0, cols = 0;

	if (c->ops->size)
		c->ops->size(c, &rows, &cols);
	if (!rows && !cols && l->in->ops->size)
		l->in->ops->size(l->in, &rows, &cols);
	if ((!rows && !cols) || (rows == l->rows && cols == l->cols))
		return false;
	l->rows = rows;
	l->cols = cols;
	return true;
}

static int open_channels(struct console_line *l, struct chan_env *env,
			 const struct console_spec *spec, bool by_name, char *why)
{
	l->in = chan_new(env, l->name, &spec->in, true, spec->one, by_name, why);
	if (!l->in)
		return -errno;
	l->out = l->in;
	if (!spec->one)
		l->out = chan_new(env, l->name, &spec->out, false, true, by_name, why);
	if (!l->out) {
		int err = -errno;

		chan_free(l->in);
		return err;
	}
	l->in->arg = l->out->arg = l;
	return 0;
}

struct console_line *line_new(struct chan_env *env, enum nl_kind kind, unsigned int index,
			      const struct console_spec *spec, bool by_name, int escape_key,
			      const struct line_host *host, char why[CONSOLE_WHY_LEN])
{
	struct console_line *l = calloc(1, sizeof(*l));
	int err;

	if (!l) {
		snprintf(why, CONSOLE_WHY_LEN, "out of memory");
		return NULL;
	}
	l->kind = kind;
	l->index = index;
	l->host = host;
	l->loop = env->loop;
	l->guest.fd = l->from.fd = l->to.fd = -1;
	snprintf(l->name, sizeof(l->name), "%s%u", kind == NL_KIND_CON ? "con" : "ssl", index);
	err = make_pair(l);
	if (err) {
		snprintf(why, CONSOLE_WHY_LEN, "a socket: %s", strerror(-err));
		goto fail;
	}
	err = open_channels(l, env, spec, by_name, why);
	if (err)
		goto fail_pair;
	l->escape.key = l->in->terminal ? escape_key : -1;
	line_measure(l);
	return l;

fail_pair:
	close(l->host_fd);
	close(l->guest_fd);
fail:
	free(l);
	errno = -err;
	return NULL;
}

int line_start(struct console_line *l, char why[CONSOLE_WHY_LEN])
{
	int err = 0;

	if (l->started)
		return 0;
	l->started = true;
	l->in->events = l->out->events = &chan_events;
	if (l->in->ops->start)
		err = l->in->ops->start(l->in, why);
	if (!err && l->out != l->in && l->out->ops->start)
		err = l->out->ops->start(l->out, why);
	update(l);
	return err;
}

/* A person who is tired of waiting. */
static bool told_to_stop(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) ||
					 sigismember(&set, SIGHUP) || sigismember(&set, SIGQUIT));
}

void line_drain(struct console_line *l, int patience_ms)
{
	struct pollfd p = {.events = POLLOUT};
	int waited = 0;

	while (pull_out(l) || l->out_len) {
		if (!l->out->attached)
			return;
		size_t before = l->out_len;

		push_out(l);
		if (l->out_len < before) {
			waited = 0;
			continue;
		}
		if (waited >= patience_ms || told_to_stop())
			return;
		p.fd = l->out->wfd;
		poll(&p, 1, 100);
		waited += 100;
	}
}

void line_free(struct console_line *l)
{
	if (!l)
		return;
	loop_del(&l->guest);
	loop_del(&l->from);
	loop_del(&l->to);
	if (l->out != l->in)
		chan_free(l->out);
	chan_free(l->in);
	close(l->host_fd);
	close(l->guest_fd);
	free(l);
}
