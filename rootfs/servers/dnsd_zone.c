// SPDX-License-Identifier: GPL-2.0
/* The file of a server of names, and who matches what; see dnsd_zone.h. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "common.h"
#include "dnsd_zone.h"

#define BLANKS " \t"
#define TTL_MAX 604800

static const char *const fault_names[FAULT_KINDS] = {
	[FAULT_NONE] = "none",         [FAULT_SERVFAIL] = "servfail", [FAULT_REFUSED] = "refused",
	[FAULT_FORMERR] = "formerr",   [FAULT_NXDOMAIN] = "nxdomain", [FAULT_NODATA] = "nodata",
	[FAULT_TIMEOUT] = "timeout",   [FAULT_DELAY] = "delay",       [FAULT_LAME] = "lame",
	[FAULT_TRUNCATE] = "truncate", [FAULT_WRONGID] = "wrongid",   [FAULT_GARBAGE] = "garbage",
};

const char *dns_fault_name(enum dns_fault_kind kind)
{
	return kind < FAULT_KINDS ? fault_names[kind] : "?";
}

/* --- names -------------------------------------------------------------------- */

bool dns_name_is_in(const char *name, const char *apex)
{
	size_t n = strlen(name), a = strlen(apex);

	if (!a)
		return true;
	if (n < a || strcmp(name + n - a, apex))
		return false;
	return n == a || name[n - a - 1] == '.';
}

bool dns_name_matches(const char *pattern, const char *name)
{
	if (strncmp(pattern, "*.", 2))
		return !strcmp(pattern, name);
	return strcmp(pattern + 2, name) && dns_name_is_in(name, pattern + 2);
}

/* A copy in our form; NULL: it is no name. */
static char *name_of(const char *text)
{
	size_t len = strlen(text), i, label = 0;
	char *name;

	if (len && text[len - 1] == '.')
		len--;
	if (len >= DNS_NAME_MAX - 2 || (len && text[0] == '.'))
		return NULL;
	name = strndup(text, len);
	for (i = 0; name && i < len; i++) {
		char c = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];

		label = c == '.' ? 0 : label + 1;
		if (label > 63 || (c == '.' && name[i + 1] == '.') ||
		    !strchr("abcdefghijklmnopqrstuvwxyz0123456789-_*.", c)) {
			free(name);
			return NULL;
		}
		name[i] = c;
	}
	return name;
}

/* --- lines -------------------------------------------------------------------- */

static const char *on_ttl(struct dns_data *d, char **rest)
{
	const char *word = strtok_r(NULL, BLANKS, rest);
	unsigned long n;

	if (!word || !common_number(word, 0, TTL_MAX, &n))
		return "ttl needs a number of seconds, a week at most";
	d->ttl = (uint32_t)n;
	return NULL;
}

static const char *on_zone(struct dns_data *d, char **rest)
{
	const char *word = strtok_r(NULL, BLANKS, rest);
	char *name = word ? name_of(word) : NULL;

	if (!name)
		return "zone needs a name";
	if (d->zones == DNS_ZONES_MAX) {
		free(name);
		return "too many zones";
	}
	d->zone[d->zones++] = name;
	return NULL;
}

static const char *fault_kind(struct dns_fault *f, const char *word)
{
	int kind;

	if (!strncmp(word, "delay=", 6)) {
		f->kind = FAULT_DELAY;
		return common_time(word + 6, &f->delay_ms) ? NULL : "delay= needs a time, as 3s";
	}
	for (kind = FAULT_SERVFAIL; kind < FAULT_KINDS; kind++)
		if (kind != FAULT_DELAY && !strcmp(word, fault_names[kind])) {
			f->kind = (enum dns_fault_kind)kind;
			return NULL;
		}
	return "there is no such fault";
}

static const char *fault_word(struct dns_fault *f, const char *word)
{
	if (!strncmp(word, "type=", 5)) {
		f->type = dns_type_of(word + 5);
		return f->type ? NULL : "there is no such type";
	}
	if (!strcmp(word, "edns")) {
		f->edns = true;
		return NULL;
	}
	if (!strncmp(word, "from=", 5) && common_time(word + 5, &f->from_ms))
		return NULL;
	if (!strncmp(word, "until=", 6) && common_time(word + 6, &f->until_ms))
		return NULL;
	if (!strncmp(word, "every=", 6) && common_time(word + 6, &f->every_ms) && f->every_ms)
		return NULL;
	return "a fault's words are type=, edns, and from=, until= and every= with a time";
}

static const char *on_fault(struct dns_data *d, char **rest)
{
	const char *name = strtok_r(NULL, BLANKS, rest);
	const char *word = name ? strtok_r(NULL, BLANKS, rest) : NULL;
	struct dns_fault f = {.until_ms = UINT64_MAX};
	const char *why;

	if (!word)
		return "fault needs a name and what goes wrong";
	if (d->faults == DNS_FAULTS_MAX)
		return "too many faults";
	why = fault_kind(&f, word);
	while (!why && (word = strtok_r(NULL, BLANKS, rest)))
		why = fault_word(&f, word);
	if (why)
		return why;
	f.name = name_of(name);
	if (!f.name)
		return "this is no name";
	d->fault[d->faults++] = f;
	return NULL;
}

/* DATA of a record; strings are copies. */
static const char *record_data(struct dns_record *r, char **rest)
{
	const char *word;
	unsigned long n;

	if (r->type == DNS_TXT) {
		*rest += strspn(*rest, BLANKS);
		r->target = strndup(*rest, 255);
		return r->target ? NULL : "no memory";
	}
	word = strtok_r(NULL, BLANKS, rest);
	if (word && r->type == DNS_MX) {
		if (!common_number(word, 0, 65535, &n))
			return "MX needs a preference";
		r->preference = (uint16_t)n;
		word = strtok_r(NULL, BLANKS, rest);
	}
	if (!word)
		return "the record has no data";
	if (r->type == DNS_A || r->type == DNS_AAAA)
		return inet_pton(r->type == DNS_A ? AF_INET : AF_INET6, word, r->address) == 1
			       ? NULL
			       : "this is no address";
	r->target = name_of(word);
	return r->target ? NULL : "the record needs a name";
}

static const char *on_record(struct dns_data *d, const char *name, char **rest)
{
	const char *type = strtok_r(NULL, BLANKS, rest);
	struct dns_record r = {.ttl = d->ttl};
	const char *why;

	r.type = type ? dns_type_of(type) : 0;
	if (!r.type || r.type == DNS_ANY || r.type == DNS_SOA)
		return "this is neither ttl, zone, fault nor NAME and one of A AAAA NS CNAME PTR "
		       "MX TXT";
	if (d->records == DNS_RECORDS_MAX)
		return "too many records";
	r.name = name_of(name);
	if (!r.name)
		return "this is no name";
	why = record_data(&r, rest);
	if (!why && strtok_r(NULL, BLANKS, rest) && r.type != DNS_TXT)
		why = "there is something behind the record";
	if (why) {
		free(r.name);
		free(r.target);
		return why;
	}
	d->record[d->records++] = r;
	return NULL;
}

const char *dns_line(void *data, char *line)
{
	struct dns_data *d = data;
	char *rest, *word = strtok_r(line, BLANKS, &rest);

	if (!word)
		return NULL;
	if (!strcmp(word, "ttl"))
		return on_ttl(d, &rest);
	if (!strcmp(word, "zone"))
		return on_zone(d, &rest);
	if (!strcmp(word, "fault"))
		return on_fault(d, &rest);
	return on_record(d, word, &rest);
}

void dns_forget(struct dns_data *d)
{
	while (d->records) {
		d->records--;
		free(d->record[d->records].name);
		free(d->record[d->records].target);
	}
	while (d->faults)
		free(d->fault[--d->faults].name);
	while (d->zones)
		free(d->zone[--d->zones]);
}

/* --- questions ---------------------------------------------------------------- */

const char *dns_zone_of(const struct dns_data *d, const char *name)
{
	const char *best = NULL;
	unsigned int i;

	for (i = 0; i < d->zones; i++)
		if (dns_name_is_in(name, d->zone[i]) &&
		    (!best || strlen(d->zone[i]) > strlen(best)))
			best = d->zone[i];
	return best;
}

const struct dns_fault *dns_fault_of(const struct dns_data *d, const struct dns_query *q,
				     uint64_t now_ms)
{
	unsigned int i;

	for (i = 0; i < d->faults; i++) {
		const struct dns_fault *f = &d->fault[i];

		if ((f->type && f->type != q->type) || (f->edns && !q->edns) ||
		    !dns_name_matches(f->name, q->name))
			continue;
		if (now_ms < f->from_ms || now_ms >= f->until_ms)
			continue;
		if (f->every_ms && (now_ms / f->every_ms) % 2)
			continue;
		return f;
	}
	return NULL;
}
