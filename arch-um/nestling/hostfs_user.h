/* SPDX-License-Identifier: GPL-2.0 */
/* Owners of files of the host (host half). */
#ifndef NESTLING_HOSTFS_USER_H
#define NESTLING_HOSTFS_USER_H

/* From now on users that the host does not name are root. */
void nl_hostfs_others_are_root(void);

#endif
