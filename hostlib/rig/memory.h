/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of a rig: pieces that are freed together, and arrays that grow up to a bound. */
#ifndef NESTLING_RIG_MEMORY_H
#define NESTLING_RIG_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define RIG_MEMORY_MAX (256UL << 20) /* bytes of one pool */

struct rig_chunk;
struct rig_pool {
	struct rig_chunk *chunk; /* newest first */
	size_t total; /* bytes asked of libc */
};

/* Zeroed; NULL without memory, or beyond RIG_MEMORY_MAX. */
void *rig_alloc(struct rig_pool *pool, size_t size);
char *rig_copy_text(struct rig_pool *pool, const char *text, size_t len);
void rig_pool_free(struct rig_pool *pool);
/* The same, but memory for the next pieces is kept. */
void rig_pool_reset(struct rig_pool *pool);

/*
 * Makes room for one more entry of `size` bytes at the end of *array with *count entries, zeroed,
 * and counts it. 0, -ENOSPC when there are max, -ENOMEM. The array is to be freed with free().
 */
int rig_grow(void *array, uint32_t *count, uint32_t max, size_t size);

#endif
