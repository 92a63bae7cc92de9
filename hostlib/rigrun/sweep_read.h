/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads the results of a run back: samples.csv and verdicts.tap, as csv.c and tap.c write them.
 * Pure, over any bytes; what these would not write is an error.
 */
#ifndef NESTLING_RIGRUN_SWEEP_READ_H
#define NESTLING_RIGRUN_SWEEP_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWEEP_FIELD_ROOM \
	128 /* bytes of a field of samples.csv; names of nodes and samples are short */
#define SWEEP_TITLE_ROOM 2048

/* A line of samples.csv. */
struct sweep_row {
	char source[SWEEP_FIELD_ROOM]; /* a node, or a->b */
	char name[SWEEP_FIELD_ROOM]; /* of the sample or figure; "": of neither */
	char unit[SWEEP_FIELD_ROOM];
	bool has_value, has_status;
	double value;
	int status;
};

/* A test point of verdicts.tap. */
struct sweep_point {
	bool passed;
	uint64_t decided_ns;
	char title[SWEEP_TITLE_ROOM], reason[SWEEP_TITLE_ROOM];
};

/*
 * Call row() or point() for each, in order; if that says anything but 0, they end and say it. 0, or
 * -EINVAL.
 */
int sweep_read_samples(const char *text, size_t len,
		       int (*row)(void *arg, const struct sweep_row *row), void *arg);
int sweep_read_verdicts(const char *text, size_t len,
			int (*point)(void *arg, const struct sweep_point *point), void *arg);

/* Whether manifest.json says that the same would not give the same again. */
bool sweep_read_doubtful(const char *text, size_t len);

#endif
