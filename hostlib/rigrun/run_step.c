// SPDX-License-Identifier: GPL-2.0
/* Steps of a rig, each at its time. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "run_private.h"

#define FETCH_MAX (256ULL << 20)

/* Who wants to know what becomes of a step; NULL for the rig's own. */
struct asker {
	run_told_fn told;
	void *arg;
};

/* A request of a step that has no answer yet. */
struct errand {
	struct run *run;
	struct rig_step step;
	struct asker asker;
};

static const char *node_name(const struct run *r, uint32_t node)
{
	return r->rig->node[node].name;
}

static void trouble(struct run *r, const struct rig_step *s, const struct asker *a, const char *why)
{
	const char *what = s->command;
	char text[512];

	if (s->action == RIG_DO_COPY)
		what = s->copy.host;
	if (s->action == RIG_DO_FETCH)
		what = s->copy.guest;
	snprintf(text, sizeof(text), "%s%s%s%s%.300s: %s", rig_action_name(s->action),
		 s->node == RIG_NONE ? "" : " ", s->node == RIG_NONE ? "" : node_name(r, s->node),
		 what ? " " : "", what ? what : "", why);
	if (a->told) {
		a->told(a->arg, text);
		return;
	}
	record_event(r->record, run_now(r), RECORD_FAILURE, s->node, s->link, "%s", text);
	run_say(r, "%s", text);
}

static void errand_done(void *arg, const struct agent_result *result)
{
	struct errand *e = arg;
	struct run *r = e->run;
	const struct rig_step *s = &e->step;

	r->pending--;
	if (!r->ending && s->action == RIG_DO_RUN)
		run_record(r, s->node, s->label, s->command, result);
	else if (!r->ending && result->status < 0)
		trouble(r, s, &e->asker, strerror(-result->status));
	else if (e->asker.told)
		e->asker.told(e->asker.arg, NULL);
	if (s->action == RIG_DO_FETCH && result->status < 0)
		unlinkat(r->c.folder_fd, s->copy.host, 0);
	free(e);
	run_judge(r);
}

static int fetch(struct run *r, const struct rig_step *s, struct errand *e)
{
	int fd = openat(r->c.folder_fd, s->copy.host, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0644);
	int err =
		fd < 0 ? -errno
		       : agent_get(r->agent, s->node, s->copy.guest, FETCH_MAX, fd, errand_done, e);

	if (err && fd >= 0) {
		close(fd);
		unlinkat(r->c.folder_fd, s->copy.host, 0);
	}
	return err;
}

static int ask(struct run *r, const struct rig_step *s, struct errand *e)
{
	struct run_node *n = &r->node[s->node];

	switch (s->action) {
	case RIG_DO_RUN:
		return agent_exec(r->agent, s->node, s->command, NULL, errand_done, e);
	case RIG_DO_COPY:
		return run_put(r, s->node, &s->copy, errand_done, e);
	case RIG_DO_FETCH:
		return fetch(r, s, e);
	case RIG_DO_REBOOT:
		n->reboots = n->wanted_end = true;
		return agent_reboot(r->agent, s->node, errand_done, e);
	default:
		n->wanted_end = true;
		return agent_end(r->agent, s->node, errand_done, e);
	}
}

/* Asks the node: the answer comes later. 0 or -errno. */
static int errand(struct run *r, const struct rig_step *s, const struct asker *a)
{
	struct errand *e = malloc(sizeof(*e));
	int err = e ? 0 : -ENOMEM;

	/* Of one that has never been on the agent believes that it may come. */
	if (!err && r->node[s->node].state == NODE_OFF)
		err = -ENOTCONN;
	if (!err) {
		*e = (struct errand){r, *s, *a};
		err = ask(r, &e->step, e);
	}
	if (!err) {
		r->pending++;
		return 0;
	}
	free(e);
	if (s->action == RIG_DO_RUN)
		record_command(r->record, run_now(r), s->node, s->label, s->command,
			       RECORD_NO_STATUS, NULL, 0);
	return err;
}

static int change_link(struct run *r, const struct rig_step *s)
{
	int err = rig_net_set_link(r->net, s->link, s->way, &s->spec);

	if (!err)
		run_clock_go(r); /* how far guests may run alone has changed */
	return err;
}

/* For the time line. */
static void describe(const struct run *r, const struct rig_step *s, char *out, size_t len)
{
	char text[512];
	const struct rig_end *e;

	switch (s->action) {
	case RIG_DO_LINK:
		e = r->rig->link[s->link].end;
		link_print(&s->spec, text, sizeof(text));
		snprintf(out, len, "link %s %s%s %s", rig_end_name(r->rig, &e[s->way == RIG_WAY_1]),
			 s->way == RIG_WAY_BOTH ? "" : "-> ",
			 rig_end_name(r->rig, &e[s->way != RIG_WAY_1]), text);
		break;
	case RIG_DO_NOTE:
		snprintf(out, len, "%s", s->command);
		break;
	default:
		snprintf(out, len, "%s%s%s%s%s", rig_action_name(s->action),
			 s->node == RIG_NONE ? "" : " ",
			 s->node == RIG_NONE ? "" : node_name(r, s->node), s->command ? " " : "",
			 s->command ? s->command : "");
		break;
	}
}

/* 0: done; ASKED: the answer comes later; -errno. */
#define ASKED 1

static int act(struct run *r, const struct rig_step *s, const struct asker *a)
{
	int err;

	switch (s->action) {
	case RIG_DO_LINK:
		return change_link(r, s);
	case RIG_DO_CRASH:
		run_node_crash(r, s->node);
		return 0;
	case RIG_DO_ON:
		return r->node[s->node].pid ? -EALREADY : run_node_start(r, s->node);
	case RIG_DO_PAUSE:
	case RIG_DO_RESUME:
		run_node_pause(r, s->node, s->action == RIG_DO_PAUSE);
		return 0;
	case RIG_DO_NOTE:
		return 0;
	case RIG_DO_STOP:
		run_finish(r, "stop");
		return 0;
	default:
		err = errand(r, s, a);
		return err ? err : ASKED;
	}
}

static const char *reason(int err)
{
	if (err == -EALREADY)
		return "it is on already";
	return err == -ENOTCONN ? "the node is not there" : strerror(-err);
}

void run_take(struct run *r, const struct rig_step *s, run_told_fn told, void *arg)
{
	const struct asker asker = {told, arg};
	char text[1024];
	int rc;

	describe(r, s, text, sizeof(text));
	record_event(r->record, run_now(r), s->action == RIG_DO_NOTE ? RECORD_NOTE : RECORD_STEP,
		     s->node, s->link, "%s", text);
	rc = act(r, s, &asker);
	if (rc < 0)
		trouble(r, s, &asker, reason(rc));
	else if (rc == 0 && told)
		told(arg, NULL);
}

static void set_next(struct run *r);

static void step_due(struct event *e, uint64_t now_ns)
{
	struct run *r = e->arg;
	const struct rig_step *s = &r->rig->step[r->next_step++];

	(void)now_ns;
	if (r->ending)
		return;
	run_take(r, s, NULL, NULL);
	rig_net_flush(r->net);
	run_judge(r);
	set_next(r);
}

static void set_next(struct run *r)
{
	if (!r->ending && r->next_step < r->rig->nsteps)
		calendar_add(r->cal, &r->step, r->t0 + r->rig->step[r->next_step].at_ns, RUN_SOURCE,
			     step_due, r);
}

static void end_due(struct event *e, uint64_t now_ns)
{
	(void)now_ns;
	run_finish(e->arg, "the end of its time");
}

void run_steps_begin(struct run *r)
{
	/* The last source of its moment: what is due then comes to pass. */
	if (!r->c.serve)
		calendar_add(r->cal, &r->end, r->t0 + r->rig->end_ns, UINT32_MAX, end_due, r);
	set_next(r);
	run_look(r);
}
