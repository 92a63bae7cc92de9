/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What network cards do for their drivers and we for those ports that have none: cutting large
 * TCP packets into segments of the wire's size, and filling in checksums.
 */
#ifndef NESTLING_OFFLOAD_H
#define NESTLING_OFFLOAD_H

#include "packet.h"

/*
 * Calls fn for each segment of f (one: f itself) with the checksums filled in. A frame whose meta
 * does not fit its contents is not passed on. Segments are fn's (a reference each); f stays the
 * caller's and may be changed when nobody shares it. 0, -EINVAL for a bad frame, -ENOMEM when
 * segments could not be made (those before were passed on).
 */
int offload_segment(struct frame *f, void (*fn)(void *arg, struct frame *seg), void *arg);

/* Fills in the checksum that f's meta asks for; f must not be shared. 0 or -EINVAL. */
int offload_checksum(struct frame *f);

/* Whether meta's claims fit the frame's contents, as far as the switch would act on them. */
bool offload_valid(const struct packet *p);

#endif
