// SPDX-License-Identifier: GPL-2.0
/*
 * Ends of guests; see isolate.h.
 *
 * @host init madvise EQ32(2,MADV_DONTNEED): it only waits from then on, and lets its text go
 * @host init madvise EQ32(2,MADV_DONTDUMP): the same (image.c)
 * @host init wait4: the guest kernel, and what it leaves behind
 * @host init kill EQ32(0,-1): a guest that is stopped from outside stops as a whole
 * @host init restart_syscall: the wait goes on after SIGSTOP and SIGCONT
 * @host init write: the guest kernel's wait status, for the loader
 * @host init exit_group: the end of the namespace
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fds.h"
#include "isolate.h"

void isolate_close(int keep_fd)
{
	if (dup2(keep_fd, ISOLATE_FD) < 0 && keep_fd != ISOLATE_FD)
		_exit(1);
	fds_close(0, ISOLATE_FD - 1);
	fds_close(ISOLATE_FD + 1, INT_MAX);
}

/* What was stopped stops no second time, unless it was sent on just before our own signal came. */
bool isolate_pass_on(int status, pid_t to, bool *stopped)
{
	if (!WIFSTOPPED(status) && !WIFCONTINUED(status))
		return false;
	*stopped = WIFSTOPPED(status) && !*stopped;
	kill(to, *stopped ? SIGSTOP : SIGCONT);
	return true;
}

void isolate_init(pid_t pid, int *status)
{
	bool stopped = false;
	int st;
	pid_t got;

	*status = SIGKILL;
	if (pid < 0)
		return;
	while ((got = waitpid(-1, &st, __WALL | WUNTRACED | WCONTINUED)) >= 0 || errno == EINTR) {
		if (got != pid)
			continue;
		if (!isolate_pass_on(st, -1, &stopped)) {
			*status = st;
			return;
		}
	}
}

/* Children of this process, from /proc; 0 when there are none. */
static pid_t any_child(void)
{
	char path[64], line[32];
	pid_t pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%31s", line) == 1)
		pid = (pid_t)strtol(line, NULL, 10);
	fclose(f);
	return pid;
}

void isolate_kill_rest(void)
{
	pid_t pid;
	int tries;

	/* Each kill may hand up the children of the killed. */
	for (tries = 0; tries < 100000 && (pid = any_child()) > 0; tries++) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, __WALL);
	}
}
