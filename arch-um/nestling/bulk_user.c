// SPDX-License-Identifier: GPL-2.0
/*
 * Memory taken from the host in bulk (host half). A call that fails does no harm: memory comes page
 * by page, then.
 *
 * @host run pwrite64: guest memory is filled
 */
#include <unistd.h>
#include "abi.h"
#include "bulk_user.h"

static char zeroes[64 * 1024];

int nl_bulk_write(const char *addr, unsigned long long offset, unsigned long len)
{
	if (pwrite(NL_FD_MEMORY, zeroes, len, offset) != (ssize_t)len)
		return -1;
	/* Read, for where it is written the host maps one page. */
	(void)*(const volatile char *)addr;
	return 0;
}
