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

const char *sudo_cure(int rc)
{
	return rc == -EPERM || rc == -EACCES ? "; this is for an administrator: run it with sudo"
					     : "";
}

void step_failed(const char *step, int rc, const char *otherwise)
{
	const char *text = strerror(-rc), *cure = sudo_cure(rc);

	if (rc == -ENOPKG) {
		text = "there is no program nft";
		cure = "; install the package nftables";
	} else if (rc == -EPROTO) {
		text = nat_why();
	}
	log_err("'%s' failed: %s%s", step, text, *cure ? cure : otherwise);
}

/* Takes back the first n steps. Whether that is done. */
static bool take_back(struct tap_ctx *ctx, const struct plan *p, unsigned int n)
{
	bool ok = true;

	while (n--) {
		int rc = p->back[n] ? step_run(ctx->sk, p->back[n], true) : 0;

		if (rc) {
			step_failed(p->back[n], rc, "; it stays in the record: uml_tap undo");
			ok = false;
		}
	}
	return ok;
}

/* How many steps were done: all, unless one failed. */
static unsigned int carry_out(struct tap_ctx *ctx, const struct plan *p)
{
	unsigned int i;

	for (i = 0; i < p->count; i++) {
		int rc = p->step[i] ? step_run(ctx->sk, p->step[i], false) : 0;

		if (rc) {
			step_failed(p->step[i], rc, "");
			break;
		}
	}
	return i;
}

int plan_run(struct tap_ctx *ctx, struct plan *p)
{
	unsigned int done;
	int rc;

	for (unsigned int i = 0; i < p->count && !ctx->opt.quiet; i++)
		if (p->step[i])
			step_show(p->step[i], stdout);
	fflush(stdout);
	if (ctx->opt.dry_run)
		return EXIT_OK;
	/* The record comes first: what was begun can be taken back, whatever happens to us. */
	rc = record_push(ctx->command, p);
	if (rc) {
		log_err("the record %s cannot be written: %s%s", record_path(), strerror(-rc),
			sudo_cure(rc));
		return EXIT_FAILED;
	}
	done = carry_out(ctx, p);
	if (done == p->count)
		return EXIT_OK;
	if (!take_back(ctx, p, done))
		return EXIT_FAILED;
	rc = record_drop(PLAN_STEPS_MAX);
	if (rc)
		log_err("the record %s cannot be written: %s", record_path(), strerror(-rc));
	return EXIT_FAILED;
}
