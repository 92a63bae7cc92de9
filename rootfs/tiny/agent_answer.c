// SPDX-License-Identifier: GPL-2.0
/* What the agent sends: its own frames, acknowledgements, and answers one behind the other. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "agent_private.h"

static void answer_free(struct answer *n)
{
	if (n->fd >= 0)
		close(n->fd);
	free(n->data);
	free(n);
}

static void answer_next(struct agent *a)
{
	struct answer *n = a->answers;

	a->answers = n->next;
	if (!a->answers)
		a->answers_end = &a->answers;
	a->nanswers--;
	answer_free(n);
}

void answer_add(struct agent *a, uint32_t id, int status, uint16_t flags, uint8_t *data, int fd,
		uint64_t len)
{
	struct answer *n = a->nanswers < ANSWERS_MAX ? calloc(1, sizeof(*n)) : NULL;

	if (!n) { /* no room to say even that: the host waits until the guest ends */
		free(data);
		if (fd >= 0)
			close(fd);
		return;
	}
	n->id = id;
	n->status = status;
	n->flags = flags;
	n->data = data;
	n->fd = fd;
	n->send.total = len;
	*a->answers_end = n;
	a->answers_end = &n->next;
	a->nanswers++;
}

void answer_acked(struct agent *a, const struct agent_frame *f)
{
	struct answer *n = a->answers;

	if (!n || n->id != f->id)
		return;
	agent_sender_ack(&n->send, f->offset);
	if (agent_sender_done(&n->send))
		answer_next(a);
}

/* A frame without a body. Whether it has gone; if not, it is tried again when the card can. */
static bool say(struct agent *a, uint8_t type, uint32_t id, uint16_t flags, uint64_t offset)
{
	struct agent_frame f;

	agent_frame_init(&f, type, a->session, id);
	f.flags = flags;
	f.offset = offset;
	a->blocked = card_send(&a->card, &f, NULL, 0) != 0;
	return !a->blocked;
}

/* One chunk of the first answer. Whether it has gone. */
static bool send_chunk(struct agent *a, struct answer *n)
{
	static uint8_t chunk[AGENT_CHUNK];
	uint32_t len = agent_sender_length(&n->send);
	const uint8_t *data = n->data ? n->data + n->send.sent : chunk;
	struct agent_frame f;

	agent_frame_init(&f, AGENT_REPLY, a->session, n->id);
	f.offset = n->send.sent;
	f.total = n->send.total;
	f.status = n->status;
	f.flags = n->flags;
	if (n->fd >= 0 && pread(n->fd, chunk, len, (off_t)n->send.sent) != (ssize_t)len) {
		/* The file has become shorter. */
		f.status = -EIO;
		f.flags |= AGENT_BROKEN;
		len = 0;
	}
	a->blocked = card_send(&a->card, &f, data, len) != 0;
	if (a->blocked)
		return false;
	if (!(f.flags & AGENT_BROKEN))
		agent_sender_went(&n->send);
	/* Of an empty body there is nothing to be acknowledged. */
	if (f.flags & AGENT_BROKEN || agent_sender_done(&n->send))
		answer_next(a);
	return true;
}

void answers_send(struct agent *a)
{
	a->blocked = false;
	if (a->hello && say(a, AGENT_HELLO, a->nonce, 0, 0))
		a->hello = false;
	if (a->ack && !a->blocked && say(a, AGENT_ACK, a->ack_id, 0, a->ack_offset))
		a->ack = false;
	if (a->up && !a->blocked && say(a, AGENT_UP, 0, a->late ? AGENT_LATE : 0, 0))
		a->up = false;
	if (!a->blocked)
		a->blocked = !exec_send(a);
	while (!a->blocked && a->answers && agent_sender_may(&a->answers->send) &&
	       send_chunk(a, a->answers))
		;
}
