// SPDX-License-Identifier: GPL-2.0
/* One request: lists of them, where its body comes from, and what its answer is put into. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent_private.h"

#define ERRNO_MAX 4095

void request_list_init(struct request_list *l)
{
	*l = (struct request_list){.end = &l->first};
}

void request_append(struct request_list *l, struct request *r)
{
	r->next = NULL;
	*l->end = r;
	l->end = &r->next;
	l->n++;
}

void request_prepend(struct request_list *l, struct request *r)
{
	r->next = l->first;
	l->first = r;
	if (!r->next)
		l->end = &r->next;
	l->n++;
}

void request_unlink(struct request_list *l, struct request *r)
{
	struct request **p = &l->first;

	while (*p && *p != r)
		p = &(*p)->next;
	if (!*p)
		return;
	*p = r->next;
	if (!r->next)
		l->end = p;
	l->n--;
}

bool request_is_command(const struct request *r)
{
	return r->type == AGENT_EXEC || r->type == AGENT_STREAM;
}

struct request *request_find(const struct request_list *l, uint32_t id)
{
	struct request *r = l->first;

	while (r && r->id != id)
		r = r->next;
	return r;
}

void request_free(struct request *r)
{
	if (r->in_fd >= 0)
		close(r->in_fd);
	if (r->out_fd >= 0)
		close(r->out_fd);
	free(r->head);
	free(r->output);
	free(r->stream);
	free(r);
}

void request_list_free(struct request_list *l)
{
	struct request *r;

	while ((r = l->first)) {
		request_unlink(l, r);
		request_free(r);
	}
}

bool request_output(struct request *r, const struct agent_frame *f, const uint8_t *data)
{
	const size_t room = AGENT_WINDOW * AGENT_CHUNK;

	if (r->type != AGENT_STREAM || !f->length || f->offset != r->streamed ||
	    f->length > room - r->stream_len)
		return false;
	if (!r->stream)
		r->stream = malloc(room);
	if (!r->stream)
		return false;
	memcpy(r->stream + r->stream_len, data, f->length);
	r->stream_len += f->length;
	r->streamed += f->length;
	return true;
}

bool request_tell_output(struct request *r)
{
	if (!r->stream_len ||
	    (r->on_output && !r->on_output(r->arg, (const char *)r->stream, r->stream_len)))
		return false;
	r->stream_len = 0;
	return true;
}

/* What its owner did not take of a stream goes before the last of it. Its bytes. */
static size_t join_rest(struct request *r)
{
	size_t len = r->output ? (size_t)r->receive.received : 0;
	uint8_t *all = r->stream_len ? malloc(r->stream_len + len + 1) : NULL;

	if (!all) {
		r->cut |= r->stream_len > 0;
		return len;
	}
	memcpy(all, r->stream, r->stream_len);
	if (len)
		memcpy(all + r->stream_len, r->output, len);
	len += r->stream_len;
	all[len] = 0;
	free(r->output);
	r->output = all;
	return len;
}

void request_finish(unsigned int node, struct request *r)
{
	size_t len = join_rest(r);
	struct agent_result result = {
		.node = node,
		.status = r->status,
		.cut = r->cut,
		.output = r->output ? (const char *)r->output : "",
		.len = len,
	};

	if (r->done)
		r->done(r->arg, &result);
	request_free(r);
}

const uint8_t *request_chunk(const struct request *r, uint8_t *buf, uint32_t len)
{
	uint64_t from = r->send.sent;
	uint32_t head = 0;

	if (r->in_fd < 0)
		return r->head + from;
	if (from < r->head_len) {
		head = r->head_len - from < len ? (uint32_t)(r->head_len - from) : len;
		memcpy(buf, r->head + from, head);
	}
	if (len > head && pread(r->in_fd, buf + head, len - head,
				(off_t)(from + head - r->head_len)) != (ssize_t)(len - head))
		return NULL;
	return buf;
}

static int store(struct request *r, const struct agent_frame *f, const uint8_t *data)
{
	if (r->out_fd >= 0) {
		if (pwrite(r->out_fd, data, f->length, (off_t)f->offset) == (ssize_t)f->length)
			return 0;
		return errno ? -errno : -ENOSPC;
	}
	if (!r->output)
		r->output = malloc((size_t)f->total + 1);
	if (!r->output)
		return -ENOMEM;
	memcpy(r->output + f->offset, data, f->length);
	r->output[f->offset + f->length] = 0;
	return 0;
}

/* What the guest says came of it, as far as that can be. */
static int status_of(const struct request *r, const struct agent_frame *f)
{
	if (f->status < -ERRNO_MAX)
		return -EPROTO;
	if (f->status > 0 &&
	    ((r->type != AGENT_EXEC && r->type != AGENT_STREAM) || f->status > 0xffff))
		return -EPROTO;
	if (f->flags & AGENT_BROKEN && f->status >= 0)
		return -EPROTO;
	return f->status;
}

int request_answer(struct request *r, const struct agent_frame *f, const uint8_t *data)
{
	if (f->flags & AGENT_BROKEN) {
		r->status = status_of(r, f);
		return 1;
	}
	if (f->total > r->max) {
		r->status = -EPROTO;
		return 1;
	}
	if (!agent_receiver_take(&r->receive, f))
		return -EAGAIN;
	if (f->length && !r->error) {
		errno = 0;
		r->error = store(r, f, data);
	}
	r->cut = f->flags & AGENT_CUT;
	r->status = r->error ? r->error : status_of(r, f);
	return agent_receiver_done(&r->receive);
}
