/* SPDX-License-Identifier: GPL-2.0 */
/* uml_switch: what its files share. */
#ifndef UML_SWITCH_H
#define UML_SWITCH_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include "port_old.h"
#include "switch.h"

#define DEFAULT_SOCKET "/tmp/uml.ctl"
#define CTL_SUFFIX ".ctl"
#define PORT_SPECS_MAX 64
#define CAPTURES_MAX 32

struct options {
	const char *socket; /* where clients come to */
	const char *data; /* data socket of the old protocol; NULL: made from socket's name */
	const char *ctl; /* control socket of `uml_switch ctl`; NULL: socket + CTL_SUFFIX */
	const char *port[PORT_SPECS_MAX]; /* --port SPEC[@NAME] */
	unsigned int nports;
	int guest_fd[PORT_SPECS_MAX]; /* --guest-fd: front-ends that are there already */
	unsigned int nguest_fds;
	bool listen; /* false: --no-listen */
	bool daemon, once, stp;
	mode_t mode;
	struct sw_config config;
};

struct session;

struct capture_entry {
	struct capture *capture; /* NULL: free */
	char *path;
	bool all; /* ports that come are captured, too */
};

struct ctx {
	struct options opt;
	struct loop *loop;
	struct sw *sw;
	struct old_server *old;
	struct loop_watch listening; /* clients */
	struct loop_watch ctl_listening; /* uml_switch ctl */
	struct session *session; /* of ctl */
	unsigned int sessions; /* how many */
	struct capture_entry captures[CAPTURES_MAX];
	struct loop_timer end_timer; /* -once: the last client has gone */
	struct loop_timer flush_timer; /* captures are written out now and then */
	int status;
};

/* listen.c: the two sockets. 0 or -errno, printed. */
int listen_open(struct ctx *ctx);
void listen_close(struct ctx *ctx);

/* ctl.c: somebody wants to command us; fd is ctl's. */
void ctl_accept(struct ctx *ctx, int fd);
/* Ends all that are there. */
void ctl_end(struct ctx *ctx);

/* One command that is being carried out. */
struct call {
	struct ctx *ctx;
	char **word; /* behind the command's own */
	int n;
	FILE *out; /* the answer */
	char *err; /* what went wrong */
	size_t err_len;
};

/* ctl_command.c: one line; the answer goes to out, what went wrong to err. 0 or -errno. */
int ctl_command(struct ctx *ctx, char *line, FILE *out, char *err, size_t err_len);
/* The list of commands, for help. */
void ctl_help(FILE *out);
/* The port of that name, or NULL with a sentence in c->err. */
struct port *ctl_port(struct call *c, const char *name);

/* ctl_show.c: 0 or -errno. show_stats() and show_links() take the name of a port, or none. */
int show_ports(struct call *c);
int show_stats(struct call *c);
int show_json(struct call *c);
int show_links(struct call *c);
int show_macs(struct call *c);
int show_captures(struct call *c);
int show_stp(struct call *c);

/* captures.c */
int captures_start(struct ctx *ctx, const struct capture_spec *spec, const char *ports, char *err,
		   size_t err_len);
int captures_stop(struct ctx *ctx, const char *path, char *err, size_t err_len);
void captures_stop_all(struct ctx *ctx);
/* A port came: captures of all ports take it in. */
void captures_port(struct ctx *ctx, struct port *port);

/* client.c: `uml_switch ctl WORDS...`: an exit status. */
int client_main(int argc, char **argv);

#endif
