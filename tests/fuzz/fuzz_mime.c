// SPDX-License-Identifier: GPL-2.0
/* Mail: parts lie in the message, there is an end of them, and what is decoded has room. */
#include <stdlib.h>
#include "mime.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char *text = (const char *)data, *at = text;
	struct mime_reader r;
	struct mime_part p;

	mime_read(&r, text, size);
	while (mime_next(&r, &p) > 0) {
		size_t used = 0, room = p.len / 4 * 3 + 3;
		uint8_t *out = malloc(room);

		if (p.body < at || p.len > (size_t)(text + size - p.body) || r.at <= at)
			abort();
		if (mime_decode(p.body, p.len, out, &used) == 0 && used > room)
			abort();
		free(out);
		at = r.at;
	}
	return 0;
}
