/* SPDX-License-Identifier: GPL-2.0 */
/* A rig, its record and its judge, made from a text, for tests of results. */
#ifndef NESTLING_RIGRUN_CASE_H
#define NESTLING_RIGRUN_CASE_H

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>
#include "judge.h"

#define S 1000000000ULL /* a second */

struct run_case {
	struct rig *rig;
	struct record *rec;
	struct judge *judge;
};

/* `text` stands behind the first line, 'rig x 1'. */
static inline struct run_case case_of(const char *text)
{
	struct run_case c = {NULL, NULL, NULL};
	char *whole = NULL;
	int len = asprintf(&whole, "rig x 1\n%s\n", text);

	CU_ASSERT_FATAL(len > 0);
	if (rig_load_text(&c.rig, "x.rig", whole, (size_t)len, NULL, 0) < 0) {
		rig_errors_print(c.rig, stdout);
		abort(); /* the test itself is wrong */
	}
	free(whole);
	c.rec = record_new(c.rig);
	c.judge = c.rec ? judge_new(c.rec) : NULL;
	CU_ASSERT_PTR_NOT_NULL_FATAL(c.judge);
	return c;
}

static inline void case_free(struct run_case *c)
{
	judge_free(c->judge);
	record_free(c->rec);
	rig_free(c->rig);
}

/* The first node's sample `label` printed this, with status 0. */
static inline int case_says(struct run_case *c, uint64_t at_ns, const char *label,
			    const char *output)
{
	return record_command(c->rec, at_ns, 0, label, "cmd", 0, output, strlen(output));
}

/* One figure of the first link's first way; the others are 0. */
static inline int case_figure(struct run_case *c, uint64_t at_ns, enum rig_figure figure,
			      double value)
{
	double v[RIG_FIGURES] = {0};

	v[figure] = value;
	return record_link(c->rec, at_ns, 0, RIG_WAY_0, v);
}

#endif
