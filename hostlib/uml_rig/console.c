// SPDX-License-Identifier: GPL-2.0
/* uml_rig console: this terminal becomes that of a node, until its user leaves. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "client.h"
#include "log.h"
#include "loop.h"
#include "place.h"
#include "uml_rig.h"

#define KEY 0x1d /* Ctrl-] */
#define PIECE 4096

struct console {
	struct loop *loop;
	struct loop_watch keys, network;
	struct termios was;
	bool pressed; /* the key was the last one */
	int status;
};

static void tell_size(struct console *c)
{
	struct winsize w;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col)
		client_send(c->network.fd, SERVE_SIZE, w.ws_row << 16 | w.ws_col, NULL, 0);
}

static void leave(struct console *c, int status)
{
	c->status = status;
	loop_stop(c->loop);
}

/* Behind the key: . leaves, others say what there is. True: it is to be sent, being the key again. */
static bool escaped(struct console *c, char key)
{
	static const char help[] = "\r\n[Ctrl-] .  leaves the console; Ctrl-] Ctrl-] sends the "
				   "key]\r\n";

	if (key == KEY)
		return true;
	if (key == '.' || key == 'q')
		leave(c, EXIT_FINE);
	else if (write(STDOUT_FILENO, help, sizeof(help) - 1) < 0)
		leave(c, EXIT_ERRORS);
	return false;
}

static void typed(struct loop_watch *w, short revents)
{
	struct console *c = w->arg;
	char in[PIECE], out[PIECE];
	ssize_t n = read(w->fd, in, sizeof(in)), i;
	size_t len = 0;

	(void)revents;
	if (n <= 0 && errno != EINTR) {
		leave(c, EXIT_FINE);
		return;
	}
	for (i = 0; i < n; i++) {
		bool key = in[i] == KEY && !c->pressed;

		if (c->pressed ? escaped(c, in[i]) : !key)
			out[len++] = in[i];
		c->pressed = key;
	}
	if (len)
		client_send(c->network.fd, SERVE_IN, 0, out, len);
}

static void said(struct loop_watch *w, short revents)
{
	struct console *c = w->arg;
	struct client_packet p;
	int rc = client_receive(w->fd, &p);

	(void)revents;
	if (rc == -EINTR || rc == -EAGAIN)
		return;
	if (rc <= 0) {
		fputs("\r\numl_rig: the network has gone\r\n", stderr);
		leave(c, SERVE_FAILED);
	} else if (p.head.kind == SERVE_OUT) {
		if (write(STDOUT_FILENO, p.data, p.len) < 0)
			leave(c, EXIT_ERRORS);
	} else if (p.head.kind == SERVE_END) {
		fprintf(stderr, "\r\numl_rig: %s\r\n", p.data);
		leave(c, p.head.value);
	}
}

static void signalled(void *arg, int sig, int sender_pid)
{
	struct console *c = arg;

	(void)sender_pid;
	if (sig == SIGWINCH)
		tell_size(c);
	else
		leave(c, 128 + sig);
}

/* 0, or an exit status. */
static int make_raw(struct console *c)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &c->was) < 0) {
		log_err("a console needs a terminal; 'uml_rig exec NODE COMMAND' does without");
		return EXIT_USAGE;
	}
	raw = c->was;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	return 0;
}

static int serve(struct console *c, int fd)
{
	static const int signals[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, 0};
	int err = loop_signals(c->loop, signals, signalled, c);

	if (!err)
		err = loop_add(c->loop, &c->network, fd, POLLIN, said, c);
	if (!err)
		err = loop_add(c->loop, &c->keys, STDIN_FILENO, POLLIN, typed, c);
	if (!err) {
		tell_size(c);
		err = loop_run(c->loop);
	}
	loop_del(&c->keys);
	loop_del(&c->network);
	return err ? EXIT_TROUBLE : c->status;
}

int cmd_console(struct context *context)
{
	const char *word[] = {"console", context->argv[0]};
	struct console c = {.keys.fd = -1, .network.fd = -1};
	int fd, status;

	status = isatty(STDIN_FILENO) ? 0 : make_raw(&c);
	if (status)
		return status;
	fd = place_connect(context->name);
	if (fd < 0)
		return SERVE_FAILED;
	c.loop = loop_new();
	status = c.loop && client_ask(fd, word, 2, -1) == 0 ? make_raw(&c) : SERVE_FAILED;
	if (!status) {
		fprintf(stderr, "[%s; Ctrl-] . leaves]\r\n", context->argv[0]);
		status = serve(&c, fd);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &c.was);
		fputc('\n', stderr);
	}
	loop_free(c.loop);
	close(fd);
	return status;
}
