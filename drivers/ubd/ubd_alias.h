/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Old names of disks: /dev/ubd0 for /dev/ubda, /dev/ubd0p1 for /dev/ubda1.
 */
#ifndef NESTLING_UBD_ALIAS_H
#define NESTLING_UBD_ALIAS_H

/*
 * From now on keeps a link in devtmpfs for each disk and partition of ours,
 * present and future. Called once, before the first disk. 0 or -errno; without
 * devtmpfs there is nothing to do and 0 is returned.
 */
int ubd_alias_init(void);

#endif
