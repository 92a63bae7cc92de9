// SPDX-License-Identifier: GPL-2.0
/*
 * A network that stays up: those who work in it call at a socket, ask for one thing each, and get it
 * in packets (serve_wire.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "accept.h"
#include "capture.h"
#include "run_client.h"

#define FLUSH_NS 100000000ULL /* of captures that somebody looks at */
#define EXEC_QUEUE 262144 /* bytes of a command's output that wait for who reads them */
/* As long as nodes may take to end in order. */
#define DOWN_MAX_NS (30 * 1000000000ULL)

/* --- one client --------------------------------------------------------------- */

static void forget(struct run_client *c)
{
	struct run_client **p = &c->run->clients;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	free(c->result);
	free(c);
}

/* It has hung up. What it asked nodes for comes to its end without it. */
static void hang_up(struct run_client *c)
{
	if (c->node)
		run_console_leave(c->node, &c->user);
	if (c->capture)
		rig_net_live_end(c->run->net, c->capture);
	if (c->busy) {
		agent_signal(c->run->agent, c->busy->index, c, SIGHUP);
		/* Nothing of what it prints waits any more. */
		agent_look(c->run->agent, c->busy->index);
	}
	run_client_forget_packets(c);
	c->node = c->busy = NULL;
	c->capture = NULL;
	loop_close(&c->socket);
	if (!c->pending)
		forget(c);
}

static void node_done(struct run_client *c)
{
	if (--c->pending == 0 && c->socket.fd < 0)
		forget(c);
}

static struct run_node *find_node(struct run_client *c, const char *name)
{
	const struct run *r = c->run;
	uint32_t n = rig_find_node(r->rig, name);
	char why[200];

	if (n != RIG_NONE)
		return &r->node[n];
	snprintf(why, sizeof(why), "there is no node '%.40s'; uml_rig top lists them", name);
	run_client_end(c, SERVE_FAILED, why);
	return NULL;
}

/* --- what can be asked -------------------------------------------------------- */

static void console_output(struct run_console_user *u, const char *data, size_t len)
{
	run_client_send(u->arg, SERVE_OUT, 0, data, len);
}

static void ask_console(struct run_client *c, char **word, uint32_t n, int fd)
{
	struct run_node *node = find_node(c, word[1]);

	(void)n;
	(void)fd;
	if (!node)
		return;
	if (!node->console) {
		run_client_end(c, SERVE_FAILED, "the node has not been on yet");
		return;
	}
	c->node = node;
	c->user = (struct run_console_user){.output = console_output, .arg = c};
	run_console_join(node, &c->user);
}

/* A command is as fast as who reads what it prints. */
static bool exec_output(void *arg, const char *data, size_t len)
{
	struct run_client *c = arg;

	if (c->queued > EXEC_QUEUE)
		return false;
	run_client_send(c, SERVE_OUT, 0, data, len);
	return true;
}

static void exec_done(void *arg, const struct agent_result *result)
{
	struct run_client *c = arg;
	int s = result->status;

	c->busy = NULL;
	if (result->len)
		run_client_send(c, SERVE_OUT, 0, result->output, result->len);
	if (s < 0)
		run_client_end(c, SERVE_FAILED,
			       s == -ECONNRESET ? "the node ended or was started again"
						: strerror(-s));
	else
		run_client_end(c, WIFEXITED(s) ? WEXITSTATUS(s) : 128 + WTERMSIG(s), NULL);
	node_done(c);
}

static void ask_exec(struct run_client *c, char **word, uint32_t n, int fd)
{
	struct run_node *node = find_node(c, word[1]);
	int err;

	(void)n;
	(void)fd;
	if (!node)
		return;
	err = node->state == NODE_OFF ? -ENOTCONN
				      : agent_stream(c->run->agent, node->index, word[2],
						     exec_output, exec_done, c);
	if (err) {
		run_client_end(c, SERVE_FAILED,
			       err == -ENOTCONN ? "the node is off" : strerror(-err));
		return;
	}
	c->pending++;
	c->busy = node;
}

static void step_done(void *arg, const char *why)
{
	struct run_client *c = arg;

	if (!why && c->result)
		run_client_send(c, SERVE_OUT, 0, c->result, strlen(c->result));
	run_client_end(c, why ? SERVE_FAILED : 0, why);
	node_done(c);
}

static void ask_step(struct run_client *c, char **word, uint32_t n, int fd)
{
	char why[600];
	struct rig_step s;

	(void)fd;
	if (rig_read_step(c->run->c.own_rig, word[1], (const char *const *)word + 2, n - 2, &s, why,
			  sizeof(why)) < 0) {
		run_client_end(c, SERVE_FAILED, why);
		return;
	}
	if (s.action == RIG_DO_RUN || s.action == RIG_DO_STOP) {
		run_client_end(c, SERVE_FAILED,
			       s.action == RIG_DO_RUN ? "commands are run by 'uml_rig exec'"
						      : "the network is ended by 'uml_rig down'");
		return;
	}
	if (s.action == RIG_DO_FETCH &&
	    asprintf(&c->result, "%s/%s\n", c->run->c.folder, s.copy.host) < 0)
		c->result = NULL;
	c->pending++;
	run_take(c->run, &s, step_done, c);
}

static void ask_capture(struct run_client *c, char **word, uint32_t n, int fd)
{
	char why[600];
	struct rig_capture what;
	int rc;

	if (fd < 0) {
		run_client_end(c, SERVE_FAILED, "there is nothing to write to");
		return;
	}
	/* No guest that is started meanwhile holds a pipe open that its reader waits for the end of. */
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	rc = fd < 0 ? -errno
		    : rig_read_capture(c->run->c.own_rig, word[1], (const char *const *)word + 2,
				       n - 2, &what, why, sizeof(why));
	if (fd < 0)
		snprintf(why, sizeof(why), "%s", strerror(-rc));
	else if (rc < 0)
		close(fd);
	else
		rc = rig_net_live_begin(c->run->net, &what, fd, &c->capture, why, sizeof(why));
	if (rc < 0)
		run_client_end(c, SERVE_FAILED, why);
}

static void ask_figures(struct run_client *c, char **word, uint32_t n, int fd)
{
	size_t len = 0;
	char *text = run_figures(c->run, &len);

	(void)word;
	(void)n;
	(void)fd;
	if (text)
		run_client_send(c, SERVE_OUT, 0, text, len);
	run_client_end(c, text ? 0 : SERVE_FAILED, text ? NULL : strerror(ENOMEM));
	free(text);
}

static void ask_down(struct run_client *c, char **word, uint32_t n, int fd)
{
	(void)word;
	(void)n;
	(void)fd;
	c->waits_for_down = true;
	run_down(c->run);
}

static const struct verb {
	const char *name;
	uint32_t min, max; /* words, its own included */
	void (*ask)(struct run_client *c, char **word, uint32_t n, int fd);
} verbs[] = {
	{"console", 2, 2, ask_console},     {"exec", 3, 3, ask_exec},
	{"step", 3, SERVE_WORDS, ask_step}, {"capture", 3, SERVE_WORDS, ask_capture},
	{"figures", 1, 1, ask_figures},     {"down", 1, 1, ask_down},
};

static const struct verb *find_verb(const char *name, uint32_t words)
{
	unsigned int i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0 && words >= verbs[i].min &&
		    words <= verbs[i].max)
			return &verbs[i];
	return NULL;
}

static void asked(struct run_client *c, const struct serve_head *head, char *data, size_t len,
		  int fd)
{
	char *word[SERVE_WORDS], *p;
	const struct verb *verb = NULL;
	uint32_t n = 0;

	if (head->value == SERVE_VERSION && len && !data[len - 1])
		for (p = data; p < data + len && n < SERVE_WORDS; p += strlen(p) + 1)
			word[n++] = p;
	if (n)
		verb = find_verb(word[0], n);
	c->asked = true;
	if (!verb)
		run_client_end(c, SERVE_FAILED,
			       "the network was brought up by another version of uml_rig");
	else if (!c->run->started && strcmp(verb->name, "down") != 0 &&
		 strcmp(verb->name, "figures") != 0)
		run_client_end(c, SERVE_FAILED, "the network is not up yet");
	else
		verb->ask(c, word, n, fd);
}

/* --- packets ------------------------------------------------------------------ */

static int descriptor_of(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fd;

	if (!h || h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS ||
	    h->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

static void packet(struct run_client *c, const struct serve_head *head, char *data, size_t len,
		   int fd)
{
	unsigned int size = (unsigned int)head->value;

	if (head->kind == SERVE_ASK && !c->asked)
		asked(c, head, data, len, fd);
	else if (head->kind == SERVE_IN && c->node)
		run_console_type(c->node, data, len);
	else if (head->kind == SERVE_SIGNAL && c->busy)
		agent_signal(c->run->agent, c->busy->index, c, head->value);
	else if (head->kind == SERVE_SIZE && c->node)
		run_console_size(c->node, size >> 16, size & 0xffff);
}

static void serve_client(struct run_client *c, short revents)
{
	struct {
		struct serve_head head;
		char data[SERVE_BYTES];
	} in;
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec v = {.iov_base = &in, .iov_len = sizeof(in)};
	struct msghdr m = {
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control,
		/* The padding behind it would be room for a second one, which nobody would close. */
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	ssize_t n;
	int fd;

	if (revents & POLLOUT)
		run_client_flush(c);
	if (c->busy && c->queued <= EXEC_QUEUE)
		agent_look(c->run->agent, c->busy->index);
	if (!(revents & (POLLIN | POLLHUP | POLLERR)))
		return;
	n = recvmsg(c->socket.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	fd = n < 0 ? -1 : descriptor_of(&m);
	if (n >= (ssize_t)sizeof(in.head))
		packet(c, &in.head, in.data, (size_t)n - sizeof(in.head), fd);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		hang_up(c);
}

static void client_ready(struct loop_watch *w, short revents)
{
	struct run_client *c = w->arg;
	struct run *r = c->run;

	serve_client(c, revents); /* c may be gone */
	/* What is said to guests from outside of the calendar's events goes now. */
	rig_net_flush(r->net);
	run_clock_set(r);
}

static void called(struct loop_watch *w, short revents)
{
	struct run *r = w->arg;
	int fd = accept_caller(w, "the network's socket", SOCK_NONBLOCK);
	struct run_client *c;

	(void)revents;
	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c || loop_add(r->loop, &c->socket, fd, POLLIN, client_ready, c) < 0) {
		free(c);
		close(fd);
		return;
	}
	c->run = r;
	c->end = &c->first;
	c->next = r->clients;
	r->clients = c;
}

/* --- the whole ---------------------------------------------------------------- */

static void flush_captures(struct loop_timer *t)
{
	struct run *r = t->arg;

	rig_net_live_flush(r->net);
	loop_timer_set(r->loop, t, FLUSH_NS, flush_captures, r);
}

int run_serve_begin(struct run *r)
{
	if (!r->c.serve)
		return 0;
	loop_timer_set(r->loop, &r->flush, FLUSH_NS, flush_captures, r);
	return loop_add(r->loop, &r->listening, r->c.serve_fd, POLLIN, called, r);
}

void run_serve_end(struct run *r)
{
	struct run_client *c;

	loop_timer_del(&r->flush);
	loop_timer_del(&r->patience);
	loop_del(&r->listening);
	while ((c = r->clients)) {
		run_client_end(c, c->waits_for_down ? 0 : SERVE_FAILED,
			       c->waits_for_down ? NULL : "the network went down");
		c->pending = 0;
		hang_up(c);
	}
}

static void down_late(struct loop_timer *t)
{
	run_finish(t->arg, "down; not all nodes ended in time");
}

/* Only what stays is worth an orderly end. */
static bool is_asked(const struct run *r, uint32_t node)
{
	return r->rig->node[node].cow && r->node[node].state == NODE_UP;
}

void run_down(struct run *r)
{
	uint32_t i;

	if (r->down)
		return;
	r->down = true;
	for (i = 0; i < r->rig->nnodes; i++) {
		if (!is_asked(r, i))
			continue;
		r->node[i].wanted_end = true;
		agent_end(r->agent, i, NULL, NULL);
	}
	rig_net_flush(r->net);
	loop_timer_set(r->loop, &r->patience, DOWN_MAX_NS, down_late, r);
	run_down_look(r);
}

void run_down_look(struct run *r)
{
	uint32_t i;

	if (!r->down)
		return;
	for (i = 0; i < r->rig->nnodes; i++)
		if (is_asked(r, i))
			return;
	run_finish(r, "down");
}
