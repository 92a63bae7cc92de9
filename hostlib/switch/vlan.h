/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VLANs (IEEE 802.1Q): which network a frame belongs to, and what it looks like where it leaves.
 * Pure functions over the first bytes of frames.
 */
#ifndef NESTLING_VLAN_H
#define NESTLING_VLAN_H

#include <stdbool.h>
#include "switch.h"

#define VLAN_TAG_LEN 4
#define VLAN_TRANSPARENT 0 /* the network of ports without VLANs, in which tags pass */

/* Whether v can be used. */
bool vlan_valid(const struct port_vlan *v);
/*
 * The network of a frame that comes in by a port with settings v, or -1: it may not. *tagged says
 * whether the frame carries the tag of that network now.
 */
int vlan_classify(const struct port_vlan *v, const struct packet *p, bool *tagged);
/*
 * Whether a frame of network vid leaves by a port with settings v: 0 no, 1 without a tag of ours,
 * 2 with one.
 */
int vlan_leaves(const struct port_vlan *v, int vid);

/*
 * A copy of p with (push) or without (pop) a tag for vid; NULL without memory. What is pushed takes
 * the place of a tag that tells the priority only, and keeps that.
 */
struct frame *vlan_push(struct frame_pool *pool, const struct packet *p, int vid);
struct frame *vlan_pop(struct frame_pool *pool, const struct packet *p);

#endif
