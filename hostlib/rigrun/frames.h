/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads captures frame by frame, with what libpcap does not tell: the interface's name and the
 * comment of each frame. pcapng as our switch writes it (draft-ietf-opsawg-pcapng: section header,
 * interface description and enhanced packet blocks of this machine's byte order); other blocks are
 * passed over.
 */
#ifndef NESTLING_RIGRUN_FRAMES_H
#define NESTLING_RIGRUN_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#define FRAMES_NAME 64 /* bytes of an interface's name, with its 0 */

/* One frame; points into the capture. */
struct frames_frame {
	uint64_t number; /* from 1 */
	uint64_t unix_ns;
	char interface[FRAMES_NAME];
	uint32_t flags; /* 1: into the switch, 2: out of it; 0: not told */
	const uint8_t *data;
	uint32_t len, wire_len;
	const char *comment; /* not terminated; NULL: none */
	uint32_t comment_len;
};

struct frames;

/* A capture in memory, which stays the caller's. NULL without memory. */
struct frames *frames_new(const void *data, size_t len);
void frames_free(struct frames *f);
/* The next frame: 1; 0: the end; -EPROTO: this is no such capture, or it is cut short. */
int frames_next(struct frames *f, struct frames_frame *out);

#endif
