/* SPDX-License-Identifier: GPL-2.0 */
/* Bridge protocol data units of the spanning tree: IEEE 802.1D-1998, clause 9. */
#ifndef NESTLING_STP_BPDU_H
#define NESTLING_STP_BPDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STP_BPDU_MAX 60 /* bytes of a frame, the shortest of Ethernet's */

/*
 * What a bridge says of the tree at a port. The lower, the better; fields in the order in which
 * they count.
 */
struct stp_vector {
	uint64_t root; /* identifier: priority (16 bits), address */
	uint32_t cost; /* from there to the root */
	uint64_t bridge; /* who says so */
	uint16_t port; /* and by which of its ports */
};

struct stp_bpdu {
	bool is_change; /* a notice of a topology change; nothing else is set then */
	bool change, change_ack; /* flags of a configuration */
	struct stp_vector vector;
	uint64_t age_ns; /* of what it says */
	uint64_t max_age_ns, hello_ns,
		delay_ns; /* the root's times, within what the standard allows */
};

/* Whether the frame is a BPDU of any kind, by its first bytes. Pure. */
bool stp_is_bpdu(const uint8_t *frame, size_t len);
/* Reads a frame: 0; -EPROTO: broken, or of a kind that is not ours. Pure. */
int stp_bpdu_parse(struct stp_bpdu *b, const uint8_t *frame, size_t len);
/* Writes a frame from the address src; its length. */
size_t stp_bpdu_build(const struct stp_bpdu *b, const uint8_t src[6],
		      uint8_t frame[static STP_BPDU_MAX]);

/* Less than, equal to, greater than 0: a is better, equal, worse. */
int stp_vector_compare(const struct stp_vector *a, const struct stp_vector *b);

#endif
