/* SPDX-License-Identifier: GPL-2.0 */
/* How frames of agent_abi.h are made, judged, and how bodies go in chunks; for both sides. */
#ifndef NESTLING_AGENT_WIRE_H
#define NESTLING_AGENT_WIRE_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "agent_abi.h"

/* Whether a frame of this type carries a piece of a body. */
static inline bool agent_has_body(uint8_t type)
{
	return type == AGENT_REPLY || type == AGENT_OUTPUT ||
	       (type >= AGENT_FIRST_REQUEST && type < AGENT_TYPES);
}

/*
 * Reads the header of a frame of `len` bytes. False: it is none of ours, or nonsense. True: all
 * that it says of its own bytes holds, and its piece of a body lies within total.
 */
static inline bool agent_frame_read(struct agent_frame *f, const void *frame, size_t len)
{
	if (len < sizeof(*f))
		return false;
	memcpy(f, frame, sizeof(*f));
	if (f->ethertype != htons(AGENT_ETHERTYPE) || f->magic != AGENT_MAGIC ||
	    f->version != AGENT_VERSION || f->type < AGENT_HELLO || f->type >= AGENT_TYPES)
		return false;
	if (f->length > AGENT_CHUNK || f->length > len - sizeof(*f))
		return false;
	if (!agent_has_body(f->type))
		return f->length == 0;
	return f->offset <= f->total && f->length <= f->total - f->offset;
}

static inline void agent_frame_init(struct agent_frame *f, uint8_t type, uint32_t session,
				    uint32_t id)
{
	memset(f, 0, sizeof(*f));
	f->ethertype = htons(AGENT_ETHERTYPE);
	f->magic = AGENT_MAGIC;
	f->version = AGENT_VERSION;
	f->type = type;
	f->session = session;
	f->id = id;
}

/* A body that goes. Zeroed but for total before its first chunk. */
struct agent_sender {
	uint64_t total, sent, acked;
	bool begun;
};

/* Whether a chunk may go now. */
static inline bool agent_sender_may(const struct agent_sender *s)
{
	return !s->begun || (s->sent < s->total && s->sent - s->acked < AGENT_WINDOW * AGENT_CHUNK);
}

/* Bytes of the chunk at `sent`. */
static inline uint32_t agent_sender_length(const struct agent_sender *s)
{
	return s->total - s->sent < AGENT_CHUNK ? (uint32_t)(s->total - s->sent) : AGENT_CHUNK;
}

/* That chunk has gone. */
static inline void agent_sender_went(struct agent_sender *s)
{
	s->sent += agent_sender_length(s);
	s->begun = true;
}

/* What the other side says to have got; nonsense changes nothing. */
static inline void agent_sender_ack(struct agent_sender *s, uint64_t offset)
{
	if (offset > s->acked && offset <= s->sent)
		s->acked = offset;
}

static inline bool agent_sender_done(const struct agent_sender *s)
{
	return s->begun && s->acked == s->total;
}

/* A body that comes. */
struct agent_receiver {
	uint64_t total, received;
	bool begun;
};

/* Whether f, which was read, is the chunk that is expected; if so it counts as received. */
static inline bool agent_receiver_take(struct agent_receiver *r, const struct agent_frame *f)
{
	if (r->begun ? f->offset != r->received || f->total != r->total || !f->length
		     : f->offset != 0 || (f->total && !f->length))
		return false;
	r->begun = true;
	r->total = f->total;
	r->received += f->length;
	return true;
}

static inline bool agent_receiver_done(const struct agent_receiver *r)
{
	return r->begun && r->received == r->total;
}

#endif
