// SPDX-License-Identifier: GPL-2.0
/* Captures as uml_rig diff reads them. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frames *f = frames_new(data, size);
	struct frames_frame frame;
	uint64_t number = 0;
	volatile uint8_t sum = 0;
	int rc;

	if (!f)
		return 0;
	while ((rc = frames_next(f, &frame)) > 0) {
		assert(frame.number == ++number);
		assert(memchr(frame.interface, 0, sizeof(frame.interface)));
		for (uint32_t i = 0; i < frame.len; i++)
			sum = (uint8_t)(sum + frame.data[i]);
		for (uint32_t i = 0; i < frame.comment_len; i++)
			sum = (uint8_t)(sum + (uint8_t)frame.comment[i]);
	}
	assert(rc == 0 || rc == -EPROTO || rc == -ENOMEM);
	frames_free(f);
	return 0;
}
