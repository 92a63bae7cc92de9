// SPDX-License-Identifier: GPL-2.0
/*
 * Gives memory back to the host while the guest runs, and takes it again.
 *
 * Pages are allocated, so that nobody in the guest uses them, and holes are
 * punched into the memory file in their place. A page that is freed here again
 * reads as zeroes and comes back when it is first touched.
 *
 * @host run fallocate: memory that the guest gives back
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <nestling.h>
#include <os.h>
#include "bulk.h"
#include "control.h"
#include "slots.h"

#define KEEP_PAGES ((8UL << 20) >> PAGE_SHIFT) /* left to the guest */

/* The control thread's only. */
static LIST_HEAD(given);
static unsigned long given_pages;

static unsigned long all_pages(void)
{
	return nl_boot_record()->memory_size >> PAGE_SHIFT;
}

static void take_back(unsigned long pages)
{
	while (pages-- && given_pages) {
		struct page *p = list_first_entry(&given, struct page, lru);

		list_del(&p->lru);
		adjust_managed_page_count(p, 1);
		__free_page(p);
		given_pages--;
		cond_resched();
	}
}

static int give_block(unsigned int order)
{
	gfp_t gfp = GFP_HIGHUSER | __GFP_NORETRY | __GFP_NOWARN;
	unsigned long i, pages = 1UL << order;
	struct page *p;
	int err;

	if (order)
		gfp &= ~__GFP_DIRECT_RECLAIM; /* not worth moving pages about for: there are single ones */
	p = alloc_pages(gfp, order);
	if (!p)
		return -ENOMEM;
	err = os_falloc_punch(NL_FD_MEMORY, page_to_phys(p), pages * PAGE_SIZE);
	if (err) {
		__free_pages(p, order);
		return err;
	}
	nl_bulk_gone(page_to_pfn(p), pages);
	split_page(p, order);
	for (i = 0; i < pages; i++)
		list_add(&p[i].lru, &given);
	given_pages += pages;
	adjust_managed_page_count(p, -(long)pages);
	return 0;
}

/* Whole blocks while there are such: one call for each, and memory that nobody had is not touched. */
static int give_some(unsigned long pages, unsigned long *got)
{
	unsigned int order = pages >= NL_BULK_PAGES ? NL_BULK_ORDER : 0;
	int err = give_block(order);

	if (err == -ENOMEM && order) {
		order = 0;
		err = give_block(order);
	}
	*got = err ? 0 : 1UL << order;
	return err;
}

/* All or nothing. */
static int give(struct nl_answer *a, unsigned long pages)
{
	long available = si_mem_available();
	unsigned long n, got;
	int err = 0;

	if (available < 0 || pages + KEEP_PAGES > available) {
		nl_answer_printf(a, "the guest needs its memory: %ldM are available, 8M of it stay",
				 available >> (20 - PAGE_SHIFT));
		return -ENOMEM;
	}
	for (n = 0; n < pages && !err; n += got) {
		err = give_some(pages - n, &got);
		cond_resched();
	}
	if (err) {
		take_back(n);
		nl_answer_printf(a, "memory cannot be given back: error %d", -err);
	}
	return err;
}

/* What the guest shall have, in pages. 0 or -EINVAL. */
static int parse_target(const char *text, unsigned long *target)
{
	unsigned long now = all_pages() - given_pages;
	char sign = *text == '+' || *text == '-' ? *text++ : 0;
	unsigned long long bytes;
	unsigned long pages;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	bytes = memparse(text, &end);
	pages = min(bytes >> PAGE_SHIFT, (unsigned long long)all_pages() + 1);
	if (*end)
		return -EINVAL;
	if (sign == '-')
		*target = pages < now ? now - pages : 0;
	else
		*target = sign ? now + pages : pages;
	return 0;
}

int nl_memory_command(struct nl_answer *a, char *arg)
{
	unsigned long target, now = all_pages() - given_pages;
	int err = 0;

	if (!*arg) {
		nl_answer_printf(a, "mem=%luK", now << (PAGE_SHIFT - 10));
		return 0;
	}
	if (parse_target(arg + 1, &target)) {
		nl_answer_printf(a, "'%.40s': mem=SIZE, mem=+SIZE or mem=-SIZE, as 64M", arg + 1);
		return -EINVAL;
	}
	if (target > all_pages()) {
		nl_answer_printf(a, "the guest was started with %luM and cannot have more",
				 all_pages() >> (20 - PAGE_SHIFT));
		return -EINVAL;
	}
	if (target < now)
		err = give(a, now - target);
	else
		take_back(target - now);
	return err;
}
