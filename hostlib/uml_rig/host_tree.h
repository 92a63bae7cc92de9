/* SPDX-License-Identifier: GPL-2.0 */
/* What a guest costs its host: the processes below its loader, as /proc has them. */
#ifndef NESTLING_UML_RIG_HOST_TREE_H
#define NESTLING_UML_RIG_HOST_TREE_H

#include <stdint.h>
#include <sys/types.h>

struct host_tree;

/* All processes of the host now; NULL without memory or /proc. To be freed. */
struct host_tree *host_tree_read(void);
void host_tree_free(struct host_tree *t);

/*
 * Those of the process pid and below: CPU time in clock ticks, of ended children as well, and bytes of
 * memory: the largest of them, since a guest's processes share theirs.
 */
void host_tree_cost(const struct host_tree *t, pid_t pid, uint64_t *ticks, uint64_t *bytes);

#endif
