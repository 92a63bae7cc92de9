/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happened in a run of a rig: results of commands, figures of links, events for the time line.
 * The runner appends, in the order of time; judges and writers of results read.
 *
 * Nothing here looks at a clock or at the host: two runs that append the same are the same. A
 * record belongs to the rig that it was made for, which must outlive it.
 */
#ifndef NESTLING_RIGRUN_RECORD_H
#define NESTLING_RIGRUN_RECORD_H

#include "rig.h"

#define RECORD_MAX (1U << 24) /* entries of each kind */
#define RECORD_OUTPUT_MAX (1U << 20) /* bytes kept of a command's output */
#define RECORD_OUTPUT_ALL (256UL << 20) /* bytes kept of all of them; from then on: */
#define RECORD_OUTPUT_LATE 4096U /* bytes kept of each */
#define RECORD_NO_STATUS (-1) /* the command has no exit status: its node ended before it did */

/* What is measured in a node under a name, by `every` or by `at ... run ... as=`. */
struct record_series {
	uint32_t node;
	const char *label; /* of the rig */
	uint32_t count; /* results so far */
};

/* One command that came to its end. */
struct record_result {
	uint64_t at_ns; /* when it ended */
	uint32_t node;
	uint32_t series; /* RIG_NONE: a step without as= */
	const char *command; /* what the runner named; of the rig, as a rule */
	int status; /* 0 to 255, or RECORD_NO_STATUS */
	bool has_number; /* its output has one: */
	double number;
	enum rig_unit unit; /* RIG_UNIT_NONE, or what the number came with (number.h) */
	bool cut; /* the output was longer than what is kept */
	uint32_t len;
	char *output; /* len bytes and a 0; may hold zeros */
};

/* All figures of one way of a link at a moment. */
struct record_figures {
	uint64_t at_ns;
	uint32_t link;
	uint8_t way; /* RIG_WAY_0 or RIG_WAY_1 */
	double value[RIG_FIGURES];
};

enum record_kind {
	RECORD_STEP, /* a step of the rig was taken */
	RECORD_BOOT, /* a node is up */
	RECORD_ENDED, /* a node ended as it should */
	RECORD_FAILURE, /* something went wrong: the run has failed, whatever the expectations say */
	RECORD_NOTE,
	RECORD_WARNING,
	RECORD_KINDS
};
/* Its word: step, boot, ended, failure, note, warning. */
const char *record_kind_name(enum record_kind kind);

/* A line of the time line. */
struct record_event {
	uint64_t at_ns;
	enum record_kind kind;
	uint32_t node, link; /* RIG_NONE: not about one */
	char *text;
};

/* To be read only. */
struct record {
	const struct rig *rig;
	uint64_t last_ns; /* of the latest entry */
	uint32_t nseries, nresults, nfigures, nevents;
	uint32_t nfailures; /* events that are failures */
	struct record_series *series; /* by node, then label */
	struct record_result *result;
	struct record_figures *figures;
	struct record_event *event;
	size_t output_bytes; /* kept in all */
};

/* NULL: no memory. */
struct record *record_new(const struct rig *rig);
void record_free(struct record *r);

/*
 * Each appends one entry. 0; -EINVAL: it is before the last entry, or about something that the rig
 * does not have; -ENOMEM; -ENOSPC: there are RECORD_MAX.
 */

/* label: of a sample, or NULL; command outlives the record; output may be NULL if len is 0. */
int record_command(struct record *r, uint64_t at_ns, uint32_t node, const char *label,
		   const char *command, int status, const void *output, size_t len);
/*
 * The same where the runner has itself left out some of the output. It is enough to keep
 * RECORD_OUTPUT_MAX bytes.
 */
int record_command_cut(struct record *r, uint64_t at_ns, uint32_t node, const char *label,
		       const char *command, int status, const void *output, size_t len);
int record_link(struct record *r, uint64_t at_ns, uint32_t link, uint8_t way,
		const double value[static RIG_FIGURES]);
int record_event(struct record *r, uint64_t at_ns, enum record_kind kind, uint32_t node,
		 uint32_t link, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Index of a series, or RIG_NONE. */
uint32_t record_find_series(const struct record *r, uint32_t node, const char *label);

#endif
