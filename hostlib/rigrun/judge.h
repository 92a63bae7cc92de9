/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdicts: what a rig expects, held against a record.
 *
 * by, within: passed as soon as one measurement between from and until (both included) is as
 * wanted; failed when time is past until. always: failed as soon as one measurement between them is
 * not as wanted; passed when time is past until, or the run at its end, if there was a measurement
 * at all. Nothing measured has failed, in all three.
 *
 * A measurement without a number (or of another unit: 3s where sizes are compared) and a figure that
 * is no number are not as wanted, whatever the comparison; so is .status of a command that has none.
 * A number without a unit counts in the unit of the value it is compared with. A text is compared
 * (==, !=) with the output but for the ends of line behind it, and looked for (has) in all that is
 * kept of it; what was cut equals nothing.
 *
 * The figures of a link that an expectation is about must be fed to the record even if no `every`
 * names them: judge_next_look() says when.
 */
#ifndef NESTLING_RIGRUN_JUDGE_H
#define NESTLING_RIGRUN_JUDGE_H

#include "record.h"

#define JUDGE_REASON 640 /* bytes of a reason, with its 0 */

enum judge_verdict {
	JUDGE_OPEN,
	JUDGE_PASSED,
	JUDGE_FAILED,
	JUDGE_VERDICTS
};
/* passed, failed, open. */
const char *judge_verdict_name(enum judge_verdict verdict);

/* One expectation, in the order of rig->expect. */
struct judge_case {
	enum judge_verdict verdict;
	uint64_t decided_ns;
	bool at_end; /* the end of the run decided it, before its time */
	uint32_t samples; /* measurements between from and until */
	uint32_t last; /* the latest of them: index in record->result or record->figures */
	bool ranged; /* there was a number: */
	double least, most;
	uint32_t next; /* of the same series or way; RIG_NONE: none */
};

/* To be read only. */
struct judge {
	const struct record *record;
	uint64_t now_ns; /* of the latest update */
	uint64_t due_ns; /* no open case has an `until` before this */
	uint32_t results, figures; /* of the record, that were looked at */
	uint32_t count[JUDGE_VERDICTS]; /* cases of each verdict */
	struct judge_case *cases; /* rig->nexpects */
	uint32_t *of_series,
		*of_way; /* first case of a series, of link * 2 + way; RIG_NONE: none */
};

/* NULL: no memory. The record must outlive it. */
struct judge *judge_new(const struct record *record);
void judge_free(struct judge *j);

/* Looks at what is new in the record; nothing before now_ns will be appended to it any more. */
void judge_update(struct judge *j, uint64_t now_ns);
/* The same at the end of the run: all that is open is decided. */
void judge_end(struct judge *j, uint64_t now_ns);

/* There are expectations, and all are decided: the run can end. */
bool judge_decided(const struct judge *j);
/* All are decided and none failed, and the record has no failure. */
bool judge_all_well(const struct judge *j);

/* Whether an open expectation is about this way of a link. */
bool judge_watches(const struct judge *j, uint32_t link, uint8_t way);
/*
 * The next moment behind after_ns at which the figures of the ways that are watched must be in the
 * record: the beginning or end of an open expectation's time. UINT64_MAX: none. They must be there
 * at the end of the run as well.
 */
uint64_t judge_next_look(const struct judge *j, uint64_t after_ns);

/* Why: one line, like 'was 3 at 5m; wanted == 0 by 1h'. */
void judge_reason(const struct judge *j, uint32_t n, char out[static JUDGE_REASON]);
/* How the run itself went: 'no failure', or how many and the first. */
void judge_run_reason(const struct judge *j, char out[static JUDGE_REASON]);

#endif
