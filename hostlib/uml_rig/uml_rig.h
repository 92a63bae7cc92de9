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

struct bundle;
struct packed;

#define DEFINES_MAX 256
#define VARIES_MAX 64

struct context {
	bool write; /* fmt -w */
	bool check; /* fmt --check */
	const char *program; /* as the user called it */
	struct packed *packed; /* we are inside a packed rig; NULL: we are not */
	bool quiet; /* check -q, run -q, sweep -q, up -q */
	bool sequential, parallel, to_end; /* run; sweep has to_end */
	bool nested; /* run */
	const char *patience; /* run; NULL: a minute */
	const char *seed; /* run: a number; sweep: values; NULL: the rig's */
	const char *vary[VARIES_MAX]; /* sweep: NAME=VALUES */
	uint32_t varies;
	const char *jobs; /* sweep -j; NULL: as many as there are CPUs */
	bool stop, keep_failed; /* sweep */
	bool detach, steps; /* up */
	bool once; /* top */
	const char *name; /* -n: of a network; NULL: the rig's, or the one that is up */
	bool dot; /* graph --dot; otherwise SVG */
	bool svg; /* graph --svg was said */
	bool markdown; /* help --markdown */
	const char *output; /* -o; NULL: standard output */
	bool fast; /* pack: quicker, and larger */
	bool eml; /* pack: as a mail */
	const char *from, *to, *subject; /* of it; NULL: not said */
	const char *results; /* pack: folder of a run to go along; NULL: none */
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
int cmd_sweep(struct context *c);
int cmd_diff(struct context *c);
int cmd_up(struct context *c);
int cmd_console(struct context *c);
int cmd_exec(struct context *c);
int cmd_step(struct context *c);
int cmd_link(struct context *c);
int cmd_capture(struct context *c);
int cmd_top(struct context *c);
int cmd_down(struct context *c);
int cmd_pack(struct context *c);
int cmd_unpack(struct context *c);
int cmd_help(struct context *c);

/* run.c */
/* The exit status for what rig_run() returned. */
int run_status(int rc);
/* `linux` beside this program, in the packed rig, or the one that NESTLING_LINUX names. 0 or -errno, said. */
int find_linux(const struct context *c, char *out, size_t len);
/* What a run of the rig opens by its path is there, also in a packed rig. 0 or -errno, said. */
int find_images(const struct context *c, struct rig *rig);
/*
 * Opens -o's folder, which is made if it is not there, or makes NAMEwhat, NAMEwhat.2, ... of the rig's
 * name: no run overwrites another. Its path is in `path`. A descriptor, or -errno, said.
 */
int open_folder(const struct context *c, const char *rig, const char *what, char *path, size_t len);

/* The first node that keeps its disk (cow=), or NULL. */
const struct rig_node *keeps_disk(const struct rig *rig);

/* nested.c */
/* What --nested cannot do with this rig is said, and an exit status for it. */
int check_nested(const struct context *c, const struct rig *rig);
/*
 * Runs all of it in a guest of `program`, into `folder`. Comes back, with an exit status, only where
 * that could not begin; people were told.
 */
int run_nested(const struct context *c, const struct rig *rig, const char *program,
	       const char *folder);

/* load.c: 0 and a rig; otherwise an exit status, and people were told. */
int load(struct context *c, const char *path, struct rig **out);
/* Where the files of rigs are, for rig_load_from(). */
const struct rig_files *rig_place(const struct context *c);
/* What errno value rc means for a file. Prints; EXIT_UNREADABLE. */
int unreadable(const char *path, int rc);
/* pack.c, for unpack as well. */
/* From now on a signal ends packing and unpacking, in good order. */
void pack_mind_signals(void);
/* Opens a packed rig and checks all of it; path is its name for people. An exit status, said. */
int pack_open(struct bundle *b, int fd, const char *path);
/* Writes it to -o. An exit status, said. */
int pack_write(const struct context *c, const struct bundle *b);
/*
 * Calls write() for standard output, or for a file that has its name when it is complete. 0 or an
 * exit status, said but for -EINTR from write().
 */
int output(const char *path, int (*write)(void *arg, FILE *out), void *arg);

#endif
