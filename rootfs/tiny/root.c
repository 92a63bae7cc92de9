// SPDX-License-Identifier: GPL-2.0
/*
 * Entering a disk image with its own init; see root.h. /dev and /proc move along. What is left
 * of the built-in system lies below the new root and is seen by nobody; the agent's program is of it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>
#include "agent.h"
#include "root.h"

#define PLACE "/run/root"

static void say(const char *what)
{
	dprintf(2, "init: %s: %s\n", what, strerror(errno));
}

/* Read-only: its init looks it over, and makes it writable then. */
static int mount_disk(const char *device)
{
	static const char *const types[] = {"ext4", "erofs", "squashfs", "xfs", "btrfs", "f2fs"};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (mount(device, PLACE, types[i], MS_RDONLY, NULL) == 0)
			return 0;
		if (errno != EINVAL && errno != ENODEV)
			break;
	}
	return -1;
}

static int move_in(void)
{
	if (mount("/dev", PLACE "/dev", NULL, MS_MOVE, NULL))
		say("the image's /dev");
	if (mount("/proc", PLACE "/proc", NULL, MS_MOVE, NULL))
		say("the image's /proc");
	return chdir(PLACE) || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/");
}

static void become_init(char **argv)
{
	static const char *const inits[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
	sigset_t none;
	size_t i;

	reboot(RB_ENABLE_CAD);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (i = 0; i < sizeof(inits) / sizeof(inits[0]); i++) {
		argv[0] = (char *)inits[i];
		execv(argv[0], argv);
		if (errno != ENOENT)
			say(argv[0]);
	}
}

static void start_agent(void)
{
	pid_t agent;

	/* An image of our own system has an init that does it, on top of the layer that it makes. */
	if (access(ROOT_MARK, F_OK) == 0) {
		setenv(ROOT_WORD, "1", 1);
		return;
	}
	agent = agent_start(true);
	if (agent < 0) {
		errno = -agent;
		say("starting the agent");
	}
}

void root_enter(const char *device, char **argv)
{
	if (mount("tmpfs", "/run", "tmpfs", 0, "mode=755") || mkdir(PLACE, 0755) ||
	    mount_disk(device)) {
		say(device);
		return;
	}
	if (move_in()) {
		say("entering the image");
		return;
	}
	start_agent();
	become_init(argv);
	dprintf(2, "init: %s has no init\n", device);
}
