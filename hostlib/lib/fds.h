/* SPDX-License-Identifier: GPL-2.0 */
/* Descriptors of this process. */
#ifndef NESTLING_FDS_H
#define NESTLING_FDS_H

/*
 * Closes all from first to last; last may be INT_MAX. With close_range(2), or one by one where
 * the host does not have it.
 */
void fds_close(int first, int last);

#endif
