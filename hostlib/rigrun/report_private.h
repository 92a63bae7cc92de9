/* SPDX-License-Identifier: GPL-2.0 */
/* Between the parts of a report. */
#ifndef NESTLING_RIGRUN_REPORT_PRIVATE_H
#define NESTLING_RIGRUN_REPORT_PRIVATE_H

#include "order.h"
#include "plot.h"
#include "results.h"

#define REPORT_ABOUT 160 /* bytes of 'node.sample.status' or 'a->b.figure' */

struct report {
	const struct results *r;
	FILE *out;
	struct order results, figures;
	struct plot_point *point; /* room for the points of the longest plot */
	uint64_t end_ns; /* of axes of time */
	bool few; /* groups of plots: nothing need be folded */
};

/* Sections, each with its heading; nothing where there is nothing to show. 0 or -errno. */
int report_head(struct report *p);
int report_verdicts(struct report *p);
int report_shown(struct report *p);
int report_picture(struct report *p);
int report_samples(struct report *p);
int report_links(struct report *p);
int report_timeline(struct report *p);
int report_outputs(struct report *p);
int report_facts(struct report *p);

/* A number as a cell of a table; nothing for what is no number. */
void report_number(FILE *out, double number);
#endif
