/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs a rig many times, side by side: each run is a `uml_rig run` of its own, a process that is kept
 * on a CPU of its own, so that one that dies harms no other. What comes out depends on the plan alone,
 * not on which run ended first.
 *
 * In the folder of the sweep are folders of runs (sweep_plan_name()) and
 *
 *   sweep.csv     a line for each run: values, how it ended, verdicts, figures
 *   verdicts.tap  a test point for each run
 *   sweep.json    what the sweep was made of, and each run with the command that repeats it
 *   index.html    all of it for people: tables, plots, links to the runs' reports
 *   wall.json     when and how long, in real time
 *
 * In virtual time all but the last (and those of the runs) are the same bytes each time.
 */
#ifndef NESTLING_RIGRUN_SWEEP_H
#define NESTLING_RIGRUN_SWEEP_H

#include "sweep_plan.h"

#define SWEEP_AT_ONCE_MAX 256

struct sweep_config {
	const struct sweep_plan *plan;
	const char *rig_name;
	const char *rig_file; /* as the user named it */
	bool real_time; /* the rig says so: CPUs are not dealt out */
	uint64_t seed; /* the rig's, where the seed is not swept */
	const struct rig_define *define; /* that all runs have */
	uint32_t ndefines;
	const char *program; /* as the user called it, for commands that he can repeat */
	/* Words that start this program by /proc/self/exe, up to a NULL; NULL: its name does. */
	const char *const *start;
	bool carried; /* the rig is in the program (a packed one): no command names its file */
	const char *folder; /* of the sweep; it exists */
	int folder_fd;
	uint32_t at_once; /* runs, at most */
	bool to_end; /* for each run */
	bool keep_failed; /* folders of runs that passed go */
	bool stop; /* nothing counts behind the first run, in order, that did not pass */
	bool quiet; /* no progress */
};

enum sweep_end {
	SWEEP_ALL_PASSED,
	SWEEP_SOME_FAILED,
	SWEEP_SOME_BROKEN, /* and results are there, as far as there are any */
	SWEEP_WAS_INTERRUPTED, /* likewise */
};

/*
 * Does it all and prints the summary to standard output, progress and errors to standard error. What
 * came out, or -errno (said): it could not go on, or its results not be written.
 */
int sweep_run(const struct sweep_config *config);
/* How many runs there can be at once: CPUs that may be used; 1 in real time, whose figures load spoils. */
uint32_t sweep_at_once(bool real_time);

#endif
