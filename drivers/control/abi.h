/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between the loader and the guest kernel.
 *
 * The loader opens everything that the operator named and starts the guest
 * kernel with descriptors only. What the descriptors mean is told by slots:
 * "slot (kind, index) is served by these descriptors". At boot the slots
 * stand in a sealed memory file (NL_FD_BOOT); later they travel as messages
 * over one SOCK_SEQPACKET socket (NL_FD_CONTROL), with the descriptors
 * attached (SCM_RIGHTS). Both ways end in the same function of the driver,
 * so hot-plug and boot cannot differ.
 *
 * All integers are in host byte order: both sides run on one machine and come
 * from one build (NL_ABI tells when they do not). The header is included by
 * the loader (libc) and by the guest kernel (linux/types.h).
 */
#ifndef NESTLING_ABI_H
#define NESTLING_ABI_H

#if defined(__KERNEL__) && !defined(__UM_HOST__)
#include <linux/types.h>
#else
#include <stdint.h>
#endif

#define NL_ABI 5 /* raised with every incompatible change below */
#define NL_BOOT_MAGIC 0x544f4f424c4e534eULL /* "NSNLBOOT" in memory */

/* Descriptors of the guest kernel process. 0 is /dev/null. */
#define NL_FD_STDOUT 1 /* pipe to the loader: early and fatal messages */
#define NL_FD_STDERR 2 /* the same pipe */
#define NL_FD_CONTROL 3 /* SOCK_SEQPACKET, struct nl_msg */
#define NL_FD_MEMORY 4 /* guest memory: memfd, size sealed */
#define NL_FD_BOOT 5 /* struct nl_boot followed by its slots: memfd, sealed */
#define NL_FD_CRASH 6 /* what the guest kernel says when it dies: text, memfd of NL_CRASH_MAX */
#define NL_FD_CPUINFO 7 /* the host's /proc/cpuinfo */
#define NL_FD_SLOTS 16 /* first descriptor that a boot slot may name */

#define NL_CRASH_MAX (256 << 10) /* bytes; what follows the first zero byte is not text */

/* Exit status of the guest kernel process; a panic ends it by SIGABRT. */
#define NL_EXIT_HALT 0 /* power-off or halt; /proc/exitcode may set another, 1-63 */
#define NL_EXIT_REBOOT 64 /* the guest asked for a restart */

enum nl_kind {
	NL_KIND_UBD = 1, /* block device, index 0-15 */
	NL_KIND_CON = 2, /* console /dev/tty<index>, 0-15 */
	NL_KIND_SSL = 3, /* serial line /dev/ttyS<index>, 0-63 */
	NL_KIND_INITRD = 4, /* initial RAM disk, index 0, boot only */
	NL_KIND_NET = 5, /* network card eth<index>, 0-15 */
	NL_KIND_LANE = 6, /* virtual time that others lead (lane_abi.h), boot only */
	NL_KIND_COUNT = 8, /* bound for tables */
};

#define NL_UBD_MAX 16
#define NL_CON_MAX 16
#define NL_SSL_MAX 64
#define NL_NET_MAX 16

/* struct nl_slot.flags for NL_KIND_UBD */
#define NL_UBD_READONLY 0x1
#define NL_UBD_SYNC 0x2 /* each write is on stable storage when it is acknowledged */
#define NL_UBD_NO_TRIM 0x4
#define NL_UBD_COW 0x8 /* fd[0] is a COW file over fd[1] */
#define NL_UBD_BLOCKDEV 0x10 /* fd[0] (or the backing fd[1] of a COW) is a block device */
#define NL_UBD_IN_MEMORY 0x20 /* fd[0] lies in memory (tmpfs, memory file): nothing waits */
#define NL_UBD_BACKING_IN_MEMORY 0x40 /* fd[1] does */

#define NL_SLOT_FDS 4
#define NL_SERIAL_LEN 20 /* ATA's and virtio's length, not terminated when full */

/* A disk. The loader has checked the header; geometry repeats what it found. */
struct nl_ubd {
	uint64_t size; /* bytes that the guest sees, multiple of 512 */
	uint64_t bitmap_offset; /* COW only: as struct cow_geometry */
	uint64_t bitmap_len;
	uint64_t data_offset; /* COW; or where a raw disk begins in fd[0] */
	uint64_t backing_offset; /* COW only: where the disk begins in fd[1] */
	uint32_t sector_size;
	uint32_t cow_version;
	char serial[NL_SERIAL_LEN];
	uint32_t pad;
};

/* A console or serial line: fd[0] is a SOCK_STREAM socket to the loader. */
struct nl_line {
	uint16_t rows, cols; /* window size, 0 = not known */
};

struct nl_initrd {
	uint64_t size; /* fd[0] is a file of this many bytes */
};

#define NL_NET_RINGS 2 /* 0: to the guest, 1: from it */

/*
 * A network card: virtio-net whose rings lie in guest memory. The loader speaks vhost-user with the
 * switch; the guest kernel only writes to fd[n], an eventfd, when ring n has something for it, and is
 * interrupted by the doorbell.
 */
struct nl_net {
	uint64_t features; /* of virtio, that the switch offers */
	uint8_t mac[6];
	uint16_t status; /* VIRTIO_NET_S_LINK_UP (1) or 0 */
};

/* A driver is ready: where its rings are. Addresses are offsets in guest memory. */
struct nl_net_rings {
	uint32_t index; /* of the card */
	uint32_t pad;
	uint64_t features; /* that the driver took */
	uint64_t doorbell; /* struct nl_doorbell */
	struct {
		uint32_t num; /* entries; 0: there is no such ring */
		uint32_t pad;
		uint64_t desc, avail, used;
	} ring[NL_NET_RINGS];
};

/* One device. Unused descriptors are -1. */
struct nl_slot {
	uint32_t kind; /* enum nl_kind */
	uint32_t index;
	uint32_t flags;
	uint32_t pad;
	int32_t fd[NL_SLOT_FDS];
	char spec[104]; /* what the operator typed, for display; terminated */
	union {
		struct nl_ubd ubd;
		struct nl_line line;
		struct nl_initrd initrd;
		struct nl_net net;
		uint8_t raw[128];
	};
};

/*
 * Stands for the guest kernel's process number in a filter, which is made when the number is
 * not known yet. It is above all numbers that a host gives (PID_MAX_LIMIT).
 */
#define NL_FILTER_SELF 0x5e1f0000U
#define NL_FILTER_MAX 1024 /* instructions */

/* Head of the boot file. Slots follow directly, then nfilter struct sock_filter. */
struct nl_boot {
	uint64_t magic; /* NL_BOOT_MAGIC */
	uint32_t abi; /* NL_ABI */
	uint32_t slot_size; /* sizeof(struct nl_slot) */
	uint32_t nslots;
	uint32_t nfilter; /* to be put on before init is started; 0: none */
	uint8_t rng_seed[32]; /* entropy from the loader */
	uint64_t memory_size; /* bytes of NL_FD_MEMORY */
};

/*
 * The doorbell: how the switch interrupts the guest kernel. It lies in guest memory, one for all
 * network cards. The switch sets pending, adds one to sequence, and wakes a sleeper (futex on
 * sequence, shared) if asleep is not 0. The guest kernel clears pending and then looks at all its
 * rings; before it sleeps it sets asleep, and sleeps only while sequence is what it was before it
 * found pending clear.
 */
struct nl_doorbell {
	uint32_t sequence;
	uint32_t asleep;
	uint32_t pending;
};

/*
 * Messages. Requests go from the loader to the guest kernel and carry an id;
 * the guest answers each with one or more NL_MSG_RESULT of the same id, the
 * last with more = 0. Events go from the guest to the loader without an
 * answer.
 */
enum nl_msg_type {
	/* loader to guest */
	NL_MSG_ADD = 1, /* slot, descriptors attached in the order of slot.fd[] >= 0 */
	NL_MSG_REMOVE = 2, /* slot.kind, slot.index; -EBUSY with a reason while in use */
	NL_MSG_WINSIZE = 3, /* slot.kind, slot.index, slot.line; no answer */
	NL_MSG_COMMAND = 4, /* text: an mconsole command that the kernel itself serves */
	NL_MSG_NET_STATE = 5, /* slot.index, slot.net.status: cable in or out; no answer */
	NL_MSG_NET_STOPPED = 6, /* slot.index: nobody touches the rings any more; no answer */
	/* guest to loader */
	NL_MSG_RESULT = 16, /* err, more, text */
	NL_MSG_RUNNING = 17, /* init has been started */
	NL_MSG_PANIC = 18, /* text: the reason; the process ends next */
	NL_MSG_NOTIFY = 19, /* text written to /proc/mconsole */
	NL_MSG_NET_START = 20, /* rings */
	NL_MSG_NET_STOP = 21, /* rings.index: the rings go; NL_MSG_NET_STOPPED answers */
};

#define NL_MSG_TEXT 768

struct nl_msg {
	uint32_t type; /* enum nl_msg_type */
	uint32_t id;
	int32_t err; /* 0 or -errno */
	uint32_t more; /* another NL_MSG_RESULT follows */
	uint32_t len; /* bytes used of text */
	uint32_t pad;
	union {
		struct nl_slot slot;
		struct nl_net_rings rings;
		char text[NL_MSG_TEXT];
	};
};

#ifndef __cplusplus
_Static_assert(sizeof(struct nl_ubd) == 72, "nl_ubd");
_Static_assert(sizeof(struct nl_net) == 16, "nl_net");
_Static_assert(sizeof(struct nl_net_rings) == 88, "nl_net_rings");
_Static_assert(sizeof(struct nl_slot) == 264, "nl_slot");
_Static_assert(sizeof(struct nl_boot) == 64, "nl_boot");
_Static_assert(sizeof(struct nl_msg) == 24 + NL_MSG_TEXT, "nl_msg");
#endif

#endif
