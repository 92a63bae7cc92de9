// SPDX-License-Identifier: GPL-2.0
/* Packets to those who work in a network that is up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "run_client.h"

#define QUEUE_MAX (4U << 20) /* bytes; a command's output fits */

struct run_packet {
	struct run_packet *next;
	struct serve_head head;
	size_t len;
	char data[];
};

static bool send_now(struct run_client *c, const struct serve_head *head, const void *data,
		     size_t len)
{
	struct iovec v[2] = {
		{.iov_base = (void *)head, .iov_len = sizeof(*head)},
		{.iov_base = (void *)data, .iov_len = len},
	};
	const struct msghdr m = {.msg_iov = v, .msg_iovlen = len ? 2 : 1};

	/* Of any other failure, the hang-up tells. */
	return sendmsg(c->socket.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
	       (errno != EAGAIN && errno != ENOBUFS);
}

static void append(struct run_client *c, const struct serve_head *head, const void *data,
		   size_t len)
{
	struct run_packet *p;

	if (head->kind == SERVE_OUT && c->queued + len > QUEUE_MAX) {
		c->lost = true;
		return;
	}
	p = malloc(sizeof(*p) + len);
	if (!p)
		return;
	*p = (struct run_packet){.head = *head, .len = len};
	if (len)
		memcpy(p->data, data, len);
	*c->end = p;
	c->end = &p->next;
	c->queued += len;
	loop_events(&c->socket, POLLIN | POLLOUT);
}

static void send_piece(struct run_client *c, enum serve_kind kind, int value, const void *data,
		       size_t len)
{
	const struct serve_head head = {.kind = kind, .value = value};

	if (c->socket.fd < 0)
		return;
	if (c->first || !send_now(c, &head, data, len))
		append(c, &head, data, len);
}

void run_client_send(struct run_client *c, enum serve_kind kind, int value, const void *data,
		     size_t len)
{
	const char *from = data;

	for (; len > SERVE_BYTES; from += SERVE_BYTES, len -= SERVE_BYTES)
		send_piece(c, kind, value, from, SERVE_BYTES);
	send_piece(c, kind, value, from, len);
}

void run_client_end(struct run_client *c, int status, const char *why)
{
	static const char lost[] = "output was lost: it was not fetched";

	if (c->over)
		return;
	if (c->lost)
		run_client_send(c, SERVE_NOTE, 0, lost, sizeof(lost) - 1);
	run_client_send(c, SERVE_END, status, why, why ? strlen(why) : 0);
	c->over = true;
	run_client_flush(c);
}

void run_client_flush(struct run_client *c)
{
	struct run_packet *p;

	while ((p = c->first) && c->socket.fd >= 0 && send_now(c, &p->head, p->data, p->len)) {
		c->first = p->next;
		c->queued -= p->len;
		free(p);
	}
	if (c->first)
		return;
	c->end = &c->first;
	/* Behind END the other side hangs up. */
	if (c->socket.fd >= 0)
		loop_events(&c->socket, POLLIN);
}

void run_client_forget_packets(struct run_client *c)
{
	struct run_packet *p;

	while ((p = c->first)) {
		c->first = p->next;
		free(p);
	}
	c->end = &c->first;
	c->queued = 0;
}
