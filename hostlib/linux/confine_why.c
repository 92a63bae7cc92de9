// SPDX-License-Identifier: GPL-2.0
/* Why a layer is missing; see confine_why.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "confine_why.h"

/* How many namespaces of a kind a user may have: user.max_*_namespaces. */
static const char *const limits[LAYER_COUNT] = {
	[LAYER_USER] = "user", [LAYER_PID] = "pid", [LAYER_MOUNT] = "mnt",     [LAYER_NET] = "net",
	[LAYER_IPC] = "ipc",   [LAYER_UTS] = "uts", [LAYER_CGROUP] = "cgroup",
};

/* Switches that forbid user namespaces to ordinary users, and what they are when they do. */
static const struct {
	const char *path, *name;
	long forbids;
	const char *cure;
} switches[] = {
	{"kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", 0,
	 "sysctl kernel.unprivileged_userns_clone=1"},
	{"kernel/apparmor_restrict_unprivileged_userns",
	 "AppArmor's rule for user namespaces, kernel.apparmor_restrict_unprivileged_userns,", 1,
	 "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for this "
	 "program that allows userns"},
};

/* The number in a file, or -1 where there is none. */
static long number_in(const struct confine_host *host, const char *name)
{
	char path[PATH_MAX];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", host->sysctls, name);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

static bool limit_why(const struct confine_host *host, const char *kind, int err,
		      char out[static CONFINE_WHY_LEN])
{
	char name[64];
	long max;

	snprintf(name, sizeof(name), "user/max_%s_namespaces", kind);
	max = number_in(host, name);
	if (max != 0 && (max < 0 || err != -ENOSPC))
		return false;
	snprintf(out, CONFINE_WHY_LEN,
		 "%s: user.max_%s_namespaces is %ld%s; cure: sysctl user.max_%s_namespaces=%ld",
		 strerror(-err), kind, max, max ? ", and so many are in use" : "", kind,
		 max ? 2 * max : 10000);
	return true;
}

static bool switch_why(const struct confine_host *host, int err, char out[static CONFINE_WHY_LEN])
{
	size_t i;

	for (i = 0; !host->privileged && i < sizeof(switches) / sizeof(switches[0]); i++) {
		if (number_in(host, switches[i].path) != switches[i].forbids)
			continue;
		snprintf(out, CONFINE_WHY_LEN, "%s: %s is %ld; cure: %s", strerror(-err),
			 switches[i].name, switches[i].forbids, switches[i].cure);
		return true;
	}
	return false;
}

/* What refuses a namespace may be the limit of its kind, or what refuses the two that come first. */
static bool namespace_why(const struct confine_host *host, enum confine_layer layer, int err,
			  char out[static CONFINE_WHY_LEN])
{
	return limit_why(host, limits[layer], err, out) ||
	       limit_why(host, limits[LAYER_USER], err, out) ||
	       limit_why(host, limits[LAYER_PID], err, out) || switch_why(host, err, out);
}

static bool landlock_why(const struct confine_host *host, int err, char out[static CONFINE_WHY_LEN])
{
	int major, minor;

	if (err == -EOPNOTSUPP) {
		snprintf(out, CONFINE_WHY_LEN,
			 "the kernel has it, but it is switched off; cure: add landlock to lsm= on "
			 "the "
			 "kernel's command line");
		return true;
	}
	if (err != -ENOSYS || sscanf(host->release, "%d.%d", &major, &minor) != 2)
		return false;
	if (major > 5 || (major == 5 && minor >= 13))
		snprintf(
			out, CONFINE_WHY_LEN,
			"%s: Linux %d.%d without it; cure: a kernel with CONFIG_SECURITY_LANDLOCK; "
			"in a container allow landlock_create_ruleset(2)",
			strerror(-err), major, minor);
	else
		snprintf(out, CONFINE_WHY_LEN,
			 "%s: Linux %d.%d is too old; cure: Linux 5.13 or later", strerror(-err),
			 major, minor);
	return true;
}

void confine_why_at(const struct confine_host *host, enum confine_layer layer, int err,
		    const char *cure, char out[static CONFINE_WHY_LEN])
{
	if (limits[layer] && namespace_why(host, layer, err, out))
		return;
	if (layer == LAYER_LANDLOCK && landlock_why(host, err, out))
		return;
	snprintf(out, CONFINE_WHY_LEN, "%s; cure: %s", strerror(-err), cure);
}
