// SPDX-License-Identifier: GPL-2.0
/* Runs a rig; see run.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "log.h"
#include "remove_tree.h"
#include "run_private.h"

static void signalled(void *arg, int sig, int sender_pid)
{
	struct run *r = arg;

	(void)sender_pid;
	if (r->c.serve && r->started && !r->down) {
		run_say(r, "signal %d: the network goes down", sig);
		run_down(r);
		return;
	}
	r->interrupted = true;
	run_say(r, "signal %d: the run ends here", sig);
	run_finish(r, "a signal");
}

static void warn(void *arg, const char *text)
{
	struct run *r = arg;

	record_event(r->record, run_now(r), RECORD_WARNING, RIG_NONE, RIG_NONE, "%s", text);
	run_say(r, "%s", text);
}

static void hidden_came(void *arg, uint32_t node, struct port *port)
{
	struct run *r = arg;

	agent_node_port(r->agent, node, port);
}

static void agent_up(void *arg, unsigned int node, bool late)
{
	run_node_called(arg, node, late);
}

static int make_scratch(struct run *r)
{
	const char *tmp = getenv("TMPDIR");
	int err;

	if (!tmp || !*tmp || strlen(tmp) > 32)
		tmp = "/tmp";
	snprintf(r->scratch, sizeof(r->scratch), "%s/uml_rig.XXXXXX", tmp);
	if (mkdtemp(r->scratch))
		return 0;
	err = -errno;
	log_err("%s: no folder for sockets can be made there: %s; name another with TMPDIR", tmp,
		strerror(-err));
	r->scratch[0] = 0;
	return err;
}

static int make_net(struct run *r)
{
	const struct rig_net_config c = {
		.rig = r->rig,
		.loop = r->loop,
		.calendar = r->lanes ? r->cal : NULL,
		.sockets = r->scratch,
		.folder_fd = r->c.folder_fd,
		.lane = run_node_lane,
		.hidden_came = hidden_came,
		.warn = warn,
		.arg = r,
	};
	static const struct agent_events events = {.up = agent_up};
	char text[512];
	uint32_t i;
	int err = rig_net_new(&r->net, &c, text, sizeof(text));

	if (err) {
		log_err("%s", text);
		return err;
	}
	err = agent_new(&r->agent, rig_net_hidden(r->net), &events, r);
	for (i = 0; i < r->rig->nnodes && !err; i++)
		err = agent_node_add(r->agent, i);
	if (err)
		log_err("the agents' switch cannot be made: %s", strerror(-err));
	return err;
}

static int make_nodes(struct run *r)
{
	uint32_t i;

	r->node = calloc(r->rig->nnodes + 1, sizeof(*r->node));
	if (!r->node)
		return -ENOMEM;
	for (i = 0; i < r->rig->nnodes; i++) {
		r->node[i] = (struct run_node){.run = r, .index = i, .log_fd = -1};
		r->node[i].ended.fd = -1;
	}
	return 0;
}

static int start_nodes(struct run *r)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < r->rig->nnodes && !err; i++) {
		if (r->rig->node[i].off)
			continue;
		err = run_node_start(r, i);
		if (err)
			log_err("%s does not start: %s", r->rig->node[i].name, strerror(-err));
	}
	return err;
}

/* A node takes a dozen descriptors or two. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int begin(struct run *r)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, 0};
	int err;

	raise_limit();
	r->began_ns = loop_now_ns();
	r->began_s = (uint64_t)time(NULL);
	r->loop = loop_new();
	r->record = record_new(r->rig);
	r->judge = r->record ? judge_new(r->record) : NULL;
	err = !r->loop || !r->judge ? -ENOMEM : loop_signals(r->loop, signals, signalled, r);
	if (!err)
		err = run_clock_new(r);
	if (!err)
		err = make_nodes(r);
	if (err) {
		log_err("the run cannot begin: %s", strerror(-err));
		return err;
	}
	err = make_scratch(r);
	if (!err)
		err = make_net(r);
	if (!err)
		err = run_serve_begin(r);
	return err ? err : start_nodes(r);
}

static void end(struct run *r)
{
	run_progress_end(r);
	run_nodes_kill(r);
	run_serve_end(r);
	run_nodes_free(r);
	agent_free(r->agent);
	rig_net_free(r->net);
	run_clock_free(r);
	free(r->sampler);
	judge_free(r->judge);
	record_free(r->record);
	loop_free(r->loop);
	if (r->scratch[0])
		remove_tree(r->scratch);
	free(r);
}

int rig_run(const struct run_config *config)
{
	struct run *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return -ENOMEM;
	r->c = *config;
	r->rig = config->rig;
	rc = begin(r);
	if (!rc) {
		run_progress_begin(r);
		run_boot_begin(r);
		if (!r->ending)
			rc = loop_run(r->loop);
		rc = rc ? rc : r->err;
		run_progress_end(r);
	}
	if (!rc && r->c.serve && !r->c.steps)
		rc = r->interrupted ? RUN_INTERRUPTED : r->started ? RUN_PASSED : RUN_FAILED;
	else if (!rc)
		rc = run_results(r);
	end(r);
	return rc;
}
