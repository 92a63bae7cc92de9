// SPDX-License-Identifier: GPL-2.0
/*
 * Opening and checking a packed rig; see bundle.h. The file is mapped: it is the program that runs,
 * or one that was just read, so nobody makes it shorter meanwhile.
 */
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The plain functions link to 26 KB of a static program; EVP would bring in megabytes. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "bundle.h"

_Static_assert(SHA256_DIGEST_LENGTH == BUNDLE_DIGEST, "digest");

void bundle_digest(const void *data, size_t len, uint8_t out[static BUNDLE_DIGEST])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, data, len);
	SHA256_Final(out, &ctx);
}

static bool digest_is(const void *data, size_t len, const uint8_t want[static BUNDLE_DIGEST])
{
	uint8_t is[BUNDLE_DIGEST];

	bundle_digest(data, len, is);
	return memcmp(is, want, sizeof(is)) == 0;
}

static int say(char why[static BUNDLE_WHY], int err, const char *text)
{
	snprintf(why, BUNDLE_WHY, "%s", text);
	return err;
}

static int map_file(struct bundle *b, int fd)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(struct bundle_footer))
		return -ENODATA;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	b->map = map;
	b->len = (uint64_t)st.st_size;
	return 0;
}

/* The directory's place and length, from a footer that fits the file. */
static int read_footer(const struct bundle *b, struct bundle_footer *f)
{
	memcpy(f, b->map + b->len - sizeof(*f), sizeof(*f));
	if (memcmp(f->magic, BUNDLE_MAGIC, sizeof(f->magic)) != 0)
		return -ENODATA;
	f->directory = le64toh(f->directory);
	f->length = le64toh(f->length);
	if (le64toh(f->file_size) != b->len || f->directory > b->len - sizeof(*f) ||
	    f->length != b->len - sizeof(*f) - f->directory)
		return -EBADMSG;
	return digest_is(b->map + f->directory, f->length, f->digest) ? 0 : -EBADMSG;
}

static int open_mapped(struct bundle *b, char why[static BUNDLE_WHY])
{
	struct bundle parsed;
	struct bundle_footer f;
	int err = read_footer(b, &f);

	if (err == -ENODATA)
		return say(why, err, "its end is missing, or it is no packed rig");
	if (err)
		return say(why, err, "its directory is damaged");
	err = bundle_parse(b->map + f.directory, f.length, f.directory, &parsed);
	if (err)
		return say(why, err,
			   err == -ENOMEM ? "out of memory" : "its directory makes no sense");
	parsed.map = b->map;
	parsed.len = b->len;
	*b = parsed;
	return 0;
}

int bundle_open(struct bundle *b, int fd, char why[static BUNDLE_WHY])
{
	int err;

	*b = (struct bundle){.count = 0};
	err = map_file(b, fd);
	if (err)
		return say(why, err,
			   err == -ENODATA ? "its end is missing, or it is no packed rig"
					   : strerror(-err));
	err = open_mapped(b, why);
	if (err)
		bundle_close(b);
	return err;
}

static bool all_zero(const uint8_t *p, uint64_t len)
{
	return !len || (p[0] == 0 && !memcmp(p, p + 1, len - 1));
}

int bundle_verify(const struct bundle *b, char why[static BUNDLE_WHY])
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < b->count; i++) {
		const struct bundle_member *m = &b->member[i];

		if (!all_zero(b->map + end, m->offset - end) ||
		    !digest_is(b->map + m->offset, m->stored, m->digest)) {
			snprintf(why, BUNDLE_WHY, "it is damaged, in %s", m->name);
			return -EBADMSG;
		}
		end = m->offset + m->stored;
	}
	if (all_zero(b->map + end, b->directory - end))
		return 0;
	return say(why, -EBADMSG, "it is damaged, in front of its directory");
}

void bundle_close(struct bundle *b)
{
	free(b->member);
	free(b->names);
	if (b->map)
		munmap((void *)b->map, b->len);
	*b = (struct bundle){.count = 0};
}
