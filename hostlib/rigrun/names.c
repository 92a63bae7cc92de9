// SPDX-License-Identifier: GPL-2.0
/* How things of a run are called; see names.h. */
#include "names.h"

void names_way(const struct rig *rig, uint32_t link, uint8_t way, char out[static NAMES_ROOM])
{
	const struct rig_end *end = rig->link[link].end;
	bool back = way == RIG_WAY_1;

	snprintf(out, NAMES_ROOM, "%s->%s", rig_end_name(rig, &end[back]),
		 rig_end_name(rig, &end[!back]));
}

void names_subject(const struct rig *rig, uint32_t node, uint32_t link, char out[static NAMES_ROOM])
{
	*out = 0;
	if (node != RIG_NONE)
		snprintf(out, NAMES_ROOM, "%s", rig->node[node].name);
	else if (link != RIG_NONE)
		snprintf(out, NAMES_ROOM, "%s - %s", rig_end_name(rig, &rig->link[link].end[0]),
			 rig_end_name(rig, &rig->link[link].end[1]));
}

void names_expect(const struct rig *rig, const struct rig_expect *e, char out[static NAMES_ROOM])
{
	if (e->node == RIG_NONE)
		names_way(rig, e->link, e->way, out);
	else
		snprintf(out, NAMES_ROOM, "%s", rig->node[e->node].name);
}
