// SPDX-License-Identifier: GPL-2.0
/*
 * Memory taken from the host in bulk.
 *
 * Guest memory is a file of the host's in memory, and a page of it that is touched for the first time
 * costs the host 2 us: the fault, the page, its place in the file, its mapping. Sixteen pages that are
 * written by one call, and mapped by one fault, cost it two thirds of that. So who is going to use a
 * block as a whole has it filled first, and the page allocator does it where it takes many pages at
 * once because many were wanted just now.
 *
 * One bit for each block of 64 KB tells whether the host is likely to have none of it: it was never used,
 * or has been reported as free (reporting.c). A block that was used in smaller pieces since is filled
 * for nothing, once.
 */
#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <nestling.h>
#include "bulk.h"
#include "bulk_user.h"
#include "../../mm/internal.h"

static unsigned long *gone;

void nl_bulk_gone(unsigned long pfn, unsigned long pages)
{
	unsigned long first = DIV_ROUND_UP(pfn, NL_BULK_PAGES);
	unsigned long behind = (pfn + pages) / NL_BULK_PAGES;

	if (gone && behind > first)
		bitmap_set(gone, first, behind - first);
}

/* Whether it was filled, with zeroes. */
static bool fill(struct page *block)
{
	unsigned long pfn = page_to_pfn(block);

	return test_and_clear_bit(pfn / NL_BULK_PAGES, gone) &&
	       nl_bulk_write(page_address(block), PFN_PHYS(pfn), NL_BULK_PAGES * PAGE_SIZE) == 0;
}

bool nl_bulk_fill(struct page *block, unsigned int order)
{
	bool clear = true;
	unsigned long i;

	if (!gone || order < NL_BULK_ORDER)
		return false;
	for (i = 0; i < 1UL << order; i += NL_BULK_PAGES)
		clear &= fill(block + i);
	return clear;
}

/* Whether all that lies behind page in its block of NL_BULK_ORDER is free, as it is after a split. */
static bool rest_is_free(struct page *page, unsigned int order)
{
	struct page *other;

	for (; order < NL_BULK_ORDER; order++) {
		other = page + (1UL << order);
		if (!PageBuddy(other) || buddy_order(other) != order)
			return false;
	}
	return true;
}

void nl_bulk_split(struct page *page, unsigned int order)
{
	if (gone && page_to_pfn(page) % NL_BULK_PAGES == 0 && rest_is_free(page, order))
		fill(page);
}

static int __init bulk_init(void)
{
	unsigned long blocks = DIV_ROUND_UP(max_pfn, NL_BULK_PAGES);

	gone = kvmalloc_array(BITS_TO_LONGS(blocks), sizeof(long), GFP_KERNEL);
	if (gone)
		bitmap_fill(gone, blocks);
	return 0;
}
late_initcall(bulk_init);
