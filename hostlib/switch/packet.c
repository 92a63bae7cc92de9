// SPDX-License-Identifier: GPL-2.0
/*
 * Packets and frames; see packet.h.
 *
 * Frames come in two sizes, so that idle ones fit whoever asks next. The pool keeps a number of
 * idle ones of each; beyond that they go back to libc.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "packet.h"

#define SMALL_ROOM 2048
#define IDLE_SMALL_MAX 1024
#define IDLE_LARGE_MAX 64

void frame_pool_init(struct frame_pool *pool, uint64_t limit)
{
	*pool = (struct frame_pool){.limit = limit};
}

static void list_free(struct frame *f)
{
	while (f) {
		struct frame *next = f->next;

		free(f);
		f = next;
	}
}

void frame_pool_exit(struct frame_pool *pool)
{
	list_free(pool->small);
	list_free(pool->large);
	pool->small = pool->large = NULL;
	pool->idle_small = pool->idle_large = 0;
}

void packet_copy(const struct packet *p, uint32_t offset, void *out, uint32_t len)
{
	unsigned int i;
	char *to = out;

	for (i = 0; i < p->niov && len; i++) {
		size_t n = p->iov[i].iov_len;

		if (offset >= n) {
			offset -= (uint32_t)n;
			continue;
		}
		n -= offset;
		if (n > len)
			n = len;
		memcpy(to, (const char *)p->iov[i].iov_base + offset, n);
		offset = 0;
		to += n;
		len -= (uint32_t)n;
	}
}

int packet_init(struct packet *p, const struct iovec *iov, unsigned int niov, uint32_t len,
		const struct packet_meta *meta)
{
	size_t total = 0;
	unsigned int i;

	if (len > PACKET_MAX)
		return -EMSGSIZE;
	for (i = 0; i < niov && total < len; i++)
		total += iov[i].iov_len;
	if (total < len)
		return -EINVAL;
	p->iov = iov;
	p->niov = niov;
	p->len = len;
	p->meta = meta ? *meta : (struct packet_meta){0};
	p->head_len = (uint8_t)(len < PACKET_HEAD ? len : PACKET_HEAD);
	packet_copy(p, 0, p->head, p->head_len);
	return 0;
}

static struct frame *idle_take(struct frame **list, unsigned int *count)
{
	struct frame *f = *list;

	if (!f)
		return NULL;
	*list = f->next;
	(*count)--;
	return f;
}

struct frame *frame_new(struct frame_pool *pool, uint32_t len)
{
	bool small = len <= SMALL_ROOM;
	uint32_t room = small ? SMALL_ROOM : PACKET_MAX;
	struct frame *f;

	if (len > PACKET_MAX || pool->used + room > pool->limit) {
		pool->refused++;
		return NULL;
	}
	f = small ? idle_take(&pool->small, &pool->idle_small)
		  : idle_take(&pool->large, &pool->idle_large);
	if (!f)
		f = malloc(sizeof(*f) + room);
	if (!f) {
		pool->refused++;
		return NULL;
	}
	pool->used += room;
	f->next = NULL;
	f->pool = pool;
	f->refs = 1;
	f->len = len;
	f->room = room;
	f->meta = (struct packet_meta){0};
	return f;
}

struct frame *frame_from_packet(struct frame_pool *pool, const struct packet *p)
{
	struct frame *f = frame_new(pool, p->len);

	if (!f)
		return NULL;
	packet_copy(p, 0, f->data, p->len);
	/* What was decided by is what the frame has, whatever its owner wrote meanwhile. */
	memcpy(f->data, p->head, p->head_len);
	f->meta = p->meta;
	return f;
}

struct frame *frame_copy(const struct frame *f)
{
	struct frame *copy = frame_new(f->pool, f->len);

	if (!copy)
		return NULL;
	memcpy(copy->data, f->data, f->len);
	copy->meta = f->meta;
	return copy;
}

struct frame *frame_get(struct frame *f)
{
	f->refs++;
	return f;
}

void frame_put(struct frame *f)
{
	struct frame_pool *pool;

	if (!f || --f->refs)
		return;
	pool = f->pool;
	pool->used -= f->room;
	if (f->room == SMALL_ROOM && pool->idle_small < IDLE_SMALL_MAX) {
		f->next = pool->small;
		pool->small = f;
		pool->idle_small++;
	} else if (f->room != SMALL_ROOM && pool->idle_large < IDLE_LARGE_MAX) {
		f->next = pool->large;
		pool->large = f;
		pool->idle_large++;
	} else {
		free(f);
	}
}

void frame_packet(struct frame *f, struct packet *p)
{
	f->iov = (struct iovec){.iov_base = f->data, .iov_len = f->len};
	packet_init(p, &f->iov, 1, f->len, &f->meta);
}
