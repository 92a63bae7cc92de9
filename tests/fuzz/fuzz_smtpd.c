// SPDX-License-Identifier: GPL-2.0
/* The server of mail of the mail rigs: any command of a client, and any rule. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "smtpd_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plan p;
	struct smtp_command c;
	const char *s;
	char *copy;

	if (!size)
		return 0;
	if (data[0] & 1) {
		smtp_command_read(&c, (const char *)data + 1, size - 1);
		assert(c.verb < VERBS && strlen(c.argument) < sizeof(c.argument));
		for (s = c.argument; *s; s++)
			assert((unsigned char)*s >= ' ' && *s != 0x7f);
		return 0;
	}
	copy = strndup((const char *)data + 1, size - 1);
	p.rules = 0;
	if (!plan_line(&p, copy)) {
		assert(p.rules == 1 && p.rule[0].stage < STAGES);
		plan_find(&p, p.rule[0].stage, "a@b", 0);
	}
	free(copy);
	return 0;
}
