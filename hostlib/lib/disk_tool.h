/* SPDX-License-Identifier: GPL-2.0 */
/* What uml_mkcow, uml_moo and uml_cow have in common: exit statuses, progress, interruption. */
#ifndef NESTLING_DISK_TOOL_H
#define NESTLING_DISK_TOOL_H

#include <stdbool.h>
#include <time.h>

#include "disk.h"

enum disk_tool_exit {
	DISK_EXIT_OK = 0,
	DISK_EXIT_FAILED = 1, /* refused, or failed on the host; one line on stderr says why */
	DISK_EXIT_DAMAGED = 2, /* uml_cow check: found damage */
	DISK_EXIT_USAGE = 64,
	DISK_EXIT_INTERRUPTED = 130,
};

struct disk_tool {
	const char *name; /* of the program, for messages */
	bool quiet; /* no warnings, no progress */
	bool terminal; /* stderr is one: progress may be shown */
	bool shown; /* a progress line stands there */
	struct timespec begin, last; /* of the work, of the last line */
};

/* Starts: catches SIGINT, SIGTERM and SIGHUP, so that work stops at the next progress call. */
void disk_tool_begin(struct disk_tool *t, const char *name);

/* A disk_progress_fn; user is the struct disk_tool. Shows a line when work takes over 2 s. */
int disk_tool_progress(void *tool, const char *what, uint64_t done, uint64_t total);

/* Prints "name: line" on stderr, after wiping the progress line. */
void disk_tool_say(struct disk_tool *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Ends a command: says error if err is not 0, and chooses the exit status; after
 * a signal it is DISK_EXIT_INTERRUPTED.
 */
int disk_tool_end(struct disk_tool *t, int err, const char *error);

/* Opens a COW file and prints its warnings; on failure says why. 0 or -errno. */
int disk_tool_open(struct disk_tool *t, struct disk *d, const char *cow, const char *backing,
		   unsigned int flags);

/* "name: cause", a hint at --help, DISK_EXIT_USAGE. */
int disk_tool_usage(struct disk_tool *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for what getopt_long() answered '?' or ':' to (optstring begins with ':'). */
int disk_tool_bad_option(struct disk_tool *t, int answer, char **argv);

/*
 * The options every tool has, -q, -h (prints usage) and -V, and what getopt_long()
 * did not know. -1: go on; else the exit status.
 */
int disk_tool_option(struct disk_tool *t, int answer, char **argv, const char *usage);

/* Prints "name (Nestling) version". */
void disk_tool_version(const char *name);
const char *disk_tool_version_text(void);

/* "1.5 GiB" into out. */
void disk_tool_bytes(uint64_t bytes, char out[static 24]);

#endif
