// SPDX-License-Identifier: GPL-2.0
/*
 * Answers of the management console; see mconsole_answer.h.
 *
 * An unconnected datagram socket always polls as writable, so a full client is tried
 * again by a timer. What clients have not read yet is charged to the sending socket, so
 * one that never reads could silence it for all: then the owner has to make a new one.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include "mconsole_answer.h"
#include "mconsole_proto.h"
#include "text.h"

#define RETRY_NS 5000000ULL
#define PATIENCE_NS 5000000000ULL /* with a client that reads nothing */
#define RENEW_NS 500000000ULL /* of waiting with a used-up socket buffer */
#define LINE_MAX_LEN 4096

struct answer {
	struct answer_set *set;
	struct answer *next;
	struct sockaddr_un to;
	socklen_t to_len;
	char *text; /* not sent yet, from sent on */
	size_t len, sent, size;
	int err;
	bool finished; /* no more text will come */
	bool lost; /* the client has gone or does not read */
	struct loop_timer retry;
	uint64_t since_ns; /* of waiting for the client, 0: not waiting */
};

static void forget(struct answer *a)
{
	struct answer **p;

	for (p = &a->set->first; *p != a; p = &(*p)->next)
		;
	*p = a->next;
	a->set->count--;
	loop_timer_del(&a->retry);
	free(a->text);
	free(a);
}

/* Gives up the answer that has waited longest for its client. false: none waits. */
static bool give_one_up(struct answer_set *set)
{
	struct answer *a, *oldest = NULL;

	for (a = set->first; a; a = a->next)
		if (a->finished && a->since_ns && (!oldest || a->since_ns < oldest->since_ns))
			oldest = a;
	if (oldest)
		forget(oldest);
	return oldest != NULL;
}

static void refuse(struct answer_set *set, const struct sockaddr_un *to, socklen_t to_len)
{
	static const char text[] = "too many commands wait for the guest";
	uint8_t buf[MCONSOLE_REPLY_MAX];
	size_t used, n = mconsole_reply_build(buf, EBUSY, text, sizeof(text) - 1, false, &used);

	if (sendto(set->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to,
		   to_len) < 0)
		return; /* it does not listen */
}

struct answer *answer_new(struct answer_set *set, const struct sockaddr_un *to, socklen_t to_len)
{
	struct answer *a;

	if (set->count >= ANSWERS_MAX && !give_one_up(set)) {
		refuse(set, to, to_len);
		return NULL;
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->set = set;
	a->to = *to;
	a->to_len = to_len;
	a->next = set->first;
	set->first = a;
	set->count++;
	return a;
}

/* 1: sent; 0: the client's socket is full; -1: the client is not there. */
static int send_piece(struct answer *a)
{
	uint8_t buf[MCONSOLE_REPLY_MAX];
	size_t used, n;

	n = mconsole_reply_build(buf, (uint32_t)abs(a->err), a->text ? a->text + a->sent : "",
				 a->len - a->sent, !a->finished, &used);
	if (sendto(a->set->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&a->to,
		   a->to_len) < 0)
		return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? 0 : -1;
	a->sent += used;
	a->since_ns = 0;
	return 1;
}

static void try_again(struct loop_timer *t);

static void wait_for_client(struct answer *a)
{
	uint64_t now = loop_now_ns();

	if (!a->since_ns)
		a->since_ns = now;
	if (now - a->since_ns > PATIENCE_NS)
		a->lost = true;
	else
		loop_timer_set(a->set->loop, &a->retry, RETRY_NS, try_again, a);
}

/* Sends whole pieces, and the rest once it is the last. Frees the answer at its end. */
static void flush(struct answer *a)
{
	bool done = false;
	int r = 1;

	while (!a->lost && !done && r > 0 && (a->finished || a->len - a->sent >= MCONSOLE_TEXT)) {
		done = a->finished && a->len - a->sent < MCONSOLE_TEXT;
		r = send_piece(a);
	}
	if (r < 0)
		a->lost = true;
	if (r == 0) {
		done = false;
		wait_for_client(a);
	}
	if (a->finished && (done || a->lost))
		forget(a);
}

/* The socket's own buffer is used up, as far as can be told from outside. */
static bool is_used_up(int fd)
{
	int queued = 0, size = 0;
	socklen_t len = sizeof(size);

	return ioctl(fd, SIOCOUTQ, &queued) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len) == 0 && queued > size / 2;
}

static void try_again(struct loop_timer *t)
{
	struct answer *a = t->arg;

	if (loop_now_ns() - a->since_ns > RENEW_NS && is_used_up(a->set->fd)) {
		a->since_ns = 0; /* not to be given up for a command that renew() serves */
		a->set->renew(a->set->owner);
	}
	flush(a);
}

/* Makes room for n bytes; what has been sent is let go. How many fit. */
static size_t make_room(struct answer *a, size_t n)
{
	size_t size;
	char *text;

	if (a->sent) {
		memmove(a->text, a->text + a->sent, a->len - a->sent);
		a->len -= a->sent;
		a->sent = 0;
	}
	if (n > ANSWER_TEXT_MAX - a->len)
		n = ANSWER_TEXT_MAX - a->len;
	if (a->len + n > a->size) {
		size = (a->len + n) * 2;
		text = realloc(a->text, size);
		if (!text)
			return a->size - a->len;
		a->text = text;
		a->size = size;
	}
	return n;
}

void answer_add(struct answer *a, int err, const char *text, size_t len, bool more)
{
	if (err)
		a->err = err;
	if (!a->lost && len) {
		len = make_room(a, len);
		memcpy(a->text + a->len, text, len);
		a->len += len;
	}
	a->finished = !more;
	flush(a);
}

void answer_end(struct answer *a, int err, const char *fmt, ...)
{
	char text[LINE_MAX_LEN];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = text_line(text, sizeof(text), fmt, ap);
	va_end(ap);
	answer_add(a, err, text, n, false);
}

void answer_close_all(struct answer_set *set)
{
	while (set->first) {
		struct answer *a = set->first;

		while (a->finished && a->len - a->sent >= MCONSOLE_TEXT && send_piece(a) > 0)
			;
		if (a->finished && a->len - a->sent < MCONSOLE_TEXT)
			send_piece(a);
		forget(a);
	}
}
