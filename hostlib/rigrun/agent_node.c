// SPDX-License-Identifier: GPL-2.0
/*
 * A node's side of the protocol (rootfs/tiny/agent_abi.h) on the host: what its frames do, and what
 * is sent to it. Frames only change what is known; agent_work() acts on it.
 */
#include <errno.h>
#include <stdlib.h>
#include "agent_private.h"

void agent_dirty(struct agent *a, unsigned int node)
{
	a->node[node].dirty = true;
	if (node < a->dirty_first)
		a->dirty_first = node;
	if (node >= a->dirty_end)
		a->dirty_end = node + 1;
	if (a->awake)
		return;
	a->awake = true;
	a->way->wake(a);
}

/* --- frames of the node --------------------------------------------------------- */

/* All that has no answer. Who wanted the guest to end has got it. */
static void end_all(struct node *n)
{
	struct request *r;

	while ((r = n->active.first)) {
		bool wanted = r->type == AGENT_END || r->type == AGENT_REBOOT;

		request_unlink(&n->active, r);
		r->status = wanted ? 0 : -ECONNRESET;
		request_append(&n->ended, r);
	}
	while ((r = n->waiting.first)) {
		request_unlink(&n->waiting, r);
		r->status = -ECONNRESET;
		request_append(&n->ended, r);
	}
	n->sending = NULL;
	n->ack = n->welcome = n->tell_up = false;
}

static void on_hello(struct node *n, const struct agent_frame *f)
{
	/* The guest's clock is ahead of ours, or a frame came twice. */
	if (n->state >= NODE_WELCOMED && f->id == n->nonce) {
		n->welcome = n->state == NODE_WELCOMED;
		return;
	}
	if (n->state >= NODE_WELCOMED)
		end_all(n);
	n->state = NODE_WELCOMED;
	n->nonce = f->id;
	n->session++;
	n->last_id = 0;
	n->welcome = true;
}

static void on_up(struct node *n, const struct agent_frame *f)
{
	if (n->state != NODE_WELCOMED)
		return;
	n->state = NODE_UP;
	n->tell_up = true;
	n->late = f->flags & AGENT_LATE;
}

static void on_ack(struct node *n, const struct agent_frame *f)
{
	if (!n->sending || n->sending->id != f->id)
		return;
	agent_sender_ack(&n->sending->send, f->offset);
	if (agent_sender_done(&n->sending->send))
		n->sending = NULL;
}

static void on_reply(struct node *n, const struct agent_frame *f, const uint8_t *data)
{
	struct request *r = request_find(&n->active, f->id);
	int got;

	/* Nobody can know what was asked before it is there. */
	if (!r || r == n->sending)
		return;
	got = request_answer(r, f, data);
	if (got < 0)
		return;
	if (f->length) {
		n->ack = true;
		n->ack_id = r->id;
		n->ack_offset = r->receive.received;
	}
	if (got) {
		request_unlink(&n->active, r);
		request_append(&n->ended, r);
	}
}

static void on_output(struct node *n, const struct agent_frame *f, const uint8_t *data)
{
	struct request *r = request_find(&n->active, f->id);

	if (r && r != n->sending)
		request_output(r, f, data);
}

void agent_receive(struct agent *a, unsigned int node, const uint8_t *frame, size_t len)
{
	struct node *n = &a->node[node];
	struct agent_frame f;

	if (n->state < NODE_WAITING || !agent_frame_read(&f, frame, len))
		return;
	if (f.type == AGENT_HELLO) {
		on_hello(n, &f);
	} else {
		if (n->state < NODE_WELCOMED || f.session != n->session)
			return;
		if (f.type == AGENT_UP)
			on_up(n, &f);
		else if (f.type == AGENT_ACK)
			on_ack(n, &f);
		else if (f.type == AGENT_REPLY)
			on_reply(n, &f, frame + sizeof(f));
		else if (f.type == AGENT_OUTPUT)
			on_output(n, &f, frame + sizeof(f));
		else
			return;
	}
	agent_dirty(a, node);
}

/* --- frames to the node --------------------------------------------------------- */

static void say(struct agent *a, unsigned int node, uint8_t type, uint32_t id, uint64_t offset)
{
	struct agent_frame f;

	agent_frame_init(&f, type, a->node[node].session, id);
	f.offset = offset;
	a->way->send(a, node, &f, NULL, 0);
}

static bool may_start(const struct node *n, const struct request *r)
{
	unsigned int execs = 0;
	const struct request *other;

	for (other = n->active.first; other; other = other->next) {
		if (!request_is_command(other))
			return false;
		execs++;
	}
	return !request_is_command(r) || execs < AGENT_EXECS_MAX;
}

/* Begins with the next request, if one can be. */
static bool start_next(struct node *n)
{
	struct request *r;

	if (n->state != NODE_UP || n->sending)
		return false;
	for (r = n->waiting.first; r && !may_start(n, r); r = r->next)
		;
	if (!r)
		return false;
	request_unlink(&n->waiting, r);
	r->id = ++n->last_id;
	request_append(&n->active, r);
	n->sending = r;
	return true;
}

/* The file that is sent ends before it should: the guest is to forget it. */
static void give_up(struct agent *a, unsigned int node)
{
	struct node *n = &a->node[node];
	struct request *r = n->sending;

	say(a, node, AGENT_CANCEL, r->id, 0);
	r->status = -EIO;
	n->sending = NULL;
	request_unlink(&n->active, r);
	request_append(&n->ended, r);
	agent_dirty(a, node);
}

static void send_chunk(struct agent *a, unsigned int node)
{
	struct request *r = a->node[node].sending;
	uint32_t len = agent_sender_length(&r->send);
	const uint8_t *data = request_chunk(r, a->chunk, len);
	struct agent_frame f;

	if (!data) {
		give_up(a, node);
		return;
	}
	agent_frame_init(&f, r->type, a->node[node].session, r->id);
	f.offset = r->send.sent;
	f.total = r->send.total;
	agent_sender_went(&r->send);
	if (agent_sender_done(&r->send)) /* an empty one */
		a->node[node].sending = NULL;
	a->way->send(a, node, &f, data, len);
}

static void send_all(struct agent *a, unsigned int node)
{
	struct node *n = &a->node[node];

	if (n->welcome)
		say(a, node, AGENT_WELCOME, n->nonce, 0);
	if (n->ack)
		say(a, node, AGENT_ACK, n->ack_id, n->ack_offset);
	n->welcome = n->ack = false;
	do {
		while (n->sending && agent_sender_may(&n->sending->send))
			send_chunk(a, node);
	} while (start_next(n));
}

/* --- acting --------------------------------------------------------------------- */

/* Its owner may ask for something else meanwhile, but ends nothing. */
static void tell_output(struct agent *a, unsigned int node)
{
	struct request *r;

	for (r = a->node[node].active.first; r; r = r->next)
		if (request_tell_output(r))
			say(a, node, AGENT_TAKEN, r->id, r->streamed);
}

static void call_back(struct agent *a, unsigned int node)
{
	struct node *n = &a->node[node];
	struct request *r;

	tell_output(a, node);
	while ((r = n->ended.first)) {
		request_unlink(&n->ended, r);
		request_finish(node, r);
	}
	if (!n->tell_up)
		return;
	n->tell_up = false;
	if (a->events.up)
		a->events.up(a->arg, node, n->late);
}

void agent_work(struct agent *a)
{
	unsigned int i, end = a->dirty_end;

	a->awake = false;
	i = a->dirty_first;
	a->dirty_first = AGENT_NODES_MAX;
	a->dirty_end = 0;
	for (; i < end; i++) {
		if (!a->node[i].dirty)
			continue;
		a->node[i].dirty = false;
		call_back(a, i);
		send_all(a, i);
	}
}

void agent_node_lost(struct agent *a, unsigned int node, enum node_state state)
{
	struct node *n = &a->node[node];

	n->state = state;
	end_all(n);
	call_back(a, node);
}
