// SPDX-License-Identifier: GPL-2.0
/*
 * Writing a packed rig; see bundle_write.h.
 *
 * Packing is xz, in blocks of a fixed size: liblzma packs blocks side by side, and what comes out
 * depends on the size of the blocks, not on how many CPUs there are.
 */
#include <endian.h>
#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bundle_write.h"

#define CHUNK (256U << 10)
#define PRESET 6
#define PRESET_FAST 1 /* four times as fast, a fifth larger */
#define BLOCK (8U << 20) /* the preset's dictionary: smaller ones pack worse */
#define LOOK_MS 100 /* how often it is seen whether to stop */
#define SAMPLE (256U << 10) /* of an image, to see whether packing it is of use */
#define SAMPLES 8

static int put(struct bundle_writer *w, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = write(w->fd, p, len < CHUNK ? len : CHUNK);

		if (w->stop && *w->stop)
			return -EINTR;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		p += n;
		len -= (size_t)n;
		w->at += (uint64_t)n;
	}
	return 0;
}

static int pad(struct bundle_writer *w)
{
	static const uint8_t zeros[BUNDLE_ALIGN];

	return put(w, zeros, (BUNDLE_ALIGN - w->at % BUNDLE_ALIGN) % BUNDLE_ALIGN);
}

/* Bytes of programs that call and jump are made alike first: a tenth less. */
static bool is_program(enum bundle_kind kind)
{
	return kind == BUNDLE_PROGRAM || kind == BUNDLE_LOADER || kind == BUNDLE_LIBRARY ||
	       kind == BUNDLE_LINUX;
}

static int start_xz(lzma_stream *xz, enum bundle_kind kind, bool fast)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	lzma_options_lzma options;
	lzma_filter filters[3] = {{.id = LZMA_FILTER_X86}};
	lzma_filter *last = &filters[is_program(kind) ? 1 : 0];
	lzma_mt mt = {
		.threads = cpus > 1 ? (uint32_t)(cpus < 16 ? cpus : 16) : 1,
		.block_size = BLOCK,
		.timeout = LOOK_MS,
		.filters = filters,
		.check = LZMA_CHECK_CRC64,
	};

	if (lzma_lzma_preset(&options, fast ? PRESET_FAST : PRESET))
		return -ENOTSUP;
	last[0] = (lzma_filter){.id = LZMA_FILTER_LZMA2, .options = &options};
	last[1] = (lzma_filter){.id = LZMA_VLI_UNKNOWN};
	return lzma_stream_encoder_mt(xz, &mt) == LZMA_OK ? 0 : -ENOMEM;
}

static int put_xz(struct bundle_writer *w, struct bundle_member *m, const void *data)
{
	lzma_stream xz = LZMA_STREAM_INIT;
	uint8_t *buf = malloc(CHUNK);
	lzma_ret rc = LZMA_OK;
	int err = buf ? start_xz(&xz, m->kind, w->fast) : -ENOMEM;

	xz.next_in = data;
	xz.avail_in = m->size;
	while (!err && rc == LZMA_OK) {
		xz.next_out = buf;
		xz.avail_out = CHUNK;
		rc = lzma_code(&xz, LZMA_FINISH);
		if (w->stop && *w->stop)
			err = -EINTR;
		else if (rc == LZMA_OK || rc == LZMA_STREAM_END)
			err = put(w, buf, CHUNK - xz.avail_out);
		else
			err = -ENOMEM; /* nothing else can go wrong */
	}
	m->stored = xz.total_out;
	lzma_end(&xz);
	free(buf);
	return err;
}

/* Whether a few pieces of it get smaller by a twentieth; what is packed already does not. */
static int shrinks(const uint8_t *data, uint64_t size)
{
	size_t room = lzma_stream_buffer_bound(SAMPLE), in = 0, out = 0;
	uint8_t *buf = malloc(room);
	uint64_t i;

	if (!buf)
		return -ENOMEM;
	for (i = 0; i < SAMPLES; i++) {
		uint64_t from = size / SAMPLES * i;
		size_t len = size - from < SAMPLE ? (size_t)(size - from) : SAMPLE, used = 0;

		if (lzma_easy_buffer_encode(1, LZMA_CHECK_NONE, NULL, data + from, len, buf, &used,
					    room) != LZMA_OK) {
			free(buf);
			return -ENOMEM;
		}
		in += len;
		out += used;
	}
	free(buf);
	return out + in / 20 < in;
}

/* BUNDLE_* or -errno. */
static int choose_packing(const struct bundle_member *m, const void *data)
{
	int rc = m->kind == BUNDLE_IMAGE && m->size ? shrinks(data, m->size) : 1;

	if (rc < 0)
		return rc;
	/* The host starts the front as it is; of a few bytes an xz stream is larger. */
	return m->kind == BUNDLE_FRONT || !rc || m->size < 128 ? BUNDLE_PLAIN : BUNDLE_XZ;
}

static int grow(struct bundle_writer *w, size_t more)
{
	size_t room = w->room ? 2 * w->room : 4096;
	uint8_t *p;

	if (w->used + more <= w->room)
		return 0;
	p = realloc(w->directory, room + more);
	if (!p)
		return -ENOMEM;
	w->directory = p;
	w->room = room + more;
	return 0;
}

static int add_entry(struct bundle_writer *w, const struct bundle_member *m)
{
	size_t len = strlen(m->name);
	struct bundle_entry e = {
		.offset = htole64(m->offset),
		.stored = htole64(m->stored),
		.size = htole64(m->size),
		.mode = htole32(m->mode),
		.kind = (uint8_t)m->kind,
		.packing = (uint8_t)m->packing,
		.name_len = htole16((uint16_t)len),
	};

	memcpy(e.digest, m->digest, sizeof(e.digest));
	memcpy(w->directory + w->used, &e, sizeof(e));
	memcpy(w->directory + w->used + sizeof(e), m->name, len);
	w->used += sizeof(e) + len;
	w->count++;
	return 0;
}

/* The digest of what was just written. */
static int digest_written(struct bundle_writer *w, struct bundle_member *m)
{
	uint8_t *buf = malloc(m->stored ? m->stored : 1);
	uint64_t done = 0;
	ssize_t n = 1;

	if (!buf)
		return -ENOMEM;
	while (done < m->stored && n > 0) {
		n = pread(w->fd, buf + done, m->stored - done, (off_t)(m->offset + done));
		done += n > 0 ? (uint64_t)n : 0;
	}
	if (done == m->stored)
		bundle_digest(buf, m->stored, m->digest);
	free(buf);
	return done == m->stored ? 0 : n < 0 ? -errno : -EIO;
}

int bundle_add(struct bundle_writer *w, struct bundle_member *m, const void *data, uint64_t size)
{
	size_t len = strlen(m->name);
	int packing, err;

	if (!bundle_name_ok(m->name, len))
		return len > BUNDLE_NAME_MAX ? -E2BIG : -EINVAL;
	if (w->count == BUNDLE_MEMBERS_MAX || size > BUNDLE_SIZE_MAX ||
	    w->used + len + sizeof(struct bundle_entry) > BUNDLE_DIRECTORY_MAX)
		return -E2BIG;
	m->size = m->stored = size;
	packing = choose_packing(m, data);
	err = packing < 0 ? packing : grow(w, sizeof(struct bundle_entry) + len);
	if (!err && packing == BUNDLE_PLAIN)
		err = pad(w);
	if (err)
		return err;
	m->packing = (enum bundle_packing)packing;
	m->offset = w->at;
	err = packing == BUNDLE_XZ ? put_xz(w, m, data) : put(w, data, size);
	if (!err)
		err = digest_written(w, m);
	return err ? err : add_entry(w, m);
}

int bundle_finish(struct bundle_writer *w)
{
	struct bundle_footer f = {
		.magic = BUNDLE_MAGIC,
		.directory = htole64(w->at),
		.length = htole64(w->used),
		.file_size = htole64(w->at + w->used + sizeof(f)),
	};
	int err;

	bundle_digest(w->directory, w->used, f.digest);
	err = put(w, w->directory, w->used);
	return err ? err : put(w, &f, sizeof(f));
}

void bundle_writer_free(struct bundle_writer *w)
{
	free(w->directory);
	w->directory = NULL;
}
