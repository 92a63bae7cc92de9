/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a run leaves in its folder:
 *
 *   samples.csv     every number that was measured
 *   outputs.txt     what commands printed, as it was
 *   timeline.txt    steps, ends of nodes, failures
 *   verdicts.tap    TAP 14
 *   junit.xml       the same for machines that read JUnit's form
 *   manifest.json   what the run was made of
 *   report.html     all of it for people: one file that needs no other
 *   wall.json       when and how long, in real time
 *
 * All but the last depend only on what they are made of: the same run of virtual time gives the
 * same bytes. A file appears as a whole or not at all. Control characters in names and outputs are
 * written as \xNN (markup.h), but in outputs.txt.
 */
#ifndef NESTLING_RIGRUN_RESULTS_H
#define NESTLING_RIGRUN_RESULTS_H

#include "judge.h"

#define RESULTS_RUN "the run itself" /* title of the last verdict, and when the run ended */

/* A name and its value: "kernel", its SHA-256. */
struct results_fact {
	const char *name, *value;
};

/* What the runner knows about the run. Texts may be NULL, lists empty. */
struct results_facts {
	const char *rig_file; /* as the user named it */
	const struct results_fact *hash; /* of the kernel, images, the rig's text */
	uint32_t nhashes;
	const struct results_fact *version; /* of programs */
	uint32_t nversions;
	const char *cpu_model;
	uint64_t end_ns; /* when the run ended, since its start */
	const char *ended; /* why: "stop", "all is decided", ... */
	bool deterministic; /* the same again gives the same bytes; otherwise: */
	const char *const *doubt; /* why not */
	uint32_t ndoubts;
};

/* Real time, kept apart from the rest. */
struct results_wall {
	uint64_t began_s; /* seconds since 1970 */
	uint64_t took_ns;
};

/* All that results are made of; judge_end() was called. */
struct results {
	const struct rig *rig;
	const struct record *record;
	const struct judge *judge;
	const struct results_facts *facts;
};

/* Write all files but wall.json, or that, into the folder dirfd. 0 or -errno. */
int results_write(const struct results *r, int dirfd);
int results_write_wall(const struct results_wall *w, int dirfd);

/* One file each. 0 or -errno. */
int results_csv(const struct results *r, FILE *out);
int results_outputs(const struct results *r, FILE *out);
int results_timeline(const struct results *r, FILE *out);
int results_tap(const struct results *r, FILE *out);
int results_junit(const struct results *r, FILE *out);
int results_manifest(const struct results *r, FILE *out);
int results_report(const struct results *r, FILE *out);

#endif
