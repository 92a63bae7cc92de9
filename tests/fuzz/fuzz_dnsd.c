// SPDX-License-Identifier: GPL-2.0
/* The server of names of the mail rigs: any question, and any file. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "dnsd_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dns_data *some_data(void)
{
	static const char *const lines[] = {
		"zone a",      "a MX 10 b.a",   "b.a A 1.2.3.4", "*.w.a TXT words",
		"c.a CNAME a", "l.a CNAME l.a", "s.a NS ns.s.a", "ns.s.a A 1.2.3.5",
	};
	static struct dns_data d;
	char copy[64];
	size_t i;

	if (d.records)
		return &d;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		strcpy(copy, lines[i]);
		assert(!dns_line(&d, copy));
	}
	return &d;
}

static void question(const uint8_t *data, size_t size)
{
	static struct dns_writer w;
	struct dns_query q;
	bool authoritative = false;
	int bad = dns_read(&q, data, size);
	enum dns_rcode rcode;

	if (bad < 0)
		return;
	dns_begin(&w, &q, data);
	rcode = bad ? (enum dns_rcode)bad : dns_answer(some_data(), &q, &w, &authoritative);
	dns_end(&w, &q, rcode, authoritative, q.udp_size);
	assert(w.len >= DNS_HEADER && w.len <= DNS_MESSAGE_MAX);
	assert(bad || w.len <= q.udp_size);
	assert((w.bytes[3] & 15) == (int)rcode);
}

static void file_line(const uint8_t *data, size_t size)
{
	static struct dns_data d;
	char *copy = strndup((const char *)data, size);

	dns_line(&d, copy);
	dns_forget(&d);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		question(data + 1, size - 1);
	else
		file_line(data + 1, size - 1);
	return 0;
}
