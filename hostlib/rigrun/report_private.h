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
};

/* Sections, each with its heading; nothing where there is nothing to show. 0 or -errno. */
int report_head(struct report *p);
int report_verdicts(struct report *p);
int report_picture(struct report *p);
int report_samples(struct report *p);
int report_links(struct report *p);
int report_timeline(struct report *p);
int report_outputs(struct report *p);
int report_facts(struct report *p);

/* A number as a cell of a table; nothing for what is no number. */
void report_number(FILE *out, double number);
/* Plots of a group shall be seen at once: there are few, or the group has a failure. */
bool report_opens(const struct report *p, uint32_t first_case);
/* The failed cases of a chain, as marks. How many. */
uint32_t report_failed(const struct report *p, uint32_t first_case, struct plot_mark *mark,
		       uint32_t room);

#endif
