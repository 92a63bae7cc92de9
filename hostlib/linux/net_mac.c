// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware addresses; see net_mac.h. 40 bits of a hash of what makes the guest this one: enough
 * that a thousand guests of one network share none by chance.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "net_mac.h"

static uint64_t hash(uint64_t h, const char *text)
{
	/* FNV-1a; the end counts, so that two texts differ from one. */
	do
		h = (h ^ (unsigned char)*text) * 0x100000001b3ULL;
	while (*text++);
	return h;
}

void net_mac(const struct linux_ctx *ctx, unsigned int index, uint8_t mac[6])
{
	const struct nl_slot *disk = ctx_slot_find((struct linux_ctx *)ctx, NL_KIND_UBD, 0);
	char host[256] = "", number[32];
	uint64_t h = 0xcbf29ce484222325ULL;
	unsigned int i;

	gethostname(host, sizeof(host) - 1);
	snprintf(number, sizeof(number), "%u %u", (unsigned int)getuid(), index);
	h = hash(hash(h, host), number);
	/* A guest without a name of its own is known by its disk, or lives only once. */
	if (!ctx->opt.umid && disk && ctx->disk[0])
		h = hash(h, disk->spec);
	else
		h = hash(h, ctx->umid);
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ULL;
	h ^= h >> 32;
	mac[0] = 0x02;
	for (i = 1; i < 6; i++)
		mac[i] = (uint8_t)(h >> (8 * i));
}
