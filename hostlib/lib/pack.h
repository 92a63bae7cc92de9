/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blobs behind an ELF file: how `linux` carries the guest kernel and the built-in
 * system. Written by scripts/pack.
 *
 *   ELF file of the loader
 *   blobs, each at a multiple of 4096 so that it can be mapped in place
 *   directory: PACK_ENTRY bytes for each blob:
 *       char name[16], padded with zeros; u64 offset; u64 length
 *   footer, the last 16 bytes of the file: char magic[8] "NESTPACK"; u64 entries
 *
 * Integers are little-endian.
 */
#ifndef NESTLING_PACK_H
#define NESTLING_PACK_H

#include <stddef.h>
#include <stdint.h>

#define PACK_MAGIC "NESTPACK"
#define PACK_NAME 16
#define PACK_ENTRY 32
#define PACK_FOOTER 16
#define PACK_MAX 16 /* blobs in a file */
#define PACK_ALIGN 4096

struct pack_blob {
	char name[PACK_NAME + 1];
	uint64_t offset, length;
};

struct pack {
	unsigned int count;
	struct pack_blob blob[PACK_MAX];
};

/*
 * Reads the tail of a file of file_size bytes: len bytes that end where the file ends.
 * 0; -ENOENT when there is no pack; -ENOSPC when the tail is too short to hold the
 * directory; -EBADMSG when the directory makes no sense.
 */
int pack_parse(const void *tail, size_t len, uint64_t file_size, struct pack *out);

/* Reads the pack of an open file. As pack_parse(), or another -errno. */
int pack_read(int fd, struct pack *out);

/* The blob of that name, or NULL. */
const struct pack_blob *pack_find(const struct pack *pack, const char *name);

#endif
