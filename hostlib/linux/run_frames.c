// SPDX-License-Identifier: GPL-2.0
/* Frames from the guest of a job; see run_frames.h. */
#include <string.h>
#include "run_frames.h"

char *run_frames_room(struct run_frames *f, size_t *room)
{
	*room = sizeof(f->buf) - f->len;
	return f->buf + f->len;
}

void run_frames_filled(struct run_frames *f, size_t n)
{
	f->len += n;
}

static void drop(struct run_frames *f, size_t n)
{
	memmove(f->buf, f->buf + n, f->len - n);
	f->len -= n;
}

/* Reads heads until one has bytes. False when there is none. */
static bool next_head(struct run_frames *f)
{
	struct run_frame head;

	while (!f->left) {
		if (f->len < sizeof(head))
			return false;
		memcpy(&head, f->buf, sizeof(head));
		drop(f, sizeof(head));
		f->left = head.bytes;
		f->descriptor = head.descriptor == 2 ? 2 : 1;
		if (head.descriptor == 0)
			f->ready = true;
	}
	return true;
}

size_t run_frames_take(struct run_frames *f, char *out, unsigned int *descriptor)
{
	size_t n;

	if (!next_head(f) || !f->len)
		return 0;
	n = f->len < f->left ? f->len : f->left;
	if (n > RUN_FRAME_MAX)
		n = RUN_FRAME_MAX;
	memcpy(out, f->buf, n);
	drop(f, n);
	f->left -= n;
	*descriptor = f->descriptor;
	return n;
}
