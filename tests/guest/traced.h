/* SPDX-License-Identifier: GPL-2.0 */
/* For the programs that trace a child. */
#ifndef TRACED_H
#define TRACED_H

#include "check.h"
#include <sys/ptrace.h>

/* Starts run() in a traced child, which ends with its tracer, and stops it before its first call. */
CHECK_UNUSED static pid_t start(void (*run)(void), long options)
{
	pid_t pid = check_fork();
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		run();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	CHECK_NEED(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "the child stops");
	CHECK_NEED(!ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL | options), "options");
	return pid;
}

#endif
