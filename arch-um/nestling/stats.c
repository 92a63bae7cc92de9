// SPDX-License-Identifier: GPL-2.0
/* /proc/nestling: what the engine counts, a name and a number on each line. */
#include <linux/init.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include "engine.h"

static int stats_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "calls %lu\n", nl_calls);
	return 0;
}

static int __init stats_init(void)
{
	if (!proc_create_single("nestling", 0444, NULL, stats_show))
		pr_warn("/proc/nestling cannot be made\n");
	return 0;
}
late_initcall(stats_init);
