// SPDX-License-Identifier: GPL-2.0
/* VLANs; see vlan.h. */
#include <string.h>
#include "vlan.h"

#define TPID 0x8100 /* IEEE 802.1Q, 9.6: tag protocol identifier, priority, number */
#define ADDRESSES (2 * ETH_ALEN)

bool vlan_valid(const struct port_vlan *v)
{
	if (v->mode == PORT_VLAN_ACCESS)
		return v->vlan >= 1 && v->vlan <= VLAN_MAX;
	return v->vlan <= VLAN_MAX;
}

static bool is_tagged(const struct packet *p)
{
	return p->head_len >= ADDRESSES + VLAN_TAG_LEN && p->head[ADDRESSES] == TPID >> 8 &&
	       p->head[ADDRESSES + 1] == (TPID & 0xff);
}

static bool allows(const struct port_vlan *v, int vid)
{
	return v->allowed[vid / 8] >> (vid % 8) & 1;
}

int vlan_classify(const struct port_vlan *v, const struct packet *p, bool *tagged)
{
	int vid = 0;

	*tagged = false;
	if (v->mode == PORT_VLAN_NONE)
		return VLAN_TRANSPARENT;
	if (is_tagged(p))
		vid = (p->head[ADDRESSES + 2] << 8 | p->head[ADDRESSES + 3]) & 0xfff;
	if (!vid) /* none, or a tag that tells the priority only */
		return v->vlan ? v->vlan : -1;
	*tagged = true;
	if (v->mode == PORT_VLAN_TRUNK && vid <= VLAN_MAX && allows(v, vid))
		return vid;
	return -1;
}

int vlan_leaves(const struct port_vlan *v, int vid)
{
	switch (v->mode) {
	case PORT_VLAN_NONE:
		return vid == VLAN_TRANSPARENT;
	case PORT_VLAN_ACCESS:
		return vid == v->vlan;
	case PORT_VLAN_TRUNK:
		if (vid == VLAN_TRANSPARENT)
			return 0;
		if (vid == v->vlan)
			return 1;
		return allows(v, vid) ? 2 : 0;
	}
	return 0;
}

static void meta_shift(struct frame *f, const struct packet *p, int by)
{
	f->meta = p->meta;
	if (f->meta.flags & META_NEEDS_CSUM)
		f->meta.csum_start = (uint16_t)(f->meta.csum_start + by);
	if (f->meta.gso_type)
		f->meta.hdr_len = (uint16_t)(f->meta.hdr_len + by);
}

struct frame *vlan_push(struct frame_pool *pool, const struct packet *p, int vid)
{
	bool priority = is_tagged(p);
	uint32_t from = ADDRESSES + (priority ? VLAN_TAG_LEN : 0);
	struct frame *f = frame_new(pool, p->len - from + ADDRESSES + VLAN_TAG_LEN);

	if (!f)
		return NULL;
	memcpy(f->data, p->head, ADDRESSES);
	f->data[ADDRESSES] = TPID >> 8;
	f->data[ADDRESSES + 1] = TPID & 0xff;
	f->data[ADDRESSES + 2] =
		(uint8_t)((priority ? p->head[ADDRESSES + 2] & 0xf0 : 0) | vid >> 8);
	f->data[ADDRESSES + 3] = (uint8_t)vid;
	packet_copy(p, from, f->data + ADDRESSES + VLAN_TAG_LEN, p->len - from);
	meta_shift(f, p, priority ? 0 : VLAN_TAG_LEN);
	return f;
}

struct frame *vlan_pop(struct frame_pool *pool, const struct packet *p)
{
	struct frame *f = frame_new(pool, p->len - VLAN_TAG_LEN);

	if (!f)
		return NULL;
	memcpy(f->data, p->head, ADDRESSES);
	packet_copy(p, ADDRESSES + VLAN_TAG_LEN, f->data + ADDRESSES,
		    p->len - ADDRESSES - VLAN_TAG_LEN);
	meta_shift(f, p, -VLAN_TAG_LEN);
	return f;
}
