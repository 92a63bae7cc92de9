// SPDX-License-Identifier: GPL-2.0
/* See dnsd_wire.h. All that comes from others is read here. */
#include <stdio.h>
#include <string.h>
#include "dnsd_wire.h"

#define FLAG_QR 0x8000
#define FLAG_AA 0x0400
#define FLAG_TC 0x0200
#define FLAG_RD 0x0100
#define OPCODE(flags) ((flags) >> 11 & 15)
#define CLASS_IN 1
#define LABEL_MAX 63
#define OUR_UDP_SIZE 1232

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* A letter of a name as we keep it. */
static char tame(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + 32);
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '*')
		return (char)c;
	return '?';
}

/* The name at `at`, without compression: questions have nothing to refer to. Its end; 0: it is bad. */
static size_t read_name(char *out, const uint8_t *data, size_t len, size_t at)
{
	size_t n = 0, i;
	uint8_t label;

	while (at < len) {
		label = data[at++];
		if (label == 0) {
			out[n ? n - 1 : 0] = 0;
			return at;
		}
		if (label > LABEL_MAX || at + label > len || n + label + 2 > DNS_NAME_MAX)
			return 0;
		for (i = 0; i < label; i++)
			out[n++] = tame(data[at++]);
		out[n++] = '.';
	}
	return 0;
}

/* The OPT record, if that is what follows the question. */
static void read_edns(struct dns_query *q, const uint8_t *data, size_t len)
{
	size_t at = q->question_end;

	if (get16(data + 10) == 0 || at + 11 > len || data[at] || get16(data + at + 1) != DNS_OPT)
		return;
	q->edns = true;
	q->udp_size = get16(data + at + 3);
	if (q->udp_size < DNS_UDP_MIN)
		q->udp_size = DNS_UDP_MIN;
}

int dns_read(struct dns_query *q, const uint8_t *data, size_t len)
{
	uint16_t flags;
	size_t at;

	memset(q, 0, sizeof(*q));
	if (len < DNS_HEADER)
		return -1;
	q->id = get16(data);
	flags = get16(data + 2);
	if (flags & FLAG_QR)
		return -1;
	q->recursion_desired = flags & FLAG_RD;
	q->udp_size = DNS_UDP_MIN;
	q->question_end = DNS_HEADER;
	if (OPCODE(flags))
		return DNS_NOTIMP;
	if (get16(data + 4) != 1)
		return DNS_FORMERR;
	at = read_name(q->name, data, len, DNS_HEADER);
	if (!at || at + 4 > len)
		return DNS_FORMERR;
	q->type = get16(data + at);
	q->question_end = at + 4;
	if (get16(data + at + 2) != CLASS_IN)
		return DNS_NOTIMP;
	read_edns(q, data, len);
	return 0;
}

void dns_put(struct dns_writer *w, const void *data, size_t len)
{
	if (w->full || len > sizeof(w->bytes) - w->len) {
		w->full = true;
		return;
	}
	memcpy(w->bytes + w->len, data, len);
	w->len += len;
}

void dns_put16(struct dns_writer *w, uint16_t n)
{
	const uint8_t b[2] = {(uint8_t)(n >> 8), (uint8_t)n};

	dns_put(w, b, sizeof(b));
}

void dns_put32(struct dns_writer *w, uint32_t n)
{
	dns_put16(w, (uint16_t)(n >> 16));
	dns_put16(w, (uint16_t)n);
}

void dns_put_name(struct dns_writer *w, const char *name)
{
	uint8_t label;
	size_t len;

	while (*name) {
		len = strcspn(name, ".");
		label = (uint8_t)(len > LABEL_MAX ? LABEL_MAX : len);
		dns_put(w, &label, 1);
		dns_put(w, name, label);
		name += len;
		if (*name == '.')
			name++;
	}
	dns_put(w, "", 1);
}

/* Overwrites what was left room for. */
static void patch16(struct dns_writer *w, size_t at, uint16_t n)
{
	if (at + 2 > sizeof(w->bytes))
		return;
	w->bytes[at] = (uint8_t)(n >> 8);
	w->bytes[at + 1] = (uint8_t)n;
}

void dns_begin(struct dns_writer *w, const struct dns_query *q, const uint8_t *question)
{
	static const uint8_t nothing[DNS_HEADER];

	memset(w, 0, sizeof(*w));
	dns_put(w, nothing, sizeof(nothing));
	patch16(w, 0, q->id);
	dns_put(w, question + DNS_HEADER, q->question_end - DNS_HEADER);
}

void dns_record_begin(struct dns_writer *w, enum dns_section section, const char *name,
		      uint16_t type, uint32_t ttl)
{
	dns_put_name(w, name);
	dns_put16(w, type);
	dns_put16(w, CLASS_IN);
	dns_put32(w, ttl);
	dns_put16(w, 0);
	w->rdata = w->len;
	w->counts[section]++;
}

void dns_record_end(struct dns_writer *w)
{
	if (!w->full)
		patch16(w, w->rdata - 2, (uint16_t)(w->len - w->rdata));
}

static void put_edns(struct dns_writer *w)
{
	dns_put(w, "", 1);
	dns_put16(w, DNS_OPT);
	dns_put16(w, OUR_UDP_SIZE);
	dns_put32(w, 0);
	dns_put16(w, 0);
	w->counts[DNS_ADDITIONAL]++;
}

void dns_end(struct dns_writer *w, const struct dns_query *q, enum dns_rcode rcode,
	     bool authoritative, size_t limit)
{
	uint16_t flags = (uint16_t)(FLAG_QR | rcode);

	if (q->edns)
		put_edns(w);
	if (w->full || w->len > limit) {
		flags |= FLAG_TC;
		w->len = q->question_end;
		memset(w->counts, 0, sizeof(w->counts));
		w->full = false;
		if (q->edns)
			put_edns(w);
	}
	if (authoritative)
		flags |= FLAG_AA;
	if (q->recursion_desired)
		flags |= FLAG_RD;
	patch16(w, 2, flags);
	patch16(w, 4, q->question_end > DNS_HEADER);
	patch16(w, 6, w->counts[DNS_ANSWER]);
	patch16(w, 8, w->counts[DNS_AUTHORITY]);
	patch16(w, 10, w->counts[DNS_ADDITIONAL]);
}

static const struct {
	uint16_t type;
	const char *name;
} types[] = {
	{DNS_A, "A"},   {DNS_NS, "NS"},   {DNS_CNAME, "CNAME"}, {DNS_SOA, "SOA"}, {DNS_PTR, "PTR"},
	{DNS_MX, "MX"}, {DNS_TXT, "TXT"}, {DNS_AAAA, "AAAA"},   {DNS_ANY, "ANY"},
};

const char *dns_type_name(uint16_t type, char room[static 12])
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return types[i].name;
	snprintf(room, 12, "TYPE%u", type);
	return room;
}

uint16_t dns_type_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, name))
			return types[i].type;
	return 0;
}
