/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What came out of the runs of a sweep: how each ended, its verdicts, and of each of its figures the
 * last, least and greatest number and their mean.
 *
 * Runs come in any order; sweep_table_finish() puts what was measured into columns whose order depends
 * only on the plan: samples of nodes, then links, each as the first run that has it has them. Nothing here looks at a clock.
 *
 * A figure is a sample of a node (node.sample), its status where that is not 0 throughout
 * (node.sample.status), or a figure of a way of a link (a->b.lost).
 */
#ifndef NESTLING_RIGRUN_SWEEP_TABLE_H
#define NESTLING_RIGRUN_SWEEP_TABLE_H

#include "sweep_keys.h"
#include "sweep_plan.h"

enum sweep_state {
	SWEEP_NOT_RUN,
	SWEEP_PASSED,
	SWEEP_FAILED, /* an expectation, or the run itself */
	SWEEP_INTERRUPTED,
	SWEEP_BROKEN, /* it could not begin, its results cannot be read, or uml_rig itself died */
	SWEEP_STATES
};
/* passed, FAILED, interrupted, broken, not run. */
const char *sweep_state_name(enum sweep_state state);

struct sweep_figure {
	uint32_t column; /* a key until sweep_table_finish() */
	uint32_t count; /* of numbers, at least 1 */
	const char *unit; /* of the first; "": none */
	double last, least, most, sum;
};

struct sweep_verdict {
	uint32_t column; /* likewise */
	bool passed;
	uint64_t decided_ns;
};

struct sweep_result {
	enum sweep_state state;
	int status; /* exit status, or -signal */
	bool doubtful; /* the same would not give the same again */
	bool report; /* its folder has a report.html; for who keeps folders */
	char *why; /* the first that failed, and why; or why it is broken; NULL: nothing to tell */
	uint64_t end_ns; /* when the run ended, of its own time; known if it has verdicts */
	uint32_t nfigures, nverdicts;
	struct sweep_figure *figure; /* by column */
	struct sweep_verdict *verdict;
};

struct sweep_column {
	const char *name;
	const char *unit; /* of figures, in the first run that has it; "": none */
	bool varies; /* runs differ in it */
	bool mean; /* the number to show of a run is the mean; otherwise the last */
};

struct sweep_table {
	const struct sweep_plan *plan;
	struct sweep_result *result; /* plan->runs */
	uint32_t nfigures, nverdicts; /* columns */
	struct sweep_column *figure, *verdict;
	uint32_t count[SWEEP_STATES]; /* runs */
	/* Used while runs come in. */
	struct sweep_keys figure_key, verdict_key;
};

/* 0 or -ENOMEM. To be freed in any case; the plan must outlive it. */
int sweep_table_new(struct sweep_table *t, const struct sweep_plan *plan);
void sweep_table_free(struct sweep_table *t);

/*
 * A run has ended, with an exit status of uml_rig run or -signal; its results are in `folder`, or -1.
 * said: what it said on standard error, of which the first line tells why it is broken; may be "".
 * 0 or -ENOMEM.
 */
int sweep_table_add(struct sweep_table *t, uint32_t run, int status, int folder, const char *said);
/* A run did not take place after all. */
void sweep_table_forget(struct sweep_table *t, uint32_t run);
/* Behind the last run. 0 or -ENOMEM. */
int sweep_table_finish(struct sweep_table *t);

/* Of a run, NULL: it has none. After sweep_table_finish(). */
const struct sweep_figure *sweep_table_figure(const struct sweep_table *t, uint32_t run,
					      uint32_t column);
const struct sweep_verdict *sweep_table_verdict(const struct sweep_table *t, uint32_t run,
						uint32_t column);
/* Whether a run failed or is broken. */
bool sweep_table_has_failed(const struct sweep_table *t, uint32_t run);
/* The first of these, in order; RIG_NONE: there is none. */
uint32_t sweep_table_first_failed(const struct sweep_table *t);

#endif
