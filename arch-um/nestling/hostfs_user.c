// SPDX-License-Identifier: GPL-2.0
/*
 * Owners of files of the host; see hostfs_user.h. A guest kernel lives in a user namespace that
 * knows its own user only; all others are one number there, the overflow number (Linux,
 * user_namespaces(7)). Nearly all of these files are root's, and programs that look at owners
 * (ssh, sudo) want them to be.
 */
#include <nestling.h>
#include "hostfs_user.h"

#define OVERFLOW_ID 65534

static int others_are_root;

void nl_hostfs_others_are_root(void)
{
	others_are_root = 1;
}

unsigned int nl_hostfs_id(unsigned int id)
{
	return others_are_root && id == OVERFLOW_ID ? 0 : id;
}
