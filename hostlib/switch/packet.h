/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ethernet frames inside the switch.
 *
 * A packet is a view of a frame that somebody else owns (a guest's ring, a socket's
 * buffer), good for the time of one call. A frame is a copy that the switch owns, shared
 * by reference count and never changed once it is shared. Ports hand in packets; what
 * cannot be passed on at once becomes a frame.
 *
 * A packet may be larger than the wire's: `meta` then says how it is to be cut into
 * segments, and which checksum is still to be filled in. It has the meaning of struct
 * virtio_net_hdr (virtio 1.2, 5.1.6), in host byte order.
 */
#ifndef NESTLING_PACKET_H
#define NESTLING_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define ETH_ALEN 6
#define ETH_HLEN 14
#define PACKET_MAX (65536 + ETH_HLEN + 4) /* bytes: an IP packet of 64 KiB, Ethernet, VLAN tag */
#define PACKET_IOV_MAX 64 /* pieces of one packet */
#define PACKET_HEAD 18 /* bytes of a frame that the switch decides by: addresses, tag, type */

#define META_NEEDS_CSUM 1 /* flags: put a checksum of all from csum_start at csum_offset there */
#define META_DATA_VALID 2 /* flags: checksums were looked at already */
#define META_GSO_NONE 0
#define META_GSO_TCPV4 1
#define META_GSO_UDP 3
#define META_GSO_TCPV6 4
#define META_GSO_UDP_L4 5
#define META_GSO_ECN 0x80

struct packet_meta {
	uint8_t flags; /* META_NEEDS_CSUM, ... */
	uint8_t gso_type; /* META_GSO_* */
	uint16_t hdr_len; /* Ethernet, IP and TCP headers together; a hint, not to be trusted */
	uint16_t gso_size; /* payload bytes of each segment */
	uint16_t csum_start; /* from the start of the frame */
	uint16_t csum_offset; /* from csum_start */
};

struct packet {
	const struct iovec *iov;
	unsigned int niov;
	uint32_t len; /* bytes of the Ethernet frame, without check sequence */
	struct packet_meta meta;
	/*
	 * The first bytes, read once: the pieces may lie in memory that a guest changes while
	 * we look. head_len = min(len, PACKET_HEAD).
	 */
	uint8_t head[PACKET_HEAD];
	uint8_t head_len;
};

struct frame_pool;

struct frame {
	struct frame *next; /* in the one queue that holds it; NULL elsewhere */
	struct frame_pool *pool;
	uint32_t refs;
	uint32_t len;
	uint32_t room; /* bytes of data[] */
	struct packet_meta meta;
	struct iovec iov; /* data and len, for frame_packet() */
	uint8_t data[];
};

/* Where frames come from: bounded, and kept for the next one. */
struct frame_pool {
	uint64_t limit; /* bytes that may be out at a time */
	uint64_t used; /* bytes out now */
	uint64_t refused; /* frames not made because of the limit */
	struct frame *small, *large; /* idle ones */
	unsigned int idle_small, idle_large;
};

/* limit: bytes of all frames at a time. */
void frame_pool_init(struct frame_pool *pool, uint64_t limit);
/* All frames must have been put. */
void frame_pool_exit(struct frame_pool *pool);

/*
 * The view of len bytes in iov; meta may be NULL (nothing left to do). 0, or -EMSGSIZE for
 * more than PACKET_MAX bytes, -EINVAL for pieces that do not hold len bytes.
 */
int packet_init(struct packet *p, const struct iovec *iov, unsigned int niov, uint32_t len,
		const struct packet_meta *meta);
/* Copies len bytes from offset on to out. The caller has checked the range. */
void packet_copy(const struct packet *p, uint32_t offset, void *out, uint32_t len);

/* An empty frame of len bytes (uninitialised) and one reference, or NULL: the pool's limit. */
struct frame *frame_new(struct frame_pool *pool, uint32_t len);
/* A copy of p with one reference, or NULL. */
struct frame *frame_from_packet(struct frame_pool *pool, const struct packet *p);
/* A copy of f that nobody shares, or NULL. */
struct frame *frame_copy(const struct frame *f);
struct frame *frame_get(struct frame *f);
/* Gives up one reference; NULL does nothing. */
void frame_put(struct frame *f);
/* The view of f, good as long as f is held. */
void frame_packet(struct frame *f, struct packet *p);

#endif
