/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of confine.h. */
#ifndef NESTLING_CONFINE_PRIVATE_H
#define NESTLING_CONFINE_PRIVATE_H

#include <stddef.h>
#include <sys/types.h>
#include "landlock.h"

struct confine_config;
struct confine_share;
struct sock_filter;

/* Programs (confine_filter.c): instructions, *n their number. */
const struct sock_filter *confine_boot_filter(const struct confine_config *c, size_t *n);
const struct sock_filter *confine_init_filter(size_t *n);
const struct sock_filter *confine_helper_filter(size_t *n);

/* What Landlock lets a guest have (confine_names.c); starts as zeroes, owns the descriptors. */
struct confine_names {
	struct landlock_dir *dir;
	size_t n, room;
};

/* A shared directory and all below. 0 or -errno. */
int confine_names_add(struct confine_names *names, const struct confine_share *share);
/* All below it but what c hides; -EOPNOTSUPP where that cannot be. */
int confine_names_around(struct confine_names *names, const struct confine_config *c,
			 const struct confine_share *share);
void confine_names_free(struct confine_names *names);

/*
 * In a mount namespace of its own, while the host's names are there: those descriptors (confine_keep()) as
 * they are, but on mounts that are read only. What cannot be had so stays as it is: 0, or the first -errno.
 */
int confine_keep_all(const struct confine_config *c);

/* Gives up all groups, then takes the user and the group. 0 or -errno. */
int confine_become(uid_t uid, gid_t gid);

#endif
