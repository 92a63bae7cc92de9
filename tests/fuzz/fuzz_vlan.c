// SPDX-License-Identifier: GPL-2.0
/*
 * Tags of frames on their way from a port with these VLANs to one with those: what is put in or
 * taken out is the tag and nothing else, and what is left to do for checksums moves along.
 */
#include "input.h"
#include "offload.h"
#include "vlan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAME 2100 /* beyond what a small frame holds */
#define TAG_AT 12

static struct frame_pool pool;

static struct port_vlan some_vlan(struct input *in)
{
	uint8_t how = take8(in);
	struct port_vlan v = {.mode = how % 3, .vlan = take16(in)};

	if (how & 16)
		v.vlan &= 3;
	memset(v.allowed, how & 32 ? 0xff : 0, sizeof(v.allowed));
	take(in, v.allowed, how & 64 ? 4 : 0);
	return v;
}

static bool same(const struct packet *p, uint32_t from, const struct frame *f, uint32_t at)
{
	static uint8_t buf[FRAME];

	assert(p->len - from == f->len - at);
	packet_copy(p, from, buf, p->len - from);
	return !memcmp(buf, f->data + at, f->len - at);
}

/* As far ahead of the end as before, and inside. */
static void check_meta(const struct packet *p, const struct frame *f, int by)
{
	if (p->meta.flags & META_NEEDS_CSUM) {
		assert(f->meta.csum_start == p->meta.csum_start + by);
		assert(f->meta.csum_start + f->meta.csum_offset + 2u <= f->len);
	}
	assert(f->meta.gso_type == p->meta.gso_type && f->meta.gso_size == p->meta.gso_size);
}

static void put_in(const struct packet *p, int vid)
{
	struct frame *f = vlan_push(&pool, p, vid), *back;
	bool priority = f->len == p->len, tagged;
	struct port_vlan all = {.mode = PORT_VLAN_TRUNK};
	struct packet with;

	assert(priority || f->len == p->len + VLAN_TAG_LEN);
	assert(same(p, TAG_AT + (priority ? VLAN_TAG_LEN : 0), f, TAG_AT + VLAN_TAG_LEN));
	assert(!memcmp(p->head, f->data, TAG_AT));
	check_meta(p, f, priority ? 0 : VLAN_TAG_LEN);
	memset(all.allowed, 0xff, sizeof(all.allowed));
	frame_packet(f, &with);
	assert(vlan_classify(&all, &with, &tagged) == vid && tagged);
	back = vlan_pop(&pool, &with);
	assert(priority || (same(p, 0, back, 0) && back->meta.csum_start == p->meta.csum_start));
	frame_put(back);
	frame_put(f);
}

static void take_out(const struct packet *p)
{
	struct frame *f = vlan_pop(&pool, p);

	assert(f->len == p->len - VLAN_TAG_LEN);
	assert(same(p, TAG_AT + VLAN_TAG_LEN, f, TAG_AT) && !memcmp(p->head, f->data, TAG_AT));
	check_meta(p, f, -VLAN_TAG_LEN);
	frame_put(f);
}

/* A frame in two pieces, as the switch lets it in. */
static bool some_packet(struct packet *p, struct iovec iov[2], struct input *in)
{
	static uint8_t data[FRAME];
	uint8_t how = take8(in);
	uint32_t len = ETH_HLEN + (how & 1 ? take16(in) % (FRAME - ETH_HLEN) : take8(in));
	struct packet_meta meta = {0};
	uint32_t cut;

	if (how & 2) {
		meta.flags = META_NEEDS_CSUM;
		meta.csum_start = how & 4 ? take16(in) : take8(in);
		meta.csum_offset = take8(in);
	}
	if (how & 8) {
		meta.gso_type = take8(in);
		meta.gso_size = take16(in);
		meta.hdr_len = take16(in);
	}
	cut = how & 16 ? take8(in) % len : len;
	memset(data, 0, sizeof(data));
	if (how & 32)
		data[TAG_AT] = 0x81;
	else
		take(in, data, 2 * ETH_ALEN + 2);
	take(in, data + TAG_AT + 2, in->left < len - ETH_HLEN ? in->left : len - ETH_HLEN);
	iov[0] = (struct iovec){data, cut};
	iov[1] = (struct iovec){data + cut, len - cut};
	assert(packet_init(p, iov, 2, len, &meta) == 0);
	return !(meta.flags || meta.gso_type) || offload_valid(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct port_vlan from = some_vlan(&in), to = some_vlan(&in);
	struct iovec iov[2];
	struct packet p;
	bool tagged;
	int vid, form;

	if (!pool.limit)
		frame_pool_init(&pool, 1 << 20);
	if (!vlan_valid(&from) || !vlan_valid(&to) || !some_packet(&p, iov, &in))
		return 0;
	vid = vlan_classify(&from, &p, &tagged);
	assert(vid >= -1 && vid <= VLAN_MAX);
	assert(vid >= 0 || from.mode != PORT_VLAN_NONE);
	if (vid < 0)
		return 0;
	form = vlan_leaves(&to, vid);
	assert(form >= 0 && form <= 2);
	assert((vid == VLAN_TRANSPARENT) == (from.mode == PORT_VLAN_NONE));
	assert(!form || (vid == VLAN_TRANSPARENT) == (to.mode == PORT_VLAN_NONE));
	/* As the bridge does. */
	if (form == 2 && vid && !tagged)
		put_in(&p, vid);
	else if (form == 1 && vid && tagged)
		take_out(&p);
	assert(pool.used == 0);
	return 0;
}
