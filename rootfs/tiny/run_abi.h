/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What uml_run (hostlib/linux/run.c) and init of the built-in system (run.c) agree on.
 *
 * The job is a record on disk RUN_DISK: struct run_job, then strings, each ended by a zero
 * byte, in this order: directory, root disk or "", shares (a letter of RUN_SHARE_* and a
 * path), arguments, environment.
 *
 * Two serial lines in raw mode: RUN_DATA carries frames (struct run_frame and bytes) for the
 * descriptors that are no terminal, in both directions; RUN_CONTROL carries signal numbers, a
 * byte each, to the guest, and struct run_end back. They are two so that a signal is not
 * stuck behind input that nobody reads. Both sides are of one machine: host byte order.
 */
#ifndef NESTLING_RUN_ABI_H
#define NESTLING_RUN_ABI_H

#include <stdint.h>

#define RUN_MAGIC 0x4e55524eU /* "NRUN" in memory */
#define RUN_ARGUMENT "-j" /* of init: there is a job */
#define RUN_DISK_INDEX 15
#define RUN_DISK "/dev/ubdp"
#define RUN_KEEP_INDEX 14
#define RUN_KEEP "/dev/ubdo"
#define RUN_ROOT_INDEX 13
#define RUN_ROOT "/dev/ubdn"
#define RUN_DATA "/dev/ttyS0"
#define RUN_CONTROL "/dev/ttyS1"
#define RUN_GROUPS 1024 /* those of a directory service can be hundreds */

#define RUN_SHARE_RW 'w' /* the host's directory itself */
#define RUN_SHARE_RO 'r' /* the host's directory, without an overlay */
#define RUN_SHARE_TMPFS 't' /* an empty directory in memory */
#define RUN_SHARE_HIDE 'h' /* covered, also where the host could not (no mount namespace) */

struct run_job {
	uint32_t magic;
	uint32_t bytes; /* of all */
	uint32_t uid, gid, umask;
	uint32_t ngroups, groups[RUN_GROUPS];
	uint32_t terminals; /* bit n: descriptor n is the console */
	uint32_t joined; /* descriptor 2 is the same as 1: what goes there stays in order */
	uint32_t keep; /* changes go to RUN_KEEP: 1 to be formatted, 2 as it is */
	uint32_t root_disk; /* RUN_ROOT is the root, not the host's files; 2: changes go to it */
	uint32_t network; /* eth0 leads to a NAT (net.h) */
	uint32_t shares, arguments, environment; /* how many strings */
};

/*
 * To the guest: input, 0; no bytes, its end. From the guest: output, 1 and 2; before, once, 0 and
 * no bytes: the lines are in raw mode, and nothing may be sent earlier, or it would be echoed.
 */
struct run_frame {
	uint8_t descriptor, pad;
	uint16_t bytes;
};
#define RUN_FRAME_MAX 8192

struct run_end {
	uint32_t magic;
	uint32_t status; /* as waitpid(2) gives it */
	uint64_t user_us, system_us; /* CPU time of the command and its children */
	uint64_t memory_kb; /* peak of the largest process */
	uint64_t calls; /* system calls of the command and its children */
};

#endif
