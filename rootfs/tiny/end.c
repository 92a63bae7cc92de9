// SPDX-License-Identifier: GPL-2.0
/* The end of the built-in system; see end.h. */
#include <errno.h>
#include <mntent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "end.h"

#define END_WAIT_S 2 /* what processes get between SIGTERM and SIGKILL */

/* Unmounts what the user mounted, last first, so that disks are clean. */
static void unmount_all(void)
{
	static char dirs[256][128];
	struct mntent *m;
	int n = 0;
	FILE *f = setmntent("/proc/mounts", "re");

	if (!f)
		return;
	while (n < 256 && (m = getmntent(f)))
		if (strncmp(m->mnt_fsname, "/dev/", 5) == 0 || strchr(m->mnt_fsname, ':'))
			snprintf(dirs[n++], sizeof(dirs[0]), "%s", m->mnt_dir);
	endmntent(f);
	while (n-- > 0)
		if (strcmp(dirs[n], "/") && umount(dirs[n]))
			mount(NULL, dirs[n], NULL, MS_REMOUNT | MS_RDONLY, NULL);
}

/* Waits until no process is left, at most seconds. Orphans are init's children too. */
static bool all_gone(int seconds)
{
	const struct timespec tick = {.tv_nsec = 10000000};
	sigset_t child;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (int i = 0; i < seconds * 100; i++) {
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			return true;
		sigtimedwait(&child, NULL, &tick);
	}
	return false;
}

void end_guest(int how)
{
	/* A shell ignores SIGTERM, a stopped process both: hence the other two. */
	kill(-1, SIGTERM);
	kill(-1, SIGHUP);
	kill(-1, SIGCONT);
	if (!all_gone(END_WAIT_S)) {
		kill(-1, SIGKILL);
		all_gone(END_WAIT_S);
	}
	unmount_all();
	sync();
	reboot(how);
	for (;;)
		pause();
}
