/* SPDX-License-Identifier: GPL-2.0 */
/* The command line of uml_run(1). */
#ifndef NESTLING_RUN_OPTIONS_H
#define NESTLING_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

#define RUN_PATHS_MAX 64

/* What is to become of a directory. */
enum run_path_kind {
	RUN_PATH_RW,
	RUN_PATH_RO,
	RUN_PATH_HIDE,
	RUN_PATH_TMPFS,
};

struct run_path {
	enum run_path_kind kind;
	char *path; /* absolute; of things that are there, without symbolic links */
};

struct run_options {
	struct run_path path[RUN_PATHS_MAX];
	size_t npaths;
	char *root; /* image to boot instead of the host's files, NULL: none */
	char *keep; /* file that keeps the changes, NULL: none */
	char *dir; /* to start in, NULL: the present one */
	char **env; /* NAME=VALUE, or NAME to be passed on */
	size_t nenv;
	bool clean_env; /* only what --env names */
	bool root_user; /* the command is root in the guest */
	bool nat; /* --net nat, or --publish */
	char *forwards; /* --publish, as options of the NAT: "hostfwd=...,hostfwd=..."; NULL: none */
	bool virtual_time; /* --time virtual */
	bool stats, debug;
	bool show_secrets; /* what is hidden by default is not */
	enum options_sandbox sandbox;
	uint64_t mem_bytes;
	double timeout_s; /* 0: none */
	enum options_action action;
	char *const *command; /* ends with NULL; of main's arguments */
};

/*
 * Parses argv[1..argc-1]. 0, or -EINVAL (also -ENOMEM) with one line in error; *out is then to be
 * freed, too.
 */
int run_options_parse(struct run_options *out, int argc, char *const argv[],
		      char error[static OPTIONS_ERROR_LEN]);
void run_options_free(struct run_options *o);

/* Prints --help. */
void run_options_help(void);

#endif
