// SPDX-License-Identifier: GPL-2.0
/* Taking members out of a packed rig; see bundle.h. */
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bundle.h"

#define CHUNK (1U << 20)
#define BLOCK 4096 /* what is a hole, if it is zeros */
#define XZ_MEMORY (256ULL << 20) /* bytes that a stream may want; ours want 9 MiB */

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U /* linux/memfd.h, since Linux 6.3 */
#endif

/* Where a member goes. */
struct sink {
	int fd;
	bool holes;
	uint64_t written;
};

static int put_bytes(struct sink *s, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(s->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
		s->written += (uint64_t)n;
	}
	return 0;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	return p[0] == 0 && !memcmp(p, p + 1, len - 1);
}

static int put_hole(struct sink *s, size_t len)
{
	if (lseek(s->fd, (off_t)len, SEEK_CUR) < 0)
		return -errno;
	s->written += len;
	return 0;
}

static int put(struct sink *s, const uint8_t *data, size_t len)
{
	int err = 0;

	while (len && !err) {
		size_t n = len < BLOCK || !s->holes ? len : BLOCK;

		err = s->holes && all_zero(data, n) ? put_hole(s, n) : put_bytes(s, data, n);
		data += n;
		len -= n;
	}
	return err;
}

static int unpack(lzma_stream *xz, struct sink *s, uint8_t *buf, uint64_t size)
{
	lzma_ret rc = LZMA_OK;
	int err = 0;

	while (rc == LZMA_OK && !err) {
		xz->next_out = buf;
		xz->avail_out = CHUNK;
		rc = lzma_code(xz, LZMA_FINISH);
		if (rc != LZMA_OK && rc != LZMA_STREAM_END)
			break;
		if (CHUNK - xz->avail_out > size - s->written)
			return -EBADMSG;
		err = put(s, buf, CHUNK - xz->avail_out);
	}
	if (err)
		return err;
	if (rc == LZMA_MEM_ERROR)
		return -ENOMEM;
	return rc == LZMA_STREAM_END && !xz->avail_in && s->written == size ? 0 : -EBADMSG;
}

static int take_xz(const uint8_t *data, const struct bundle_member *m, struct sink *s)
{
	lzma_stream xz = LZMA_STREAM_INIT;
	uint8_t *buf = malloc(CHUNK);
	int err = buf ? 0 : -ENOMEM;

	if (!err && lzma_stream_decoder(&xz, XZ_MEMORY, 0) != LZMA_OK)
		err = -ENOMEM;
	if (!err) {
		xz.next_in = data;
		xz.avail_in = m->stored;
		err = unpack(&xz, s, buf, m->size);
	}
	lzma_end(&xz);
	free(buf);
	return err;
}

int bundle_take(const struct bundle *b, const struct bundle_member *m, int fd, bool holes)
{
	struct sink s = {.fd = fd, .holes = holes};
	const uint8_t *data = b->map + m->offset;
	int err = m->packing == BUNDLE_XZ ? take_xz(data, m, &s) : put(&s, data, m->size);

	/* A hole at the end is none before the file has its length. */
	if (!err && holes && ftruncate(fd, (off_t)m->size) < 0)
		err = -errno;
	return err;
}

/* Where a host asks for it to be said, it is; older ones do not know the flag. */
static int memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int bundle_take_memory(const struct bundle *b, const struct bundle_member *m)
{
	const char *slash = strrchr(m->name, '/');
	int fd = memory_file(slash ? slash + 1 : m->name), err;

	if (fd < 0)
		return fd;
	err = bundle_take(b, m, fd, true);
	if (!err && fchmod(fd, m->mode) < 0)
		err = -errno;
	if (!err && lseek(fd, 0, SEEK_SET) < 0)
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}
