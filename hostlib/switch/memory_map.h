/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest memory of vhost-user clients, mapped into the switch.
 *
 * Whoever owns the file can make it shorter, and then touching the mapping is SIGBUS. The switch
 * must survive that: the region is replaced by empty memory and its client told to be lost.
 */
#ifndef NESTLING_MEMORY_MAP_H
#define NESTLING_MEMORY_MAP_H

#include "vring.h"

/*
 * Maps the table; fds (one for each region) stay the caller's. 0, or -errno and nothing is mapped.
 * lost is set to 1 when a region's file turns out to be shorter than it was, and must stay as long
 * as the mapping does.
 */
int memory_map(struct guest_memory *mem, const struct vhost_memory *table, const int *fds,
	       volatile int *lost);
void memory_unmap(struct guest_memory *mem);

#endif
