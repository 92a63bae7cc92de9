// SPDX-License-Identifier: GPL-2.0
/*
 * Namespaces; see isolate.h. Must make sure that nothing outlives the loader. Must
 * not (yet) hide files or networks of the host: the stock kernel's hostfs and network
 * transports use them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fds.h"
#include "isolate.h"

/* fork() with namespaces. The child returns on the same stack, as with fork. */
static pid_t fork_into(unsigned long namespaces)
{
	long pid = syscall(SYS_clone, namespaces | SIGCHLD, NULL, NULL, NULL, NULL);

	return pid < 0 ? -errno : (pid_t)pid;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* The user keeps its number, so that files keep their owners. */
static int map_ids(uid_t uid, gid_t gid)
{
	char line[64];
	int err;

	snprintf(line, sizeof(line), "%u %u 1\n", uid, uid);
	err = write_file("/proc/self/uid_map", line);
	if (err)
		return err;
	err = write_file("/proc/self/setgroups", "deny");
	if (err && err != -ENOENT)
		return err;
	snprintf(line, sizeof(line), "%u %u 1\n", gid, gid);
	return write_file("/proc/self/gid_map", line);
}

/*
 * fork_into() and map_ids(), as one step that works or leaves nothing: some hosts allow
 * the namespace and then refuse the map.
 */
static pid_t fork_as_user(uid_t uid, gid_t gid)
{
	int ready[2];
	pid_t pid;
	char ok = 0;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	pid = fork_into(CLONE_NEWPID | CLONE_NEWUSER);
	if (pid == 0) {
		if (map_ids(uid, gid) < 0 || write(ready[1], "", 1) != 1)
			_exit(0);
		close(ready[0]);
		close(ready[1]);
		return 0;
	}
	close(ready[1]);
	if (pid > 0 && read(ready[0], &ok, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = -EPERM;
	}
	close(ready[0]);
	return pid;
}

pid_t isolate_fork(bool *isolated)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	pid_t pid;

	*isolated = true;
	pid = uid == 0 ? fork_into(CLONE_NEWPID) : -EPERM;
	if (pid < 0)
		pid = fork_as_user(uid, gid);
	if (pid >= 0)
		return pid;
	*isolated = false;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	return pid < 0 ? -errno : pid;
}

void isolate_init(pid_t pid, int *status, int keep_fd)
{
	int st;
	pid_t got;

	if (dup2(keep_fd, 3) < 0 && keep_fd != 3)
		_exit(1);
	close(0);
	close(1);
	close(2);
	fds_close(4, INT_MAX);
	*status = SIGKILL;
	if (pid < 0)
		return;
	while ((got = waitpid(-1, &st, __WALL)) >= 0 || errno == EINTR)
		if (got == pid) {
			*status = st;
			return;
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
