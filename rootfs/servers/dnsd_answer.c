// SPDX-License-Identifier: GPL-2.0
/*
 * The answer that the data says (RFC 1034, 4.3.2): a delegation's servers, the records, a chain of
 * aliases as far as we know it, or that there are none.
 */
#include <string.h>
#include "dnsd_zone.h"

#define ALIASES_MAX 16
#define NEGATIVE_TTL 60

/* Whether a name exists: it has a record, or one is below it. */
static bool exists(const struct dns_data *d, const char *name)
{
	unsigned int i;

	for (i = 0; i < d->records; i++)
		if (dns_name_is_in(d->record[i].name, name))
			return true;
	return false;
}

/* Whether a record is one of a name: its own, or that of a wildcard if it has none. */
static bool is_of(const struct dns_record *r, const char *name, bool wild)
{
	return wild ? r->name[0] == '*' && dns_name_matches(r->name, name) : !strcmp(r->name, name);
}

static void put_record(struct dns_writer *w, enum dns_section section, const char *name,
		       const struct dns_record *r)
{
	uint8_t len;

	dns_record_begin(w, section, name, r->type, r->ttl);
	if (r->type == DNS_A || r->type == DNS_AAAA) {
		dns_put(w, r->address, r->type == DNS_A ? 4 : 16);
	} else if (r->type == DNS_TXT) {
		len = (uint8_t)strlen(r->target);
		dns_put(w, &len, 1);
		dns_put(w, r->target, len);
	} else {
		if (r->type == DNS_MX)
			dns_put16(w, r->preference);
		dns_put_name(w, r->target);
	}
	dns_record_end(w);
}

/* All of a name and type; how many. */
static unsigned int put_all(const struct dns_data *d, struct dns_writer *w,
			    enum dns_section section, const char *name, uint16_t type, bool wild)
{
	unsigned int i, n = 0;

	for (i = 0; i < d->records; i++) {
		const struct dns_record *r = &d->record[i];

		if ((type != DNS_ANY && r->type != type) || !is_of(r, name, wild))
			continue;
		put_record(w, section, name, r);
		n++;
	}
	return n;
}

static const struct dns_record *alias_of(const struct dns_data *d, const char *name, bool wild)
{
	unsigned int i;

	for (i = 0; i < d->records; i++)
		if (d->record[i].type == DNS_CNAME && is_of(&d->record[i], name, wild))
			return &d->record[i];
	return NULL;
}

/* The name between `zone` (not itself) and `name` that others have authority for, or NULL. */
static const char *delegation(const struct dns_data *d, const char *zone, const char *name)
{
	const char *best = NULL;
	unsigned int i;

	for (i = 0; i < d->records; i++) {
		const struct dns_record *r = &d->record[i];

		if (r->type == DNS_NS && strlen(r->name) > strlen(zone) &&
		    dns_name_is_in(name, r->name) && (!best || strlen(r->name) < strlen(best)))
			best = r->name;
	}
	return best;
}

/* Servers of `apex`, and their addresses as far as we have them. */
static void put_referral(const struct dns_data *d, struct dns_writer *w, const char *apex)
{
	unsigned int i;

	put_all(d, w, DNS_AUTHORITY, apex, DNS_NS, false);
	for (i = 0; i < d->records; i++) {
		const struct dns_record *r = &d->record[i];

		if (r->type == DNS_NS && !strcmp(r->name, apex))
			put_all(d, w, DNS_ADDITIONAL, r->target, DNS_A, false);
	}
}

/* How long "there is none" holds is told by the zone's SOA (RFC 2308). */
static void put_soa(struct dns_writer *w, enum dns_section section, const char *zone)
{
	static const uint32_t numbers[] = {1, 3600, 600, 604800, NEGATIVE_TTL};
	size_t i;

	dns_record_begin(w, section, zone, DNS_SOA, NEGATIVE_TTL);
	dns_put_name(w, "ns.invalid");
	dns_put_name(w, "hostmaster.invalid");
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		dns_put32(w, numbers[i]);
	dns_record_end(w);
}

/* Whether a wildcard is for a name. */
static bool has_wildcard(const struct dns_data *d, const char *name)
{
	unsigned int i;

	for (i = 0; i < d->records; i++)
		if (is_of(&d->record[i], name, true))
			return true;
	return false;
}

/* Follows aliases from the question's name; where the chain ends. Loops are not followed for ever. */
static const char *put_aliases(const struct dns_data *d, const struct dns_query *q,
			       struct dns_writer *w)
{
	const char *name = q->name;
	const struct dns_record *r;
	unsigned int i;

	for (i = 0; i < ALIASES_MAX && q->type != DNS_CNAME && q->type != DNS_ANY; i++) {
		r = alias_of(d, name, !exists(d, name));
		if (!r)
			break;
		put_record(w, DNS_ANSWER, name, r);
		name = r->target;
	}
	return name;
}

void dns_answer_lame(struct dns_writer *w)
{
	dns_record_begin(w, DNS_AUTHORITY, "", DNS_NS, NEGATIVE_TTL);
	dns_put_name(w, "a.root.invalid");
	dns_record_end(w);
}

enum dns_rcode dns_answer(const struct dns_data *d, const struct dns_query *q, struct dns_writer *w,
			  bool *authoritative)
{
	const char *zone = dns_zone_of(d, q->name), *name, *below;
	bool wild;

	*authoritative = false;
	if (!zone)
		return DNS_REFUSED;
	below = delegation(d, zone, q->name);
	if (below) {
		put_referral(d, w, below);
		return DNS_NOERROR;
	}
	*authoritative = true;
	if (q->type == DNS_SOA && !strcmp(q->name, zone)) {
		put_soa(w, DNS_ANSWER, zone);
		return DNS_NOERROR;
	}
	name = put_aliases(d, q, w);
	if (name != q->name && !dns_zone_of(d, name))
		return DNS_NOERROR;
	wild = !exists(d, name);
	if (put_all(d, w, DNS_ANSWER, name, q->type, wild))
		return DNS_NOERROR;
	put_soa(w, DNS_AUTHORITY, dns_zone_of(d, name));
	return wild && !has_wildcard(d, name) ? DNS_NXDOMAIN : DNS_NOERROR;
}
