/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs a rig: boots its nodes, takes its steps and samples, judges, and fills the folder of the run;
 * or keeps its network up for people to work in.
 *
 * The time of the run begins when all nodes are up that are not `off`. One that ends before that, or
 * is not up after an hour of virtual time or ten minutes of real time, ends the run.
 */
#ifndef NESTLING_RIGRUN_RUN_H
#define NESTLING_RIGRUN_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "rig.h"

struct run_config {
	const struct rig *rig;
	const char *rig_file; /* as the user named it */
	const char *program; /* `linux` */
	const char *folder; /* of the run; it exists */
	int folder_fd;
	bool sequential; /* one guest at a time; the same comes out */
	bool parallel; /* virtual time on all CPUs, not on one; the same comes out */
	bool to_end; /* go on when all is decided */
	bool quiet; /* no progress */
	uint64_t patience_ns; /* real time after which a guest that all wait for hangs; 0: never */
	/*
	 * A network that stays up (in real time) until somebody asks for its end at serve_fd, a listening
	 * socket of type SOCK_SEQPACKET (serve_wire.h), or a signal comes. Nothing is judged, and its steps
	 * and samples are not taken, but if that is wanted.
	 */
	bool serve, steps;
	int serve_fd; /* stays the caller's */
	struct rig *own_rig; /* `rig`, to which what is asked may add texts */
	void (*up)(void *arg); /* all nodes are up */
	void (*down)(void *arg); /* they are no more; who waits for that is told then */
	void *arg;
};

enum run_result {
	RUN_PASSED,
	RUN_FAILED, /* an expectation, or a node that did not do what it should */
	RUN_INTERRUPTED, /* a signal */
};

/*
 * Does it all and prints the verdicts to standard output, progress and errors to standard error. What
 * came out, or -errno (said): it could not begin, or its results not be written.
 */
int rig_run(const struct run_config *config);

#endif
