// SPDX-License-Identifier: GPL-2.0
/* The server of names of the mail rigs: its file, what it reads and answers, its faults. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "dnsd_zone.h"
#include "suite.h"

static struct dns_data d;

/* Reads lines; how many were refused. */
static unsigned int load(const char *const *lines)
{
	unsigned int bad = 0;
	char copy[512];

	dns_forget(&d);
	d.ttl = 300;
	for (; *lines; lines++) {
		snprintf(copy, sizeof(copy), "%s", *lines);
		if (dns_line(&d, copy))
			bad++;
	}
	return bad;
}

static const char *const zone[] = {
	"zone test",
	"ttl 60",
	"a.test A 10.0.0.1",
	"A.test. AAAA 2001:db8::1",
	"m.test MX 10 a.test",
	"m.test MX 20 b.test.",
	"n.test MX 0 .",
	"*.w.test A 10.0.0.2",
	"c.test CNAME d.test",
	"d.test CNAME a.test",
	"l.test CNAME l.test",
	"t.test TXT some words",
	"sub.test NS ns.sub.test",
	"ns.sub.test A 10.0.0.3",
	"fault f.test servfail type=MX",
	"fault *.f.test delay=3s from=10s until=20s",
	"fault flap.test timeout every=1m",
	"fault e.test timeout edns",
	NULL,
};

/* A question, as a client would send it: its length. */
static size_t ask(uint8_t *out, const char *name, uint16_t type)
{
	static const uint8_t header[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	size_t at = sizeof(header), len;

	memcpy(out, header, at);
	while (*name) {
		len = strcspn(name, ".");
		out[at++] = (uint8_t)len;
		memcpy(out + at, name, len);
		at += len;
		name += len + (name[len] == '.');
	}
	out[at++] = 0;
	out[at++] = (uint8_t)(type >> 8);
	out[at++] = (uint8_t)type;
	out[at++] = 0;
	out[at++] = 1;
	return at;
}

struct answer {
	struct dns_writer w;
	struct dns_query q;
	enum dns_rcode rcode;
	bool authoritative;
};

static struct answer *answer_to(const char *name, uint16_t type, size_t limit)
{
	static struct answer a;
	uint8_t question[300];
	size_t len = ask(question, name, type);

	CU_ASSERT_EQUAL_FATAL(dns_read(&a.q, question, len), 0);
	dns_begin(&a.w, &a.q, question);
	a.rcode = dns_answer(&d, &a.q, &a.w, &a.authoritative);
	dns_end(&a.w, &a.q, a.rcode, a.authoritative, limit);
	return &a;
}

static void counts_are(const struct answer *a, int answers, int authority, int additional)
{
	CU_ASSERT_EQUAL(a->w.bytes[7], answers);
	CU_ASSERT_EQUAL(a->w.bytes[9], authority);
	CU_ASSERT_EQUAL(a->w.bytes[11], additional);
}

static void test_lines(void)
{
	static const char *const bad[] = {
		"zone",
		"ttl x",
		"ttl 99999999",
		"a.test",
		"a.test A",
		"a.test A 1.2.3",
		"a.test MX a",
		"a.test MX 70000 b",
		"a..test A 1.2.3.4",
		"a.test SOA x",
		"a.test BAD x",
		"a.test A 1.2.3.4 more",
		"fault a.test",
		"fault a.test bad",
		"fault a.test delay=3",
		"fault a.test servfail type=X",
		"fault a.test servfail every=0s",
		"a/b A 1.2.3.4",
		NULL,
	};
	unsigned int n = 0;

	while (bad[n])
		n++;
	CU_ASSERT_EQUAL(load(bad), n);
	CU_ASSERT_EQUAL(d.records + d.zones + d.faults, 0);
	CU_ASSERT_EQUAL(load(zone), 0);
	CU_ASSERT_EQUAL(d.records, 12);
	CU_ASSERT_EQUAL(d.faults, 4);
}

static void test_names(void)
{
	CU_ASSERT(dns_name_is_in("a.b.test", "b.test"));
	CU_ASSERT(dns_name_is_in("b.test", "b.test"));
	CU_ASSERT(dns_name_is_in("b.test", ""));
	CU_ASSERT_FALSE(dns_name_is_in("ab.test", "b.test"));
	CU_ASSERT(dns_name_matches("*.b.test", "a.b.test"));
	CU_ASSERT_FALSE(dns_name_matches("*.b.test", "b.test"));
	CU_ASSERT(dns_name_matches("b.test", "b.test"));
}

static void test_answers(void)
{
	struct answer *a;

	load(zone);
	a = answer_to("A.TEST", DNS_A, 512);
	CU_ASSERT_EQUAL(a->rcode, DNS_NOERROR);
	CU_ASSERT(a->authoritative);
	counts_are(a, 1, 0, 0);
	CU_ASSERT_EQUAL(memcmp(a->w.bytes + a->w.len - 4, "\x0a\0\0\1", 4), 0);
	CU_ASSERT_EQUAL(memcmp(a->w.bytes, "\x12\x34\x85\x00", 4), 0);
	counts_are(answer_to("m.test", DNS_MX, 512), 2, 0, 0);
	counts_are(answer_to("n.test", DNS_MX, 512), 1, 0, 0);
	counts_are(answer_to("x.w.test", DNS_A, 512), 1, 0, 0);
	counts_are(answer_to("x.w.test", DNS_MX, 512), 0, 1, 0);
	counts_are(answer_to("c.test", DNS_A, 512), 3, 0, 0);
	counts_are(answer_to("t.test", DNS_TXT, 512), 1, 0, 0);
	CU_ASSERT(answer_to("l.test", DNS_A, 512)->w.bytes[7] <= 16);
}

static void test_refusals(void)
{
	struct answer *a;

	load(zone);
	CU_ASSERT_EQUAL(answer_to("no.test", DNS_A, 512)->rcode, DNS_NXDOMAIN);
	CU_ASSERT_EQUAL(answer_to("x.w.test", DNS_MX, 512)->rcode, DNS_NOERROR);
	CU_ASSERT_EQUAL(answer_to("a.test", DNS_MX, 512)->rcode, DNS_NOERROR);
	CU_ASSERT_EQUAL(answer_to("elsewhere", DNS_A, 512)->rcode, DNS_REFUSED);
	a = answer_to("x.sub.test", DNS_A, 512);
	CU_ASSERT_FALSE(a->authoritative);
	counts_are(a, 0, 1, 1);
	a = answer_to("m.test", DNS_MX, 40);
	CU_ASSERT(a->w.bytes[2] & 2);
	counts_are(a, 0, 0, 0);
}

static const struct dns_fault *fault_of(const char *name, uint16_t type, uint64_t now_ms)
{
	struct dns_query q = {.type = type};

	snprintf(q.name, sizeof(q.name), "%s", name);
	return dns_fault_of(&d, &q, now_ms);
}

/* A server that drops what it does not know. */
static void test_fault_edns(void)
{
	struct dns_query q = {.type = DNS_MX, .name = "e.test"};

	load(zone);
	CU_ASSERT_PTR_NULL(dns_fault_of(&d, &q, 0));
	q.edns = true;
	CU_ASSERT_PTR_NOT_NULL_FATAL(dns_fault_of(&d, &q, 0));
	CU_ASSERT_EQUAL(dns_fault_of(&d, &q, 0)->kind, FAULT_TIMEOUT);
}

static void test_faults(void)
{
	load(zone);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fault_of("f.test", DNS_MX, 0));
	CU_ASSERT_EQUAL(fault_of("f.test", DNS_MX, 0)->kind, FAULT_SERVFAIL);
	CU_ASSERT_PTR_NULL(fault_of("f.test", DNS_A, 0));
	CU_ASSERT_PTR_NULL(fault_of("x.f.test", DNS_A, 9999));
	CU_ASSERT_PTR_NOT_NULL_FATAL(fault_of("x.f.test", DNS_A, 10000));
	CU_ASSERT_EQUAL(fault_of("x.f.test", DNS_A, 10000)->delay_ms, 3000);
	CU_ASSERT_PTR_NULL(fault_of("x.f.test", DNS_A, 20000));
	CU_ASSERT_PTR_NOT_NULL(fault_of("flap.test", DNS_A, 59999));
	CU_ASSERT_PTR_NULL(fault_of("flap.test", DNS_A, 60000));
	CU_ASSERT_PTR_NOT_NULL(fault_of("flap.test", DNS_A, 120000));
}

static void test_questions(void)
{
	uint8_t m[300];
	struct dns_query q;
	size_t len = ask(m, "a.test", DNS_A), i;

	for (i = 0; i < len; i++)
		CU_ASSERT_NOT_EQUAL(dns_read(&q, m, i), 0);
	CU_ASSERT_EQUAL(dns_read(&q, m, len), 0);
	CU_ASSERT_STRING_EQUAL(q.name, "a.test");
	m[2] = 0x80;
	CU_ASSERT_EQUAL(dns_read(&q, m, len), -1);
	m[2] = 0x28;
	CU_ASSERT_EQUAL(dns_read(&q, m, len), DNS_NOTIMP);
	m[2] = 1;
	m[12] = 0xc0;
	CU_ASSERT_EQUAL(dns_read(&q, m, len), DNS_FORMERR);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"lines of the file", test_lines}, {"names", test_names},
		{"answers", test_answers},         {"what is not there", test_refusals},
		{"faults", test_faults},           {"fault of EDNS", test_fault_edns},
		{"questions", test_questions},     CU_TEST_INFO_NULL,
	};
	int failed = run_suite("servers: dns", NULL, NULL, tests);

	dns_forget(&d);
	return failed;
}
