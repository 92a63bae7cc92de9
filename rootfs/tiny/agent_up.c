// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the system of an image is up: it asks for a log-in, or init has noted the runlevel (or
 * target) and runs no script for it any more.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <utmp.h>
#include "agent_private.h"

enum seen {
	LOGIN = 1,
	SCRIPT = 2
};

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(name, *list))
			return true;
	return false;
}

/* What a process is, by its name. */
static enum seen look(const char *pid)
{
	static const char *const logins[] = {"getty", "agetty",  "mingetty",
					     "login", "sulogin", NULL};
	static const char *const scripts[] = {"rc", "rcS", "startpar", "openrc", NULL};
	char path[64], name[32] = "";
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, name, sizeof(name) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	name[strcspn(name, "\n")] = 0;
	return is_one_of(name, logins) ? LOGIN : is_one_of(name, scripts) ? SCRIPT : 0;
}

/* Of all processes. */
static unsigned int look_around(void)
{
	DIR *dir = opendir("/proc");
	unsigned int seen = 0;
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (isdigit((unsigned char)d->d_name[0]))
			seen |= look(d->d_name);
	if (dir)
		closedir(dir);
	return seen;
}

/* sysvinit notes it when it begins, systemd when the target is reached. */
static bool runlevel_noted(void)
{
	int fd = open("/run/utmp", O_RDONLY | O_CLOEXEC);
	bool noted = false;
	struct utmp u;

	while (fd >= 0 && !noted && read(fd, &u, sizeof(u)) == sizeof(u))
		noted = u.ut_type == RUN_LVL && isdigit(u.ut_pid & 0xff) &&
			(u.ut_pid & 0xff) != '0';
	close(fd);
	return noted;
}

bool system_is_up(void)
{
	unsigned int seen = look_around();

	return seen & LOGIN || (!(seen & SCRIPT) && runlevel_noted());
}
