/* SPDX-License-Identifier: GPL-2.0 */
/* Commands of uml_rig. Each gets its options parsed and returns an exit status. */
#ifndef NESTLING_UML_RIG_H
#define NESTLING_UML_RIG_H

#include "rig.h"

enum {
	EXIT_FINE = 0,
	EXIT_ERRORS = 1, /* in the rig; or `fmt --check`: not in canonical form; or output failed */
	EXIT_USAGE = 2,
	EXIT_UNREADABLE = 3, /* the file */
	EXIT_TROUBLE = 4, /* a run could not begin, or its results not be written */
	EXIT_INTERRUPTED = 130, /* a run, by a signal */
};

#define DEFINES_MAX 256

struct context {
	bool write; /* fmt -w */
	bool check; /* fmt --check */
	bool quiet; /* check -q, run -q */
	bool sequential, parallel, to_end; /* run */
	bool detach, steps; /* up */
	bool once; /* top */
	const char *name; /* -n: of a network; NULL: the rig's, or the one that is up */
	bool dot; /* graph --dot; otherwise SVG */
	bool svg; /* graph --svg was said */
	bool markdown; /* help --markdown */
	const char *output; /* -o; NULL: standard output */
	struct rig_define define[DEFINES_MAX]; /* -D */
	uint32_t defines;
	int argc; /* names behind the options */
	char **argv;
};

int cmd_check(struct context *c);
int cmd_fmt(struct context *c);
int cmd_graph(struct context *c);
int cmd_dump(struct context *c);
int cmd_run(struct context *c);
int cmd_diff(struct context *c);
int cmd_up(struct context *c);
int cmd_console(struct context *c);
int cmd_exec(struct context *c);
int cmd_step(struct context *c);
int cmd_link(struct context *c);
int cmd_capture(struct context *c);
int cmd_top(struct context *c);
int cmd_down(struct context *c);
int cmd_help(struct context *c);

/* load.c: 0 and a rig; otherwise an exit status, and people were told. */
int load(struct context *c, const char *path, struct rig **out);
/* What errno value rc means for a file. Prints; EXIT_UNREADABLE. */
int unreadable(const char *path, int rc);
/* run.c: `linux` beside this program, or the one that NESTLING_LINUX names. 0 or -errno, told. */
int find_linux(char *out, size_t len);
/* The folder that -o names, or a new one, RIG.WHAT; its descriptor, or -errno, told. */
int open_folder(const struct context *c, const char *rig, const char *what, char *path, size_t len);
/*
 * Calls write() for standard output, or for a file that has its name when it is complete. 0 or an
 * exit status.
 */
int output(const char *path, int (*write)(void *arg, FILE *out), void *arg);

#endif
