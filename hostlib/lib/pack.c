// SPDX-License-Identifier: GPL-2.0
/* Blobs behind an ELF file; see pack.h. */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pack.h"

static uint64_t le64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static int parse_entry(const unsigned char *p, uint64_t limit, struct pack_blob *out)
{
	memcpy(out->name, p, PACK_NAME);
	out->name[PACK_NAME] = '\0';
	out->offset = le64(p + PACK_NAME);
	out->length = le64(p + PACK_NAME + 8);
	if (!out->name[0] || out->offset % PACK_ALIGN || out->offset > limit ||
	    out->length > limit - out->offset)
		return -EBADMSG;
	return 0;
}

int pack_parse(const void *tail, size_t len, uint64_t file_size, struct pack *out)
{
	const unsigned char *end = (const unsigned char *)tail + len;
	uint64_t n, i, limit;
	int err;

	memset(out, 0, sizeof(*out));
	if (len < PACK_FOOTER || len > file_size || memcmp(end - PACK_FOOTER, PACK_MAGIC, 8) != 0)
		return -ENOENT;
	n = le64(end - 8);
	if (n > PACK_MAX)
		return -EBADMSG;
	if (len < PACK_FOOTER + n * PACK_ENTRY)
		return -ENOSPC;
	limit = file_size - PACK_FOOTER - n * PACK_ENTRY;
	for (i = 0; i < n; i++) {
		err = parse_entry(end - PACK_FOOTER - (n - i) * PACK_ENTRY, limit, &out->blob[i]);
		if (err)
			return err;
	}
	out->count = (unsigned int)n;
	return 0;
}

int pack_read(int fd, struct pack *out)
{
	unsigned char tail[PACK_FOOTER + PACK_MAX * PACK_ENTRY];
	size_t len = sizeof(tail);
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size < len)
		len = (size_t)st.st_size;
	n = pread(fd, tail, len, st.st_size - (off_t)len);
	if (n < 0)
		return -errno;
	return pack_parse(tail, (size_t)n, (uint64_t)st.st_size, out);
}

const struct pack_blob *pack_find(const struct pack *pack, const char *name)
{
	unsigned int i;

	for (i = 0; i < pack->count; i++)
		if (strcmp(pack->blob[i].name, name) == 0)
			return &pack->blob[i];
	return NULL;
}
