// SPDX-License-Identifier: GPL-2.0
/*
 * Segmentation and checksums against a second reading of the standards: each segment is taken
 * apart again byte by byte, its checksums are added up in 16-bit words in network order, and the
 * payloads joined must be what went in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "offload.h"
#include "rng.h"
#include "suite.h"

#define TCP 6
#define UDP 17

static struct frame_pool pool;

/* What a large frame is made of. */
struct recipe {
	unsigned int tags; /* VLAN tags */
	unsigned int version; /* 4 or 6 */
	unsigned int protocol;
	unsigned int ip_options; /* bytes: IPv4 options or IPv6 extension headers, of 4 or 8 */
	unsigned int tcp_options; /* bytes, of 4 */
	unsigned int payload, gso_size;
	uint32_t seq;
	uint16_t id;
	uint8_t flags; /* TCP's */
};

/* Offsets that follow. */
static unsigned int ip_at(const struct recipe *r)
{
	return 14 + 4 * r->tags;
}

static unsigned int transport_at(const struct recipe *r)
{
	return ip_at(r) + (r->version == 4 ? 20 : 40) + r->ip_options;
}

static unsigned int payload_at(const struct recipe *r)
{
	return transport_at(r) + (r->protocol == TCP ? 20 + r->tcp_options : 8);
}

static void be16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned int rd16(const uint8_t *p)
{
	return (unsigned int)p[0] * 256 + p[1];
}

static uint32_t rd32(const uint8_t *p)
{
	return rd16(p) * 65536U + rd16(p + 2);
}

/* One's complement sum of big-endian words, folded at every step. */
static unsigned int add_up(const uint8_t *p, unsigned int n, unsigned int sum)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		sum += i % 2 ? p[i] : (unsigned int)p[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

static unsigned int pseudo(const struct recipe *r, const uint8_t *d, unsigned int len)
{
	const uint8_t *ip = d + ip_at(r);
	unsigned int sum = r->version == 4 ? add_up(ip + 12, 8, 0) : add_up(ip + 8, 32, 0);
	uint8_t tail[4] = {0, (uint8_t)r->protocol, (uint8_t)(len >> 8), (uint8_t)len};

	return add_up(tail, 4, sum);
}

static void fill_ip(const struct recipe *r, uint8_t *ip, unsigned int len)
{
	unsigned int i;

	for (i = 12; i < 20; i++)
		ip[i] = (uint8_t)(i * 37 + r->seq);
	if (r->version == 4) {
		ip[0] = (uint8_t)(0x40 | (5 + r->ip_options / 4));
		be16(ip + 2, len);
		be16(ip + 4, r->id);
		be16(ip + 6, 0x4000);
		ip[8] = 64;
		ip[9] = (uint8_t)r->protocol;
		memset(ip + 20, 1, r->ip_options); /* no operation */
		return;
	}
	ip[0] = 0x60;
	be16(ip + 4, len - 40);
	ip[6] = (uint8_t)(r->ip_options ? 60 : r->protocol);
	for (i = 8; i < 40; i++)
		ip[i] = (uint8_t)(i * 91 + r->seq);
	/* Destination options of 8 bytes each, all padding. */
	for (i = 0; i < r->ip_options; i += 8) {
		memcpy(ip + 40 + i, "\0\0\1\4\0\0\0\0", 8);
		ip[40 + i] = (uint8_t)(i + 8 < r->ip_options ? 60 : r->protocol);
	}
}

/* The frame, as a guest's driver would hand it in. */
static struct frame *cook(const struct recipe *r)
{
	unsigned int len = payload_at(r) + r->payload, i;
	struct frame *f = frame_new(&pool, len);
	uint8_t *d = f->data, *t = d + transport_at(r);

	memset(d, 0, len);
	memset(d, 0x52, 12);
	for (i = 0; i < r->tags; i++) {
		be16(d + 12 + 4 * i, i + 1 < r->tags ? 0x88a8 : 0x8100);
		be16(d + 14 + 4 * i, 100 + i);
	}
	be16(d + ip_at(r) - 2, r->version == 4 ? 0x0800 : 0x86dd);
	fill_ip(r, d + ip_at(r), len - ip_at(r));
	be16(t, 4000);
	be16(t + 2, 80);
	if (r->protocol == TCP) {
		be16(t + 4, r->seq >> 16);
		be16(t + 6, r->seq & 0xffff);
		be16(t + 8, 777);
		t[12] = (uint8_t)((5 + r->tcp_options / 4) << 4);
		t[13] = r->flags;
		be16(t + 14, 5000);
		memset(t + 20, 1, r->tcp_options);
	} else {
		be16(t + 4, len - transport_at(r));
	}
	for (i = 0; i < r->payload; i++)
		d[payload_at(r) + i] = (uint8_t)(i * 7 + i / 256 + r->seq);
	f->meta.flags = META_NEEDS_CSUM;
	f->meta.csum_start = (uint16_t)transport_at(r);
	f->meta.csum_offset = r->protocol == TCP ? 16 : 6;
	be16(t + f->meta.csum_offset, pseudo(r, d, len - transport_at(r)));
	if (r->gso_size) {
		f->meta.gso_type = r->protocol == UDP ? META_GSO_UDP_L4
				   : r->version == 4  ? META_GSO_TCPV4
						      : META_GSO_TCPV6;
		f->meta.gso_size = (uint16_t)r->gso_size;
	}
	return f;
}

struct collected {
	const struct recipe *r;
	const struct frame *whole;
	unsigned int segments, payload, wrong;
};

static unsigned int wrong_ip(const struct recipe *r, const struct frame *s, unsigned int number)
{
	const uint8_t *ip = s->data + ip_at(r);

	if (r->version == 6)
		return rd16(ip + 4) != s->len - ip_at(r) - 40;
	return (rd16(ip + 2) != s->len - ip_at(r)) + (rd16(ip + 4) != (uint16_t)(r->id + number)) +
	       (add_up(ip, 20 + r->ip_options, 0) != 0xffff);
}

static unsigned int wrong_transport(const struct recipe *r, const struct frame *s, uint32_t at,
				    bool last)
{
	const uint8_t *t = s->data + transport_at(r);
	unsigned int len = s->len - transport_at(r), wrong;
	uint8_t flags = r->flags;

	wrong = add_up(t, len, pseudo(r, s->data, len)) != 0xffff;
	if (r->protocol == UDP)
		return wrong + (rd16(t + 4) != len);
	if (at)
		flags &= 0x7f; /* CWR */
	if (!last)
		flags &= 0xf6; /* FIN, PSH */
	return wrong + (rd32(t + 4) != r->seq + at) + (t[13] != flags);
}

static void collect(void *arg, struct frame *s)
{
	struct collected *c = arg;
	const struct recipe *r = c->r;
	unsigned int bytes = s->len - payload_at(r);
	bool last = c->payload + bytes == r->payload;

	c->wrong += wrong_ip(r, s, c->segments);
	c->wrong += wrong_transport(r, s, c->payload, last);
	c->wrong += s->meta.flags != 0 || s->meta.gso_type != 0;
	c->wrong += bytes > r->gso_size || (!last && bytes != r->gso_size);
	c->wrong += c->payload + bytes > r->payload ||
		    memcmp(s->data + payload_at(r), c->whole->data + payload_at(r) + c->payload,
			   bytes) != 0;
	c->wrong += memcmp(s->data, c->whole->data, ip_at(r)) != 0;
	c->payload += bytes;
	c->segments++;
	frame_put(s);
}

static void one(const struct recipe *r)
{
	struct frame *f = cook(r), *before = frame_copy(f);
	struct collected c = {.r = r, .whole = f};
	struct packet p;

	frame_packet(f, &p);
	CU_ASSERT(offload_valid(&p));
	CU_ASSERT_EQUAL(offload_segment(f, collect, &c), 0);
	CU_ASSERT_EQUAL(c.wrong, 0);
	CU_ASSERT_EQUAL(c.payload, r->payload);
	CU_ASSERT_EQUAL(c.segments, r->payload ? (r->payload + r->gso_size - 1) / r->gso_size : 1);
	CU_ASSERT_EQUAL(memcmp(f->data, before->data, f->len), 0);
	frame_put(before);
	frame_put(f);
}

static void known(void)
{
	struct recipe r = {.version = 4,
			   .protocol = TCP,
			   .payload = 4000,
			   .gso_size = 1448,
			   .tcp_options = 12,
			   .seq = 0xfffff000,
			   .id = 0xfffe,
			   .flags = 0x99};

	one(&r); /* sequence number and IP's number wrap around; CWR, ACK, PSH, FIN */
	r.payload = 1448;
	one(&r);
	r.payload = 0;
	one(&r);
	r.payload = 65535 - 40 - 12 - 20;
	one(&r);
	r.version = 6;
	r.ip_options = 64;
	r.payload -= 200;
	r.tags = 2;
	one(&r);
	r = (struct recipe){.version = 4, .protocol = UDP, .payload = 3333, .gso_size = 1000};
	one(&r);
	r.version = 6;
	one(&r);
}

static void random_ones(void)
{
	struct rng g;
	unsigned int i;

	rng_seed(&g, 1, "offload");
	for (i = 0; i < 3000; i++) {
		struct recipe r = {
			.tags = (unsigned int)rng_below(&g, 3),
			.version = rng_below(&g, 2) ? 4 : 6,
			.protocol = rng_below(&g, 4) ? TCP : UDP,
			.tcp_options = 4 * (unsigned int)rng_below(&g, 11),
			.payload = (unsigned int)rng_below(&g, i % 10 ? 9000 : 64000),
			.gso_size = 8 + (unsigned int)rng_below(&g, 9000),
			.seq = (uint32_t)rng_next(&g),
			.id = (uint16_t)rng_next(&g),
			.flags = (uint8_t)rng_next(&g),
		};

		r.ip_options = r.version == 4 ? 4 * (unsigned int)rng_below(&g, 11)
					      : 8 * (unsigned int)rng_below(&g, 9);
		one(&r);
	}
}

static void count(void *arg, struct frame *s)
{
	++*(unsigned int *)arg;
	frame_put(s);
}

/* Refused everywhere: by offload_valid(), by offload_segment(), and nothing is passed on. */
static void refuse(struct frame *f)
{
	unsigned int n = 0;
	struct packet p;

	frame_packet(f, &p);
	CU_ASSERT(!offload_valid(&p));
	CU_ASSERT_EQUAL(offload_segment(f, count, &n), -EINVAL);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(offload_checksum(f), -EINVAL);
	frame_put(f);
}

static const struct recipe good4 = {
	.version = 4, .protocol = TCP, .payload = 1000, .gso_size = 100, .flags = 0x10};
static const struct recipe good6 = {.version = 6,
				    .protocol = TCP,
				    .ip_options = 8,
				    .payload = 1000,
				    .gso_size = 100,
				    .flags = 0x10};

/* One claim or byte at a time is wrong. */
static void lies(void)
{
	static const struct {
		unsigned int at;
		uint8_t value;
	} bytes4[] =
		{
			{12, 0x09}, /* another type */
			{14, 0x65}, /* version 6 in IPv4 */
			{14, 0x44}, /* header of 16 bytes */
			{14, 0x4f}, /* header longer than claimed checksum's start */
			{20, 0x20}, /* more fragments */
			{21, 0x01}, /* not the first fragment */
			{23, UDP},  {46, 0x40}, /* TCP header of 16 bytes */
		},
	  bytes6[] = {
		  {14, 0x40}, {20, 43}, /* routing header */
		  {20, 44}, /* fragment */
		  {54, 59}, /* nothing behind the options */
		  {55, 200}, /* options longer than the frame */
	  };
	struct frame *f;
	unsigned int i;

	for (i = 0; i < sizeof(bytes4) / sizeof(*bytes4); i++) {
		f = cook(&good4);
		f->data[bytes4[i].at] = bytes4[i].value;
		refuse(f);
	}
	for (i = 0; i < sizeof(bytes6) / sizeof(*bytes6); i++) {
		f = cook(&good6);
		f->data[bytes6[i].at] = bytes6[i].value;
		refuse(f);
	}
	/* More extension headers than we follow. */
	f = cook(&(struct recipe){
		.version = 6, .protocol = TCP, .ip_options = 72, .payload = 1000, .gso_size = 100});
	refuse(f);
}

static void wrong_meta(void)
{
	static const struct packet_meta m[] = {
		{1, META_GSO_TCPV6, 0, 100, 34, 16},
		{1, META_GSO_UDP, 0, 100, 34, 16},
		{1, META_GSO_UDP_L4, 0, 100, 34, 16},
		{1, META_GSO_ECN, 0, 100, 34, 16},
		{1, 2, 0, 100, 34, 16},
		{1, META_GSO_TCPV4, 0, 0, 34, 16},
		{1, META_GSO_TCPV4, 0, 100, 36, 16},
		{1, META_GSO_TCPV4, 0, 100, 34, 6},
		{1, META_GSO_TCPV4, 0, 65535, 34, 16},
		{1, 0, 0, 0, 13, 16},
		{1, 0, 0, 0, 34, 0xffff},
		{1, 0, 0, 0, 0xffff, 0xffff},
		{1, 0, 0, 0, 1053, 0},
	};
	/* Every length below that of the headers. */
	static const struct recipe kinds[] = {
		{.version = 4, .protocol = TCP, .payload = 900, .gso_size = 100},
		{.version = 4, .protocol = TCP, .tcp_options = 40, .payload = 900, .gso_size = 100},
		{.version = 6, .protocol = TCP, .ip_options = 16, .payload = 900, .gso_size = 100},
		{.version = 6, .protocol = UDP, .payload = 900, .gso_size = 100},
	};
	struct frame *f;
	unsigned int i, len;

	for (i = 0; i < sizeof(m) / sizeof(*m); i++) {
		f = cook(&good4);
		f->meta = m[i];
		refuse(f);
	}
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		for (len = 0; len < payload_at(&kinds[i]); len++) {
			f = cook(&kinds[i]);
			f->len = len;
			refuse(f);
		}
	}
	/* A flood of tiny segments. */
	f = cook(&(struct recipe){.version = 4, .protocol = TCP, .payload = 60000, .gso_size = 7});
	refuse(f);
}

static void keep(void *arg, struct frame *s)
{
	*(struct frame **)arg = s;
}

/* Checksums alone: in place when nobody shares the frame, in a copy otherwise. */
static void checksums(void)
{
	struct recipe r = {.version = 4, .protocol = UDP, .payload = 501};
	struct frame *f = cook(&r), *out = NULL, *copy = frame_copy(f);
	unsigned int len = f->len - transport_at(&r);

	CU_ASSERT_EQUAL(offload_checksum(copy), 0);
	CU_ASSERT_EQUAL(copy->meta.flags & META_NEEDS_CSUM, 0);
	CU_ASSERT_EQUAL(add_up(copy->data + transport_at(&r), len, pseudo(&r, copy->data, len)),
			0xffff);
	frame_get(f);
	CU_ASSERT_EQUAL(offload_segment(f, keep, &out), 0);
	CU_ASSERT_PTR_NOT_EQUAL(out, f);
	CU_ASSERT_EQUAL(f->meta.flags, META_NEEDS_CSUM);
	CU_ASSERT_EQUAL(memcmp(out->data, copy->data, f->len), 0);
	frame_put(out);
	frame_put(f);
	CU_ASSERT_EQUAL(offload_segment(f, keep, &out), 0);
	CU_ASSERT_PTR_EQUAL(out, f);
	CU_ASSERT_EQUAL(f->refs, 2);
	CU_ASSERT_EQUAL(memcmp(out->data, copy->data, f->len), 0);
	/* Nothing to do: itself. */
	frame_put(out);
	CU_ASSERT_EQUAL(offload_segment(f, keep, &out), 0);
	CU_ASSERT_PTR_EQUAL(out, f);
	frame_put(out);
	/* A sum of zero is written as 0xffff. */
	memset(f->data, 0xff, f->len);
	f->meta = (struct packet_meta){.flags = 1, .csum_start = 20, .csum_offset = 0};
	f->len = 22;
	CU_ASSERT_EQUAL(offload_checksum(f), 0);
	CU_ASSERT_EQUAL(rd16(f->data + 20), 0xffff);
	frame_put(f);
	frame_put(copy);
}

/* Memory that runs out in the middle: what was made before is passed on. */
static void no_memory(void)
{
	struct frame *f = cook(&good4);
	uint64_t limit = pool.limit;
	struct frame *held[3];
	unsigned int n = 0, i;

	pool.limit = pool.used + 3 * 2048;
	for (i = 0; i < 2; i++)
		held[i] = frame_new(&pool, 60);
	CU_ASSERT_EQUAL(offload_segment(f, count, &n), 0); /* one at a time is enough */
	CU_ASSERT_EQUAL(n, 10);
	held[2] = frame_new(&pool, 60);
	CU_ASSERT_EQUAL(offload_segment(f, count, &n), -ENOMEM);
	CU_ASSERT_EQUAL(n, 10);
	for (i = 0; i < 3; i++)
		frame_put(held[i]);
	frame_put(f);
	pool.limit = limit;
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"known", known},          {"random", random_ones},
		{"lies in headers", lies}, {"lies in meta data", wrong_meta},
		{"checksums", checksums},  {"no memory", no_memory},
		CU_TEST_INFO_NULL,
	};
	int failures;

	frame_pool_init(&pool, 1 << 26);
	failures = run_suite("offload", NULL, NULL, tests) || pool.used;
	frame_pool_exit(&pool);
	return failures;
}
