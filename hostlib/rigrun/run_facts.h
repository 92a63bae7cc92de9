/* SPDX-License-Identifier: GPL-2.0 */
/* What a run was made of, for its manifest. */
#ifndef NESTLING_RIGRUN_RUN_FACTS_H
#define NESTLING_RIGRUN_RUN_FACTS_H

#include "run_private.h"

struct run_facts {
	struct results_facts results;
	struct results_fact *hash;
	struct results_fact version[2];
	char *cpu;
};

/* 0 or -errno; to be freed in any case. */
int run_facts_gather(struct run_facts *f, const struct run *r);
void run_facts_free(struct run_facts *f);

#endif
