// SPDX-License-Identifier: GPL-2.0
/*
 * Supervision; see super.h.
 *
 * SIGTERM and SIGHUP ask the guest to shut down (as Ctrl-Alt-Del does) and end it when
 * it has not within some seconds, or when the signal comes again. SIGINT reaches us only
 * when the terminal is not raw, that is when there is none: then it means the same. A
 * guest that has not started its init has nobody to ask and is ended at once.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "console.h"
#include "control.h"
#include "crash.h"
#include "guest.h"
#include "log.h"
#include "net.h"
#include "run.h"
#include "super.h"

#define CLEAN_NS 10000000000ULL /* given to a guest to shut down */
#define WORDS_NS 3000000000ULL /* and to one that does not, to write a crash report */

static struct loop_timer clean_timer; /* there is one guest in a loader */
static bool hung; /* it did not shut down and was told to say why */

static int start(struct linux_ctx *ctx);

void super_end_now(struct linux_ctx *ctx)
{
	ctx->ending = true;
	guest_kill(ctx);
}

static void speechless(struct loop_timer *t)
{
	super_end_now(t->arg);
}

/* Its kernel may hang, so where is asked of it. Stubborn programs look the same from here. */
static void too_long(struct loop_timer *t)
{
	struct linux_ctx *ctx = t->arg;

	log_warn("the guest did not shut down in time; ending it");
	hung = guest_abort(ctx);
	if (hung)
		loop_timer_set(ctx->loop, &clean_timer, WORDS_NS, speechless, ctx);
	else
		super_end_now(ctx);
}

void super_end_cleanly(struct linux_ctx *ctx)
{
	struct nl_msg m = {.type = NL_MSG_COMMAND};

	if (ctx->ending || !control_running(ctx)) {
		super_end_now(ctx);
		return;
	}
	ctx->ending = true;
	m.len = (uint32_t)snprintf(m.text, sizeof(m.text), "cad");
	if (control_request(ctx, &m, NULL, 0, 0, NULL, NULL) < 0)
		super_end_now(ctx);
	else
		loop_timer_set(ctx->loop, &clean_timer, CLEAN_NS, too_long, ctx);
}

static void on_signal(void *arg, int sig, int sender)
{
	struct linux_ctx *ctx = arg;

	switch (sig) {
	case SIGCHLD:
		guest_reap(ctx);
		break;
	case SIGWINCH:
		console_winch(ctx);
		break;
	case SIGCONT:
		console_continued(ctx);
		break;
	default:
		if (run_signal(ctx, sig))
			break;
		ctx->status = STATUS_SIGNAL + sig;
		super_end_cleanly(ctx);
	}
}

/* What ended the guest, as a sentence. */
static void describe_death(const struct linux_ctx *ctx, int sig, char *out, size_t len)
{
	const char *panic = control_panic(ctx);

	if (*panic)
		snprintf(out, len, "the guest kernel panicked: %s", panic);
	else if (sig == SIGABRT)
		snprintf(out, len, "the guest kernel gave up (signal %d, %s)", sig, strsignal(sig));
	else if (sig == SIGKILL || sig == SIGBUS)
		snprintf(
			out, len,
			"the guest kernel was ended by signal %d (%s): by somebody, or because the "
			"host is out of memory (then give the guest less, mem=)",
			sig, strsignal(sig));
	else if (sig)
		snprintf(out, len, "the guest kernel was ended by signal %d (%s)", sig,
			 strsignal(sig));
	else
		snprintf(out, len,
			 "the guest kernel could not start; 'linux --check' tells what the host "
			 "lacks");
}

/* The guest has gone: say why, in the terminal's normal mode. */
static void report_death(struct linux_ctx *ctx, int sig)
{
	char how[NL_MSG_TEXT + 64], *words, *tail, *path;

	if (guest_tell_refusal(ctx)) {
		ctx->status = STATUS_UNAVAILABLE;
		return;
	}
	if (!hung)
		guest_print_tail(ctx);
	words = guest_words(ctx);
	tail = guest_tail(ctx);
	describe_death(ctx, sig, how, sizeof(how));
	path = sig ? crash_report(ctx, how, words, tail) : NULL;
	if (path)
		log_err("%s; the report is in %s", how, path);
	else
		log_err("%s", how);
	free(words);
	free(tail);
	free(path);
}

static void ended(struct linux_ctx *ctx, enum guest_end how, int status)
{
	bool again = how == GUEST_RESTART && !ctx->opt.noreboot && !ctx->ending;

	console_drain(ctx);
	control_drain(ctx);
	if (how == GUEST_DIED && (!ctx->ending || hung)) {
		console_restore();
		if (!ctx->ending)
			ctx->status = STATUS_PANIC;
		report_death(ctx, status);
	} else if (how == GUEST_HALTED && !ctx->status) {
		ctx->status = status;
	}
	run_ended(ctx);
	control_stop(ctx);
	net_guest_ended(ctx);
	loop_timer_del(&clean_timer);
	guest_free(ctx);
	if (again && start(ctx) == 0)
		return;
	loop_stop(ctx->loop);
}

static int start(struct linux_ctx *ctx)
{
	int err = guest_start(ctx, ended);

	if (!err)
		err = control_start(ctx);
	if (!err)
		err = console_start(ctx);
	if (!err)
		err = run_start(ctx);
	if (err) {
		ctx->status = STATUS_OSERR;
		super_end_now(ctx);
	}
	return err;
}

int super_run(struct linux_ctx *ctx)
{
	/* The last two are for a job of uml_run's; a guest has nobody that they could be meant for. */
	const int signals[] = {SIGCHLD, SIGWINCH, SIGCONT, SIGTERM,
			       SIGHUP,  SIGINT,   SIGQUIT, ctx->run ? SIGUSR1 : 0,
			       SIGUSR2, 0};
	int err = loop_signals(ctx->loop, signals, on_signal, ctx);

	signal(SIGPIPE, SIG_IGN);
	if (err) {
		log_err("watching signals failed: %s", strerror(-err));
		return STATUS_OSERR;
	}
	err = start(ctx);
	if (!err)
		err = loop_run(ctx->loop);
	if (err && !ctx->status)
		ctx->status = STATUS_OSERR;
	return ctx->status;
}
