/* SPDX-License-Identifier: GPL-2.0 */
/* How things of a run are called in all files of results. */
#ifndef NESTLING_RIGRUN_NAMES_H
#define NESTLING_RIGRUN_NAMES_H

#include "rig.h"

#define NAMES_ROOM (2 * RIG_NAME_MAX + 8)

/* a->b */
void names_way(const struct rig *rig, uint32_t link, uint8_t way, char out[static NAMES_ROOM]);
/* What an event is about: a node, 'a - b' for a link, or nothing. */
void names_subject(const struct rig *rig, uint32_t node, uint32_t link,
		   char out[static NAMES_ROOM]);
/* What an expectation is about: a node or a way. */
void names_expect(const struct rig *rig, const struct rig_expect *e, char out[static NAMES_ROOM]);

#endif
