// SPDX-License-Identifier: GPL-2.0
/* Segments of TCP put together behind a NAT. */
#include "nat_guest.h"
#include "offload.h"
#include "port_nat_merge.h"
#include "suite.h"

#define SEGMENTS 44
#define MSS 1460

static uint8_t segment[SEGMENTS + 1][1600];
static uint32_t segment_len[SEGMENTS + 1];

/* A stream of segments as a host sends it; the last one shorter, with PSH. */
static void make_segments(void)
{
	static uint8_t data[MSS];
	uint32_t seq = 0xffffff00; /* it wraps */

	memcpy(host_mac, "\2\2\2\2\2\2", 6);
	for (unsigned int i = 0; i < SEGMENTS; i++) {
		uint32_t len = i == SEGMENTS - 1 ? 333 : MSS, s;
		uint8_t *t = out + 34;

		memset(data, (int)i, sizeof(data));
		s = ip(6, HOST, GUEST, 20 + len);
		put16(out + 18, 7000 + i);
		put16(out + 24, 0);
		put16(out + 24, ~sum(out + 14, 20, 0) & 0xffff);
		memset(t, 0, 20);
		put16(t, 80);
		put16(t + 2, 5000);
		put32(t + 4, seq);
		put32(t + 8, 77);
		t[12] = 0x50;
		t[13] = i == SEGMENTS - 1 ? 0x18 : 0x10;
		put16(t + 14, 8760);
		memcpy(t + 20, data, len);
		put16(t + 16, ~sum(t, 20 + len, s) & 0xffff);
		segment_len[i] = 54 + len;
		memcpy(segment[i], out, segment_len[i]);
		seq += len;
	}
}

static unsigned int cut_number;

static void check_cut(void *arg, struct frame *f)
{
	unsigned int i = cut_number++;

	CU_ASSERT_FATAL(i < SEGMENTS);
	CU_ASSERT_EQUAL(f->len, segment_len[i]);
	CU_ASSERT(!memcmp(f->data, segment[i], f->len));
	frame_put(f);
}

/* What was put together and is cut again is the same, to the byte. */
static void test_merge(void)
{
	static struct nat_merge m;
	struct packet_meta meta;
	struct frame *f;
	unsigned int done = 0, large = 0;

	make_segments();
	nat_merge_reset(&m);
	cut_number = 0;
	CU_ASSERT(!nat_merge_finish(&m, &meta));
	while (done < SEGMENTS) {
		while (done < SEGMENTS && nat_merge_add(&m, segment[done], segment_len[done]))
			done++;
		CU_ASSERT_FATAL(nat_merge_finish(&m, &meta));
		CU_ASSERT(m.len <= 65549);
		large++;
		f = frame_new(sw_pool(sw), m.len);
		memcpy(f->data, m.buf, m.len);
		f->meta = meta;
		CU_ASSERT_EQUAL(offload_segment(f, check_cut, NULL), 0);
		frame_put(f);
		nat_merge_reset(&m);
	}
	CU_ASSERT_EQUAL(cut_number, SEGMENTS);
	CU_ASSERT_EQUAL(large, 1);
}

/* What does not belong together stays apart. */
static void test_merge_not(void)
{
	static const struct {
		unsigned int at;
		uint8_t value;
	} other[] = {
		{0, 4},  {6, 4},  {12, 9},  {14, 0x46}, {15, 4},    {17, 1},    {20, 0x20},
		{21, 1}, {22, 1}, {23, 17}, {26, 1},    {33, 1},    {34, 1},    {37, 1},
		{38, 1}, {41, 1}, {45, 1},  {46, 0x60}, {47, 0x11}, {47, 0x30}, {49, 1},
	};
	static struct nat_merge m;
	struct packet_meta meta;
	uint8_t f[1600];

	make_segments();
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		nat_merge_reset(&m);
		CU_ASSERT(nat_merge_add(&m, segment[0], segment_len[0]));
		memcpy(f, segment[1], segment_len[1]);
		f[other[i].at] = other[i].value;
		CU_ASSERT(!nat_merge_add(&m, f, segment_len[1]));
		CU_ASSERT(nat_merge_finish(&m, &meta));
		CU_ASSERT(m.len == segment_len[0] && !memcmp(m.buf, segment[0], m.len));
		CU_ASSERT(!meta.flags && !meta.gso_type);
	}
	nat_merge_reset(&m);
	CU_ASSERT(nat_merge_add(&m, segment[SEGMENTS - 1], segment_len[SEGMENTS - 1]));
	CU_ASSERT(!nat_merge_add(&m, segment[0], segment_len[0])); /* behind PSH */
	nat_merge_reset(&m);
	CU_ASSERT(!nat_merge_add(&m, segment[0], 53));
	CU_ASSERT(!nat_merge_add(&m, segment[0], 54));
	CU_ASSERT(!nat_merge_add(&m, segment[0],
				 segment_len[0] - 1)); /* not the IP header's length */
	CU_ASSERT(nat_merge_add(&m, segment[0], segment_len[0]));
	CU_ASSERT(!nat_merge_add(&m, segment[2], segment_len[2])); /* one is missing */
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"segments are put together", test_merge},
		{"those that do not belong together are not", test_merge_not},
		CU_TEST_INFO_NULL,
	};

	return run_suite("nat merge", setup, teardown, tests);
}
