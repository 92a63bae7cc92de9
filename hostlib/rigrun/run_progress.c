// SPDX-License-Identifier: GPL-2.0
/* How far a run is: one line that is rewritten on a terminal, otherwise a line now and then. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "log.h"
#include "run_private.h"

#define TERMINAL_NS 500000000ULL
#define OTHER_NS 15000000000ULL

static void clear(struct run *r)
{
	if (r->shown)
		fputs("\r\033[K", stderr);
	r->shown = false;
}

static void show_boot(const struct run *r, char *out, size_t len)
{
	uint32_t i, up = 0, off = 0, first = RIG_NONE;

	for (i = 0; i < r->rig->nnodes; i++) {
		up += r->node[i].state == NODE_UP;
		off += r->node[i].state == NODE_OFF;
		if (first == RIG_NONE && r->node[i].state != NODE_UP &&
		    r->node[i].state != NODE_OFF)
			first = i;
	}
	snprintf(out, len, "booting: %u of %u up%s%s", up, r->rig->nnodes - off,
		 first == RIG_NONE ? "" : ", waiting for ",
		 first == RIG_NONE ? "" : r->rig->node[first].name);
}

static void show(struct run *r)
{
	char text[300];
	uint64_t now = run_now(r) / 1000000000, end = r->rig->end_ns / 1000000000;

	if (!r->started)
		show_boot(r, text, sizeof(text));
	else
		snprintf(text, sizeof(text),
			 "%s time %lus of %lus, real %.0f s, %lu frames, %u passed, %u failed, %u "
			 "open",
			 r->lanes ? "virtual" : "real", (unsigned long)now, (unsigned long)end,
			 (double)(loop_now_ns() - r->began_ns) / 1e9,
			 (unsigned long)rig_net_frames(r->net), r->judge->count[JUDGE_PASSED],
			 r->judge->count[JUDGE_FAILED], r->judge->count[JUDGE_OPEN]);
	clear(r);
	fprintf(stderr, "%s%s", text, r->terminal ? "" : "\n");
	r->shown = r->terminal;
}

static void progress(struct loop_timer *t)
{
	struct run *r = t->arg;

	show(r);
	loop_timer_set(r->loop, &r->progress, r->terminal ? TERMINAL_NS : OTHER_NS, progress, r);
}

void run_progress_begin(struct run *r)
{
	r->terminal = isatty(STDERR_FILENO);
	if (!r->c.quiet)
		loop_timer_set(r->loop, &r->progress, r->terminal ? TERMINAL_NS : OTHER_NS,
			       progress, r);
}

void run_progress_end(struct run *r)
{
	loop_timer_del(&r->progress);
	clear(r);
}

void run_say(struct run *r, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	clear(r);
	log_warn("%s", text);
}
