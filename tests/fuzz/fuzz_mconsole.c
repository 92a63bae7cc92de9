// SPDX-License-Identifier: GPL-2.0
/* Management console: any datagram through each parser; what is accepted comes back the same. */
#include <assert.h>
#include <string.h>
#include "hotplug_name.h"
#include "mconsole_proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void name(const char *text)
{
	static const unsigned int max[NL_KIND_COUNT] = {
		[NL_KIND_UBD] = NL_UBD_MAX,
		[NL_KIND_CON] = NL_CON_MAX,
		[NL_KIND_SSL] = NL_SSL_MAX,
		[NL_KIND_NET] = NL_NET_MAX,
	};
	char error[OPTIONS_ERROR_LEN] = "";
	struct hotplug_device d;

	if (hotplug_name(text, &d, error)) {
		assert(*error);
		return;
	}
	assert(d.kind < NL_KIND_COUNT && d.index < max[d.kind]);
	assert(!d.setting || d.setting[-1] == '=' ||
	       (d.kind == NL_KIND_NET && d.setting[-1] == ':'));
}

static void request(const uint8_t *data, size_t size)
{
	uint8_t buf[MCONSOLE_REQUEST_MAX];
	struct mconsole_request a, b;
	const char *rest;
	size_t n;

	if (mconsole_request_parse(data, size, &a))
		return;
	assert(a.len && a.len <= MCONSOLE_TEXT && strlen(a.text) == a.len);
	assert(mconsole_first_word(a.text, &rest) > 0 && rest <= a.text + a.len);
	name(rest);
	n = mconsole_request_build(buf, a.text, a.len);
	if (!n) {
		assert(a.len == MCONSOLE_TEXT);
		return;
	}
	assert(mconsole_request_parse(buf, n, &b) == 0 && strcmp(a.text, b.text) == 0);
}

static void reply(const uint8_t *data, size_t size)
{
	uint8_t buf[MCONSOLE_REPLY_MAX];
	struct mconsole_reply a, b;
	size_t n, used;

	if (mconsole_reply_parse(data, size, &a))
		return;
	assert(strlen(a.text) == a.len);
	n = mconsole_reply_build(buf, a.err, a.text, a.len, a.more, &used);
	assert(n <= sizeof(buf) && used <= a.len);
	assert(mconsole_reply_parse(buf, n, &b) == 0 && b.err == a.err && b.len == used);
}

static void notify(const uint8_t *data, size_t size)
{
	uint8_t buf[MCONSOLE_NOTIFY_MAX];
	struct mconsole_notify a, b;
	size_t n;

	if (mconsole_notify_parse(data, size, &a))
		return;
	n = mconsole_notify_build(buf, a.type, a.text);
	assert(n <= sizeof(buf));
	assert(mconsole_notify_parse(buf, n, &b) == 0 && b.type == a.type && b.len <= a.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	request(data, size);
	reply(data, size);
	notify(data, size);
	return 0;
}
