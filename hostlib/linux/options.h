/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line of `linux`, as one validated struct. Switches and their meaning
 * are User Mode Linux's (Documentation/virt/uml/ and man pages of user-mode-linux).
 *
 * Words that are not ours go to the guest kernel in their order; words after "--"
 * go to init.
 */
#ifndef NESTLING_OPTIONS_H
#define NESTLING_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "options_net.h"

#define OPTIONS_ERROR_LEN 512
#define OPTIONS_UMID_LEN 63
#define OPTIONS_KERNEL_LINE 4096 /* COMMAND_LINE_SIZE of the guest kernel */
#define OPTIONS_SPEC_LEN (sizeof(((struct nl_slot *)0)->spec))

enum options_action {
	ACTION_RUN,
	ACTION_HELP,
	ACTION_VERSION,
	ACTION_SHOWCONFIG,
	ACTION_CHECK,
};

enum options_sandbox {
	SANDBOX_DEFAULT, /* what the host offers */
	SANDBOX_STRICT, /* all, or no guest */
	SANDBOX_OFF,
};

/* ubd<n><flags>=file[,file2][,serial]; strings belong to the struct options */
struct options_ubd {
	char *file; /* NULL: not named; or only a serial was */
	char *backing; /* NULL: none */
	char *serial; /* NULL: none */
	unsigned int flags; /* enum disk_flag */
	bool flag_cow; /* "file," : file is a COW file, its header names the backing */
};

/* con<n>=, ssl<n>=: NULL where the default of the kind holds */
struct options_lines {
	char *all; /* con=, ssl= */
	char *one[NL_SSL_MAX];
};

/* Where the built-in system is when nestling.rig= names another disk for the guest to enter. */
#define OPTIONS_RIG_DISK 15
#define OPTIONS_RIG_ROOT "/dev/ubdp"

struct options {
	enum options_action action;
	uint64_t mem_bytes;
	struct options_ubd ubd[NL_UBD_MAX];
	struct options_lines con, ssl;
	struct options_net net[NL_NET_MAX];
	char *xterm_emulator, *xterm_title, *xterm_exec; /* xterm= */
	char *umid; /* NULL: choose one */
	char *uml_dir; /* NULL: ~/.uml */
	char *initrd; /* NULL: none */
	char *hostfs; /* directory that mount -t hostfs may show, NULL: none */
	bool hostfs_append, hostfs_readonly;
	char *mconsole_notify; /* path of a socket, NULL: none */
	char *escape; /* escape=: key of the console, NULL: default */
	enum options_sandbox sandbox; /* --sandbox= */
	bool virtual_time; /* time=virtual */
	int lane_fd, lane_event_fd; /* lane=, which uml_rig gives; -1: none */
	bool debug, quiet, noreboot;
	bool have_root, have_console;
	bool rig_disk; /* nestling.rig=DEVICE: the built-in system comes first, and enters it */
	/* nestling.backing=, which uml_rig gives: the part of ubd0's backing file that is one */
	uint64_t backing_offset, backing_len;
	char **kernel; /* words for the guest kernel */
	size_t nkernel;
	char **init; /* words for init */
	size_t ninit;
};

/*
 * Parses argv[1..argc-1]. 0, or -EINVAL (also -ENOMEM) with one line in error; *out
 * is then to be freed, too.
 */
int options_parse(struct options *out, int argc, char *const argv[],
		  char error[static OPTIONS_ERROR_LEN]);

/* For parsers of other command lines (run_options.c): */

/* *out becomes a copy of value, and what it was is freed. 0 or -ENOMEM. */
int options_set_string(char **out, const char *value);

/* Appends word, which is the list's then (freed on failure); NULL is -ENOMEM, as from strdup. */
int options_add_word(char ***words, size_t *n, char *word);

/* "strict", "default", "off". 0 or -EINVAL. */
int options_parse_sandbox(const char *text, enum options_sandbox *level);

/* What holds where nothing is said. */
void options_defaults(struct options *out);

/* Frees what options_parse() allocated. */
void options_free(struct options *o);

/*
 * Parses the part of a ubd switch behind "ubd": "<n><flags>=file[,file2][,serial]".
 * Used by hot-plug, too. The index in *index; strings in *out are to be freed with
 * options_ubd_free(). 0 or -EINVAL with one line in error.
 */
int options_parse_ubd(const char *text, unsigned int *index, struct options_ubd *out,
		      char error[static OPTIONS_ERROR_LEN]);
void options_ubd_free(struct options_ubd *u);

/*
 * Parses "con", "con3", "ssl12": kind and index; *all when no index is given. end is
 * where the name stops ('=' or the end). 0 or -EINVAL with one line in error.
 */
int options_parse_line_name(const char *text, enum nl_kind *kind, unsigned int *index, bool *all,
			    const char **end, char error[static OPTIONS_ERROR_LEN]);

/* Parses "128M", "2G", "65536K" or bytes. 0, -EINVAL, or -ERANGE on overflow. */
int options_parse_size(const char *text, uint64_t *bytes);

/* A copy of text with "/dev/ubd<number>" spelled with a letter, as the guest kernel does. */
char *options_root_name(const char *text);

#endif
