/* SPDX-License-Identifier: GPL-2.0 */
/* Guests of a rig as processes: `linux` with the words that the rig implies, and its console's log. */
#ifndef NESTLING_RIGRUN_NODE_H
#define NESTLING_RIGRUN_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "rig.h"

#define NODE_REBOOTED 64 /* exit status of `linux noreboot` when its guest asked for a restart */

struct node_words {
	const struct rig *rig;
	uint32_t node;
	const char *program; /* `linux` */
	const char *sockets; /* as of rig_net_config */
	const char *cow; /* file that takes what a node with an image writes; NULL: no image */
	int lane_fd, event_fd; /* -1: real time */
	int console_fd; /* the terminal that its con0 is; -1: what it prints goes to the log */
};

/*
 * Starts the guest; what it and its console say goes to log_fd, or to its terminal. Its process, which is the leader of a
 * group of its own, or -errno. `linux` ends when we do.
 */
pid_t node_start(const struct node_words *w, int log_fd);

/*
 * A guest kernel that hangs dies with its registers and stack in a report, as of any crash, at
 * node_report(); also if it was stopped.
 */
void node_abort(pid_t pid);
/* Where the report of a crash is: a path below `sockets`. */
void node_report(const char *sockets, const char *name, char *out, size_t len);

/* Stops the guest kernel of this process, or lets it go on; the rest of it follows (isolate.c). */
void node_stop(pid_t pid, bool on);

#endif
