// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the COW header parser. First byte: how the file's length is told.
 * What is accepted must keep the promises of cow.h, and a version 3 header must
 * survive being built anew.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cow.h"

#define MUST(x)                  \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

static void check_geometry(const struct cow_geometry *g)
{
	MUST(g->version >= 1 && g->version <= 3);
	MUST(g->size && g->size <= COW_SIZE_MAX);
	MUST(g->sector_size >= 512 && g->sector_size <= COW_SECTOR_MAX);
	MUST(!(g->sector_size & (g->sector_size - 1)));
	MUST(g->align && g->align <= COW_ALIGN_MAX);
	MUST(g->sectors == (g->size - 1) / g->sector_size + 1);
	MUST(g->bitmap_offset >= 280);
	MUST(g->data_offset >= g->bitmap_offset + g->bitmap_len);
	MUST(g->file_end == g->data_offset + g->size && g->file_end > g->size);
	MUST(g->file_end < INT64_MAX);
	MUST(g->version < 3 || g->bitmap_len * 8 >= g->sectors);
}

static void rebuild(const struct cow_header *h)
{
	static uint8_t buf[COW_HEADER_MAX];
	static struct cow_header again;
	int len = cow_header_build(h, buf, sizeof(buf));

	if (h->geometry.version != 3 || h->geometry.broken64) {
		MUST(len < 0);
		return;
	}
	MUST(len > 0 && (uint64_t)len <= h->geometry.bitmap_offset);
	MUST(cow_header_parse(buf, sizeof(buf), h->geometry.file_end, &again) == COW_OK);
	MUST(again.mtime == h->mtime && !strcmp(again.backing, h->backing));
	MUST(again.geometry.size == h->geometry.size);
	MUST(again.geometry.sector_size == h->geometry.sector_size);
	MUST(again.geometry.data_offset == h->geometry.data_offset);
	MUST(again.identity.algorithm == h->identity.algorithm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct cow_header h;
	uint64_t file_size;
	int err;

	if (!len)
		return 0;
	file_size = data[0] & 1 ? COW_SIZE_UNKNOWN : (uint64_t)data[0] << (data[0] & 31);
	memset(&h, 0, sizeof(h));
	err = cow_header_parse(data + 1, len - 1, file_size, &h);
	MUST(err >= 0 && err < COW_ERR_COUNT && *cow_strerror(err));
	if (err)
		return 0;
	check_geometry(&h.geometry);
	MUST(file_size == COW_SIZE_UNKNOWN || file_size >= h.geometry.file_end);
	MUST(h.backing[0] && memchr(h.backing, 0, sizeof(h.backing)));
	rebuild(&h);
	return 0;
}
