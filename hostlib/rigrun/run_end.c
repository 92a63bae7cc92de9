// SPDX-License-Identifier: GPL-2.0
/* The end of a run: verdicts, results, what the user is told. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "log.h"
#include "run_facts.h"
#include "run_private.h"

void run_doubt(struct run *r, const char *why)
{
	uint32_t i;

	for (i = 0; i < r->ndoubts; i++)
		if (strcmp(r->doubt[i], why) == 0)
			return;
	if (r->ndoubts < RUN_DOUBTS_MAX)
		r->doubt[r->ndoubts++] = why;
}

void run_finish(struct run *r, const char *why)
{
	if (r->ending)
		return;
	run_look(r);
	r->ending = true;
	r->why = why;
	if (r->lanes)
		lanes_hold(r->lanes);
	loop_stop(r->loop);
}

void run_fail(struct run *r, int err, const char *what)
{
	if (r->ending)
		return;
	r->err = err;
	log_err("%s: %s", what, strerror(-err));
	r->ending = true;
	r->why = "an error";
	if (r->lanes)
		lanes_hold(r->lanes);
	loop_stop(r->loop);
}

void run_judge(struct run *r)
{
	if (r->ending)
		return;
	judge_update(r->judge, run_now(r));
	if (judge_decided(r->judge) && !r->c.to_end && !r->c.serve && !r->pending)
		run_finish(r, "all is decided");
}

static void print_verdicts(const struct run *r)
{
	char reason[JUDGE_REASON];
	uint32_t i;

	for (i = 0; i < r->rig->nexpects; i++) {
		judge_reason(r->judge, i, reason);
		printf("%s  %s (%s)\n",
		       r->judge->cases[i].verdict == JUDGE_PASSED ? "passed" : "FAILED",
		       r->rig->expect[i].title, reason);
	}
	for (i = 0; i < r->record->nevents; i++)
		if (r->record->event[i].kind == RECORD_FAILURE)
			printf("FAILED  %s\n", r->record->event[i].text);
	for (i = 0; r->lanes && i < r->ndoubts; i++)
		printf("doubt   the same again may come out otherwise: %s\n", r->doubt[i]);
	printf("%u passed, %u failed; %s/report.html\n", r->judge->count[JUDGE_PASSED],
	       r->judge->count[JUDGE_FAILED] + r->record->nfailures, r->c.folder);
	fflush(stdout);
}

int run_results(struct run *r)
{
	struct run_facts facts;
	struct results results = {r->rig, r->record, r->judge, &facts.results};
	struct results_wall wall = {r->began_s, loop_now_ns() - r->began_ns};
	int err;

	judge_end(r->judge, run_now(r));
	err = run_facts_gather(&facts, r);
	if (!err)
		err = results_write(&results, r->c.folder_fd);
	if (!err)
		err = results_write_wall(&wall, r->c.folder_fd);
	run_facts_free(&facts);
	if (err) {
		log_err("the results cannot be written to %s: %s", r->c.folder, strerror(-err));
		return err;
	}
	print_verdicts(r);
	if (r->interrupted)
		return RUN_INTERRUPTED;
	return judge_all_well(r->judge) ? RUN_PASSED : RUN_FAILED;
}
