/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the agents in the guests of a rig are asked for, by frames on a hidden switch.
 *
 * Every node has one more card, at a port of that switch. The host is at another port, and a node
 * sees nobody but the host: each has a VLAN of its own, by which it is told, too. The agent
 * (rootfs/tiny/agent.c) says when its guest is up, and serves requests then.
 *
 * Requests of a node are sent in the order in which they were made; those made before it is up wait.
 * Commands run at a time, up to AGENT_EXECS_MAX; the other requests one by one, and what was asked
 * for behind them comes behind them. END and REBOOT go before what waits.
 *
 * Nothing here looks at a clock or blocks, but for the files that are named: what is to be done is
 * done in an event on the switch's calendar, at the moment of the frame or of the call. Callbacks
 * come from there, nodes in the order of their numbers, but for those of agent_node_gone() and
 * agent_node_reset(), which come from these. In callbacks all may be called but agent_free(). Who
 * calls from outside of events calls switch_flush() behind it, as behind all that concerns a switch.
 *
 * Guests are not trusted: what they can do is to answer wrongly for themselves, and late.
 */
#ifndef NESTLING_RIGRUN_AGENT_H
#define NESTLING_RIGRUN_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "switch.h"

#define AGENT_NODES_MAX (SWITCH_PORTS_MAX - 1) /* numbers from 0; the host has a port, too */
#define AGENT_WAITING_MAX 4096 /* requests of a node that have no answer yet */

struct agent;

/* All may be NULL. */
struct agent_events {
	/*
	 * The node's system is up, for the first time or after a restart, of which there may have been
	 * no other word. late: that is only assumed, after AGENT_UP_WAIT_S.
	 */
	void (*up)(void *arg, unsigned int node, bool late);
};

struct agent_result {
	unsigned int node;
	/*
	 * 0 or -errno; of a command, also what waitpid(2) says. -ECONNRESET: the node restarted or went.
	 * -EPROTO: its answer made no sense.
	 */
	int status;
	bool cut; /* there was more output than is kept, AGENT_OUTPUT_MAX */
	/* Output of a command; of a setup, the lines that failed. A zero byte follows. For the call only. */
	const char *output;
	size_t len;
};

typedef void (*agent_done_fn)(void *arg, const struct agent_result *result);
/*
 * Output of a command, as it comes. False: not now; the command waits, and it is offered again when
 * agent_look() is called; what is left at the end of the command is with its result.
 */
typedef bool (*agent_output_fn)(void *arg, const char *data, size_t len);

/* A port at sw, which must stay longer, and need not learn (hub). 0 or -errno. */
int agent_new(struct agent **out, struct sw *sw, const struct agent_events *events, void *arg);
/* Requests without an answer are forgotten. NULL does nothing. */
void agent_free(struct agent *a);

/* The hardware address of a node's hidden card. */
void agent_mac(unsigned int node, uint8_t mac[static 6]);

/* A node, whose guest will come. 0, -EEXIST, -EINVAL. */
int agent_node_add(struct agent *a, unsigned int node);
/* port, on the same switch, has the hidden card of the node behind it. 0 or -EINVAL. */
int agent_node_port(struct agent *a, unsigned int node, struct port *port);
/* Its guest was started again: what has no answer fails, new requests wait until it is up. */
void agent_node_reset(struct agent *a, unsigned int node);
/* Its guest is no more: what has no answer fails, and so does what is asked, until a reset. */
void agent_node_gone(struct agent *a, unsigned int node);
bool agent_node_up(const struct agent *a, unsigned int node);

/*
 * Requests. done, which may be NULL, is called with the outcome if and only if 0 is returned. Else
 * -ENOTCONN (no such node, or it is gone), -E2BIG, -EINVAL (a path that is not absolute),
 * -ENOSPC (too many), -ENOMEM.
 */

/* Host name, cards, routes, ...: text as in rootfs/tiny/agent_setup.c. */
int agent_setup(struct agent *a, unsigned int node, const char *text, agent_done_fn done,
		void *arg);
/* env: NAME=VALUE, NULL at its end; or NULL. */
int agent_exec(struct agent *a, unsigned int node, const char *command, char *const *env,
	       agent_done_fn done, void *arg);
/*
 * The same without a bound for the output, which goes to output() as it comes; only the last of it is
 * with the result.
 */
int agent_stream(struct agent *a, unsigned int node, const char *command, agent_output_fn output,
		 agent_done_fn done, void *arg);
/* Output of the node's streams is wanted that was not before. */
void agent_look(struct agent *a, unsigned int node);
/*
 * A signal for the session of each command of the node that was asked for with this arg. One that
 * has not been sent to the guest yet ends by SIGHUP, SIGINT, SIGQUIT, SIGTERM and SIGKILL without
 * having begun, and knows nothing of others.
 */
void agent_signal(struct agent *a, unsigned int node, const void *arg, int sig);
/* The contents of a regular file, from its beginning; fd is closed when the request ends (if 0). */
int agent_put(struct agent *a, unsigned int node, const char *path, uint32_t mode, int fd,
	      agent_done_fn done, void *arg);
/* A file of at most max bytes, written to fd from its beginning; closed likewise. */
int agent_get(struct agent *a, unsigned int node, const char *path, uint64_t max, int fd,
	      agent_done_fn done, void *arg);
/* An orderly end, or restart, has been asked for: that is all that 0 says. */
int agent_end(struct agent *a, unsigned int node, agent_done_fn done, void *arg);
int agent_reboot(struct agent *a, unsigned int node, agent_done_fn done, void *arg);

#endif
