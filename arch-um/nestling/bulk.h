/* SPDX-License-Identifier: GPL-2.0 */
/* Memory taken from the host in bulk (bulk.c). */
#ifndef NESTLING_BULK_H
#define NESTLING_BULK_H

#include <linux/types.h>

struct page;

/* These pages have gone back to the host. */
void nl_bulk_gone(unsigned long pfn, unsigned long pages);

/*
 * A block that was just allocated and is about to be used as a whole: what it holds is lost. Whether
 * it holds nothing but zeroes now.
 */
bool nl_bulk_fill(struct page *block, unsigned int order);

#endif
