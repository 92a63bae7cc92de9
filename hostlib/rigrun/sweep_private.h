/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of sweeps share: sweep.c (beginning, end, what is next), sweep_child.c (processes),
 * sweep_cpus.c (where they run), sweep_progress.c; and the writers, which only see a sweep_report.
 */
#ifndef NESTLING_RIGRUN_SWEEP_PRIVATE_H
#define NESTLING_RIGRUN_SWEEP_PRIVATE_H

#include <limits.h>
#include <sched.h>
#include <sys/types.h>
#include "loop.h"
#include "sweep.h"
#include "sweep_table.h"

#define SWEEP_SAID 2048 /* bytes kept of what a run says */

struct sweep;

/* A run under way. */
struct sweep_child {
	struct sweep *sweep;
	uint32_t run;
	pid_t pid; /* 0: this place is free */
	int cpu; /* that it is kept on; -1: any */
	bool dropped; /* its results do not count */
	uint64_t began_ns;
	struct loop_watch ended; /* its pidfd */
	struct loop_watch said; /* its standard error */
	char text[SWEEP_SAID]; /* what came from there, terminated */
	size_t len;
};

/* CPUs that may be used, and how many runs are on each. */
struct sweep_cpus {
	uint32_t count;
	uint16_t number[CPU_SETSIZE], runs[CPU_SETSIZE];
};

struct sweep {
	struct sweep_config c;
	struct sweep_table table;
	struct loop *loop;
	struct sweep_cpus cpus;
	struct sweep_child *child; /* c.at_once places */
	uint32_t running;
	uint32_t next; /* run to begin */
	uint32_t behind; /* runs from here on are not begun */
	uint32_t interrupts; /* signals that came */
	uint64_t *took_ns; /* of each run, real time */
	uint64_t began_ns, began_s; /* real time */
	struct loop_timer progress;
	bool terminal; /* progress rewrites its line */
	bool shown; /* there is a line of progress */
	int err; /* it cannot go on */
};

/* sweep_cpus.c */
void sweep_cpus_find(struct sweep_cpus *c);
/* The one with the fewest runs, which gets one more; and back. */
int sweep_cpus_take(struct sweep_cpus *c);
void sweep_cpus_give(struct sweep_cpus *c, int cpu);

/* sweep_child.c */
/* Begins a run in a free place. 0 or -errno. */
int sweep_child_start(struct sweep_child *child, struct sweep *s, uint32_t run);
void sweep_child_signal(const struct sweep_child *child, int sig);

/* sweep.c: the process of a run has ended, with an exit status or -signal. */
void sweep_ended(struct sweep_child *child, int status);

/* sweep_progress.c */
void sweep_progress_begin(struct sweep *s);
void sweep_progress_end(struct sweep *s);
/* A run that is broken, above the progress: nothing else may come out of the whole sweep. */
void sweep_progress_tell(struct sweep *s, uint32_t run);

#endif
