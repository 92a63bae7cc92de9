/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DNS messages (RFC 1035, 2.3.4 and 4): questions are read, answers are written. Names are text
 * without the dot at the end, in small letters; the root is "". Only letters, digits and "-_*" are
 * in names that we have; other bytes of a question are read as '?', which matches nothing.
 */
#ifndef NESTLING_SERVERS_DNSD_WIRE_H
#define NESTLING_SERVERS_DNSD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_MAX 256 /* text with its zero byte */
#define DNS_HEADER 12
#define DNS_MESSAGE_MAX 4096 /* of what we write */
#define DNS_UDP_MIN 512

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_OPT = 41,
	DNS_ANY = 255
};

enum dns_rcode {
	DNS_NOERROR,
	DNS_FORMERR,
	DNS_SERVFAIL,
	DNS_NXDOMAIN,
	DNS_NOTIMP,
	DNS_REFUSED
};

enum dns_section {
	DNS_ANSWER,
	DNS_AUTHORITY,
	DNS_ADDITIONAL,
	DNS_SECTIONS
};

struct dns_query {
	uint16_t id;
	bool recursion_desired;
	char name[DNS_NAME_MAX];
	uint16_t type;
	uint16_t udp_size; /* what the asker takes over UDP */
	bool edns;
	size_t question_end; /* of the question in the message, which answers repeat as it is */
};

struct dns_writer {
	uint8_t bytes[DNS_MESSAGE_MAX];
	size_t len;
	uint16_t counts[DNS_SECTIONS];
	size_t rdata; /* where that of the record under way begins */
	bool full; /* something had no room */
};

/* 0, or -1: nothing to be answered; or an rcode that the answer should have (FORMERR, NOTIMP). */
int dns_read(struct dns_query *q, const uint8_t *data, size_t len);

/* The answer's header and question. */
void dns_begin(struct dns_writer *w, const struct dns_query *q, const uint8_t *question);

/* One record, its rdata is put between these. Sections are written in their order. */
void dns_record_begin(struct dns_writer *w, enum dns_section section, const char *name,
		      uint16_t type, uint32_t ttl);
void dns_put(struct dns_writer *w, const void *data, size_t len);
void dns_put16(struct dns_writer *w, uint16_t n);
void dns_put32(struct dns_writer *w, uint32_t n);
void dns_put_name(struct dns_writer *w, const char *name);
void dns_record_end(struct dns_writer *w);

/*
 * Completes it: flags, counts, EDNS. What is longer than `limit` becomes truncated: the question
 * and the TC bit.
 */
void dns_end(struct dns_writer *w, const struct dns_query *q, enum dns_rcode rcode,
	     bool authoritative, size_t limit);

const char *dns_type_name(uint16_t type, char room[static 12]);
uint16_t dns_type_of(const char *name); /* 0: there is none */

#endif
