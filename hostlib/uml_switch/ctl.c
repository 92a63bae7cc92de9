// SPDX-License-Identifier: GPL-2.0
/*
 * The line protocol of the control socket: a command a line; the answer is any number of lines that
 * begin with a blank, then one line `ok`, or `error` and what went wrong. A client may send as many
 * commands as it likes, and is answered in order.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "uml_switch.h"

#define LINE_MAX_LEN 4096
#define SESSIONS_MAX 64

struct session {
	struct ctx *ctx;
	struct session *next;
	struct loop_watch watch;
	char line[LINE_MAX_LEN];
	size_t len;
	char *answer; /* what is still to be sent */
	size_t answer_len, sent;
};

static void session_end(struct session *s)
{
	struct session **p = &s->ctx->session;
	int fd = s->watch.fd;

	while (*p != s)
		p = &(*p)->next;
	*p = s->next;

	s->ctx->sessions--;
	loop_del(&s->watch);
	close(fd);
	free(s->answer);
	free(s);
}

/* Sends what fits. 0 or -errno. */
static int send_answer(struct session *s)
{
	while (s->sent < s->answer_len) {
		ssize_t n = send(s->watch.fd, s->answer + s->sent, s->answer_len - s->sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			loop_events(&s->watch, POLLOUT);
			return 0;
		}
		if (n < 0)
			return -errno;
		s->sent += (size_t)n;
	}
	free(s->answer);
	s->answer = NULL;
	s->answer_len = s->sent = 0;
	loop_events(&s->watch, POLLIN);
	return 0;
}

/* Each line of text behind a blank. */
static void quote(FILE *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		fprintf(out, " %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static int answer(struct session *s, char *line)
{
	char err[256] = "", *text = NULL;
	size_t len;
	FILE *body = open_memstream(&text, &len), *out;
	int status;

	if (!body)
		return -ENOMEM;
	status = ctl_command(s->ctx, line, body, err, sizeof(err));
	fclose(body);
	out = open_memstream(&s->answer, &s->answer_len);
	if (out) {
		quote(out, text);
		if (status)
			fprintf(out, "error %s\n", *err ? err : strerror(-status));
		else
			fputs("ok\n", out);
		fclose(out);
	}
	free(text);
	s->sent = 0;
	return s->answer ? send_answer(s) : -ENOMEM;
}

/* Commands that are whole, one by one: the next waits for the answer to be sent. */
static int serve_lines(struct session *s)
{
	char *end;
	int err = 0;

	while (!err && !s->answer && (end = memchr(s->line, '\n', s->len))) {
		char line[LINE_MAX_LEN];
		size_t n = (size_t)(end - s->line);

		memcpy(line, s->line, n);
		line[n] = '\0';
		s->len -= n + 1;
		memmove(s->line, end + 1, s->len);
		err = answer(s, line);
	}
	return err;
}

static void session_ready(struct loop_watch *w, short revents)
{
	struct session *s = w->arg;
	int err = 0;

	if (s->answer) {
		err = revents & (POLLERR | POLLHUP) ? -EPIPE : send_answer(s);
	} else {
		ssize_t n = recv(w->fd, s->line + s->len, sizeof(s->line) - s->len, MSG_DONTWAIT);

		if (n > 0)
			s->len += (size_t)n;
		else if (!n || (errno != EAGAIN && errno != EINTR))
			err = -EPIPE;
	}
	if (!err)
		err = serve_lines(s);
	if (!err && s->len == sizeof(s->line))
		err = -EMSGSIZE;
	if (err)
		session_end(s);
}

void ctl_accept(struct ctx *ctx, int fd)
{
	struct session *s = ctx->sessions < SESSIONS_MAX ? calloc(1, sizeof(*s)) : NULL;

	if (!s) {
		close(fd);
		return;
	}
	ctx->sessions++;
	s->ctx = ctx;
	s->next = ctx->session;
	ctx->session = s;
	loop_add(ctx->loop, &s->watch, fd, POLLIN, session_ready, s);
}

void ctl_end(struct ctx *ctx)
{
	while (ctx->session)
		session_end(ctx->session);
}
