/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `uml_rig up` and those that work in its network (uml_rig console, exec, ...) agree on: packets
 * of a Unix socket (SOCK_SEQPACKET), each a head and up to SERVE_BYTES of data. Both ends are of one
 * user and one machine.
 *
 * A client asks once, and then gets OUT and NOTE packets until END. It may hang up at any time: what
 * it was doing ends.
 */
#ifndef NESTLING_RIGRUN_SERVE_WIRE_H
#define NESTLING_RIGRUN_SERVE_WIRE_H

#include <stdint.h>

#define SERVE_VERSION 1
#define SERVE_BYTES 32768
#define SERVE_WORDS 200 /* of what is asked */

enum serve_kind {
	/* To the network. */
	SERVE_ASK =
		1, /* value: SERVE_VERSION; words, each with its zero byte; may carry a descriptor */
	SERVE_IN, /* console: what was typed */
	SERVE_SIGNAL, /* exec: value: for the command */
	SERVE_SIZE, /* console: value: rows << 16 | columns of its window */
	/* From it. */
	SERVE_OUT, /* output, for standard output */
	SERVE_NOTE, /* a line for the user, without its end */
	SERVE_END, /* value: exit status; a sentence, or nothing */
};

/*
 * What can be asked; FOLDER is where the client stands.
 *
 *   console NODE             its console, until the client leaves
 *   exec NODE COMMAND        by the node's shell; END has its status
 *   step FOLDER WORD...      a step of the language, without `at TIME`
 *   capture FOLDER WORD...   as behind `capture`, into the descriptor, until the client leaves
 *   figures                  OUT: lines (run_figures.c)
 *   down                     all nodes end, and the network with them
 */
struct serve_head {
	uint32_t kind;
	int32_t value;
};

/* A status of END beside those of commands in nodes, as of a shell: it could not be done. */
#define SERVE_FAILED 125

#endif
