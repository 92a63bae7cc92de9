// SPDX-License-Identifier: GPL-2.0
/* Frames as BPDUs: bounds, times within what is allowed, and what is read can be written again. */
#include <assert.h>
#include <string.h>
#include "stp_bpdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t second = 1000000000;
	uint8_t frame[STP_BPDU_MAX], src[6] = {2};
	struct stp_bpdu b, back;

	if (stp_bpdu_parse(&b, data, size) < 0)
		return 0;
	assert(stp_is_bpdu(data, size));
	if (!b.is_change) {
		assert(b.age_ns < b.max_age_ns && b.max_age_ns <= 40 * second);
		assert(b.hello_ns >= second && b.hello_ns <= 10 * second);
		assert(b.delay_ns >= 4 * second && b.delay_ns <= 30 * second);
	}
	assert(stp_bpdu_build(&b, src, frame) <= sizeof(frame));
	assert(stp_bpdu_parse(&back, frame, sizeof(frame)) == 0);
	assert(memcmp(&b, &back, sizeof(b)) == 0);
	return 0;
}
