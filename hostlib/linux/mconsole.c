// SPDX-License-Identifier: GPL-2.0
/* Management console; see mconsole.h. Not served yet. */
#include "mconsole.h"

int mconsole_open(struct linux_ctx *ctx)
{
	return 0;
}

void mconsole_close(struct linux_ctx *ctx)
{
}

void mconsole_notify(struct linux_ctx *ctx, enum nl_msg_type event, const char *text)
{
}
