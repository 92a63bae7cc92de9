// SPDX-License-Identifier: GPL-2.0
/* nestling.others_root: the loader tells that the host's user numbers are known in part only. */
#include <linux/init.h>
#include "hostfs_user.h"

static int __init others_root(char *unused)
{
	nl_hostfs_others_are_root();
	return 0;
}
early_param("nestling.others_root", others_root);
