/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What uml_rig (hostlib/rigrun/agent.c) and the agent in its guests (agent.c) agree on.
 *
 * Ethernet frames of a local experimental type, between the guest's hidden card and the host's port
 * of a hidden switch. A frame is a struct agent_frame and `length` bytes. Both sides are of one
 * machine: host byte order, but for what is Ethernet's.
 *
 *   guest                          host
 *   HELLO (id: a nonce) ---------->        the agent runs; again each second until it is answered
 *         <---------------- WELCOME        session: the number that all frames carry from now on
 *   UP ------------------------->          the guest's system is up, requests may come
 *         <---------------- SETUP, PUT, EXEC, ...: the request's body, chunk by chunk
 *   ACK (offset: bytes that arrived) ->
 *   REPLY (status, the answer's body, chunk by chunk) ->
 *         <---------------- ACK
 *
 * A body is `total` bytes, in chunks of AGENT_CHUNK (the last one shorter), in order; an empty one
 * is one chunk of no bytes. No more than AGENT_WINDOW chunks are sent beyond what was acknowledged,
 * and a side sends one body at a time, so the receive ring of the guest (256 buffers of 1.5 KiB at
 * least) holds all that can be under way. Requests are numbered in the order in which they are sent;
 * answers come when they are ready, and acknowledgements carry the number of the request that the
 * body belongs to. What is not the chunk that is expected is a duplicate, or nonsense: both sides
 * pass over it. Nothing is sent again: frames are not lost.
 *
 * Bodies of requests:
 *   SETUP   lines of text, see agent_setup.c
 *   PUT     struct agent_put, the path with its zero byte, the file
 *   GET     struct agent_get, the path with its zero byte
 *   EXEC    the command and its zero byte; then VAR=VALUE strings, each with its zero byte
 *   STREAM  likewise; but what it prints comes at once, in OUTPUT frames, and only the rest with the
 *           answer. No more than AGENT_WINDOW chunks go beyond what TAKEN frames have said.
 *   END     none; the orderly end is asked for when the answer comes
 *   REBOOT  likewise
 *   CANCEL  none; a PUT whose number is `id` ends without its file. No answer.
 *   SIGNAL  none; the signal `status` goes to all of the command's session, at its beginning if the
 *           body has not arrived as a whole. No answer.
 * Bodies of answers: EXEC has the output, GET the file, SETUP what went wrong as a line of text.
 * Their status: of EXEC as waitpid(2) has it, or -errno; of the others 0 or -errno.
 */
#ifndef NESTLING_AGENT_ABI_H
#define NESTLING_AGENT_ABI_H

#include <stdint.h>

#define AGENT_MAGIC 0x4e474741U /* "AGGN" in memory */
#define AGENT_VERSION 2
#define AGENT_ETHERTYPE 0x88b5 /* IEEE 802: local experimental 1 */
/* Hardware addresses: the prefix, then 00 and a node's number, or the host's own. */
#define AGENT_PREFIX             \
	{                        \
		0x02, 0x4e, 0xff \
	}
#define AGENT_PREFIX_LEN 3
#define AGENT_HOST                                 \
	{                                          \
		0x02, 0x4e, 0xff, 0xff, 0xff, 0xff \
	}

#define AGENT_CHUNK 16384
#define AGENT_WINDOW 4 /* chunks under way */
#define AGENT_MTU (AGENT_CHUNK + 64) /* of the hidden card */
#define AGENT_EXECS_MAX 16 /* commands of a guest at a time */
#define AGENT_TEXT_MAX (256 << 10) /* bytes of a SETUP's, EXEC's or GET's body */
#define AGENT_PATH_MAX 4096 /* with its zero byte */
#define AGENT_OUTPUT_MAX (1 << 20) /* bytes of a command's output that are kept */
#define AGENT_UP_WAIT_S 120 /* an image's system is taken for up then at the latest */

/* The kernel's command line: the agent runs; with "=DEVICE", that disk is entered as root. */
#define AGENT_WORD "nestling.rig"

enum agent_type {
	AGENT_HELLO = 1,
	AGENT_WELCOME,
	AGENT_UP,
	AGENT_ACK,
	AGENT_REPLY,
	AGENT_CANCEL,
	AGENT_OUTPUT,
	AGENT_TAKEN,
	AGENT_SIGNAL,
	/* Requests. */
	AGENT_SETUP,
	AGENT_PUT,
	AGENT_GET,
	AGENT_EXEC,
	AGENT_STREAM,
	AGENT_END,
	AGENT_REBOOT,
	AGENT_TYPES
};
#define AGENT_FIRST_REQUEST AGENT_SETUP

/* flags */
#define AGENT_CUT 1 /* REPLY to EXEC: there was more output than AGENT_OUTPUT_MAX */
#define AGENT_LATE 2 /* UP: it is not known whether the system is up, but time has passed */
#define AGENT_BROKEN 4 /* REPLY: the body ends here, before its total; status says why */

struct agent_frame {
	uint8_t to[6], from[6];
	uint16_t ethertype; /* big-endian */
	uint32_t magic;
	uint8_t version, type;
	uint16_t flags;
	uint32_t session; /* 0: HELLO */
	uint32_t id; /* of the request, from 1 */
	int32_t status; /* REPLY, SIGNAL */
	uint32_t length; /* bytes behind this header */
	uint64_t
		offset; /* of them in the body, or in all output; ACK, TAKEN: bytes that have arrived */
	uint64_t total; /* of the body */
} __attribute__((packed));
_Static_assert(sizeof(struct agent_frame) == 54, "the header of a frame");

struct agent_put {
	uint32_t mode; /* permissions of the file */
	uint32_t path_len; /* with its zero byte */
};

struct agent_get {
	uint64_t max; /* a file that is longer is refused: -EFBIG */
};

#endif
