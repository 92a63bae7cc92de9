/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The header of a copy-on-write (COW) file: parser and builder.
 *
 * Pure functions over (buffer, length), no I/O. The runtime that serves a disk
 * from a COW file is cow_disk.h; opening by path, locks and checks of the
 * backing file are disk.h. The format is told in Documentation/cow-format.md.
 *
 * Compiled into the host programs and into the guest kernel's host half.
 */
#ifndef NESTLING_COW_H
#define NESTLING_COW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COW_MAGIC 0x4f4f4f4dU
#define COW_HEADER_MAX 8192 /* read this much (or the whole file) to parse any version */
#define COW_PATH_MAX 4096 /* field in versions 2 and 3, terminator included; 256 in version 1 */
#define COW_SECTOR_DEFAULT 512
#define COW_SECTOR_MAX (1U << 20)
#define COW_ALIGN_DEFAULT 4096
#define COW_ALIGN_MAX (1U << 30)
#define COW_SIZE_MAX (1ULL << 60) /* larger disks are taken for garbage */
#define COW_SIZE_UNKNOWN UINT64_MAX /* file_size when there is none to compare with */

/* Content identity: optional, version 3 only, one sector of its own in the free space. */
#define COW_IDENTITY_OFFSET 4608
#define COW_IDENTITY_LEN 512
#define COW_DIGEST_LEN 32

enum cow_identity_algorithm {
	COW_IDENTITY_NONE = 0, /* nothing recorded (file of an old tool) */
	COW_IDENTITY_SHA256_CHUNKS = 1, /* see disk_identity.h */
	/*
	 * Not a digest but a note: this file is being merged into its backing
	 * file, whose mtime and content change meanwhile. What an interruption
	 * leaves is valid, since every changed sector still is in the COW file.
	 */
	COW_IDENTITY_MERGING = 2,
};

/* Where things are in the file. All in bytes, all checked against overflow. */
struct cow_geometry {
	uint32_t version; /* 1, 2 or 3 */
	uint32_t sector_size; /* power of two, 512 to COW_SECTOR_MAX: granule of the bitmap */
	uint32_t align; /* of bitmap and data; sector_size for versions 1 and 2 */
	bool broken64; /* version 3 as 64-bit tools wrote it before December 2005 */
	bool big_endian; /* of the header; false only in some version 1 files */
	/*
	 * Of the disk, 1 to COW_SIZE_MAX; also of the backing file, unless
	 * identity.size tells otherwise. Beyond the backing file's end: zeros.
	 */
	uint64_t size;
	uint64_t sectors; /* size / sector_size, rounded up */
	uint64_t bitmap_offset;
	/*
	 * Bytes of bitmap. Versions 1 and 2 round wrongly: up to 7 sectors at
	 * the end may have no bit (bitmap_len * 8 < sectors). They are read from
	 * the backing file, and such a file is opened read-only.
	 */
	uint64_t bitmap_len;
	uint64_t data_offset; /* sector n lies at data_offset + n * sector_size */
	uint64_t file_end; /* data_offset + size: the file must reach to here */
};

struct cow_identity {
	uint32_t algorithm; /* enum cow_identity_algorithm */
	uint32_t mtime_ns; /* nanoseconds part of the backing file's mtime */
	uint64_t size; /* of the backing file; not geometry.size when the disk was resized */
	uint8_t digest[COW_DIGEST_LEN];
};

struct cow_header {
	struct cow_geometry geometry;
	uint32_t mtime; /* of the backing file, seconds, cut to 32 bits as the format does */
	char backing[COW_PATH_MAX]; /* never empty, always terminated */
	struct cow_identity identity;
};

/* What cow_header_parse() finds wrong. Positive, apart from errno values. */
enum cow_error {
	COW_OK = 0,
	COW_ERR_NOT_COW, /* no magic: an ordinary file */
	COW_ERR_SHORT, /* ends inside the header */
	COW_ERR_VERSION, /* a version that nobody defined */
	COW_ERR_FORMAT, /* version 3 with an unknown bitmap format */
	COW_ERR_ENDIAN, /* byte order that this version does not allow */
	COW_ERR_SIZE_ZERO,
	COW_ERR_SIZE_HUGE, /* above COW_SIZE_MAX */
	COW_ERR_SECTOR_ZERO,
	COW_ERR_SECTOR_POWER, /* not a power of two */
	COW_ERR_SECTOR_RANGE, /* below 512 or above COW_SECTOR_MAX */
	COW_ERR_ALIGN_ZERO,
	COW_ERR_ALIGN_POWER,
	COW_ERR_ALIGN_RANGE, /* above COW_ALIGN_MAX */
	COW_ERR_PATH_EMPTY,
	COW_ERR_PATH_UNTERMINATED,
	COW_ERR_TRUNC_BITMAP, /* file ends before or inside its bitmap */
	COW_ERR_TRUNC_DATA, /* file ends before its last sector */
	COW_ERR_COUNT
};

/*
 * Whether the first bytes of a file are the magic of any COW version. It says
 * nothing about whether the operator wanted a COW file; see disk.h.
 */
bool cow_header_probe(const void *buf, size_t len);

/*
 * Parses the header in buf[0..len), the beginning of a file of file_size bytes
 * (COW_SIZE_UNKNOWN skips the comparison). len should be COW_HEADER_MAX or the
 * whole of a shorter file. Returns COW_OK and fills *out, or an enum cow_error
 * and leaves *out undefined. A damaged content identity is not an error: it is
 * reported as COW_IDENTITY_NONE.
 */
int cow_header_parse(const void *buf, size_t len, uint64_t file_size, struct cow_header *out);

/* One line for an enum cow_error: cause and cure. Static text. */
const char *cow_strerror(int cow_error);

/*
 * Fills *g for a new version 3 file of a disk of size bytes. align and
 * sector_size 0 mean the defaults. COW_OK or an enum cow_error.
 */
int cow_geometry_init(struct cow_geometry *g, uint64_t size, uint32_t sector_size, uint32_t align);

/*
 * Writes a version 3 header (with identity, if it has one and there is room)
 * into buf, zeros up to len. len must be at least COW_HEADER_MAX. Returns the
 * number of bytes to write at offset 0 (never beyond the bitmap's begin), or
 * -EINVAL (geometry is not version 3), -ENAMETOOLONG, -ENOBUFS.
 */
int cow_header_build(const struct cow_header *h, void *buf, size_t len);

/*
 * Whether the geometry leaves room for a content identity (version 3 with an
 * align of 4096 or more).
 */
bool cow_identity_fits(const struct cow_geometry *g);

/* Bytes that the backing file must have. */
static inline uint64_t cow_backing_size(const struct cow_header *h)
{
	return h->identity.algorithm == COW_IDENTITY_NONE ? h->geometry.size : h->identity.size;
}

/* Writes the identity's sector, to be stored at COW_IDENTITY_OFFSET. */
void cow_identity_build(const struct cow_identity *id, uint8_t out[static COW_IDENTITY_LEN]);

/*
 * Where a header keeps its mtime: *offset and the bytes to store there (big or
 * little endian as the version wants), for updating it in place.
 */
void cow_mtime_patch(const struct cow_geometry *g, uint32_t mtime, uint64_t *offset,
		     uint8_t out[static 4]);

#endif
