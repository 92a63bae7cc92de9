// SPDX-License-Identifier: GPL-2.0
/* Split virtqueues, the device's side; see vring.h. */
#include <errno.h>
#include <string.h>
#include "vring.h"

#define DESC_NEXT 1
#define DESC_WRITE 2
#define DESC_INDIRECT 4
#define AVAIL_NO_INTERRUPT 1
#define USED_NO_NOTIFY 1
#define INDIRECT_MAX VRING_CHAIN_MAX

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

static void *lookup(const struct guest_memory *mem, uint64_t addr, uint64_t len, bool user)
{
	unsigned int i;

	for (i = 0; i < mem->n; i++) {
		uint64_t start = user ? mem->region[i].user_addr : mem->region[i].guest_addr;
		uint64_t off = addr - start;

		if (addr >= start && off < mem->region[i].size && len <= mem->region[i].size - off)
			return mem->region[i].at + off;
	}
	return NULL;
}

/* The same for an address as the guest has it. */
static void *guest_memory_at(const struct guest_memory *mem, uint64_t guest_addr, uint64_t len)
{
	return lookup(mem, guest_addr, len, false);
}

void *guest_memory_user(const struct guest_memory *mem, uint64_t user_addr, uint64_t len)
{
	return lookup(mem, user_addr, len, true);
}

int vring_start(struct vring *v, const struct guest_memory *mem, uint32_t num,
		const struct vhost_vring_addr *addr, uint16_t base, bool event_idx)
{
	memset(v, 0, sizeof(*v));
	if (!num || num > VRING_NUM_MAX || num & (num - 1))
		return -EINVAL;
	if (addr->desc % 16 || addr->avail % 2 || addr->used % 4)
		return -EINVAL;
	v->desc = guest_memory_user(mem, addr->desc, num * sizeof(*v->desc));
	v->avail = guest_memory_user(mem, addr->avail, 6 + num * 2ULL);
	v->used = guest_memory_user(mem, addr->used, 6 + num * 8ULL);
	if (!v->desc || !v->avail || !v->used)
		return -EINVAL;
	v->mem = mem;
	v->num = num;
	v->next = v->done = v->told = base;
	v->event_idx = event_idx;
	return 0;
}

static uint16_t avail_idx(const struct vring *v)
{
	return __atomic_load_n(&v->avail[1], __ATOMIC_ACQUIRE);
}

static uint16_t used_event(const struct vring *v)
{
	return READ_ONCE(v->avail[2 + v->num]);
}

static void avail_event_set(struct vring *v, uint16_t at)
{
	WRITE_ONCE(v->used[2 + v->num * 4], at);
}

static int broken(struct vring *v)
{
	v->broken = true;
	return -EPROTO;
}

/* One piece: guests' writable pieces come behind the readable ones. */
static int piece_add(struct vring *v, struct vring_buffer *b, const struct vring_desc *d)
{
	bool write = d->flags & DESC_WRITE;
	uint32_t *total = write ? &b->write_len : &b->read_len;
	struct iovec *iov;
	void *at;

	if (b->nread + b->nwrite >= VRING_CHAIN_MAX || (!write && b->nwrite) || !d->len)
		return -EPROTO;
	at = guest_memory_at(v->mem, d->addr, d->len);
	if (!at || *total + (uint64_t)d->len > UINT32_MAX / 2)
		return -EPROTO;
	iov = write ? &b->write[b->nwrite++] : &b->read[b->nread++];
	*iov = (struct iovec){.iov_base = at, .iov_len = d->len};
	*total += d->len;
	return 0;
}

/* Walks a chain in a table of num descriptors; longer than the table is a loop. */
static int chain_walk(struct vring *v, struct vring_buffer *b, struct vring_desc *table,
		      uint32_t num, uint32_t i, bool indirect)
{
	uint32_t steps;

	for (steps = 0; steps < num && i < num; steps++) {
		struct vring_desc d;

		memcpy(&d, &table[i], sizeof(d));
		__asm__ volatile("" ::: "memory"); /* what was checked is what is used */
		if (d.flags & DESC_INDIRECT) {
			void *at;

			if (indirect || d.flags & DESC_NEXT || !d.len || d.len % sizeof(d) ||
			    d.len / sizeof(d) > INDIRECT_MAX)
				return -EPROTO;
			at = guest_memory_at(v->mem, d.addr, d.len);
			return at ? chain_walk(v, b, at, d.len / sizeof(d), 0, true) : -EPROTO;
		}
		if (piece_add(v, b, &d) < 0)
			return -EPROTO;
		if (!(d.flags & DESC_NEXT))
			return 0;
		i = d.next;
	}
	return -EPROTO;
}

int vring_pop(struct vring *v, struct vring_buffer *b)
{
	uint16_t ready;

	if (v->broken)
		return -EPROTO;
	ready = (uint16_t)(avail_idx(v) - v->next);
	if (!ready)
		return 0;
	if (ready > v->num)
		return broken(v);
	b->head = READ_ONCE(v->avail[2 + (v->next & (v->num - 1))]);
	b->nread = b->nwrite = 0;
	b->read_len = b->write_len = 0;
	if (chain_walk(v, b, v->desc, v->num, b->head, false) < 0)
		return broken(v);
	v->next++;
	return 1;
}

void vring_unpop(struct vring *v, unsigned int n)
{
	v->next = (uint16_t)(v->next - n);
}

void vring_push(struct vring *v, uint16_t head, uint32_t len)
{
	uint16_t *slot = &v->used[2 + (v->done & (v->num - 1)) * 4];
	uint32_t entry[2] = {head, len};

	memcpy(slot, entry, sizeof(entry));
	v->done++;
}

bool vring_publish(struct vring *v)
{
	uint16_t old, event;
	bool valid;

	if (v->told == v->done || v->broken)
		return false;
	__atomic_store_n(&v->used[1], v->done, __ATOMIC_RELEASE);
	v->told = v->done;
	/* The guest says what it wants to be told, then looks at used.idx once more. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!v->event_idx)
		return !(READ_ONCE(v->avail[0]) & AVAIL_NO_INTERRUPT);
	old = v->signalled;
	valid = v->signalled_valid;
	event = used_event(v);
	v->signalled = v->told;
	v->signalled_valid = true;
	/* virtio 1.2, 2.7.10: whether entry `event` is among those that are new. */
	return !valid || (uint16_t)(v->told - event - 1) < (uint16_t)(v->told - old);
}

bool vring_want_kick(struct vring *v)
{
	if (v->broken)
		return false;
	if (v->event_idx)
		avail_event_set(v, v->next);
	else
		WRITE_ONCE(v->used[0], 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return avail_idx(v) != v->next;
}

void vring_no_kick(struct vring *v)
{
	if (!v->event_idx && !v->broken)
		WRITE_ONCE(v->used[0], USED_NO_NOTIFY);
}
