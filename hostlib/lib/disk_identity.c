// SPDX-License-Identifier: GPL-2.0
/* Content identity of an image: see disk_identity.h. SHA-256 is libcrypto's. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The plain functions link to 26 KB of a static program; EVP would bring in megabytes. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "disk_identity.h"

#define CHUNK (1U << 20)

_Static_assert(SHA256_DIGEST_LENGTH == COW_DIGEST_LEN, "digest");

static void hash_u64(SHA256_CTX *ctx, uint64_t v)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (56 - 8 * i));
	SHA256_Update(ctx, b, sizeof(b));
}

static int read_full(int fd, uint8_t *buf, size_t len, uint64_t off)
{
	while (len) {
		ssize_t n = pread(fd, buf, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		buf += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	return !len || (p[0] == 0 && !memcmp(p, p + 1, len - 1));
}

/* The chunk at or behind `chunk` that may hold data; the number of chunks if none. */
static uint64_t next_data(int fd, uint64_t offset, uint64_t chunk, uint64_t chunks)
{
	off_t at = lseek(fd, (off_t)(offset + chunk * CHUNK), SEEK_DATA);

	if (at >= 0)
		return ((uint64_t)at - offset) / CHUNK;
	return errno == ENXIO ? chunks : chunk; /* elsewise the file system knows no holes */
}

static int hash_chunk(SHA256_CTX *all, int fd, uint64_t offset, uint64_t chunk, uint64_t size,
		      uint8_t *buf)
{
	uint64_t off = chunk * CHUNK;
	size_t len = size - off < CHUNK ? (size_t)(size - off) : CHUNK;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX one;
	int err = read_full(fd, buf, len, offset + off);

	if (err || all_zero(buf, len))
		return err;
	SHA256_Init(&one);
	SHA256_Update(&one, buf, len);
	SHA256_Final(digest, &one);
	hash_u64(all, chunk);
	SHA256_Update(all, digest, sizeof(digest));
	return 0;
}

int disk_identity_compute(int fd, uint64_t offset, uint64_t size, disk_progress_fn progress,
			  void *user, uint8_t digest[static COW_DIGEST_LEN])
{
	uint64_t chunks = (size + CHUNK - 1) / CHUNK, chunk = 0;
	/*
	 * Not malloc(): the loader runs this in a thread, and forks meanwhile in
	 * ways that libc does not know (a lock of malloc's would stay locked).
	 */
	uint8_t *buf =
		mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	SHA256_CTX all;
	int err = 0;

	if (buf == MAP_FAILED)
		return -ENOMEM;
	if (lseek(fd, 0, SEEK_END) < (off_t)(offset + size))
		err = -EIO; /* SEEK_DATA would take what is missing for a hole */
	SHA256_Init(&all);
	while (!err) {
		chunk = next_data(fd, offset, chunk, chunks);
		if (chunk >= chunks)
			break;
		err = hash_chunk(&all, fd, offset, chunk, size, buf);
		chunk++;
		if (!err && progress)
			err = progress(user, "hashing the backing file", chunk * CHUNK, size);
	}
	hash_u64(&all, size);
	SHA256_Final(digest, &all);
	munmap(buf, CHUNK);
	return err;
}
