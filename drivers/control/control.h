/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of the control channel in the guest kernel.
 *
 * control_kern.c receives, control_answer.c answers, control_command.c serves
 * the commands, control_log.c reads the kernel's log, control_proc.c reads
 * /proc, control_memory.c gives memory back to the host, control_event.c
 * tells the loader what happens.
 */
#ifndef NESTLING_GUEST_CONTROL_H
#define NESTLING_GUEST_CONTROL_H

#include <linux/compiler.h>
#include <linux/types.h>
#include "abi.h"

/* An answer that is being written; text goes out in pieces of NL_MSG_TEXT. */
struct nl_answer {
	struct nl_msg m;
	bool dead; /* the loader does not read; what follows is dropped */
};

/* Begins the answer to request id. */
void nl_answer_start(struct nl_answer *a, u32 id);

/* Adds text. May sleep, for a bounded time. */
void nl_answer_add(struct nl_answer *a, const char *text, size_t len);

/* Adds formatted text, 255 bytes at most. */
__printf(2, 3) void nl_answer_printf(struct nl_answer *a, const char *fmt, ...);

/* Ends the answer: err is 0 or -errno. */
void nl_answer_end(struct nl_answer *a, int err);

/* Sends m; waits for a loader that is slow, but never for ever. 0 or -errno. */
int nl_control_send_patient(const struct nl_msg *m);

/* Serves one command, without its final nl_answer_end(). Returns 0 or -errno. */
int nl_command(struct nl_answer *a, char *text);

/*
 * Stops everything in the guest until the loader says go, and answers that
 * request too. Called after the answer to stop was sent.
 */
void nl_control_stop(void);

/*
 * Hears what the loader says of network cards, for whoever waits for that and cannot let others
 * run: in virtual time their turn does not come. Anything else is answered as by a guest that is
 * stopped. Not to be called by two at a time.
 */
void nl_control_hear(void);

/* The number of the next record in the kernel's log. */
u64 nl_log_mark(void);

/* Adds the kernel's log from record mark on; bare: without time stamps. */
void nl_log_answer(struct nl_answer *a, u64 mark, bool bare);

/* Adds the contents of /proc/name. 0 or -errno. */
int nl_proc_answer(struct nl_answer *a, const char *name);

/* "" shows the memory, "=SIZE", "=+SIZE", "=-SIZE" change it. 0 or -errno. */
int nl_memory_command(struct nl_answer *a, char *arg);

/* Tells the loader of an event with len bytes of text, NL_MSG_TEXT at most. */
int nl_event_send(enum nl_msg_type type, const char *text, size_t len);

#endif
