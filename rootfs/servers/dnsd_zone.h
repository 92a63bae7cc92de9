/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a server of names knows, from a file of lines:
 *
 *   ttl SECONDS                  of the records below; 300 if it is not said
 *   zone NAME                    we have authority from NAME down; "." is the root
 *   NAME TYPE DATA               a record; NAME may be *.NAME: all below that have none themselves
 *   fault NAME KIND [WORD...]    what goes wrong with NAME, or with all below *.NAME
 *
 * Names are absolute, with or without a dot at the end. TYPE and DATA:
 *   A 10.0.0.1    AAAA 2001:db8::1    NS NAME    CNAME NAME    PTR NAME    MX 10 NAME    TXT text
 * "MX 0 ." says that the domain takes no mail (RFC 7505). NS below a zone's own name is a delegation.
 *
 * Kinds of faults (the first that fits counts):
 *   servfail refused formerr nxdomain    that rcode
 *   nodata       no record, without an error
 *   timeout      no answer
 *   delay=TIME   a late one
 *   lame         a server that does not know: no authority, ask the root
 *   truncate     the TC bit over UDP; over TCP the right answer (unless the server is without it)
 *   wrongid      an answer to another question
 *   garbage      bytes that are no message
 * Words behind it:
 *   type=TYPE    only questions for it
 *   edns         only questions that have EDNS (RFC 6891)
 *   from=TIME until=TIME   since the server's start
 *   every=TIME   on and off: faulty for the first TIME, right for the next, and so on
 */
#ifndef NESTLING_SERVERS_DNSD_ZONE_H
#define NESTLING_SERVERS_DNSD_ZONE_H

#include "dnsd_wire.h"

#define DNS_DATA_MAX 256
#define DNS_RECORDS_MAX 4096
#define DNS_ZONES_MAX 64
#define DNS_FAULTS_MAX 256

enum dns_fault_kind {
	FAULT_NONE,
	FAULT_SERVFAIL,
	FAULT_REFUSED,
	FAULT_FORMERR,
	FAULT_NXDOMAIN,
	FAULT_NODATA,
	FAULT_TIMEOUT,
	FAULT_DELAY,
	FAULT_LAME,
	FAULT_TRUNCATE,
	FAULT_WRONGID,
	FAULT_GARBAGE,
	FAULT_KINDS
};

struct dns_record {
	char *name; /* "*." in front: all below */
	uint16_t type;
	uint16_t preference; /* MX */
	uint32_t ttl;
	char *target; /* NS, CNAME, PTR, MX, and the text of TXT */
	uint8_t address[16]; /* A, AAAA */
};

struct dns_fault {
	char *name;
	enum dns_fault_kind kind;
	uint16_t type; /* 0: any */
	bool edns; /* only questions with EDNS */
	uint64_t delay_ms, from_ms, until_ms, every_ms;
};

struct dns_data {
	struct dns_record record[DNS_RECORDS_MAX];
	unsigned int records;
	struct dns_fault fault[DNS_FAULTS_MAX];
	unsigned int faults;
	char *zone[DNS_ZONES_MAX];
	unsigned int zones;
	uint32_t ttl; /* for the lines that follow */
};

/* One line; what is wrong with it, or NULL. */
const char *dns_line(void *data, char *line);

/* Frees all that lines have put there. */
void dns_forget(struct dns_data *d);

/* Whether `name` is `pattern`, or below it where that begins with "*.". */
bool dns_name_matches(const char *pattern, const char *name);
/* Whether `name` is `apex` or below it. */
bool dns_name_is_in(const char *name, const char *apex);

/* The closest zone around a name, or NULL. */
const char *dns_zone_of(const struct dns_data *d, const char *name);
/* What goes wrong with a question at that time. NULL: nothing. */
const struct dns_fault *dns_fault_of(const struct dns_data *d, const struct dns_query *q,
				     uint64_t now_ms);
const char *dns_fault_name(enum dns_fault_kind kind);

/* Writes the answer that the data says, without faults. The rcode. */
enum dns_rcode dns_answer(const struct dns_data *d, const struct dns_query *q, struct dns_writer *w,
			  bool *authoritative);

/* A server that does not know refers to the root. */
void dns_answer_lame(struct dns_writer *w);

#endif
