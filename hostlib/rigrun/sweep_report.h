/* SPDX-License-Identifier: GPL-2.0 */
/* Writers of what came out of a sweep. They look at no clock and at no folder. */
#ifndef NESTLING_RIGRUN_SWEEP_REPORT_H
#define NESTLING_RIGRUN_SWEEP_REPORT_H

#include "sweep.h"
#include "sweep_table.h"

struct sweep_report {
	const struct sweep_config *c;
	const struct sweep_table *t; /* finished */
	bool interrupted;
};

/* Files, see sweep.h. 0 or -errno. */
int sweep_report_csv(const struct sweep_report *r, FILE *out);
int sweep_report_json(const struct sweep_report *r, FILE *out);
int sweep_report_tap(const struct sweep_report *r, FILE *out);
int sweep_report_page(const struct sweep_report *r, FILE *out);
/* For a terminal. */
int sweep_report_text(const struct sweep_report *r, FILE *out);

/* The seed of a run. */
const char *sweep_report_seed(const struct sweep_report *r, uint32_t run, char room[static 24]);
/* The command that repeats a run; program NULL: uml_rig. */
void sweep_report_replay(const struct sweep_report *r, uint32_t run, const char *program,
			 FILE *out);
/* Whether runs ended at different times, so that what they count is of different lengths of time. */
bool sweep_report_uneven(const struct sweep_report *r);
/* How many runs did not pass, of whatever kind. */
uint32_t sweep_report_bad(const struct sweep_report *r);

#endif
