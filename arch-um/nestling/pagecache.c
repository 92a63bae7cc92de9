// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of files lie side by side.
 *
 * A program's text is mapped into its stub by host calls, one for each run of pages that
 * lie together in guest memory. The allocator gives single pages from its list of the ones
 * freed last, which are strewn all over, so each page of a program would be a host call of
 * its own at each exec. What a file is read into is therefore taken from small blocks, page
 * by page: readahead (and who writes a file) asks for pages in their order, and gets
 * neighbours. Where readahead goes backwards, the block is used up from its end. And of text, readahead
 * takes much at once, for what was read in several goes does not lie side by side.
 *
 * At most one block is held back, less than its RUN_PAGES, and not while the guest is idle (trim.c).
 * When memory is short, pages come one by one as ever.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <nestling.h>
#include "bulk.h"

#define RUN_ORDER 4
#define RUN_PAGES (1U << RUN_ORDER)
#define TEXT_MIN 32UL /* pages of text that are read at once */
#define TEXT_MAX 256UL

/* The pages of the current block that are left. One CPU, no preemption: no lock. */
static struct page *run;
static unsigned int run_left;

static bool run_begin(gfp_t gfp)
{
	struct page *block = alloc_pages((gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_NOWARN, RUN_ORDER);

	if (!block)
		return false;
	nl_bulk_fill(block, RUN_ORDER);
	split_page(block, RUN_ORDER);
	run = block;
	run_left = RUN_PAGES;
	return true;
}

struct folio *nl_pagecache_folio(gfp_t gfp, bool backwards)
{
	/* Other kinds of pages would keep movable blocks from being whole again. */
	if (!(gfp & __GFP_MOVABLE) || (gfp & __GFP_ZERO))
		return NULL;
	if (!run_left && !run_begin(gfp))
		return NULL;
	run_left--;
	return page_folio(backwards ? run + run_left : run++);
}

void nl_pagecache_release(void)
{
	while (run_left)
		__free_page(run + --run_left);
}

void nl_pagecache_text(struct file_ra_state *ra, unsigned long index)
{
	unsigned long pages =
		clamp(rounddown_pow_of_two(totalram_pages() / 64), TEXT_MIN, TEXT_MAX);

	ra->start = ALIGN_DOWN(index, pages);
	ra->size = pages;
	ra->async_size = 0;
}
