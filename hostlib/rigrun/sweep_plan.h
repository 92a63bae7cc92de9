/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a sweep runs: every combination of the values of its axes, which are variables of the rig and,
 * behind all of them, its seed. Runs are numbered from 0, the last axis counting fastest. A *point* is
 * a combination of the variables, whatever the seed. Pure.
 */
#ifndef NESTLING_RIGRUN_SWEEP_PLAN_H
#define NESTLING_RIGRUN_SWEEP_PLAN_H

#include <stdio.h>
#include "sweep_range.h"

#define SWEEP_VARIABLES_MAX 8
#define SWEEP_NAME_ROOM 128 /* bytes of the name of a run's folder */
#define SWEEP_LABEL_ROOM 512 /* bytes of what people are told of a run's values */

struct sweep_axis {
	char *name; /* the variable; "seed" for the seed */
	bool seed;
	struct sweep_values values;
};

struct sweep_plan {
	struct sweep_axis axis[SWEEP_VARIABLES_MAX + 1]; /* the seed is the last */
	uint32_t naxes;
	uint32_t runs; /* 1 without axes */
	uint32_t seeds; /* runs of each point: 1 if the seed is not swept */
};

/*
 * Adds an axis: text is NAME=VALUES of a variable, or VALUES of the seed, see sweep_range.h. The seed
 * comes last. 0, -EINVAL with a sentence in why, or -ENOMEM. The plan is zeroed at first, and to be
 * freed in any case.
 */
int sweep_plan_vary(struct sweep_plan *p, const char *text, struct rig_why *why);
int sweep_plan_seed(struct sweep_plan *p, const char *text, struct rig_why *why);
void sweep_plan_free(struct sweep_plan *p);

/* How many axes are variables. */
uint32_t sweep_plan_variables(const struct sweep_plan *p);
/* Whether a variable of this name is swept over. */
bool sweep_plan_varies(const struct sweep_plan *p, const char *name);
/* Index of the value of an axis that a run has, and the value. */
uint32_t sweep_plan_index(const struct sweep_plan *p, uint32_t run, uint32_t axis);
const char *sweep_plan_value(const struct sweep_plan *p, uint32_t run, uint32_t axis);
/* Definitions for the variables of a run, as many as there are. */
void sweep_plan_defines(const struct sweep_plan *p, uint32_t run, struct rig_define *out);

/* The name of a run's folder: 07-loss=5-seed=3; letters, digits and -_.= only. */
void sweep_plan_name(const struct sweep_plan *p, uint32_t run, char out[static SWEEP_NAME_ROOM]);
/* For people, on one line: loss=5%, seed=3; from the first axis up to, not with, `axes`. */
void sweep_plan_label(const struct sweep_plan *p, uint32_t run, uint32_t axes,
		      char out[static SWEEP_LABEL_ROOM]);

/* A command that makes the run again. */
struct sweep_replay {
	const char *program; /* as it is called */
	const char *rig_file; /* NULL: the program carries it */
	const struct rig_define *define; /* that all runs have */
	uint32_t ndefines;
	bool to_end;
};
/* That command, for a shell, on one line without its end. */
void sweep_plan_replay(const struct sweep_plan *p, uint32_t run, const struct sweep_replay *r,
		       FILE *out);

#endif
