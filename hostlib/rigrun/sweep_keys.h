/* SPDX-License-Identifier: GPL-2.0 */
/* Texts, each kept once, by numbers from 0 in the order in which they came. */
#ifndef NESTLING_RIGRUN_SWEEP_KEYS_H
#define NESTLING_RIGRUN_SWEEP_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#define SWEEP_KEYS_MAX 65536

struct sweep_keys {
	uint32_t count;
	char **text;
	uint32_t *bucket; /* key + 1, or 0; a power of two of them */
	uint32_t buckets;
};

/* The number of a text, which is copied if it is new. 0, -ENOMEM, or -ENOSPC. */
int sweep_keys_find(struct sweep_keys *k, const char *text, uint32_t *key);
bool sweep_keys_has(const struct sweep_keys *k, const char *text);
void sweep_keys_free(struct sweep_keys *k);

#endif
