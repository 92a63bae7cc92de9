// SPDX-License-Identifier: GPL-2.0
/*
 * Letting the guest kernel's text go (host half).
 *
 * @host run madvise EQ32(2,MADV_DONTNEED): the text
 */
#include <sys/mman.h>
#include "trim_user.h"

#define PAGE 4096UL

void nl_trim_text(const char *start, const char *end)
{
	unsigned long from = ((unsigned long)start + PAGE - 1) & ~(PAGE - 1);
	unsigned long to = (unsigned long)end & ~(PAGE - 1);

	/* The loader maps it from a file, not writable: it can be had again. */
	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
}
