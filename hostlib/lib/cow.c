// SPDX-License-Identifier: GPL-2.0
/*
 * The header of a COW file. See cow.h for the interface and
 * Documentation/cow-format.md for the layout of each version.
 *
 * All fields are read byte by byte at fixed offsets: no struct is laid over
 * the buffer, so neither alignment nor the compiler's padding matters. Every
 * number is checked here once; what comes out can be added and shifted without
 * overflow.
 */
#include <errno.h>
#include <string.h>

#include "cow.h"

/* Offsets of the fields of each version. */
struct layout {
	uint32_t version;
	uint16_t mtime, size, sector_size;
	uint16_t align; /* 0: the version has none */
	uint16_t format; /* 0: the version has none */
	uint16_t backing, backing_len;
	uint16_t header_len;
};

static const struct layout layouts[] = {
	{.version = 1,
	 .backing = 8,
	 .backing_len = 256,
	 .mtime = 264,
	 .size = 268,
	 .sector_size = 276,
	 .header_len = 280},
	{.version = 2,
	 .backing = 8,
	 .backing_len = 4096,
	 .mtime = 4104,
	 .size = 4108,
	 .sector_size = 4116,
	 .header_len = 4120},
	{.version = 3,
	 .mtime = 8,
	 .size = 12,
	 .sector_size = 20,
	 .align = 24,
	 .format = 28,
	 .backing = 32,
	 .backing_len = 4096,
	 .header_len = 4128},
};

/* Version 3 with an 8-byte mtime and the compiler's padding at the end. */
static const struct layout layout_broken64 = {
	.version = 3,
	.mtime = 8,
	.size = 16,
	.sector_size = 24,
	.align = 28,
	.format = 32,
	.backing = 36,
	.backing_len = 4096,
	.header_len = 4136,
};

#define V3 2 /* index into layouts */

/* Content identity, offsets inside its sector; big-endian like version 3. */
#define ID_MAGIC "NSTLNGID"
#define ID_RECORD_VERSION 1
#define ID_OFF_VERSION 8
#define ID_OFF_ALGORITHM 12
#define ID_OFF_SIZE 16
#define ID_OFF_MTIME_NS 24
#define ID_OFF_DIGEST_LEN 28
#define ID_OFF_DIGEST 32
#define ID_OFF_CRC 64
#define ID_END 68

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint32_t get32(const uint8_t *p, bool big_endian)
{
	return big_endian ? be32(p) : le32(p);
}

static uint64_t get64(const uint8_t *p, bool big_endian)
{
	if (big_endian)
		return (uint64_t)be32(p) << 32 | be32(p + 4);
	return (uint64_t)le32(p + 4) << 32 | le32(p);
}

static void put32(uint8_t *p, uint32_t v, bool big_endian)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (big_endian ? 24 - 8 * i : 8 * i));
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)(v >> 32), true);
	put32(p + 4, (uint32_t)v, true);
}

static bool power_of_two(uint32_t v)
{
	return v && !(v & (v - 1));
}

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) / to * to;
}

bool cow_header_probe(const void *buf, size_t len)
{
	const uint8_t *p = buf;

	return len >= 4 && (be32(p) == COW_MAGIC || le32(p) == COW_MAGIC);
}

static int check_sector_size(uint32_t sector_size)
{
	if (!sector_size)
		return COW_ERR_SECTOR_ZERO;
	if (!power_of_two(sector_size))
		return COW_ERR_SECTOR_POWER;
	if (sector_size < 512 || sector_size > COW_SECTOR_MAX)
		return COW_ERR_SECTOR_RANGE;
	return COW_OK;
}

static int check_align(uint32_t align)
{
	if (!align)
		return COW_ERR_ALIGN_ZERO;
	if (!power_of_two(align))
		return COW_ERR_ALIGN_POWER;
	if (align > COW_ALIGN_MAX)
		return COW_ERR_ALIGN_RANGE;
	return COW_OK;
}

static int check_size(uint64_t size)
{
	if (!size)
		return COW_ERR_SIZE_ZERO;
	if (size > COW_SIZE_MAX)
		return COW_ERR_SIZE_HUGE;
	return COW_OK;
}

/*
 * Derives sectors and offsets. With size <= 2^60, sector size >= 512 and align
 * <= 2^30 nothing below can exceed 2^61.
 */
static int place(struct cow_geometry *g, uint32_t header_len)
{
	uint64_t ss = g->sector_size;
	int err = check_size(g->size);

	if (!err)
		err = check_sector_size(g->sector_size);
	if (!err)
		err = check_align(g->align);
	if (err)
		return err;
	g->sectors = (g->size + ss - 1) / ss;
	if (g->version < 3) {
		g->bitmap_offset = header_len;
		g->bitmap_len = (g->size + ss - 1) / (8 * ss); /* their rounding, kept */
		g->data_offset = round_up(g->bitmap_offset + g->bitmap_len, ss);
	} else {
		g->bitmap_offset = round_up(header_len, g->align);
		g->bitmap_len = (g->sectors + 7) / 8;
		g->data_offset = round_up(g->bitmap_offset + g->bitmap_len, g->align);
	}
	g->file_end = g->data_offset + g->size;
	return COW_OK;
}

/* Finds the layout and byte order of the header, or an error. */
static int identify(const uint8_t *p, size_t len, const struct layout **lay, bool *big_endian)
{
	uint32_t version;

	if (!cow_header_probe(p, len))
		return COW_ERR_NOT_COW;
	if (len < 8)
		return COW_ERR_SHORT;
	*big_endian = be32(p) == COW_MAGIC;
	version = get32(p + 4, *big_endian);
	if (version < 1 || version > 3)
		return COW_ERR_VERSION;
	if (version > 1 && !*big_endian)
		return COW_ERR_ENDIAN;
	*lay = &layouts[version - 1];
	if (version == 3 && len >= 36 && be32(p + layouts[V3].backing) == 0)
		*lay = &layout_broken64;
	return len < (*lay)->header_len ? COW_ERR_SHORT : COW_OK;
}

/*
 * The broken version 3 stored a 32-bit big-endian number into an 8-byte field:
 * on little-endian machines it fills the first half, on others the second.
 */
static uint32_t read_mtime(const uint8_t *p, const struct layout *lay, bool big_endian)
{
	uint32_t v = get32(p + lay->mtime, big_endian);

	if (lay == &layout_broken64 && !v)
		v = get32(p + lay->mtime + 4, big_endian);
	return v;
}

static int read_backing(const uint8_t *p, const struct layout *lay, char out[static COW_PATH_MAX])
{
	const uint8_t *name = p + lay->backing;
	const uint8_t *end = memchr(name, 0, lay->backing_len);

	if (!end)
		return COW_ERR_PATH_UNTERMINATED;
	if (end == name)
		return COW_ERR_PATH_EMPTY;
	memset(out, 0, COW_PATH_MAX);
	memcpy(out, name, (size_t)(end - name));
	return COW_OK;
}

/* CRC-32C, bit by bit: 64 bytes once a file. */
static uint32_t crc32c(const uint8_t *p, size_t len)
{
	uint32_t crc = ~0U;

	while (len--) {
		crc ^= *p++;
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	return ~crc;
}

bool cow_identity_fits(const struct cow_geometry *g)
{
	return g->version == 3 && g->bitmap_offset >= COW_IDENTITY_OFFSET + COW_IDENTITY_LEN;
}

static void read_identity(const uint8_t *p, size_t len, struct cow_header *h)
{
	struct cow_identity *id = &h->identity;

	memset(id, 0, sizeof(*id));
	if (!cow_identity_fits(&h->geometry) || len < COW_IDENTITY_OFFSET + COW_IDENTITY_LEN)
		return;
	p += COW_IDENTITY_OFFSET;
	if (memcmp(p, ID_MAGIC, 8) || be32(p + ID_OFF_VERSION) != ID_RECORD_VERSION ||
	    be32(p + ID_OFF_DIGEST_LEN) != COW_DIGEST_LEN ||
	    be32(p + ID_OFF_CRC) != crc32c(p, ID_OFF_CRC) ||
	    check_size(get64(p + ID_OFF_SIZE, true)))
		return;
	id->algorithm = be32(p + ID_OFF_ALGORITHM);
	if (id->algorithm > COW_IDENTITY_MERGING)
		id->algorithm = COW_IDENTITY_NONE; /* a later version's */
	id->size = get64(p + ID_OFF_SIZE, true);
	id->mtime_ns = be32(p + ID_OFF_MTIME_NS);
	memcpy(id->digest, p + ID_OFF_DIGEST, COW_DIGEST_LEN);
}

static int check_file_size(const struct cow_geometry *g, uint64_t file_size)
{
	if (file_size < g->bitmap_offset + g->bitmap_len)
		return COW_ERR_TRUNC_BITMAP;
	if (file_size < g->file_end)
		return COW_ERR_TRUNC_DATA;
	return COW_OK;
}

int cow_header_parse(const void *buf, size_t len, uint64_t file_size, struct cow_header *out)
{
	const uint8_t *p = buf;
	const struct layout *lay;
	struct cow_geometry *g = &out->geometry;
	bool big_endian;
	int err = identify(p, len, &lay, &big_endian);

	if (err)
		return err;
	*g = (struct cow_geometry){
		.version = lay->version,
		.big_endian = big_endian,
		.broken64 = lay == &layout_broken64,
		.size = get64(p + lay->size, big_endian),
		.sector_size = get32(p + lay->sector_size, big_endian),
	};
	g->align = lay->align ? be32(p + lay->align) : g->sector_size;
	if (!lay->align && !g->align)
		return COW_ERR_SECTOR_ZERO;
	if (lay->format && be32(p + lay->format))
		return COW_ERR_FORMAT;
	out->mtime = read_mtime(p, lay, big_endian);
	err = read_backing(p, lay, out->backing);
	if (!err)
		err = place(g, lay->header_len);
	if (!err && file_size != COW_SIZE_UNKNOWN)
		err = check_file_size(g, file_size);
	if (!err)
		read_identity(p, len, out);
	return err;
}

int cow_geometry_init(struct cow_geometry *g, uint64_t size, uint32_t sector_size, uint32_t align)
{
	*g = (struct cow_geometry){
		.version = 3,
		.big_endian = true,
		.size = size,
		.sector_size = sector_size ? sector_size : COW_SECTOR_DEFAULT,
		.align = align ? align : COW_ALIGN_DEFAULT,
	};
	return place(g, layouts[V3].header_len);
}

void cow_identity_build(const struct cow_identity *id, uint8_t out[static COW_IDENTITY_LEN])
{
	memset(out, 0, COW_IDENTITY_LEN);
	if (id->algorithm == COW_IDENTITY_NONE)
		return;
	memcpy(out, ID_MAGIC, 8);
	put32(out + ID_OFF_VERSION, ID_RECORD_VERSION, true);
	put32(out + ID_OFF_ALGORITHM, id->algorithm, true);
	put64(out + ID_OFF_SIZE, id->size);
	put32(out + ID_OFF_MTIME_NS, id->mtime_ns, true);
	put32(out + ID_OFF_DIGEST_LEN, COW_DIGEST_LEN, true);
	memcpy(out + ID_OFF_DIGEST, id->digest, COW_DIGEST_LEN);
	put32(out + ID_OFF_CRC, crc32c(out, ID_OFF_CRC), true);
}

int cow_header_build(const struct cow_header *h, void *buf, size_t len)
{
	const struct layout *lay = &layouts[V3];
	const struct cow_geometry *g = &h->geometry;
	size_t name_len = strnlen(h->backing, COW_PATH_MAX);
	uint8_t *p = buf;

	if (g->version != 3 || g->broken64)
		return -EINVAL;
	if (len < COW_HEADER_MAX)
		return -ENOBUFS;
	if (!name_len)
		return -EINVAL;
	if (name_len >= lay->backing_len)
		return -ENAMETOOLONG;
	memset(p, 0, len);
	put32(p, COW_MAGIC, true);
	put32(p + 4, 3, true);
	put32(p + lay->mtime, h->mtime, true);
	put64(p + lay->size, g->size);
	put32(p + lay->sector_size, g->sector_size, true);
	put32(p + lay->align, g->align, true);
	put32(p + lay->format, 0, true);
	memcpy(p + lay->backing, h->backing, name_len);
	if (!cow_identity_fits(g))
		return lay->header_len;
	cow_identity_build(&h->identity, p + COW_IDENTITY_OFFSET);
	return COW_IDENTITY_OFFSET + COW_IDENTITY_LEN;
}

void cow_mtime_patch(const struct cow_geometry *g, uint32_t mtime, uint64_t *offset,
		     uint8_t out[static 4])
{
	*offset = g->broken64 ? layout_broken64.mtime : layouts[g->version - 1].mtime;
	put32(out, mtime, g->big_endian);
}

static const char *const texts[] = {
	[COW_OK] = "no error",
	[COW_ERR_NOT_COW] = "not a COW file (no COW magic); make one with uml_mkcow",
	[COW_ERR_SHORT] = "ends inside its COW header; the file is cut short, restore a copy",
	[COW_ERR_VERSION] = "has a COW version that is not known (1, 2 and 3 are); restore a copy",
	[COW_ERR_FORMAT] = "has a COW bitmap format that is not known (only 0 is); restore a copy",
	[COW_ERR_ENDIAN] =
		"has its COW header in the wrong byte order; the header is damaged, restore a copy",
	[COW_ERR_SIZE_ZERO] = "says in its COW header that the disk has 0 bytes; the header is "
			      "damaged, restore a copy",
	[COW_ERR_SIZE_HUGE] = "has an impossible disk size in its COW header; the header is "
			      "damaged, restore a copy",
	[COW_ERR_SECTOR_ZERO] =
		"has sector size 0 in its COW header; the header is damaged, restore a copy",
	[COW_ERR_SECTOR_POWER] = "has a sector size that is not a power of two; the header is "
				 "damaged, restore a copy",
	[COW_ERR_SECTOR_RANGE] = "has a sector size out of range (512 to 1048576); the header is "
				 "damaged, restore a copy",
	[COW_ERR_ALIGN_ZERO] =
		"has alignment 0 in its COW header; the header is damaged, restore a copy",
	[COW_ERR_ALIGN_POWER] = "has an alignment that is not a power of two; the header is "
				"damaged, restore a copy",
	[COW_ERR_ALIGN_RANGE] = "has an alignment above 1 GiB in its COW header; the header is "
				"damaged, restore a copy",
	[COW_ERR_PATH_EMPTY] =
		"names no backing file in its COW header; the header is damaged, restore a copy",
	[COW_ERR_PATH_UNTERMINATED] = "has a backing file name without an end in its COW header; "
				      "the header is damaged, restore a copy",
	[COW_ERR_TRUNC_BITMAP] = "ends before the end of its COW bitmap; the file is cut short, "
				 "restore a copy",
	[COW_ERR_TRUNC_DATA] = "ends before its last COW sector; the file is cut short, "
			       "restore a copy or see uml_cow check",
};

_Static_assert(sizeof(texts) / sizeof(texts[0]) == COW_ERR_COUNT, "a text for each error");

const char *cow_strerror(int cow_error)
{
	if (cow_error < 0 || cow_error >= COW_ERR_COUNT)
		return "unknown COW error";
	return texts[cow_error];
}
