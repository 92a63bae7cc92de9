/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Namespaces around the guest, so that one death ends all of it.
 */
#ifndef NESTLING_ISOLATE_H
#define NESTLING_ISOLATE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * As fork(), into new pid and (for ordinary users) user namespaces where the host
 * allows; *isolated tells. Without them the caller becomes a subreaper. Returns the
 * pid, 0 in the child, or -errno.
 */
pid_t isolate_fork(bool *isolated);

/*
 * Pid 1 of the new namespace: closes every descriptor but keep_fd and waits until
 * the process pid has ended; *status is its wait status.
 */
void isolate_init(pid_t pid, int *status, int keep_fd);

/* Without namespaces: kills and reaps what the guest kernel left behind. */
void isolate_kill_rest(void);

#endif
