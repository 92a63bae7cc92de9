/* SPDX-License-Identifier: GPL-2.0 */
/* The second, smaller filter of the guest kernel's host calls (host half). */
#ifndef NESTLING_CONFINE_USER_H
#define NESTLING_CONFINE_USER_H

/*
 * Puts a filter of n instructions (struct sock_filter) on all threads of this process; an
 * operand that is NL_FILTER_SELF becomes the process's number. 0 or -errno.
 */
int nl_filter_put(const void *filter, unsigned int n);

#endif
