// SPDX-License-Identifier: GPL-2.0
/* Telnet input in two pieces, its result as output: bounds, and that splitting changes nothing. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "telnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t decode(struct telnet *t, const uint8_t *in, size_t n, size_t split, uint8_t *out)
{
	size_t len = telnet_input(t, in, split, out);

	return len + telnet_input(t, in + split, n - split, out + len);
}

static void encode(struct telnet *t, const uint8_t *in, size_t n, size_t max)
{
	uint8_t *out = malloc(max);
	size_t used;

	while (n) {
		size_t len = telnet_output(t, in, n, out, max, &used);

		assert(len <= max && used <= n && used > 0);
		in += used;
		n -= used;
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct telnet a, b;
	uint8_t *out, *out2;
	size_t split, n, n2;

	if (size < 2)
		return 0;
	split = data[0] % size;
	out = malloc(size);
	out2 = malloc(size);
	telnet_start(&a);
	telnet_start(&b);
	n = decode(&a, data, size, split, out);
	n2 = decode(&b, data, size, 0, out2);
	assert(n <= size && n == n2 && memcmp(out, out2, n) == 0);
	assert(a.reply_len <= TELNET_REPLY_MAX && a.reply_len == b.reply_len);
	assert(a.rows == b.rows && a.cols == b.cols);
	encode(&a, out, n, 3 + data[1]);
	free(out);
	free(out2);
	return 0;
}
