/* SPDX-License-Identifier: GPL-2.0 */
/* uml_mconsole: one command to one guest, and how answers are shown. */
#ifndef UML_MCONSOLE_CLIENT_H
#define UML_MCONSOLE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "guests.h"

/* Exit statuses (uml_mconsole(1)). */
enum client_exit {
	CLIENT_OK = 0,
	CLIENT_FAILED = 1, /* the guest refused, or the command failed */
	CLIENT_USAGE = 2,
	CLIENT_NO_GUEST = 3,
	CLIENT_TIMEOUT = 4,
};

enum client_form {
	FORM_PLAIN, /* "OK text" or "ERR text", as uml_mconsole always did */
	FORM_RAW, /* the text alone; of a failure on stderr */
	FORM_JSON,
};

/* What the program was asked for. */
struct client {
	const char *base; /* directory of guests */
	enum client_form form;
	unsigned int timeout_s; /* to wait for a guest that says nothing */
	struct guest guest; /* the one that is talked to */
};

/*
 * Chooses the guest to talk to; says why when that fails. An exit status.
 */
int client_select(struct client *c, const char *name);

/* Sends a command, shows the answer. An exit status. */
int client_run(struct client *c, const char *line);

/* Prints the running guests. An exit status. */
int client_list(struct client *c);

/* Prints a string for JSON, with its quotes; what is no UTF-8 in it as U+FFFD. */
void client_json_string(FILE *f, const char *s, size_t len);

/* Serves commands from the terminal, or from a file on standard input. An exit status. */
int shell_run(struct client *c);

/* Serves one line of the user: local commands, and those of the guest. *quit ends it. */
int shell_line(struct client *c, const char *line, bool *quit);

#endif
