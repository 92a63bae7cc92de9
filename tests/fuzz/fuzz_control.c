// SPDX-License-Identifier: GPL-2.0
/* Messages to the guest kernel; one that is accepted has every field in bounds. */
#include <stdlib.h>
#include <string.h>
#include "control_check.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct nl_msg m;
	unsigned int nfds;

	if (!size)
		return 0;
	nfds = data[0] % (NL_SLOT_FDS + 1);
	memset(&m, 0, sizeof(m));
	memcpy(&m, data + 1, size - 1 < sizeof(m) ? size - 1 : sizeof(m));
	if (control_check(&m, sizeof(m), nfds))
		return 0;
	if (m.type == NL_MSG_COMMAND ? m.len > NL_MSG_TEXT : m.slot.index >= NL_SSL_MAX)
		abort();
	if (m.type == NL_MSG_ADD &&
	    strnlen(m.slot.spec, sizeof(m.slot.spec)) == sizeof(m.slot.spec))
		abort();
	return 0;
}
