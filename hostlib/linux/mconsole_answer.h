/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers to clients of the management console, sent in pieces without ever waiting for
 * a client: what does not fit into its socket is kept and tried again for some seconds,
 * then the answer is given up. Limits: ANSWERS_MAX open at a time, ANSWER_TEXT_MAX bytes
 * each; what goes beyond is cut.
 */
#ifndef NESTLING_MCONSOLE_ANSWER_H
#define NESTLING_MCONSOLE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "loop.h"

#define ANSWERS_MAX 64
#define ANSWER_TEXT_MAX (1024 * 1024)

struct answer;

/* All open answers of one socket. */
struct answer_set {
	struct loop *loop;
	int fd; /* the socket, not blocking; its owner's */
	/*
	 * Asks the owner for another socket: what clients do not read is charged to the
	 * one that sent it, and has used up its buffer. May do nothing.
	 */
	void (*renew)(void *owner);
	void *owner;
	struct answer *first;
	unsigned int count;
};

/*
 * Begins an answer to a client. When there are too many, one that waits for its client is
 * given up for it; NULL when none does (the client is told, if it listens), or no memory.
 */
struct answer *answer_new(struct answer_set *set, const struct sockaddr_un *to, socklen_t to_len);

/*
 * Adds len bytes of text; err as in errno.h (either sign), 0 when all is well. Without
 * more the answer is finished: it frees itself once it is sent or given up.
 */
void answer_add(struct answer *a, int err, const char *text, size_t len, bool more);

/* Adds the last text. */
void answer_end(struct answer *a, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Tries once more to send what is left of finished answers and forgets all. */
void answer_close_all(struct answer_set *set);

#endif
