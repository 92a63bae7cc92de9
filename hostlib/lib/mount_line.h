/* SPDX-License-Identifier: GPL-2.0 */
/* A line of /proc/PID/mountinfo; proc_pid_mountinfo(5). */
#ifndef NESTLING_MOUNT_LINE_H
#define NESTLING_MOUNT_LINE_H

#include <stdbool.h>

struct mount_line {
	char *path; /* where it is mounted; lies in the line that was read */
	unsigned long flags; /* MS_NOSUID and the like, for mount(2) to keep; not MS_RDONLY */
	bool readonly;
};

/* Takes a line apart and changes it. false: it is none. */
bool mount_line_read(char *line, struct mount_line *m);

/* Whether it is mounted at the directory top, or below. */
bool mount_line_below(const struct mount_line *m, const char *top);

#endif
