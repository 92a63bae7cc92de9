// SPDX-License-Identifier: GPL-2.0
/* The ELF head of the guest kernel; what is accepted must be in bounds. */
#include <stdlib.h>
#include "load.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const uint64_t total = 1ULL << 24;
	struct load_image image;
	unsigned int i;

	if (size > LOAD_HEAD || load_parse(data, size, total, &image))
		return 0;
	for (i = 0; i < image.count; i++) {
		const struct load_segment *s = &image.segment[i];

		if (s->address < LOAD_LOWEST ||
		    s->address + s->memory_bytes > LOAD_HIGHEST + 4096 || s->address % 4096 ||
		    s->offset % 4096 || s->offset + s->file_bytes > total ||
		    s->file_bytes > s->memory_bytes)
			abort();
	}
	return 0;
}
