/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Split virtqueues (virtio 1.2, 2.7), the device's side.
 *
 * All of a ring lies in memory that the guest writes as it likes, at any time. Each field is read
 * once and checked; a ring that makes no sense is broken from then on and not touched again.
 */
#ifndef NESTLING_VRING_H
#define NESTLING_VRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "vhost_proto.h"

#define VRING_NUM_MAX 1024 /* entries that we accept */
#define VRING_CHAIN_MAX 64 /* descriptors of one buffer */

/* Guest memory as this process has it mapped. */
struct guest_memory {
	unsigned int n;
	struct {
		uint64_t guest_addr, user_addr, size;
		char *at;
	} region[VHOST_REGIONS_MAX];
};

struct vring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct vring {
	const struct guest_memory *mem;
	struct vring_desc *desc;
	uint16_t *avail; /* flags, idx, ring[num], used_event */
	uint16_t *used; /* flags, idx, {u32 id, u32 len}[num], avail_event */
	uint32_t num; /* a power of two */
	uint16_t next; /* entry of avail that is looked at next */
	uint16_t done; /* entries put into used, told or not */
	uint16_t told; /* used.idx as the guest sees it */
	uint16_t signalled; /* told, when an interrupt was last decided on */
	bool signalled_valid;
	bool event_idx;
	bool broken;
};

/* One buffer of the guest's. */
struct vring_buffer {
	uint16_t head;
	unsigned int nread, nwrite; /* pieces that the guest filled; that we may fill */
	uint32_t read_len, write_len;
	struct iovec read[VRING_CHAIN_MAX], write[VRING_CHAIN_MAX];
};

/* Where len bytes at an address as the front-end has it are in this process, or NULL. */
void *guest_memory_user(const struct guest_memory *mem, uint64_t user_addr, uint64_t len);

/*
 * Begins with entry `base`. The three addresses are the front-end's. 0, or -EINVAL for what does
 * not lie in guest memory or is not aligned.
 */
int vring_start(struct vring *v, const struct guest_memory *mem, uint32_t num,
		const struct vhost_vring_addr *addr, uint16_t base, bool event_idx);

/* The next buffer: 1; 0: there is none; -EPROTO: the ring is broken. */
int vring_pop(struct vring *v, struct vring_buffer *b);
/* n buffers that were popped last are given back unused. */
void vring_unpop(struct vring *v, unsigned int n);
/* A buffer is done; `len` bytes of it were written. In the order of vring_pop(). */
void vring_push(struct vring *v, uint16_t head, uint32_t len);
/* The guest sees what was pushed. Whether it wants an interrupt. */
bool vring_publish(struct vring *v);

/* Asks to be told of new buffers. True if there are some now: look again. */
bool vring_want_kick(struct vring *v);
/* Does not care for being told (a hint). */
void vring_no_kick(struct vring *v);

#endif
