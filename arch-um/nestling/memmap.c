// SPDX-License-Identifier: GPL-2.0
/*
 * The memory map grows with the memory that is used.
 *
 * The kernel keeps 64 bytes for each page and fills them in at boot: a guest with mem=1G would take
 * 16 MB of its host to know of memory that it does not use yet. Here the largest piece of free
 * memory is kept out of that. It counts as free from the start, and goes to the page allocator in
 * blocks of the largest size that this knows, so that it always has some that are whole: with
 * less it would break up what belongs to other kinds of memory, and move pages about to make whole
 * blocks again. (What is kept is not in /proc/buddyinfo.)
 *
 *   0         image       next                          end         top
 *   | reserved | allocator | kept: its map is a hole     | reserved  |
 *                          ---> grows
 *
 * The map of what is kept should not be read, for that would fill the hole. Who reads it sees zeroes:
 * a page of the first zone that is nobody's, not the allocator's either.
 *
 * There is one CPU: with interrupts off nobody else is here.
 */
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/vmstat.h>
#include <nestling.h>
#include "../../mm/internal.h"

#define BLOCK_PAGES ((unsigned long)MAX_ORDER_NR_PAGES)
#define SPARE 2 /* blocks */

/* Page numbers. Nothing is kept any more when next is end. */
static struct {
	unsigned long from; /* the map is filled in up to here at first */
	unsigned long next;
	unsigned long end;
} kept;

_Bool nl_memmap_keeps;

static struct zone *first_zone(void)
{
	return &NODE_DATA(0)->node_zones[ZONE_NORMAL];
}

_Bool nl_memmap_kept(unsigned long pfn)
{
	return pfn >= kept.next && pfn < kept.end;
}

_Bool __init nl_memmap_defer(unsigned long pfn)
{
	phys_addr_t start, end;
	u64 i;

	if (!kept.from) {
		for_each_free_mem_range (i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
			kept.from = ALIGN(PFN_UP(start), BLOCK_PAGES);
			break;
		}
	}
	return pfn >= kept.from;
}

static void __meminit fill_in(unsigned long pfn)
{
	__init_single_page(pfn_to_page(pfn), pfn, ZONE_NORMAL, 0);
	if (pageblock_aligned(pfn))
		set_pageblock_migratetype(pfn_to_page(pfn), MIGRATE_MOVABLE);
}

void __init nl_memmap_settle(void)
{
	unsigned long pfn, top = zone_end_pfn(first_zone());
	phys_addr_t start, end;
	u64 i;

	for_each_free_mem_range (i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
		unsigned long first = max(ALIGN(PFN_UP(start), BLOCK_PAGES), kept.from);
		unsigned long behind = ALIGN_DOWN(PFN_DOWN(end), BLOCK_PAGES);

		if (first < behind && behind - first > kept.end - kept.next) {
			kept.next = first;
			kept.end = behind;
		}
	}
	for (pfn = kept.from; pfn < top; pfn++)
		if (!nl_memmap_kept(pfn))
			fill_in(pfn);
	nl_memmap_keeps = kept.next < kept.end;
}

/* What is kept counts as the allocator's, and as free. */
static void count(long pages)
{
	atomic_long_add(pages, &first_zone()->managed_pages);
	__mod_zone_page_state(first_zone(), NR_FREE_PAGES, pages);
}

_Bool __init nl_memmap_keep(unsigned long pfn, unsigned int order)
{
	if (!nl_memmap_kept(pfn))
		return false;
	count(1L << order);
	return true;
}

/* Text of the boot is not freed in this kernel: __ref. */
_Bool __ref nl_memmap_grow(void)
{
	unsigned long flags, pfn, i;
	bool grown;

	local_irq_save(flags);
	grown = nl_memmap_keeps;
	if (grown) {
		pfn = kept.next;
		kept.next += BLOCK_PAGES;
		nl_memmap_keeps = kept.next < kept.end;
		for (i = 0; i < BLOCK_PAGES; i++)
			fill_in(pfn + i);
		count(-(long)BLOCK_PAGES);
		__free_pages_core(pfn_to_page(pfn), MAX_PAGE_ORDER, MEMINIT_EARLY);
	}
	local_irq_restore(flags);
	return grown;
}

void nl_memmap_supply(void)
{
	if (READ_ONCE(first_zone()->free_area[MAX_PAGE_ORDER].nr_free) < SPARE)
		nl_memmap_grow();
}
