/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Those who work in a network that is up: what run_serve.c (who comes, what is asked) and
 * run_client.c (packets) share.
 */
#ifndef NESTLING_RIGRUN_RUN_CLIENT_H
#define NESTLING_RIGRUN_RUN_CLIENT_H

#include "run_private.h"
#include "serve_wire.h"

struct run_packet;

struct run_client {
	struct run *run;
	struct run_client *next; /* of the run's */
	struct loop_watch socket; /* fd -1: it has hung up */
	struct run_packet *first, **end; /* that the socket has not taken yet */
	size_t queued; /* bytes of them */
	bool lost; /* output was */
	bool asked;
	bool waits_for_down;
	bool over; /* END is said; the socket closes behind it */
	char *result; /* a line for standard output when what it asked for is done; NULL */
	unsigned int pending; /* requests of its in nodes: it stays until they have ended */
	/* What it does meanwhile. */
	struct run_node *node; /* whose console it has joined; NULL */
	struct run_node *busy; /* where its command runs; NULL */
	struct run_console_user user;
	struct rig_net_live *capture; /* NULL: none */
};

/* Sends, now or when the socket takes it. What a client does not fetch is lost in the end. */
void run_client_send(struct run_client *c, enum serve_kind kind, int value, const void *data,
		     size_t len);
/* The last packet: exit status, and why. */
void run_client_end(struct run_client *c, int status, const char *why);
/* Sends what waits. */
void run_client_flush(struct run_client *c);
void run_client_forget_packets(struct run_client *c);

#endif
