// SPDX-License-Identifier: GPL-2.0
/*
 * Letting the guest kernel's text and constants go (host half).
 *
 * @host run madvise EQ32(2,MADV_DONTNEED): text and constants
 * @host run madvise EQ32(2,MADV_DONTDUMP): what idles is mapped apart
 */
#include <sys/mman.h>
#include "trim_user.h"

#define PAGE 4096UL

void nl_trim_file(const char *start, const char *end)
{
	unsigned long from = ((unsigned long)start + PAGE - 1) & ~(PAGE - 1);
	unsigned long to = (unsigned long)end & ~(PAGE - 1);

	/* The loader maps them from a file, and nobody writes there: they can be had again. */
	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

void nl_trim_apart(const char *start, const char *end)
{
	unsigned long from = (unsigned long)start & ~(PAGE - 1);
	unsigned long to = ((unsigned long)end + PAGE - 1) & ~(PAGE - 1);

	/* Files are not dumped anyway: all that this does is make it a mapping of its own. */
	madvise((void *)from, to - from, MADV_DONTDUMP);
}
