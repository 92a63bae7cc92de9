// SPDX-License-Identifier: GPL-2.0
/* Requests of old clients: any bytes, whole and by pieces; what is accepted is as it was said. */
#include <assert.h>
#include <string.h>
#include "port_old.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct old_request *r, const uint8_t *data, size_t used)
{
	size_t at = r->version == 0 ? 10 : r->version == 1 ? 14 : 12;

	assert(r->version == 0 || r->version == 1 || r->version == 3);
	assert(used <= 250 && at + sizeof(r->data) <= used);
	assert(!memcmp(r->data, data + at, sizeof(r->data)));
	assert(memchr(r->description, 0, sizeof(r->description)));
	for (const char *c = r->description; *c; c++)
		assert(*c >= ' ' && *c < 0x7f);
	if (r->version < 3)
		assert(!memcmp(r->mac, data + at - 6, 6) && !*r->description);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct old_request whole, part;
	int rc = old_request_parse(&whole, data, size), before = 0;

	assert(rc == -71 || (rc >= 0 && (size_t)rc <= size));
	if (rc > 0)
		check(&whole, data, (size_t)rc);
	/* More bytes never make a bad request good, nor a whole one too short. */
	for (size_t n = 0; n <= size && n < 300; n++) {
		int now = old_request_parse(&part, data, n);

		assert(before == 0 || (before < 0) == (now < 0));
		assert(before <= 0 || now >= before);
		before = now;
	}
	return 0;
}
