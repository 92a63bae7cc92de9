// SPDX-License-Identifier: GPL-2.0
/*
 * Requests: their bodies are put together, a file's goes to the file at once, and what they ask
 * for is done. One body comes at a time; its end is answered in any case.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include "agent_private.h"

void request_drop(struct agent *a)
{
	file_put_drop(&a->in);
	free(a->in.data);
	a->in = (struct incoming){.fd = -1};
}

static void begin(struct agent *a, const struct agent_frame *f)
{
	struct incoming *in = &a->in;

	*in = (struct incoming){.active = true, .id = f->id, .type = f->type, .fd = -1};
	a->last_id = f->id;
	if (f->type == AGENT_PUT)
		return;
	/* A zero byte behind it ends whatever text it is. */
	if (f->total <= AGENT_TEXT_MAX)
		in->data = calloc(1, f->total + 1);
	if (!in->data)
		in->status = f->total <= AGENT_TEXT_MAX ? -ENOMEM : -E2BIG;
}

/* A file's first chunk has all that says where it goes. */
static void put(struct incoming *in, const struct agent_frame *f, const uint8_t *data)
{
	size_t head = 0;

	if (f->offset == 0)
		in->status = file_put_begin(in, data, f->length, &head);
	if (!in->status)
		in->status = file_put_more(in, data + head, f->length - head);
	if (in->status)
		file_put_drop(in);
}

static void command_begin(struct agent *a)
{
	const struct incoming *in = &a->in;
	int sig;

	exec_begin(a, in->id, in->type == AGENT_STREAM, in->data, in->receive.total);
	for (sig = 1; sig < NSIG; sig++)
		if (in->signals >> (sig - 1) & 1)
			exec_signal(a, in->id, sig);
}

static void perform(struct agent *a)
{
	struct incoming *in = &a->in;
	size_t len = in->receive.total;

	if (!in->status && in->type == AGENT_PUT)
		in->status = file_put_end(in);
	if (in->status) {
		answer_add(a, in->id, in->status, 0, NULL, -1, 0);
		return;
	}
	switch (in->type) {
	case AGENT_SETUP:
		setup(a, in->id, (char *)in->data);
		return;
	case AGENT_EXEC:
	case AGENT_STREAM:
		command_begin(a);
		return;
	case AGENT_GET:
		file_get(a, in->id, in->data, len);
		return;
	case AGENT_END:
	case AGENT_REBOOT:
		a->ending = in->type;
		break;
	}
	answer_add(a, in->id, 0, 0, NULL, -1, 0);
}

/* Whether f is the piece that comes next. */
static bool take(struct agent *a, const struct agent_frame *f)
{
	struct agent_receiver first = {0};

	if (a->in.active)
		return f->id == a->in.id && f->type == a->in.type &&
		       agent_receiver_take(&a->in.receive, f);
	/* Numbers only grow: what is old is a duplicate. Room is made for what was taken only. */
	if (f->id <= a->last_id || !agent_receiver_take(&first, f))
		return false;
	begin(a, f);
	a->in.receive = first;
	return true;
}

void request_frame(struct agent *a, const struct agent_frame *f, const uint8_t *data)
{
	struct incoming *in = &a->in;

	if (f->type == AGENT_CANCEL) {
		if (in->active && in->id == f->id)
			request_drop(a);
		return;
	}
	if (!take(a, f))
		return;
	a->ack = true;
	a->ack_id = f->id;
	a->ack_offset = in->receive.received;
	if (in->type == AGENT_PUT && !in->status)
		put(in, f, data);
	else if (in->data)
		memcpy(in->data + f->offset, data, f->length);
	if (!agent_receiver_done(&in->receive))
		return;
	perform(a);
	request_drop(a);
}

void request_signal(struct agent *a, const struct agent_frame *f)
{
	if (f->status <= 0 || f->status >= NSIG)
		return;
	if (a->in.active && a->in.id == f->id)
		a->in.signals |= UINT64_C(1) << (f->status - 1);
	else
		exec_signal(a, f->id, f->status);
}
