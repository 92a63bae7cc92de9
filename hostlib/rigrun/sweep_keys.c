// SPDX-License-Identifier: GPL-2.0
/* Texts by numbers: a table of hashes that is never more than half full; see sweep_keys.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "memory.h"
#include "sweep_keys.h"

#define BUCKETS_FIRST 64

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261U;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619;
	return h;
}

/* The bucket that has the text, or should have it. */
static uint32_t *bucket_of(const struct sweep_keys *k, const char *text)
{
	uint32_t i = hash(text);

	for (;; i++) {
		uint32_t *b = &k->bucket[i & (k->buckets - 1)];

		if (!*b || strcmp(k->text[*b - 1], text) == 0)
			return b;
	}
}

static int widen(struct sweep_keys *k)
{
	struct sweep_keys wide = *k;
	uint32_t i;

	wide.buckets = k->buckets ? 2 * k->buckets : BUCKETS_FIRST;
	wide.bucket = calloc(wide.buckets, sizeof(*wide.bucket));
	if (!wide.bucket)
		return -ENOMEM;
	for (i = 0; i < k->count; i++)
		*bucket_of(&wide, k->text[i]) = i + 1;
	free(k->bucket);
	*k = wide;
	return 0;
}

int sweep_keys_find(struct sweep_keys *k, const char *text, uint32_t *key)
{
	uint32_t *b;
	char *copy;
	int rc = 2 * (k->count + 1) > k->buckets ? widen(k) : 0;

	if (rc < 0)
		return rc;
	b = bucket_of(k, text);
	if (!*b) {
		copy = strdup(text);
		rc = copy ? rig_grow(&k->text, &k->count, SWEEP_KEYS_MAX, sizeof(*k->text))
			  : -ENOMEM;
		if (rc < 0) {
			free(copy);
			return rc;
		}
		k->text[k->count - 1] = copy;
		*b = k->count;
	}
	*key = *b - 1;
	return 0;
}

bool sweep_keys_has(const struct sweep_keys *k, const char *text)
{
	return k->buckets && *bucket_of(k, text);
}

void sweep_keys_free(struct sweep_keys *k)
{
	uint32_t i;

	for (i = 0; i < k->count; i++)
		free(k->text[i]);
	free(k->text);
	free(k->bucket);
	*k = (struct sweep_keys){0};
}
