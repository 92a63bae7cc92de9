// SPDX-License-Identifier: GPL-2.0
/* The directory of blobs; what is accepted must lie in the file. */
#include <stdlib.h>
#include "pack.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const uint64_t file_size = size + (1ULL << 20);
	struct pack pack;
	unsigned int i;

	if (pack_parse(data, size, file_size, &pack))
		return 0;
	for (i = 0; i < pack.count; i++)
		if (pack.blob[i].offset + pack.blob[i].length > file_size || !pack.blob[i].name[0])
			abort();
	return 0;
}
