// SPDX-License-Identifier: GPL-2.0
/* Options of NAT ports and forwards: what is accepted is in bounds and can be said again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "port_nat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void forward(const struct nat_forward *f)
{
	struct nat_forward again;
	char text[160], err[64];

	assert(f->host_port && f->guest_port);
	nat_forward_print(f, text, sizeof(text));
	assert(!nat_forward_parse(&again, text, err, sizeof(err)));
	assert(!memcmp(f, &again, sizeof(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nat_config c;
	char err[64] = "", *text = malloc(size + 1);
	struct nat_forward f;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	if (!nat_forward_parse(&f, text, err, sizeof(err)))
		forward(&f);
	else
		assert(*err);
	*err = 0;
	if (!nat_config_parse(&c, text, err, sizeof(err))) {
		assert(c.forwards <= NAT_FORWARDS_MAX && c.mtu >= 1280 && c.mtu <= 65521);
		assert((c.host.s_addr & c.mask.s_addr) == c.net.s_addr);
		for (unsigned int i = 0; i < c.forwards; i++)
			forward(&c.forward[i]);
	} else {
		assert(*err);
	}
	free(text);
	return 0;
}
