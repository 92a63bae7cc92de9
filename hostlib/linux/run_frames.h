/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What comes from the guest of a job: frames with output (rootfs/tiny/run_abi.h), in pieces as
 * the socket gives them. A guest may send anything: nothing here depends on what it says.
 */
#ifndef NESTLING_RUN_FRAMES_H
#define NESTLING_RUN_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "run_abi.h"

struct run_frames {
	char buf[sizeof(struct run_frame) + RUN_FRAME_MAX];
	size_t len; /* bytes in buf */
	size_t left; /* bytes of the present frame that have not been taken */
	unsigned int descriptor; /* of the present frame: 1 or 2 */
	bool ready; /* the guest has said that it listens */
};

/* Where the next bytes are to be put, and how many there is room for (0: take some first). */
char *run_frames_room(struct run_frames *f, size_t *room);

/* So many have been put there. */
void run_frames_filled(struct run_frames *f, size_t n);

/*
 * Takes the next piece of output into out, which has room for RUN_FRAME_MAX bytes: their number
 * and the descriptor that they are for. 0 when more has to come first.
 */
size_t run_frames_take(struct run_frames *f, char *out, unsigned int *descriptor);

#endif
