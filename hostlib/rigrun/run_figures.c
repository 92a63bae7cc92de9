// SPDX-License-Identifier: GPL-2.0
/*
 * How a network that is up is doing, as lines of text; times in ns, the rest in bytes and frames, since
 * the start:
 *
 *   rig NAME TIME
 *   node NAME STATE PID          PID 0: it is off
 *   link FROM TO FIGURE... : SETTINGS    figures in the order of enum rig_figure, one line a way
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "run_private.h"

static const char *const states[] = {
	[NODE_OFF] = "off", [NODE_BOOTING] = "booting", [NODE_SETTING_UP] = "setting-up",
	[NODE_UP] = "up",   [NODE_ENDING] = "ending",
};

static void write_way(FILE *f, const struct run *r, uint32_t link, unsigned int way)
{
	const struct rig_end *e = r->rig->link[link].end;
	double value[RIG_FIGURES];
	char settings[512];
	unsigned int i;

	rig_net_figures(r->net, link, way ? RIG_WAY_1 : RIG_WAY_0, value);
	link_print(rig_net_link(r->net, link, way), settings, sizeof(settings));
	fprintf(f, "link %s %s", rig_end_name(r->rig, &e[way]), rig_end_name(r->rig, &e[!way]));
	for (i = 0; i < RIG_FIGURES; i++)
		fprintf(f, " %.0f", value[i]);
	fprintf(f, " : %s\n", settings);
}

char *run_figures(const struct run *r, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);
	uint32_t i;

	if (!f)
		return NULL;
	fprintf(f, "rig %s %" PRIu64 "\n", r->rig->name, run_now(r));
	for (i = 0; i < r->rig->nnodes; i++)
		fprintf(f, "node %s %s %d\n", r->rig->node[i].name, states[r->node[i].state],
			(int)r->node[i].pid);
	for (i = 0; i < r->rig->nlinks; i++) {
		write_way(f, r, i, 0);
		write_way(f, r, i, 1);
	}
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
