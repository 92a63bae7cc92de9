// SPDX-License-Identifier: GPL-2.0
/*
 * Frames and claims about them, as a guest may make them: nothing is touched outside, segments are
 * bounded, and those of a good frame hold all its payload. Ten bytes are the meta data, the rest
 * is the frame.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "offload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	const struct frame *whole;
	uint64_t segments, bytes;
	unsigned int gso_size;
};

static void segment(void *arg, struct frame *seg)
{
	struct seen *s = arg;

	assert(!(seg->meta.flags & META_NEEDS_CSUM) && seg->meta.gso_type == META_GSO_NONE);
	assert(seg->len <= s->whole->len && seg->len <= seg->room);
	s->segments++;
	s->bytes += seg->len;
	frame_put(seg);
}

static struct packet_meta meta(const uint8_t *d)
{
	struct packet_meta m = {.flags = d[0], .gso_type = d[1]};

	memcpy(&m.hdr_len, d + 2, 2);
	memcpy(&m.gso_size, d + 4, 2);
	memcpy(&m.csum_start, d + 6, 2);
	memcpy(&m.csum_offset, d + 8, 2);
	return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_pool pool;
	struct frame *f, *copy;
	struct packet p;
	struct seen s;
	bool valid;
	int ret;

	if (size < 10 || size - 10 > PACKET_MAX)
		return 0;
	frame_pool_init(&pool, 1 << 24);
	f = frame_new(&pool, (uint32_t)size - 10);
	memcpy(f->data, data + 10, size - 10);
	f->meta = meta(data);
	frame_packet(f, &p);
	valid = offload_valid(&p);
	copy = frame_copy(f);
	ret = offload_checksum(copy);
	assert(ret == (valid && !f->meta.gso_type ? 0 : -EINVAL));
	frame_put(copy);
	s = (struct seen){.whole = f, .gso_size = f->meta.gso_size};
	ret = offload_segment(f, segment, &s);
	assert(ret == (valid ? 0 : -EINVAL));
	assert(ret || (s.segments > 0 && s.segments <= 8192 && s.bytes >= f->len));
	assert(!ret || !s.segments);
	frame_put(f);
	assert(pool.used == 0);
	frame_pool_exit(&pool);
	return 0;
}
