// SPDX-License-Identifier: GPL-2.0
/*
 * Segments put together behind NAT: any frames, and such as are nearly what goes together; what comes
 * out is what the switch takes, and when it is cut again it is what went in.
 */
#include <assert.h>
#include <string.h>
#include "offload.h"
#include "port_nat_merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADERS 54

static struct frame_pool pool;
static uint32_t bytes_in, bytes_out;

static void count(void *arg, struct frame *f)
{
	assert(f->len > HEADERS);
	bytes_out += f->len - HEADERS;
	frame_put(f);
}

static void put_out(struct nat_merge *m)
{
	struct packet_meta meta;
	struct frame *f;

	if (nat_merge_finish(m, &meta)) {
		struct packet p;

		assert(m->len <= 14 + 65535);
		f = frame_new(&pool, m->len);
		assert(f);
		memcpy(f->data, m->buf, m->len);
		f->meta = meta;
		frame_packet(f, &p);
		assert(offload_valid(&p));
		bytes_out = 0;
		assert(!offload_segment(f, count, NULL));
		assert(bytes_out == bytes_in);
		frame_put(f);
	}
	nat_merge_reset(m);
	bytes_in = 0;
}

/* A frame that goes behind the last one but for a byte that the input chooses. */
static size_t build(uint8_t *f, const uint8_t *in, uint32_t *sequence)
{
	static const uint8_t head[HEADERS] = {
		[12] = 8, [14] = 0x45, [22] = 64, [23] = 6, [46] = 0x50, [47] = 0x10};
	uint32_t len = 1 + ((uint32_t)in[0] << 4);

	memcpy(f, head, sizeof(head));
	memset(f + HEADERS, in[1], len);
	f[16] = (uint8_t)((40 + len) >> 8);
	f[17] = (uint8_t)(40 + len);
	for (int i = 0; i < 4; i++)
		f[38 + i] = (uint8_t)(*sequence >> (24 - 8 * i));
	*sequence += len;
	if (in[2] < 200)
		f[in[2] % HEADERS] ^= in[3];
	return HEADERS + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nat_merge m;
	uint8_t f[HEADERS + 4096 + 16];
	uint32_t sequence = 0xfffff000;

	frame_pool_init(&pool, 1 << 22);
	nat_merge_reset(&m);
	bytes_in = 0;
	if (size < 2048 && nat_merge_add(&m, data, size))
		bytes_in = (uint32_t)size - HEADERS;
	put_out(&m);
	for (; size >= 4; data += 4, size -= 4) {
		size_t len = build(f, data, &sequence);

		if (!nat_merge_add(&m, f, len)) {
			put_out(&m);
			if (!nat_merge_add(&m, f, len))
				continue;
		}
		bytes_in += (uint32_t)len - HEADERS;
	}
	put_out(&m);
	assert(!pool.used);
	frame_pool_exit(&pool);
	return 0;
}
