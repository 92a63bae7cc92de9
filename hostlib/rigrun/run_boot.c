// SPDX-License-Identifier: GPL-2.0
/* What a node gets when its system is up: its name and addresses, its files, its run= commands. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "run_private.h"

#define FIREWALL "/etc/rig.nft"
/* As long as nodes may take to be up: by then they never will. */
#define VIRTUAL_MAX_NS (3600 * 1000000000ULL)
#define REAL_MAX_NS (600 * 1000000000ULL)

static void go_on(struct run_node *n);

static void address_text(FILE *f, const struct rig_address *a, bool prefix)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(a->v6 ? AF_INET6 : AF_INET, a->bytes, text, sizeof(text));
	fprintf(f, prefix ? " %s/%u" : " %s", text, a->prefix);
}

static void mac_text(FILE *f, const uint8_t *m)
{
	fprintf(f, " %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void write_routes(FILE *f, const struct rig_node *n)
{
	uint32_t i;

	for (i = 0; i < n->routes; i++) {
		const struct rig_route *route = &n->route[i];

		fputs(route->net.prefix ? "route" : "gateway", f);
		if (route->net.prefix)
			address_text(f, &route->net, true);
		address_text(f, &route->via, false);
		fputc('\n', f);
	}
}

/* Lines for the agent (rootfs/tiny/agent_setup.c). To be freed; NULL without memory. */
static char *setup_text(const struct rig_node *n)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	uint32_t i, k;

	if (!f)
		return NULL;
	fprintf(f, "hostname %s\n", n->name);
	for (i = 0; i < n->cards; i++) {
		fputs("card", f);
		mac_text(f, n->card[i].mac);
		for (k = 0; k < n->card[i].addresses; k++)
			address_text(f, &n->card[i].address[k], true);
		fputc('\n', f);
	}
	write_routes(f, n);
	if (n->kind == RIG_NODE_ROUTER)
		fputs("forward\n", f);
	if (n->kind == RIG_NODE_ROUTER && n->nat_card != RIG_NONE) {
		fputs("nat", f);
		mac_text(f, n->card[n->nat_card].mac);
		fputc('\n', f);
	}
	for (i = 0; i < n->env.count; i++)
		fprintf(f, "env %s\n", n->env.item[i]);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static void trouble(struct run_node *n, const char *what, const char *why)
{
	struct run *r = n->run;
	const char *name = r->rig->node[n->index].name;

	record_event(r->record, run_now(r), RECORD_FAILURE, n->index, RIG_NONE, "%s: %s: %s", name,
		     what, why);
	run_say(r, "%s: %s: %s", name, what, why);
}

static void step_done(void *arg, const struct agent_result *result)
{
	struct run_node *n = arg;

	if (n->state != NODE_SETTING_UP || result->status == -ECONNRESET)
		return;
	if (result->status < 0)
		trouble(n, "setting it up", strerror(-result->status));
	go_on(n);
}

static void setup_done(void *arg, const struct agent_result *result)
{
	struct run_node *n = arg;

	if (n->state != NODE_SETTING_UP || result->status == -ECONNRESET)
		return;
	if (result->status < 0)
		trouble(n, "addresses and routes",
			result->len ? result->output : strerror(-result->status));
	go_on(n);
}

static void command_done(void *arg, const struct agent_result *result)
{
	struct run_node *n = arg;
	struct run *r = n->run;
	const struct rig_node *rn = &r->rig->node[n->index];
	const char *command = n->at && n->at - 1 < rn->copies + rn->run.count
				      ? rn->run.item[n->at - 1 - rn->copies]
				      : "";
	char what[200];

	if (n->state != NODE_SETTING_UP || result->status == -ECONNRESET)
		return;
	(result->cut ? record_command_cut : record_command)(
		r->record, run_now(r), n->index, NULL, command,
		WIFEXITED(result->status) ? WEXITSTATUS(result->status) : RECORD_NO_STATUS,
		result->output, result->len);
	if (result->status) {
		snprintf(what, sizeof(what), "run=%.120s", command);
		trouble(n, what, result->len ? result->output : "it failed");
	}
	go_on(n);
}

static void copy_in(struct run_node *n, const char *host, const char *guest, uint32_t mode)
{
	struct run *r = n->run;
	int fd = open(host, O_RDONLY | O_CLOEXEC), err;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err = -errno;
		if (fd >= 0)
			close(fd);
	} else {
		err = agent_put(r->agent, n->index, guest, mode ? mode : st.st_mode & 0777, fd,
				step_done, n);
		if (err)
			close(fd);
	}
	if (!err)
		return;
	trouble(n, host, strerror(-err));
	go_on(n);
}

static void run_command(struct run_node *n, const char *command, agent_done_fn done)
{
	int err = agent_exec(n->run->agent, n->index, command, NULL, done, n);

	if (!err)
		return;
	trouble(n, command, strerror(-err));
	go_on(n);
}

static void is_up(struct run_node *n)
{
	struct run *r = n->run;

	n->state = NODE_UP;
	record_event(r->record, run_now(r), RECORD_BOOT, n->index, RIG_NONE, "%s is up",
		     r->rig->node[n->index].name);
	run_look_whether_up(r);
}

/* The next thing that it gets: files, a router's rules, commands. */
static void go_on(struct run_node *n)
{
	const struct rig_node *rn = &n->run->rig->node[n->index];
	uint32_t at = n->at++;

	if (at < rn->copies) {
		copy_in(n, rn->copy[at].host, rn->copy[at].guest, rn->copy[at].mode);
		return;
	}
	if (at - rn->copies < rn->run.count) {
		run_command(n, rn->run.item[at - rn->copies], command_done);
		return;
	}
	is_up(n);
}

static void rules_done(void *arg, const struct agent_result *result)
{
	struct run_node *n = arg;

	if (n->state != NODE_SETTING_UP || result->status == -ECONNRESET)
		return;
	if (result->status)
		trouble(n, "firewall=", result->len ? result->output : strerror(-result->status));
	go_on(n);
}

static void rules_there(void *arg, const struct agent_result *result)
{
	struct run_node *n = arg;

	if (n->state != NODE_SETTING_UP || result->status == -ECONNRESET)
		return;
	if (result->status)
		rules_done(arg, result);
	else
		run_command(n, "nft -f " FIREWALL, rules_done);
}

/* A router's rules come before its files. */
static void put_rules(struct run_node *n)
{
	const char *host = n->run->rig->node[n->index].firewall;
	int fd = open(host, O_RDONLY | O_CLOEXEC), err = fd < 0 ? -errno : 0;

	if (!err) {
		err = agent_put(n->run->agent, n->index, FIREWALL, 0600, fd, rules_there, n);
		if (err)
			close(fd);
	}
	if (!err)
		return;
	trouble(n, host, strerror(-err));
	go_on(n);
}

static void named(void *arg, const struct agent_result *result)
{
	struct run_node *n = arg;

	if (n->state == NODE_SETTING_UP && result->status != -ECONNRESET &&
	    n->run->rig->node[n->index].firewall) {
		if (result->status < 0)
			trouble(n, "addresses and routes", result->output);
		put_rules(n);
		return;
	}
	setup_done(arg, result);
}

void run_node_called(void *arg, uint32_t node, bool late)
{
	struct run *r = arg;
	struct run_node *n = &r->node[node];
	char *text = setup_text(&r->rig->node[node]);
	int err = text ? 0 : -ENOMEM;

	n->state = NODE_SETTING_UP;
	n->at = 0;
	if (late)
		record_event(r->record, run_now(r), RECORD_WARNING, node, RIG_NONE,
			     "%s: whether its system is up could not be told",
			     r->rig->node[node].name);
	if (!err)
		err = agent_setup(r->agent, node, text, named, n);
	free(text);
	if (err)
		run_fail(r, err, r->rig->node[node].name);
}

static void boot_over(struct event *e, uint64_t now_ns)
{
	struct run *r = e->arg;
	uint32_t i;

	(void)now_ns;
	for (i = 0; i < r->rig->nnodes; i++)
		if (r->node[i].state != NODE_UP && r->node[i].state != NODE_OFF)
			trouble(&r->node[i], "boot",
				r->lanes ? "not up after an hour" : "not up after ten minutes");
	run_finish(r, "a node did not come up");
}

void run_boot_begin(struct run *r)
{
	uint64_t now = r->lanes ? calendar_now(r->cal) : loop_now_ns();

	calendar_add(r->cal, &r->end, now + (r->lanes ? VIRTUAL_MAX_NS : REAL_MAX_NS), UINT32_MAX,
		     boot_over, r);
	run_clock_set(r);
	run_clock_go(r);
	run_look_whether_up(r); /* there may be no nodes */
}

void run_look_whether_up(struct run *r)
{
	uint32_t i;

	if (r->started || r->ending)
		return;
	for (i = 0; i < r->rig->nnodes; i++)
		if (r->node[i].state != NODE_UP && r->node[i].state != NODE_OFF)
			return;
	r->t0 = r->lanes ? calendar_now(r->cal) : loop_now_ns();
	r->started = true;
	if (!r->lanes)
		calendar_run(r->cal, r->t0, 0);
	run_steps_begin(r);
	if (run_samples_begin(r) < 0)
		run_fail(r, -ENOMEM, "samples");
	run_clock_set(r);
}
