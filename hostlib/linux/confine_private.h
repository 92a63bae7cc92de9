/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of confine.h. */
#ifndef NESTLING_CONFINE_PRIVATE_H
#define NESTLING_CONFINE_PRIVATE_H

#include <stddef.h>
#include <sys/types.h>

struct confine_config;
struct sock_filter;

/* Programs (confine_filter.c): instructions, *n their number. */
const struct sock_filter *confine_boot_filter(const struct confine_config *c, size_t *n);
const struct sock_filter *confine_init_filter(size_t *n);
const struct sock_filter *confine_helper_filter(size_t *n);

/* Gives up all groups, then takes the user and the group. 0 or -errno. */
int confine_become(uid_t uid, gid_t gid);

#endif
