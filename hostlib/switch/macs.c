// SPDX-License-Identifier: GPL-2.0
/*
 * Table of addresses; see macs.h. A hash with chains over a fixed array, and a list in the order
 * of last use. An entry moves to the list's front only when it was heard FRESH_NS ago or longer,
 * so that a stream of frames does not write to it each time.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "macs.h"

#define FRESH_NS 1000000000ULL
#define NONE UINT32_MAX

struct entry {
	uint64_t key; /* address and VLAN */
	uint64_t heard_ns;
	struct port *port;
	uint32_t chain; /* next of the same hash, or of the free ones */
	uint32_t newer, older;
};

struct macs {
	struct entry *entries;
	uint32_t *buckets;
	uint32_t nbuckets; /* a power of two */
	uint32_t newest, oldest, idle;
	unsigned int count;
	uint64_t age_ns;
};

static uint64_t key_of(const uint8_t mac[6], uint16_t vlan)
{
	uint64_t key = vlan;
	unsigned int i;

	for (i = 0; i < 6; i++)
		key = key << 8 | mac[i];
	return key;
}

static uint32_t *bucket_of(struct macs *m, uint64_t key)
{
	return &m->buckets[(key * 0x9e3779b97f4a7c15ULL >> 32) & (m->nbuckets - 1)];
}

struct macs *macs_new(unsigned int max, uint64_t age_ns)
{
	struct macs *m = calloc(1, sizeof(*m));
	uint32_t i;

	if (!m)
		return NULL;
	for (m->nbuckets = 16; m->nbuckets < 2 * max;)
		m->nbuckets *= 2;
	m->age_ns = age_ns;
	m->entries = calloc(max, sizeof(*m->entries));
	m->buckets = malloc(m->nbuckets * sizeof(*m->buckets));
	if (!m->entries || !m->buckets) {
		macs_free(m);
		return NULL;
	}
	memset(m->buckets, 0xff, m->nbuckets * sizeof(*m->buckets));
	m->newest = m->oldest = NONE;
	for (i = 0; i < max; i++)
		m->entries[i].chain = i + 1 < max ? i + 1 : NONE;
	return m;
}

void macs_free(struct macs *m)
{
	if (!m)
		return;
	free(m->entries);
	free(m->buckets);
	free(m);
}

static void list_out(struct macs *m, struct entry *e)
{
	if (e->newer == NONE)
		m->newest = e->older;
	else
		m->entries[e->newer].older = e->older;
	if (e->older == NONE)
		m->oldest = e->newer;
	else
		m->entries[e->older].newer = e->newer;
}

static void list_in(struct macs *m, struct entry *e)
{
	uint32_t i = (uint32_t)(e - m->entries);

	e->newer = NONE;
	e->older = m->newest;
	if (m->newest == NONE)
		m->oldest = i;
	else
		m->entries[m->newest].newer = i;
	m->newest = i;
}

static void drop(struct macs *m, struct entry *e)
{
	uint32_t i = (uint32_t)(e - m->entries), *p = bucket_of(m, e->key);

	while (*p != i)
		p = &m->entries[*p].chain;
	*p = e->chain;
	list_out(m, e);
	e->chain = m->idle;
	m->idle = i;
	m->count--;
}

static struct entry *find(struct macs *m, uint64_t key, uint64_t now_ns)
{
	uint32_t i;

	for (i = *bucket_of(m, key); i != NONE; i = m->entries[i].chain) {
		struct entry *e = &m->entries[i];

		if (e->key != key)
			continue;
		if (now_ns - e->heard_ns < m->age_ns)
			return e;
		drop(m, e);
		return NULL;
	}
	return NULL;
}

void macs_learn(struct macs *m, const uint8_t mac[6], uint16_t vlan, struct port *port,
		uint64_t now_ns)
{
	uint64_t key = key_of(mac, vlan);
	struct entry *e = find(m, key, now_ns);
	uint32_t *bucket;

	if (e) {
		e->port = port;
		if (now_ns - e->heard_ns >= FRESH_NS) {
			e->heard_ns = now_ns;
			list_out(m, e);
			list_in(m, e);
		}
		return;
	}
	if (m->idle == NONE)
		drop(m, &m->entries[m->oldest]);
	e = &m->entries[m->idle];
	m->idle = e->chain;
	bucket = bucket_of(m, key);
	e->key = key;
	e->heard_ns = now_ns;
	e->port = port;
	e->chain = *bucket;
	*bucket = (uint32_t)(e - m->entries);
	list_in(m, e);
	m->count++;
}

struct port *macs_find(struct macs *m, const uint8_t mac[6], uint16_t vlan, uint64_t now_ns)
{
	struct entry *e = find(m, key_of(mac, vlan), now_ns);

	return e ? e->port : NULL;
}

void macs_forget(struct macs *m, const struct port *port)
{
	uint32_t i = m->newest, older;

	for (; i != NONE; i = older) {
		older = m->entries[i].older;
		if (!port || m->entries[i].port == port)
			drop(m, &m->entries[i]);
	}
}

unsigned int macs_count(const struct macs *m)
{
	return m->count;
}

void macs_each(struct macs *m,
	       void (*fn)(void *arg, const uint8_t *mac, uint16_t vlan, const struct port *port,
			  uint64_t age_ns),
	       void *arg, uint64_t now_ns)
{
	uint8_t mac[6];
	uint32_t i;
	int b;

	for (i = m->newest; i != NONE; i = m->entries[i].older) {
		const struct entry *e = &m->entries[i];

		if (now_ns - e->heard_ns >= m->age_ns)
			continue;
		for (b = 0; b < 6; b++)
			mac[b] = (uint8_t)(e->key >> (40 - 8 * b));
		fn(arg, mac, (uint16_t)(e->key >> 48), e->port, now_ns - e->heard_ns);
	}
}
