/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments of TCP put together: libslirp hands out one frame of the wire's size after the other, and
 * a guest is far faster with a few large ones. What cannot take them has them cut again (offload.h),
 * to the same segments.
 *
 * Only segments of TCP over IPv4 without options that follow each other and say the same but for
 * their data are put together, all of one size but for the last.
 */
#ifndef NESTLING_PORT_NAT_MERGE_H
#define NESTLING_PORT_NAT_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "packet.h"

struct nat_merge {
	uint32_t len; /* of the frame in buf; 0: none */
	uint32_t segments; /* in it */
	uint16_t payload; /* bytes of the first one's */
	bool last; /* nothing goes behind it */
	uint8_t buf[PACKET_MAX];
};

/* Takes the frame in. False: it does not go behind what is there, or is no such segment at all. */
bool nat_merge_add(struct nat_merge *m, const void *frame, size_t len);
/* Finishes what is there: m->buf of m->len bytes, with this meta. False when there is nothing. */
bool nat_merge_finish(struct nat_merge *m, struct packet_meta *meta);
/* Nothing is there any more. */
void nat_merge_reset(struct nat_merge *m);

#endif
