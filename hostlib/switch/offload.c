// SPDX-License-Identifier: GPL-2.0
/*
 * Segmentation and checksums; see offload.h.
 *
 * What a guest claims in the meta data is held against the frame: headers are found by reading
 * them, never by hdr_len. Taken: Ethernet, up to two VLAN tags, IPv4 without fragments or IPv6
 * with hop-by-hop and destination options (no routing header: its checksum is over an address
 * that is not in the header, and no fragments), then TCP, or UDP for META_GSO_UDP_L4. A frame
 * with META_GSO_UDP (fragments of one datagram) is bad: no port offers it.
 *
 * Must never: read or write outside a frame, or make more than SEGMENTS_MAX of one frame.
 */
#include <errno.h>
#include <string.h>
#include "bytes.h"
#include "offload.h"

#define HEADERS_MAX 512 /* bytes of all headers that are looked for */
#define SEGMENTS_MAX 8192
#define OPTIONS_MAX 8 /* IPv6 extension headers */

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_VLAN 0x8100
#define TYPE_PROVIDER 0x88a8
#define PROTO_TCP 6
#define PROTO_UDP 17

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80

/* Where the headers of a frame are. */
struct layout {
	uint32_t ip; /* offset of the IP header */
	uint32_t transport; /* of TCP's or UDP's */
	uint32_t payload;
	uint8_t version; /* 4 or 6 */
	uint8_t protocol;
};

/*
 * Sum of 16-bit words in one's complement (RFC 1071), in the machine's byte order, which such a
 * sum does not mind (section 2B) as long as it is stored in the same one. An odd last byte has a
 * zero behind it.
 */
static uint64_t sum_bytes(const uint8_t *p, uint32_t len, uint64_t sum)
{
	uint32_t word;
	uint16_t half = 0;

	for (; len >= 4; len -= 4, p += 4) {
		memcpy(&word, p, 4);
		sum += word;
	}
	if (len >= 2) {
		memcpy(&half, p, 2);
		sum += half;
		p += 2;
		len -= 2;
	}
	if (len) {
		half = 0;
		memcpy(&half, p, 1);
		sum += half;
	}
	return sum;
}

/* The checksum that makes the sum come out even. Zero means "none" in UDP: then its other form. */
static uint16_t finish(uint64_t sum, bool not_zero)
{
	uint16_t v;

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	v = (uint16_t)~sum;
	return !v && not_zero ? 0xffff : v;
}

/* The offset behind the addresses and tags, the type in *type; 0: the frame is too short. */
static uint32_t find_ip(const uint8_t *h, uint32_t len, uint16_t *type)
{
	uint32_t at = ETH_HLEN;
	unsigned int tags = 0;

	if (len < ETH_HLEN)
		return 0;
	*type = get16(h + 12);
	while ((*type == TYPE_VLAN || *type == TYPE_PROVIDER) && tags++ < 2) {
		if (len < at + 4)
			return 0;
		*type = get16(h + at + 2);
		at += 4;
	}
	return at;
}

static bool find_ipv4(const uint8_t *h, uint32_t len, struct layout *l)
{
	uint32_t bytes;

	if (len < l->ip + 20)
		return false;
	bytes = 4 * (h[l->ip] & 15U);
	if (h[l->ip] >> 4 != 4 || bytes < 20 || get16(h + l->ip + 6) & 0x3fff)
		return false;
	l->version = 4;
	l->protocol = h[l->ip + 9];
	l->transport = l->ip + bytes;
	return true;
}

static bool find_ipv6(const uint8_t *h, uint32_t len, struct layout *l)
{
	unsigned int options;
	uint32_t at = l->ip + 40;

	if (len < at || h[l->ip] >> 4 != 6)
		return false;
	l->version = 6;
	l->protocol = h[l->ip + 6];
	for (options = 0; l->protocol == 0 || l->protocol == 60; options++) {
		if (options == OPTIONS_MAX || len < at + 8)
			return false;
		l->protocol = h[at];
		at += 8 * (h[at + 1] + 1U);
	}
	l->transport = at;
	return true;
}

/* Finds the headers in the first len bytes of a frame; false: they are not as they should be. */
static bool find_headers(const uint8_t *h, uint32_t len, struct layout *l)
{
	uint16_t type = 0;
	uint32_t bytes;

	l->ip = find_ip(h, len, &type);
	if (!l->ip || !(type == TYPE_IPV4   ? find_ipv4(h, len, l)
			: type == TYPE_IPV6 ? find_ipv6(h, len, l)
					    : false))
		return false;
	if (l->protocol == PROTO_UDP) {
		l->payload = l->transport + 8;
	} else if (l->protocol == PROTO_TCP && len >= l->transport + 20) {
		bytes = h[l->transport + 12] >> 4;
		if (bytes < 5)
			return false;
		l->payload = l->transport + 4 * bytes;
	} else {
		return false;
	}
	return l->payload <= len;
}

/* Whether the headers are those of the kind of large packet that is claimed. */
static bool is_kind(const struct layout *l, uint8_t gso_type)
{
	switch (gso_type & ~META_GSO_ECN) {
	case META_GSO_TCPV4:
		return l->version == 4 && l->protocol == PROTO_TCP;
	case META_GSO_TCPV6:
		return l->version == 6 && l->protocol == PROTO_TCP;
	case META_GSO_UDP_L4:
		return l->protocol == PROTO_UDP && !(gso_type & META_GSO_ECN);
	default:
		return false;
	}
}

/* Checks claims about a frame of len bytes that begins with h (up to HEADERS_MAX bytes of it). */
static bool check(const struct packet_meta *m, const uint8_t *h, uint32_t len, struct layout *l)
{
	uint32_t csum = (uint32_t)m->csum_start + m->csum_offset, payload;

	if (m->flags & META_NEEDS_CSUM && (m->csum_start < ETH_HLEN || csum + 2 > len))
		return false;
	if (m->gso_type == META_GSO_NONE)
		return true;
	if (!find_headers(h, len < HEADERS_MAX ? len : HEADERS_MAX, l) || !is_kind(l, m->gso_type))
		return false;
	if (m->flags & META_NEEDS_CSUM && (m->csum_start != l->transport ||
					   m->csum_offset != (l->protocol == PROTO_TCP ? 16 : 6)))
		return false;
	payload = len - l->payload;
	return m->gso_size && payload <= (uint32_t)m->gso_size * SEGMENTS_MAX &&
	       m->gso_size <= 65535 - (l->payload - l->ip);
}

bool offload_valid(const struct packet *p)
{
	uint32_t n = p->len < HEADERS_MAX ? p->len : HEADERS_MAX;
	uint8_t h[HEADERS_MAX];
	struct layout l;

	/* The usual ones need no copy of their headers. */
	if (p->meta.gso_type != META_GSO_NONE) {
		packet_copy(p, 0, h, n);
		memcpy(h, p->head, p->head_len);
	}
	return check(&p->meta, h, p->len, &l);
}

static void fill_in(uint8_t *data, uint32_t len, uint32_t start, uint32_t offset)
{
	uint16_t v = finish(sum_bytes(data + start, len - start, 0), true);

	memcpy(data + start + offset, &v, 2);
}

int offload_checksum(struct frame *f)
{
	struct layout l;

	if (f->meta.gso_type != META_GSO_NONE || !check(&f->meta, f->data, f->len, &l))
		return -EINVAL;
	if (f->meta.flags & META_NEEDS_CSUM)
		fill_in(f->data, f->len, f->meta.csum_start, f->meta.csum_offset);
	f->meta.flags &= (uint8_t)~META_NEEDS_CSUM;
	return 0;
}

/* Lengths, number and checksum of the IP header of a segment. */
static void fix_ip(struct frame *seg, const struct layout *l, uint32_t number)
{
	uint8_t *ip = seg->data + l->ip;
	uint16_t v;

	if (l->version == 6) {
		put16(ip + 4, seg->len - l->ip - 40);
		return;
	}
	put16(ip + 2, seg->len - l->ip);
	put16(ip + 4, get16(ip + 4) + number);
	memset(ip + 10, 0, 2);
	v = finish(sum_bytes(ip, l->transport - l->ip, 0), false);
	memcpy(ip + 10, &v, 2);
}

/* Sequence number and flags: CWR is said once, at the beginning (RFC 3168, 6.1.2). */
static void fix_tcp(uint8_t *tcp, uint32_t offset, bool first, bool last)
{
	put32(tcp + 4, get32(tcp + 4) + offset);
	if (!first)
		tcp[13] &= (uint8_t)~TCP_CWR;
	if (!last)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
}

/* The checksum of TCP or UDP with the pseudo-header (RFC 9293, 3.1; RFC 8200, 8.1). */
static void fix_checksum(struct frame *seg, const struct layout *l)
{
	uint8_t tail[4] = {0, l->protocol, 0, 0}, *sum = seg->data + l->transport;
	uint32_t addresses = l->version == 4 ? 12 : 8, len = seg->len - l->transport;
	uint64_t total;
	uint16_t v;

	sum += l->protocol == PROTO_TCP ? 16 : 6;
	memset(sum, 0, 2);
	put16(tail + 2, len); /* below 64 KiB: check() saw to it */
	total = sum_bytes(seg->data + l->ip + addresses, l->version == 4 ? 8 : 32, 0);
	total = sum_bytes(tail, sizeof(tail), total);
	v = finish(sum_bytes(seg->data + l->transport, len, total), true);
	memcpy(sum, &v, 2);
}

/* The segment of `bytes` bytes of payload from `offset` on. */
static struct frame *cut(const struct frame *f, const struct layout *l, uint32_t number,
			 uint32_t offset, uint32_t bytes)
{
	struct frame *seg = frame_new(f->pool, l->payload + bytes);
	uint8_t *transport;

	if (!seg)
		return NULL;
	memcpy(seg->data, f->data, l->payload);
	memcpy(seg->data + l->payload, f->data + l->payload + offset, bytes);
	seg->meta = (struct packet_meta){0};
	transport = seg->data + l->transport;
	fix_ip(seg, l, number);
	if (l->protocol == PROTO_TCP)
		fix_tcp(transport, offset, !number, l->payload + offset + bytes == f->len);
	else
		put16(transport + 4, seg->len - l->transport);
	fix_checksum(seg, l);
	return seg;
}

/* A frame of the wire's size: itself, or a copy if it must be changed and others have it. */
static int pass_whole(struct frame *f, void (*fn)(void *arg, struct frame *seg), void *arg)
{
	struct frame *own = f;

	if (!(f->meta.flags & META_NEEDS_CSUM)) {
		fn(arg, frame_get(f));
		return 0;
	}
	if (f->refs > 1)
		own = frame_copy(f);
	else
		frame_get(f);
	if (!own)
		return -ENOMEM;
	fill_in(own->data, own->len, own->meta.csum_start, own->meta.csum_offset);
	own->meta.flags &= (uint8_t)~META_NEEDS_CSUM;
	fn(arg, own);
	return 0;
}

int offload_segment(struct frame *f, void (*fn)(void *arg, struct frame *seg), void *arg)
{
	uint32_t offset = 0, number, payload, bytes;
	struct layout l;
	struct frame *seg;

	if (!check(&f->meta, f->data, f->len, &l))
		return -EINVAL;
	if (f->meta.gso_type == META_GSO_NONE)
		return pass_whole(f, fn, arg);
	payload = f->len - l.payload;
	for (number = 0; !number || offset < payload; number++, offset += bytes) {
		bytes = payload - offset < f->meta.gso_size ? payload - offset : f->meta.gso_size;
		seg = cut(f, &l, number, offset, bytes);
		if (!seg)
			return -ENOMEM;
		fn(arg, seg);
	}
	return 0;
}
