// SPDX-License-Identifier: GPL-2.0
/* See smtpd_greylist.h. */
#include "smtpd_greylist.h"

/* FNV-1a, 64 bits, with the zero byte as the end. */
static uint64_t hash(uint64_t h, const char *text)
{
	do {
		h ^= (unsigned char)*text;
		h *= 1099511628211ULL;
	} while (*text++);
	return h;
}

bool greylist_defers(struct greylist *g, const char *client, const char *from, const char *to,
		     uint64_t wait_ms, uint64_t now_ms)
{
	uint64_t key = hash(hash(hash(14695981039346656037ULL, client), from), to);
	unsigned int i, n = __atomic_load_n(&g->entries, __ATOMIC_ACQUIRE);

	for (i = 0; i < n && i < GREYLIST_MAX; i++)
		if (g->entry[i].key == key)
			return now_ms - g->entry[i].first_ms < wait_ms;
	i = __atomic_fetch_add(&g->entries, 1, __ATOMIC_ACQ_REL);
	if (i >= GREYLIST_MAX)
		return false;
	g->entry[i].first_ms = now_ms;
	g->entry[i].key = key;
	return true;
}
