// SPDX-License-Identifier: GPL-2.0
/* What the loader tells of the host's files that it shares. */
#include <linux/init.h>
#include <nestling.h>
#include "hostfs_user.h"

_Bool nl_hostfs_readonly;

/* nestling.hostfs_ro: none of them may be changed; the filters forbid it. */
static int __init hostfs_ro(char *unused)
{
	nl_hostfs_readonly = true;
	return 0;
}
early_param("nestling.hostfs_ro", hostfs_ro);

/* nestling.others_root: their users' numbers are known in part only. */

static int __init others_root(char *unused)
{
	nl_hostfs_others_are_root();
	return 0;
}
early_param("nestling.others_root", others_root);
