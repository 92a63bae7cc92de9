// SPDX-License-Identifier: GPL-2.0
/* Consoles, loader's half; see console.h. For now: con0 on stdin and stdout. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include "console.h"
#include "control.h"
#include "log.h"

struct console_set {
	int guest_fd, host_fd;
	struct loop_watch in, out;
	char pending[4096];
	size_t npending;
};

static struct termios saved; /* for console_restore(), which has no context */
static volatile int have_saved;

static void feed(struct console_set *s)
{
	ssize_t n = send(s->host_fd, s->pending, s->npending, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0) {
		memmove(s->pending, s->pending + n, s->npending - (size_t)n);
		s->npending -= (size_t)n;
	}
	loop_events(&s->out, s->npending ? POLLIN | POLLOUT : POLLIN);
	loop_events(&s->in, s->npending ? 0 : POLLIN);
}

static void in_ready(struct loop_watch *w, short revents)
{
	struct console_set *s = w->arg;
	ssize_t n = read(w->fd, s->pending, sizeof(s->pending));

	if (n <= 0) {
		loop_del(w);
		return;
	}
	s->npending = (size_t)n;
	feed(s);
}

static bool pass_output(struct console_set *s)
{
	char buf[8192];
	ssize_t n = recv(s->host_fd, buf, sizeof(buf), MSG_DONTWAIT), done = 0;

	while (done < n) {
		ssize_t k = write(STDOUT_FILENO, buf + done, (size_t)(n - done));

		if (k < 0)
			break;
		done += k;
	}
	return n > 0;
}

static void out_ready(struct loop_watch *w, short revents)
{
	struct console_set *s = w->arg;

	if (revents & POLLOUT)
		feed(s);
	if (revents & (POLLIN | POLLHUP))
		pass_output(s);
}

int console_open_all(struct linux_ctx *ctx)
{
	struct console_set *s = calloc(1, sizeof(*s));
	struct nl_slot *slot = ctx_slot(ctx, NL_KIND_CON, 0);
	struct winsize ws;
	int pair[2];

	if (!s || !slot || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		log_err("making a console failed: %s", strerror(errno));
		free(s);
		return STATUS_OSERR;
	}
	s->host_fd = pair[0];
	s->guest_fd = pair[1];
	s->in.fd = s->out.fd = -1;
	slot->fd[0] = pair[1];
	snprintf(slot->spec, sizeof(slot->spec), "fd:0,fd:1");
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0) {
		slot->line.rows = ws.ws_row;
		slot->line.cols = ws.ws_col;
	}
	ctx->consoles = s;
	return 0;
}

int console_start(struct linux_ctx *ctx)
{
	struct console_set *s = ctx->consoles;
	struct termios raw;

	if (s->out.fd >= 0)
		return 0; /* a restart */
	if (tcgetattr(STDIN_FILENO, &saved) == 0) {
		raw = saved;
		cfmakeraw(&raw);
		have_saved = 1;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
		log_set_raw(true);
	}
	loop_add(ctx->loop, &s->out, s->host_fd, POLLIN, out_ready, s);
	return loop_add(ctx->loop, &s->in, STDIN_FILENO, POLLIN, in_ready, s);
}

int console_config(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index, const char *spec,
		   char error[static CONSOLE_ERROR_LEN])
{
	snprintf(error, CONSOLE_ERROR_LEN, "not yet");
	return -ENOSYS;
}

int console_remove(struct linux_ctx *ctx, enum nl_kind kind, unsigned int index,
		   char error[static CONSOLE_ERROR_LEN])
{
	snprintf(error, CONSOLE_ERROR_LEN, "not yet");
	return -ENOSYS;
}

void console_winch(struct linux_ctx *ctx)
{
	struct nl_msg m = {.type = NL_MSG_WINSIZE};
	struct winsize ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) < 0)
		return;
	m.slot.kind = NL_KIND_CON;
	m.slot.line.rows = ws.ws_row;
	m.slot.line.cols = ws.ws_col;
	control_request(ctx, &m, NULL, 0, 0, NULL, NULL);
}

void console_drain(struct linux_ctx *ctx)
{
	while (pass_output(ctx->consoles))
		;
}

void console_restore(void)
{
	if (have_saved)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	have_saved = 0;
	log_set_raw(false);
}

void console_close_all(struct linux_ctx *ctx)
{
	if (!ctx->consoles)
		return;
	close(ctx->consoles->host_fd);
	close(ctx->consoles->guest_fd);
	free(ctx->consoles);
}
