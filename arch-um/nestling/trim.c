// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest needed to boot and does not need to idle goes back to the host, once: text some two
 * seconds behind the boot, and memory as soon as the guest has been idle for as long.
 *
 * Of the guest kernel's text and constants, most is for booting and for what a guest does not do.
 * The host maps them in large pieces around each place that was touched, so an idle guest would
 * count for nearly all of them. They are let go, and what is used comes back from the host's page
 * cache, where it stays. What runs in an idle guest is kept together by the linker (text.lds),
 * and apart from the rest: Linux 6.18 maps all that its page cache has in one piece, up to 2 MB,
 * but not beyond a mapping's end.
 *
 * A debugger's breakpoints go with text: with 'notrim' on the command line all stays.
 *
 * So is what the guest's own page cache has of files and has not changed, mapped or not, with what it
 * knows of names and inodes. What is wanted again is read from the disk, which the host has in its
 * page cache, too. Three hundred guests would have it three hundred times.
 */
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/tick.h>
#include <linux/time-internal.h>
#include <linux/workqueue.h>
#include <asm/sections.h>
#include <nestling.h>
#include "../../mm/internal.h"
#include "../../mm/slab.h"
#include "trim_user.h"

#define AFTER_SECONDS 2
#define IDLE_US (AFTER_SECONDS * 1000000ULL * 9 / 10)
#define REPORTED_SECONDS 8
#define BATCH 256

extern char nl_idle_text_end[];

/* Takes the folio off its list for reclaim, if it is of a file and clean. */
static void take(struct page *page, struct list_head *list, unsigned int *n)
{
	struct folio *folio = page_folio(page);

	if (!folio_test_lru(folio) || !folio_try_get(folio))
		return;
	if (page_folio(page) == folio && folio_mapping(folio) && !folio_test_anon(folio) &&
	    !folio_test_swapbacked(folio) && !folio_test_dirty(folio) &&
	    !folio_test_writeback(folio) && !folio_test_unevictable(folio) &&
	    folio_isolate_lru(folio)) {
		list_add(&folio->lru, list);
		++*n;
	}
	folio_put(folio);
}

static void drop_files(void)
{
	pg_data_t *node = NODE_DATA(0);
	unsigned long pfn, end = pgdat_end_pfn(node);
	unsigned int n = 0;
	LIST_HEAD(list);

	lru_add_drain();
	for (pfn = node->node_start_pfn; pfn < end; pfn++) {
		if (nl_memmap_kept(pfn))
			continue;
		take(pfn_to_page(pfn), &list, &n);
		if (n == BATCH) {
			reclaim_pages(&list);
			n = 0;
			cond_resched();
		}
	}
	reclaim_pages(&list);
}

/* Objects that are free, and would wait in their caches for the next of their kind. */
static void shrink_caches(void)
{
	struct kmem_cache *cache;

	mutex_lock(&slab_mutex);
	list_for_each_entry (cache, &slab_caches, list)
		kmem_cache_shrink(cache);
	mutex_unlock(&slab_mutex);
}

static void let_text_go(void)
{
	nl_trim_file(_sinittext, _etext);
	nl_trim_file(__start_rodata, __start_ro_after_init);
	nl_trim_file(__init_begin, __init_end);
}

/* Whether the guest has been idle since the last time that this was asked. */
static bool was_idle(void)
{
	static u64 last_us;
	u64 now_us = get_cpu_idle_time_us(0, NULL);
	bool idle = last_us && now_us - last_us > IDLE_US;

	last_us = now_us;
	return idle;
}

static void trim(struct work_struct *work);

/* It wakes an idle guest, a few times: one that has nothing else to do would keep it all for minutes. */
static DECLARE_DELAYED_WORK(trim_work, trim);

static void trim(struct work_struct *work)
{
	static bool dropped;

	if (dropped || time_travel_mode != TT_MODE_OFF) {
		let_text_go();
		return;
	}
	if (was_idle()) {
		drop_files();
		nl_pagecache_release();
		drop_slab();
		shrink_caches();
		/* It is free now, and is reported to the host soon (reporting.c), which needs text. */
		dropped = true;
	}
	let_text_go();
	schedule_delayed_work(&trim_work, (dropped ? REPORTED_SECONDS : AFTER_SECONDS) * HZ);
}

static bool keep __initdata;

static int __init notrim(char *unused)
{
	keep = true;
	return 1;
}
__setup("notrim", notrim);

static int __init trim_init(void)
{
	if (keep)
		return 0;
	nl_trim_apart(_stext, nl_idle_text_end);
	schedule_delayed_work(&trim_work, AFTER_SECONDS * HZ);
	return 0;
}
late_initcall(trim_init);
