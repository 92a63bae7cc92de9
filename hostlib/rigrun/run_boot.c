// SPDX-License-Identifier: GPL-2.0
/* What a node gets when its system is up: its name and addresses, its files, its run= commands. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "run_private.h"

#define FIREWALL "/etc/rig.nft"
/* As long as nodes may take to be up: by then they never will. */
#define VIRTUAL_MAX_NS (3600 * 1000000000ULL)
#define REAL_MAX_NS (600 * 1000000000ULL)

/* What it gets, in this order; behind the files its commands. */
enum {
	AT_SETUP,
	AT_RULES, /* a router's, as a file */
	AT_FILTER, /* which is read */
	AT_COPIES,
};

/* Of give(). */
enum {
	NOTHING = 1,
	ALL,
};

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

static void is_up(struct run_node *n)
{
	struct run *r = n->run;

	n->state = NODE_UP;
	record_event(r->record, run_now(r), RECORD_BOOT, n->index, RIG_NONE, "%s is up",
		     r->rig->node[n->index].name);
	run_look_whether_up(r);
}

/* What it is given at `at` did not work. Rules that are not there are not read. */
static void failed(struct run_node *n, const char *why)
{
	char what[200];

	snprintf(what, sizeof(what), "%s%.120s", n->command ? "run=" : "", n->doing);
	trouble(n, what, why);
	if (n->at == AT_FILTER)
		n->at++;
}

static void done(void *arg, const struct agent_result *result)
{
	struct run_node *n = arg;
	const char *why = result->status < 0 ? strerror(-result->status) : "it failed";

	if (n->state != NODE_SETTING_UP || result->status == -ECONNRESET)
		return;
	if (n->command)
		run_record(n->run, n->index, NULL, n->command, result);
	if (result->status)
		failed(n, result->len ? result->output : why);
	go_on(n);
}

static int set_up(struct run_node *n)
{
	char *text = setup_text(&n->run->rig->node[n->index]);
	int err = text ? agent_setup(n->run->agent, n->index, text, done, n) : -ENOMEM;

	free(text);
	return err;
}

/*
 * Gives it the thing at `at`: 0, done() will be called; NOTHING: it gets none here; ALL: that was
 * all; -errno.
 */
static int give(struct run_node *n, uint32_t at)
{
	struct run *r = n->run;
	const struct rig_node *rn = &r->rig->node[n->index];
	const struct rig_copy rules = {.host = rn->firewall, .guest = FIREWALL, .mode = 0600};

	n->command = NULL;
	if (at == AT_SETUP) {
		n->doing = "addresses and routes";
		return set_up(n);
	}
	if (at < AT_COPIES) {
		if (!rn->firewall)
			return NOTHING;
		n->doing = at == AT_RULES ? rn->firewall : "firewall=";
		return at == AT_RULES
			       ? run_put(r, n->index, &rules, done, n)
			       : agent_exec(r->agent, n->index, "nft -f " FIREWALL, NULL, done, n);
	}
	at -= AT_COPIES;
	if (at < rn->copies) {
		n->doing = rn->copy[at].host;
		return run_put(r, n->index, &rn->copy[at], done, n);
	}
	at -= rn->copies;
	if (at == rn->run.count)
		return ALL;
	n->doing = n->command = rn->run.item[at];
	return agent_exec(r->agent, n->index, n->command, NULL, done, n);
}

static void go_on(struct run_node *n)
{
	int rc;

	while ((rc = give(n, n->at++)) < 0 || rc == NOTHING)
		if (rc < 0)
			failed(n, strerror(-rc));
	if (rc == ALL)
		is_up(n);
}

void run_node_called(void *arg, uint32_t node, bool late)
{
	struct run *r = arg;
	struct run_node *n = &r->node[node];

	n->state = NODE_SETTING_UP;
	n->at = AT_SETUP;
	if (late)
		record_event(r->record, run_now(r), RECORD_WARNING, node, RIG_NONE,
			     "%s: whether its system is up could not be told",
			     r->rig->node[node].name);
	go_on(n);
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
	if (r->c.serve) {
		calendar_del(r->cal, &r->end);
		run_progress_end(r);
		r->c.up(r->c.arg);
	}
	if (r->c.serve && !r->c.steps)
		return;
	run_steps_begin(r);
	if (run_samples_begin(r) < 0)
		run_fail(r, -ENOMEM, "samples");
	run_clock_set(r);
}
