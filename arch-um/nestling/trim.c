// SPDX-License-Identifier: GPL-2.0
/*
 * Of the guest kernel's text and constants, most is for booting and for what a guest does not do.
 * The host maps them in large pieces around each place that was touched, so an idle guest would
 * count for nearly all of them. Once a guest has been up for a while they are let go: what it does
 * use comes back, from the host's page cache, where it stays.
 */
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/workqueue.h>
#include <asm/sections.h>
#include "trim_user.h"

#define AFTER_SECONDS 2

static void trim(struct work_struct *work)
{
	nl_trim_file(_stext, _etext);
	nl_trim_file(__start_rodata, __start_ro_after_init);
}

/* It wakes an idle guest, once: one that has nothing else to do would keep it all for minutes. */
static DECLARE_DELAYED_WORK(trim_work, trim);

static int __init trim_init(void)
{
	schedule_delayed_work(&trim_work, AFTER_SECONDS * HZ);
	return 0;
}
late_initcall(trim_init);
