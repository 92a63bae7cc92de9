// SPDX-License-Identifier: GPL-2.0
/*
 * Consoles that people may join: each node has a terminal, whose other side is the guest's con0. What
 * the guest prints goes to its log and to all who have joined; what they type goes to the guest. The
 * terminal stays when the guest is started again.
 */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "run_private.h"

#define TAIL 4096 /* bytes that who joins gets to see of what was there before */
#define TYPED 65536 /* bytes that the guest has not read yet; what is beyond is lost */
#define PIECE 4096
#define ROWS 24
#define COLUMNS 80

struct run_console {
	struct run_node *node;
	struct loop_watch master;
	int slave; /* kept, so that the terminal stays */
	struct run_console_user *users;
	char tail[TAIL];
	size_t tail_len;
	char typed[TYPED];
	size_t typed_len;
};

static void remember(struct run_console *c, const char *data, size_t n)
{
	size_t drop = c->tail_len + n > TAIL ? c->tail_len + n - TAIL : 0;

	memmove(c->tail, c->tail + drop, c->tail_len - drop);
	c->tail_len -= drop;
	memcpy(c->tail + c->tail_len, data, n);
	c->tail_len += n;
}

static bool take_output(struct run_console *c)
{
	struct run_console_user *u, *next;
	char data[PIECE];
	ssize_t n = read(c->master.fd, data, sizeof(data));

	if (n <= 0)
		return false;
	if (write(c->node->log_fd, data, (size_t)n) != n)
		run_doubt(c->node->run, "a console's log is not whole");
	remember(c, data, (size_t)n);
	for (u = c->users; u; u = next) {
		next = u->next;
		u->output(u, data, (size_t)n);
	}
	return true;
}

static void give_input(struct run_console *c)
{
	ssize_t n = c->typed_len ? write(c->master.fd, c->typed, c->typed_len) : 0;

	if (n > 0) {
		c->typed_len -= (size_t)n;
		memmove(c->typed, c->typed + n, c->typed_len);
	}
	loop_events(&c->master, c->typed_len ? POLLIN | POLLOUT : POLLIN);
}

static void master_ready(struct loop_watch *w, short revents)
{
	struct run_console *c = w->arg;

	if (revents & POLLIN)
		take_output(c);
	if (revents & POLLOUT)
		give_input(c);
}

int run_console_new(struct run_node *n)
{
	struct run_console *c = calloc(1, sizeof(*c));
	const struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};
	int master, err;

	if (!c)
		return -ENOMEM;
	c->node = n;
	if (openpty(&master, &c->slave, NULL, NULL, &size) < 0) {
		err = -errno;
		free(c);
		return err;
	}
	fcntl(master, F_SETFD, FD_CLOEXEC);
	fcntl(master, F_SETFL, O_NONBLOCK);
	fcntl(c->slave, F_SETFD, FD_CLOEXEC);
	err = loop_add(n->run->loop, &c->master, master, POLLIN, master_ready, c);
	if (err) {
		close(master);
		close(c->slave);
		free(c);
		return err;
	}
	n->console = c;
	return 0;
}

void run_console_free(struct run_node *n)
{
	struct run_console *c = n->console;

	if (!c)
		return;
	run_console_drain(n);
	loop_close(&c->master);
	close(c->slave);
	free(c);
	n->console = NULL;
}

int run_console_fd(const struct run_node *n)
{
	return n->console ? n->console->slave : -1;
}

void run_console_drain(struct run_node *n)
{
	while (n->console && take_output(n->console))
		;
}

void run_console_join(struct run_node *n, struct run_console_user *u)
{
	struct run_console *c = n->console;

	u->next = c->users;
	c->users = u;
	u->output(u, c->tail, c->tail_len);
}

void run_console_leave(struct run_node *n, struct run_console_user *u)
{
	struct run_console_user **p = &n->console->users;

	while (*p && *p != u)
		p = &(*p)->next;
	if (*p)
		*p = u->next;
}

void run_console_type(struct run_node *n, const char *data, size_t len)
{
	struct run_console *c = n->console;

	if (len > TYPED - c->typed_len)
		len = TYPED - c->typed_len;
	memcpy(c->typed + c->typed_len, data, len);
	c->typed_len += len;
	give_input(c);
}

void run_console_size(struct run_node *n, unsigned int rows, unsigned int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	/* The terminal belongs to no session that would be told. */
	if (ioctl(n->console->master.fd, TIOCSWINSZ, &size) == 0 && n->pid)
		kill(n->pid, SIGWINCH);
}
