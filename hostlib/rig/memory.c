// SPDX-License-Identifier: GPL-2.0
/* Memory of a rig; see memory.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "memory.h"

#define CHUNK 65536

struct rig_chunk {
	struct rig_chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

void *rig_alloc(struct rig_pool *pool, size_t size)
{
	struct rig_chunk *c = pool->chunk;
	size_t room = (size + 15) & ~(size_t)15;
	void *p;

	if (!c || c->size - c->used < room) {
		size_t want = room > CHUNK ? room : CHUNK;

		if (pool->total + want > RIG_MEMORY_MAX)
			return NULL;
		c = calloc(1, sizeof(*c) + want);
		if (!c)
			return NULL;
		c->size = want;
		c->next = pool->chunk;
		pool->chunk = c;
		pool->total += want;
	}
	p = c->data + c->used;
	c->used += room;
	return p;
}

char *rig_copy_text(struct rig_pool *pool, const char *text, size_t len)
{
	char *copy = rig_alloc(pool, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

void rig_pool_free(struct rig_pool *pool)
{
	while (pool->chunk) {
		struct rig_chunk *c = pool->chunk;

		pool->chunk = c->next;
		free(c);
	}
	pool->total = 0;
}

void rig_pool_reset(struct rig_pool *pool)
{
	struct rig_chunk *keep = pool->chunk;

	if (!keep)
		return;
	pool->chunk = keep->next;
	rig_pool_free(pool);
	keep->next = NULL;
	memset(keep->data, 0, keep->used);
	keep->used = 0;
	pool->chunk = keep;
	pool->total = keep->size;
}

int rig_grow(void *array, uint32_t *count, uint32_t max, size_t size)
{
	void **a = array;

	if (*count >= max)
		return -ENOSPC;
	/* Full when the count is 0 or a power of two from 8 on: then it doubles. */
	if (*count == 0 || (*count >= 8 && (*count & (*count - 1)) == 0)) {
		void *more = realloc(*a, (*count ? *count * 2UL : 8UL) * size);

		if (!more)
			return -ENOMEM;
		*a = more;
	}
	memset((char *)*a + *count * size, 0, size);
	(*count)++;
	return 0;
}
