// SPDX-License-Identifier: GPL-2.0
/* Plans: gathered, shown, carried out, taken back; see uml_tap.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "log.h"
#include "uml_tap.h"

#define BUFFERS 4

const char *words_join(const char *const *w)
{
	static char buffer[BUFFERS][STEP_MAX];
	static unsigned int turn;
	char *out = buffer[turn++ % BUFFERS];
	size_t used = 0;

	for (; *w && used < STEP_MAX; w++)
		used += (size_t)snprintf(out + used, STEP_MAX - used, used ? " %s" : "%s", *w);
	if (used >= STEP_MAX)
		log_die(EXIT_FAILED, "a step of the plan is too long");
	return out;
}

void plan_add(struct plan *p, const char *step, const char *back)
{
	if (p->count == PLAN_STEPS_MAX)
		log_die(EXIT_FAILED, "the plan has more than %d steps", PLAN_STEPS_MAX);
	p->step[p->count] = step ? strdup(step) : NULL;
	p->back[p->count] = back ? strdup(back) : NULL;
	if ((step && !p->step[p->count]) || (back && !p->back[p->count]))
		log_die(EXIT_FAILED, "no memory");
	p->count++;
}

void plan_free(struct plan *p)
{
	for (unsigned int i = 0; i < p->count; i++) {
		free(p->step[i]);
		free(p->back[i]);
	}
	p->count = 0;
}

static void complain(const char *step, int rc)
{
	const char *text = strerror(-rc), *cure = "";

	if (rc == -EPERM || rc == -EACCES)
		cure = "; this is for an administrator: run it with sudo";
	else if (rc == -ENOPKG)
		cure = "; install the package nftables";
	if (rc == -EPROTO)
		text = nat_why();
	else if (rc == -ENOPKG)
		text = "there is no program nft";
	log_err("'%s' failed: %s%s", step, text, cure);
}

/* Takes back the first n steps. */
static void take_back(struct tap_ctx *ctx, struct plan *p, unsigned int n)
{
	while (n--) {
		int rc = p->back[n] ? step_run(ctx->sk, p->back[n], true) : 0;

		if (rc)
			complain(p->back[n], rc);
	}
}

static int carry_out(struct tap_ctx *ctx, struct plan *p)
{
	for (unsigned int i = 0; i < p->count; i++) {
		int rc = p->step[i] ? step_run(ctx->sk, p->step[i], false) : 0;

		if (!rc)
			continue;
		complain(p->step[i], rc);
		take_back(ctx, p, i);
		return rc;
	}
	return 0;
}

int plan_run(struct tap_ctx *ctx, struct plan *p)
{
	int rc;

	for (unsigned int i = 0; i < p->count && !ctx->opt.quiet; i++)
		if (p->step[i])
			step_show(p->step[i], stdout);
	fflush(stdout);
	if (ctx->opt.dry_run)
		return EXIT_OK;
	/* The record comes first: what was begun can be taken back, whatever happens to us. */
	rc = record_lock();
	if (!rc)
		rc = record_push(ctx->command, p);
	if (rc) {
		log_err("the record %s cannot be written: %s%s", record_path(), strerror(-rc),
			rc == -EACCES || rc == -EPERM
				? "; this is for an administrator: run it with sudo"
				: "");
		return EXIT_FAILED;
	}
	if (!carry_out(ctx, p))
		return EXIT_OK;
	rc = record_drop(PLAN_STEPS_MAX);
	if (rc)
		log_err("the record %s cannot be written: %s", record_path(), strerror(-rc));
	return EXIT_FAILED;
}
