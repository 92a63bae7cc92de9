// SPDX-License-Identifier: GPL-2.0
/* Segments of TCP put together; see port_nat_merge.h. */
#include <string.h>
#include "bytes.h"
#include "port_nat_merge.h"

#define IP ETH_HLEN
#define TCP (IP + 20)
#define HEADERS (TCP + 20)
#define IP_MAX 65535
#define ACK 0x10
#define PSH 0x08

/* Ones' complement sum (RFC 1071) of len bytes, an even number. */
static unsigned int sum(const uint8_t *p, size_t len, uint32_t s)
{
	for (size_t i = 0; i < len; i += 2)
		s += get16(p + i);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* IPv4 without options or fragments, TCP without options, data, and nothing said but ACK and PSH. */
static bool is_segment(const uint8_t *f, size_t len)
{
	return len > HEADERS && len <= IP + IP_MAX && get16(f + 12) == 0x0800 && f[IP] == 0x45 &&
	       get16(f + IP + 2) == len - IP && !(get16(f + IP + 6) & 0x3fff) && f[IP + 9] == 6 &&
	       f[TCP + 12] == 0x50 && (f[TCP + 13] & ~PSH) == ACK;
}

/* Whether f says what m's segment says, and its data comes next. */
static bool follows(const struct nat_merge *m, const uint8_t *f, size_t len)
{
	uint32_t sequence = get32(m->buf + TCP + 4) + (m->len - HEADERS);

	return !m->last && len - HEADERS <= m->payload && m->len + (len - HEADERS) <= IP + IP_MAX &&
	       get32(f + TCP + 4) == sequence &&
	       !memcmp(f, m->buf, IP + 2) /* and type of service */
	       && f[IP + 6] == m->buf[IP + 6] && f[IP + 8] == m->buf[IP + 8] &&
	       !memcmp(f + IP + 12, m->buf + IP + 12, 8 + 4) /* addresses and ports */
	       && !memcmp(f + TCP + 8, m->buf + TCP + 8, 4) /* acknowledged */
	       && !memcmp(f + TCP + 14, m->buf + TCP + 14, 2) /* window */;
}

bool nat_merge_add(struct nat_merge *m, const void *frame, size_t len)
{
	const uint8_t *f = frame;

	if (!is_segment(f, len) || (m->len && !follows(m, f, len)))
		return false;
	if (!m->len) {
		memcpy(m->buf, f, len);
		m->len = (uint32_t)len;
		m->payload = (uint16_t)(len - HEADERS);
	} else {
		memcpy(m->buf + m->len, f + HEADERS, len - HEADERS);
		m->len += (uint32_t)(len - HEADERS);
	}
	m->segments++;
	m->buf[TCP + 13] |= f[TCP + 13] & PSH;
	m->last = f[TCP + 13] & PSH || len - HEADERS < m->payload;
	return true;
}

bool nat_merge_finish(struct nat_merge *m, struct packet_meta *meta)
{
	uint8_t *ip = m->buf + IP;
	unsigned int length = m->len - TCP;

	memset(meta, 0, sizeof(*meta));
	if (!m->len)
		return false;
	if (m->segments == 1)
		return true; /* as it came, checksums and all */
	put16(ip + 2, m->len - IP);
	put16(ip + 10, 0);
	put16(ip + 10, ~sum(ip, 20, 0) & 0xffff);
	/* The pseudo header's; the rest is for whoever cuts it or reads it. */
	put16(m->buf + TCP + 16, sum(ip + 12, 8, 6 + length));
	meta->flags = META_NEEDS_CSUM;
	meta->gso_type = META_GSO_TCPV4;
	meta->hdr_len = HEADERS;
	meta->gso_size = m->payload;
	meta->csum_start = TCP;
	meta->csum_offset = 16;
	return true;
}

void nat_merge_reset(struct nat_merge *m)
{
	m->len = m->segments = m->payload = 0;
	m->last = false;
}
