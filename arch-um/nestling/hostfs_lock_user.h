/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks of the host's files (host half): those of an open file, which fd stands for. Types are F_RDLCK,
 * F_WRLCK and F_UNLCK, ranges from their first to their last byte, the highest for the end of the file
 * wherever it is. 0 or -errno; -EAGAIN: somebody else has it. Nothing waits.
 */
#ifndef NESTLING_HOSTFS_LOCK_USER_H
#define NESTLING_HOSTFS_LOCK_USER_H

/* One more descriptor of an open file, and its end, which takes no lock away while there is another. */
int nl_lock_hold(int fd);
void nl_lock_drop(int fd);

int nl_lock_range(int fd, int type, long long start, long long end);
int nl_lock_whole(int fd, int type); /* flock(2)'s, which are apart from those of ranges */

/* What is in the way of such a lock; F_UNLCK: nothing. */
int nl_lock_query(int fd, int *type, long long *start, long long *end);

#endif
