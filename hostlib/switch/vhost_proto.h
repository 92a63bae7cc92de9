/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vhost-user on the wire: messages between the front-end (who has the guest: our loader, stock
 * kernels' virtio_uml, QEMU) and the back-end (the switch). Source: QEMU's interop document
 * "Vhost-user Protocol"; virtio 1.2 for features. All in host byte order.
 */
#ifndef NESTLING_VHOST_PROTO_H
#define NESTLING_VHOST_PROTO_H

#include <stdint.h>

enum vhost_request {
	VHOST_GET_FEATURES = 1,
	VHOST_SET_FEATURES = 2,
	VHOST_SET_OWNER = 3,
	VHOST_RESET_OWNER = 4,
	VHOST_SET_MEM_TABLE = 5,
	VHOST_SET_VRING_NUM = 8,
	VHOST_SET_VRING_ADDR = 9,
	VHOST_SET_VRING_BASE = 10,
	VHOST_GET_VRING_BASE = 11,
	VHOST_SET_VRING_KICK = 12,
	VHOST_SET_VRING_CALL = 13,
	VHOST_SET_VRING_ERR = 14,
	VHOST_GET_PROTOCOL_FEATURES = 15,
	VHOST_SET_PROTOCOL_FEATURES = 16,
	VHOST_GET_QUEUE_NUM = 17,
	VHOST_SET_VRING_ENABLE = 18,
	VHOST_SET_BACKEND_REQ_FD = 21,
	VHOST_GET_CONFIG = 24,
	VHOST_SET_CONFIG = 25,
	/*
	 * Ours, with VHOST_PF_DOORBELL: u64 address (as in SET_VRING_ADDR) of the guest's doorbell,
	 * struct nl_doorbell, which is rung instead of writing to call descriptors.
	 */
	VHOST_SET_DOORBELL = 1000,
	/* Ours, with VHOST_PF_DOORBELL: name of the port, text. */
	VHOST_SET_NAME = 1001,
};

/* From the back-end, on the descriptor of SET_BACKEND_REQ_FD. */
#define VHOST_BACKEND_CONFIG_CHANGE 2

#define VHOST_FLAG_VERSION 1u
#define VHOST_FLAG_VERSION_MASK 3u
#define VHOST_FLAG_REPLY 4u
#define VHOST_FLAG_NEED_REPLY 8u

#define VHOST_PF_REPLY_ACK (1ULL << 3)
#define VHOST_PF_BACKEND_REQ (1ULL << 5)
#define VHOST_PF_CONFIG (1ULL << 9)
#define VHOST_PF_DOORBELL (1ULL << 62)

#define VIRTIO_NET_F_CSUM (1ULL << 0)
#define VIRTIO_NET_F_GUEST_CSUM (1ULL << 1)
#define VIRTIO_NET_F_MAC (1ULL << 5)
#define VIRTIO_NET_F_GUEST_TSO4 (1ULL << 7)
#define VIRTIO_NET_F_GUEST_TSO6 (1ULL << 8)
#define VIRTIO_NET_F_GUEST_ECN (1ULL << 9)
#define VIRTIO_NET_F_HOST_TSO4 (1ULL << 11)
#define VIRTIO_NET_F_HOST_TSO6 (1ULL << 12)
#define VIRTIO_NET_F_HOST_ECN (1ULL << 13)
#define VIRTIO_NET_F_MRG_RXBUF (1ULL << 15)
#define VIRTIO_NET_F_STATUS (1ULL << 16)
#define VIRTIO_F_INDIRECT_DESC (1ULL << 28)
#define VIRTIO_F_EVENT_IDX (1ULL << 29)
#define VHOST_F_PROTOCOL_FEATURES (1ULL << 30)
#define VIRTIO_F_VERSION_1 (1ULL << 32)

#define VHOST_REGIONS_MAX 8
#define VHOST_CONFIG_MAX 256
#define VHOST_BODY_MAX 512 /* bytes behind the header */
#define VHOST_FDS_MAX 8

struct vhost_header {
	uint32_t request;
	uint32_t flags;
	uint32_t size; /* of the body */
} __attribute__((packed));

struct vhost_vring_state {
	uint32_t index;
	uint32_t num;
};

struct vhost_vring_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc, used, avail, log;
};

#define VHOST_VRING_INDEX_MASK 0xffu /* of the u64 that comes with descriptors */
#define VHOST_VRING_NO_FD 0x100u

struct vhost_region {
	uint64_t guest_addr; /* as descriptors of rings have it */
	uint64_t size;
	uint64_t user_addr; /* as SET_VRING_ADDR has it */
	uint64_t offset; /* in the file */
};

struct vhost_memory {
	uint32_t nregions;
	uint32_t pad;
	struct vhost_region region[VHOST_REGIONS_MAX];
};

struct vhost_config {
	uint32_t offset;
	uint32_t size;
	uint32_t flags;
	uint8_t data[VHOST_CONFIG_MAX];
} __attribute__((packed));

union vhost_body {
	uint64_t u64;
	struct vhost_vring_state state;
	struct vhost_vring_addr addr;
	struct vhost_memory memory;
	struct vhost_config config;
	char text[VHOST_BODY_MAX];
};

/* The guest's configuration space of a network card (virtio 1.2, 5.1.4), as far as we have it. */
struct vhost_net_config {
	uint8_t mac[6];
	uint16_t status; /* 1: link up */
} __attribute__((packed));

_Static_assert(sizeof(struct vhost_header) == 12, "vhost_header");
_Static_assert(sizeof(struct vhost_region) == 32, "vhost_region");
_Static_assert(sizeof(union vhost_body) == VHOST_BODY_MAX, "vhost_body");

#endif
