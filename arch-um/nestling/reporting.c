// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the guest frees goes back to the host: blocks that stay free for some two
 * seconds are reported by the page allocator, and holes are punched into guest memory's
 * file in their place. Such a block reads as zeroes, and costs the host again when it is
 * next touched. No program has it mapped: it was taken from its stub before it was freed.
 */
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/page_reporting.h>
#include <linux/printk.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <os.h>
#include "abi.h"
#include "bulk.h"

#define REPORT_ORDER 4 /* 64 KB: smaller ones are likely to be wanted again soon */

static int punch(unsigned long long start, unsigned long long end)
{
	nl_bulk_gone(PHYS_PFN(start), PHYS_PFN(end - start));
	return os_falloc_punch(NL_FD_MEMORY, start, end - start);
}

static int report(struct page_reporting_dev_info *dev, struct scatterlist *sg, unsigned int n)
{
	unsigned long long start = 0, end = 0; /* blocks side by side make one hole */
	struct scatterlist *s;
	unsigned int i;
	int err = 0;

	drain_local_pages(NULL); /* what becomes blocks by this is for the next round */
	for (i = 0, s = sg; i < n; i++, s = sg_next(s)) {
		unsigned long long at = sg_phys(s), behind = at + s->length;

		if (end && at == end) {
			end = behind;
		} else if (end && behind == start) {
			start = at;
		} else {
			if (end)
				err = punch(start, end);
			if (err)
				return err;
			start = at;
			end = behind;
		}
	}
	if (end)
		err = punch(start, end);
	cond_resched();
	return err;
}

static struct page_reporting_dev_info device = {
	.report = report,
	.order = REPORT_ORDER,
};

static int __init reporting_init(void)
{
	int err = page_reporting_register(&device);

	if (err)
		pr_warn("nestling: freed memory stays with the guest: error %d\n", err);
	return 0;
}
late_initcall(reporting_init);
