// SPDX-License-Identifier: GPL-2.0
/*
 * Speaks to the agent of one guest, as a script says: rig-agent SOCKET SCRIPT FOLDER
 *
 * It serves a hidden switch at SOCKET, where the guest's hidden card comes; node 1. Statements:
 *   up                     waits until the guest is up (anew, once it was)
 *   setup FILE             the text of a host's file
 *   put FILE PATH MODE     exec COMMAND...     get PATH FILE MAX     end     reboot
 *   wait                   until all have an answer
 *   gone                   until the guest's card has gone
 * Says what comes of each, by its number from 1: "2 status 256 cut 0 bytes 17"; output of commands
 * goes to FOLDER/NUMBER.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "agent.h"
#include "loop.h"
#include "port_guest.h"

#define NODE 1

struct ctx {
	struct loop *loop;
	struct sw *sw;
	struct agent *agent;
	struct loop_watch listening;
	struct loop_timer next; /* carries on with the script */
	FILE *script;
	const char *folder;
	unsigned int number, outstanding;
	bool up, gone;
	enum {
		NOTHING,
		UP,
		ANSWERS,
		GONE
	} waits_for;
};

struct ask {
	struct ctx *ctx;
	unsigned int number;
};

static void carry_on(struct loop_timer *t);

static void look(struct ctx *c)
{
	if ((c->waits_for == UP && c->up) || (c->waits_for == ANSWERS && !c->outstanding) ||
	    (c->waits_for == GONE && c->gone)) {
		if (c->waits_for == UP)
			c->up = false;
		c->waits_for = NOTHING;
		loop_timer_set(c->loop, &c->next, 0, carry_on, c);
	}
}

static void done(void *arg, const struct agent_result *r)
{
	struct ask *ask = arg;
	struct ctx *c = ask->ctx;
	char path[4096];
	FILE *f;

	printf("%u status %d cut %d bytes %zu\n", ask->number, r->status, r->cut, r->len);
	fflush(stdout);
	snprintf(path, sizeof(path), "%s/%u", c->folder, ask->number);
	f = fopen(path, "w");
	if (!f || fwrite(r->output, 1, r->len, f) != r->len || fclose(f))
		err(1, "%s", path);
	free(ask);
	c->outstanding--;
	look(c);
}

static char *contents(const char *path)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = fopen(path, "r");

	if (!f || getdelim(&text, &n, 0, f) < 0)
		err(1, "%s", path);
	fclose(f);
	return text;
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static int request(struct ctx *c, const char *word, char *rest, struct ask *ask)
{
	char a[1024] = "", b[1024] = "", n[32] = "";
	char *text;
	int rc;

	if (!strcmp(word, "exec"))
		return agent_exec(c->agent, NODE, rest, NULL, done, ask);
	if (!strcmp(word, "end"))
		return agent_end(c->agent, NODE, done, ask);
	if (!strcmp(word, "reboot"))
		return agent_reboot(c->agent, NODE, done, ask);
	sscanf(rest, "%1023s %1023s %31s", a, b, n);
	if (!strcmp(word, "put"))
		return agent_put(c->agent, NODE, b, (uint32_t)strtoul(n, NULL, 8),
				 open_or_die(a, O_RDONLY), done, ask);
	if (!strcmp(word, "get"))
		return agent_get(c->agent, NODE, a, strtoull(n, NULL, 10),
				 open_or_die(b, O_RDWR | O_CREAT | O_TRUNC), done, ask);
	if (strcmp(word, "setup") != 0)
		errx(1, "what is '%s'?", word);
	text = contents(a);
	rc = agent_setup(c->agent, NODE, text, done, ask);
	free(text);
	return rc;
}

static void statement(struct ctx *c, char *line)
{
	char *rest = line + strcspn(line, " ");
	struct ask *ask;
	int rc;

	if (*rest)
		*rest++ = 0;
	if (!strcmp(line, "up"))
		c->waits_for = UP;
	else if (!strcmp(line, "wait"))
		c->waits_for = ANSWERS;
	else if (!strcmp(line, "gone"))
		c->waits_for = GONE;
	if (c->waits_for)
		return;
	ask = malloc(sizeof(*ask));
	if (!ask)
		errx(1, "no memory");
	*ask = (struct ask){c, ++c->number};
	rc = request(c, line, rest, ask);
	if (rc)
		errx(1, "%s: %s", line, strerror(-rc));
	c->outstanding++;
}

static void carry_on(struct loop_timer *t)
{
	struct ctx *c = t->arg;
	char *line = NULL;
	size_t room = 0;

	while (!c->waits_for && getline(&line, &room, c->script) > 0) {
		line[strcspn(line, "\n")] = 0;
		statement(c, line);
	}
	free(line);
	if (!c->waits_for) {
		loop_stop(c->loop);
		return;
	}
	switch_flush(c->sw);
	look(c);
}

/* --- the guest ------------------------------------------------------------------ */

static void is_up(void *arg, unsigned int node, bool late)
{
	struct ctx *c = arg;

	printf("up%s\n", late ? " late" : "");
	fflush(stdout);
	c->up = true;
	look(c);
}

static void port_goes(void *arg, struct port *port)
{
	struct ctx *c = arg;

	if (strcmp(port->ops->kind, "guest") != 0)
		return;
	printf("gone, frames %llu\n", (unsigned long long)port->stats.rx_frames);
	fflush(stdout);
	c->up = false;
	c->gone = true;
	agent_node_gone(c->agent, NODE);
	look(c);
}

static void came(struct loop_watch *w, short revents)
{
	struct ctx *c = w->arg;
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 || port_guest_add(c->sw, fd, "node"))
		errx(1, "the guest's card was not let in");
	c->gone = false;
	agent_node_reset(c->agent, NODE);
	if (agent_node_port(c->agent, NODE, port_find(c->sw, "node")))
		errx(1, "the guest's port");
}

int main(int argc, char **argv)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	static struct ctx c;
	const struct sw_events switch_events = {.port_goes = port_goes};
	const struct sw_config config = {.hub = true, .events = &switch_events, .events_arg = &c};
	const struct agent_events events = {.up = is_up};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (argc != 4 || strlen(argv[1]) >= sizeof(sun.sun_path))
		errx(64, "usage: rig-agent SOCKET SCRIPT FOLDER");
	strcpy(sun.sun_path, argv[1]);
	c.script = fopen(argv[2], "r");
	c.folder = argv[3];
	c.loop = loop_new();
	c.sw = c.loop ? sw_new(c.loop, &config) : NULL;
	if (!c.script || !c.sw || agent_new(&c.agent, c.sw, &events, &c) ||
	    agent_node_add(c.agent, NODE))
		errx(1, "setting up failed");
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) || listen(fd, 8))
		err(1, "%s", argv[1]);
	loop_add(c.loop, &c.listening, fd, POLLIN, came, &c);
	loop_timer_set(c.loop, &c.next, 0, carry_on, &c);
	loop_run(c.loop);
	return 0;
}
