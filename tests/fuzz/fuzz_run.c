// SPDX-License-Identifier: GPL-2.0
/* What the guest of a job sends, in pieces whose sizes the input chooses as well. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "run_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void take_all(struct run_frames *f)
{
	char out[RUN_FRAME_MAX];
	unsigned int descriptor = 0;
	size_t n;

	while ((n = run_frames_take(f, out, &descriptor)))
		if (n > sizeof(out) || (descriptor != 1 && descriptor != 2))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct run_frames f;
	size_t room, n;
	char *to;

	memset(&f, 0, sizeof(f));
	while (len > 1) {
		n = 1 + *data++ * 37U;
		len--;
		to = run_frames_room(&f, &room);
		if (!room)
			abort(); /* taking must make room */
		n = n < room ? n : room;
		n = n < len ? n : len;
		memcpy(to, data, n);
		run_frames_filled(&f, n);
		data += n;
		len -= n;
		take_all(&f);
	}
	return 0;
}
