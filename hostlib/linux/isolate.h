/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ends of a guest: one death ends all of it. In a pid namespace the first process
 * (ns-init) takes the others along; without one the loader gathers what is left.
 */
#ifndef NESTLING_ISOLATE_H
#define NESTLING_ISOLATE_H

#include <stdbool.h>
#include <sys/types.h>

#define ISOLATE_FD 3 /* the only descriptor that ns-init keeps */

/* Ns-init: closes every descriptor but keep_fd, which becomes ISOLATE_FD. */
void isolate_close(int keep_fd);

/*
 * Of the guest kernel's wait status: if it was stopped or sent on, so are the processes `to` (as
 * kill(2) has it), since guest code runs in processes of its own and must not spin on meanwhile.
 * Whether it was. *stopped is the caller's for the next time, false at first.
 */
bool isolate_pass_on(int status, pid_t to, bool *stopped);

/* Ns-init: waits until the process pid has ended; *status is its wait status. */
void isolate_init(pid_t pid, int *status);

/* Without namespaces: kills and reaps what the guest kernel left behind. */
void isolate_kill_rest(void);

#endif
