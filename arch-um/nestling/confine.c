// SPDX-License-Identifier: GPL-2.0
/*
 * From the start of init on, the guest kernel needs fewer calls of the host than to boot. The
 * loader made a filter of those (scripts/filters) and put it into the boot record.
 */
#define pr_fmt(fmt) "nestling: " fmt

#include <linux/kernel.h>
#include <nestling.h>
#include "confine_user.h"
#include "slots.h"

void nl_before_init(void)
{
	const struct nl_boot *b = nl_boot_record();
	const struct nl_slot *slots = (const struct nl_slot *)(b + 1);
	int err;

	if (!b || !b->nfilter)
		return;
	err = nl_filter_put(slots + b->nslots, b->nfilter);
	if (err)
		panic("The host does not take the filter of its calls: error %d", -err);
}
