// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of nofault.c.
 *
 * Copies with process_vm_readv, of this process itself, which never faults.
 *
 * @host run process_vm_readv SELF(0): whether an address can be read
 */
#include <stdbool.h>
#include <sys/uio.h>
#include <unistd.h>
#include "nofault_user.h"

bool nl_readable(const void *src, unsigned long size)
{
	char buf[64];
	unsigned long done, n;

	for (done = 0; done < size; done += n) {
		struct iovec to = {.iov_base = buf, .iov_len = sizeof(buf)};
		struct iovec from = {.iov_base = (char *)src + done};

		n = size - done < sizeof(buf) ? size - done : sizeof(buf);
		from.iov_len = n;
		if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != (ssize_t)n)
			return false;
	}
	return true;
}
