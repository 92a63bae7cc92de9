// SPDX-License-Identifier: GPL-2.0
/*
 * BPDUs; see stp_bpdu.h. A frame with a length in place of the type (IEEE 802.3), LLC of three
 * bytes (42 42 03), then:
 *
 *   protocol 2 (0), version 1, type 1 (0 configuration, 0x80 topology change)
 *   flags 1, root 8, cost 4, bridge 8, port 2, age 2, max age 2, hello 2, forward delay 2
 *
 * in network order, times in 1/256 s.
 */
#include <errno.h>
#include <string.h>
#include "stp_bpdu.h"

#define BODY 17 /* where the protocol begins */
#define CONFIG_BYTES 35
#define CHANGE_BYTES 4
#define TYPE_CONFIG 0
#define TYPE_CHANGE 0x80
#define FLAG_CHANGE 0x01
#define FLAG_CHANGE_ACK 0x80
#define SECOND 1000000000ULL

static const uint8_t group[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00};
static const uint8_t llc[3] = {0x42, 0x42, 0x03};

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

static uint8_t *put(uint8_t *p, uint64_t v, unsigned int bytes)
{
	unsigned int i;

	for (i = bytes; i--; v >>= 8)
		p[i] = (uint8_t)v;
	return p + bytes;
}

static uint64_t get_time(const uint8_t *p)
{
	return get(p, 2) * SECOND / 256;
}

/* A time as the nearest 1/256 s. */
static uint8_t *put_time(uint8_t *p, uint64_t ns)
{
	uint64_t v = (ns * 256 + SECOND / 2) / SECOND;

	return put(p, v < 0xffff ? v : 0xffff, 2);
}

bool stp_is_bpdu(const uint8_t *frame, size_t len)
{
	return len >= BODY && memcmp(frame, group, 6) == 0 && get(frame + 12, 2) <= 1500 &&
	       memcmp(frame + 14, llc, 3) == 0;
}

/* Within the bounds of table 8-3: a neighbour must not make us send all the time, or never. */
static uint64_t within(uint64_t ns, unsigned int min_s, unsigned int max_s)
{
	if (ns < min_s * SECOND)
		return min_s * SECOND;
	return ns > max_s * SECOND ? max_s * SECOND : ns;
}

int stp_bpdu_parse(struct stp_bpdu *b, const uint8_t *frame, size_t len)
{
	const uint8_t *p = frame + BODY;
	size_t room;

	*b = (struct stp_bpdu){0};
	if (!stp_is_bpdu(frame, len))
		return -EPROTO;
	/* What the length says, as far as it is there; LLC is within it. */
	room = get(frame + 12, 2);
	if (room > len - 14)
		room = len - 14;
	if (room < 3 + CHANGE_BYTES || get(p, 2) != 0)
		return -EPROTO;
	room -= 3;
	if (p[3] == TYPE_CHANGE) {
		b->is_change = true;
		return 0;
	}
	if (p[3] != TYPE_CONFIG || room < CONFIG_BYTES)
		return -EPROTO;
	b->change = p[4] & FLAG_CHANGE;
	b->change_ack = p[4] & FLAG_CHANGE_ACK;
	b->vector.root = get(p + 5, 8);
	b->vector.cost = (uint32_t)get(p + 13, 4);
	b->vector.bridge = get(p + 17, 8);
	b->vector.port = (uint16_t)get(p + 25, 2);
	b->age_ns = get_time(p + 27);
	b->max_age_ns = within(get_time(p + 29), 6, 40);
	b->hello_ns = within(get_time(p + 31), 1, 10);
	b->delay_ns = within(get_time(p + 33), 4, 30);
	return b->age_ns < b->max_age_ns ? 0 : -EPROTO;
}

size_t stp_bpdu_build(const struct stp_bpdu *b, const uint8_t src[6],
		      uint8_t frame[static STP_BPDU_MAX])
{
	uint8_t *p = frame;

	memset(frame, 0, STP_BPDU_MAX);
	memcpy(p, group, 6);
	memcpy(p + 6, src, 6);
	put(p + 12, 3 + (b->is_change ? CHANGE_BYTES : CONFIG_BYTES), 2);
	memcpy(p + 14, llc, 3);
	p = put(p + BODY, 0, 3);
	p = put(p, b->is_change ? TYPE_CHANGE : TYPE_CONFIG, 1);
	if (b->is_change)
		return STP_BPDU_MAX;
	p = put(p, (b->change ? FLAG_CHANGE : 0) | (b->change_ack ? FLAG_CHANGE_ACK : 0), 1);
	p = put(p, b->vector.root, 8);
	p = put(p, b->vector.cost, 4);
	p = put(p, b->vector.bridge, 8);
	p = put(p, b->vector.port, 2);
	p = put_time(p, b->age_ns);
	p = put_time(p, b->max_age_ns);
	p = put_time(p, b->hello_ns);
	put_time(p, b->delay_ns);
	return STP_BPDU_MAX;
}

int stp_vector_compare(const struct stp_vector *a, const struct stp_vector *b)
{
	if (a->root != b->root)
		return a->root < b->root ? -1 : 1;
	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	if (a->bridge != b->bridge)
		return a->bridge < b->bridge ? -1 : 1;
	return a->port < b->port ? -1 : a->port > b->port;
}
