/* SPDX-License-Identifier: GPL-2.0 */
/* Asking a network that is up; see serve_wire.h. */
#ifndef NESTLING_UML_RIG_CLIENT_H
#define NESTLING_UML_RIG_CLIENT_H

#include <stddef.h>
#include "serve_wire.h"

struct client_packet {
	struct serve_head head;
	char data[SERVE_BYTES + 1]; /* a zero byte follows it */
	size_t len;
};

/* Asks; passed: a descriptor that goes along, -1: none. 0 or -errno, said. */
int client_ask(int fd, const char *const *word, unsigned int n, int passed);
/* One packet more. 1; 0: the network hung up; -errno. */
int client_receive(int fd, struct client_packet *p);
int client_send(int fd, enum serve_kind kind, int value, const void *data, size_t len);

/*
 * Asks the network `name` (NULL: the one that is up), prints what comes, and says how it ended: the
 * exit status for uml_rig. before: put before messages.
 */
int client_do(const char *name, const char *before, const char *const *word, unsigned int n,
	      int passed);
/* The same for a connection. */
int client_follow(int fd, const char *before);

#endif
