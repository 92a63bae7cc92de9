// SPDX-License-Identifier: GPL-2.0
/* Why a layer is missing: a table of hosts, each a directory with the switches that it has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "confine_why.h"
#include "suite.h"

#define CLONE "kernel/unprivileged_userns_clone"
#define APPARMOR "kernel/apparmor_restrict_unprivileged_userns"

static const struct {
	const char *file[2], *text[2]; /* switches, below /proc/sys */
	const char *release;
	bool privileged;
	enum confine_layer layer;
	int err;
	const char *want; /* the line begins so */
} hosts[] = {
	/* A host without any switch: nothing is made up. */
	{{0},
	 {0},
	 "6.1.0",
	 false,
	 LAYER_USER,
	 -EPERM,
	 "Operation not permitted; cure: the table's"},
	{{CLONE},
	 {"0\n"},
	 "6.1.0",
	 false,
	 LAYER_USER,
	 -EPERM,
	 "Operation not permitted: kernel.unprivileged_userns_clone is 0; cure: "
	 "sysctl kernel.unprivileged_userns_clone=1"},
	{{CLONE},
	 {"1\n"},
	 "6.1.0",
	 false,
	 LAYER_USER,
	 -EPERM,
	 "Operation not permitted; cure: the"},
	/* Of no matter to root; and one that says nothing is none. */
	{{CLONE}, {"0\n"}, "6.1.0", true, LAYER_USER, -EPERM, "Operation not permitted; cure: the"},
	{{CLONE}, {""}, "6.1.0", false, LAYER_USER, -EPERM, "Operation not permitted; cure: the"},
	{{APPARMOR},
	 {"1\n"},
	 "6.8.0",
	 false,
	 LAYER_MOUNT,
	 -EACCES,
	 "Permission denied: AppArmor's rule for user namespaces, "
	 "kernel.apparmor_restrict_unprivileged_userns, is 1; cure: sysctl "
	 "kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile"},
	{{APPARMOR}, {"0\n"}, "6.8.0", false, LAYER_MOUNT, -EACCES, "Permission denied; cure: the"},
	{{CLONE, APPARMOR},
	 {"1\n", "1\n"},
	 "6.8.0",
	 false,
	 LAYER_PID,
	 -EPERM,
	 "Operation not permitted: AppArmor's rule"},
	/* Limits hold for root, too. */
	{{"user/max_user_namespaces"},
	 {"0\n"},
	 "6.1.0",
	 true,
	 LAYER_MOUNT,
	 -ENOSPC,
	 "No space left on device: user.max_user_namespaces is 0; cure: sysctl "
	 "user.max_user_namespaces=10000"},
	{{"user/max_pid_namespaces"},
	 {"0\n"},
	 "6.1.0",
	 false,
	 LAYER_USER,
	 -ENOSPC,
	 "No space left on device: user.max_pid_namespaces is 0"},
	{{"user/max_net_namespaces", "user/max_user_namespaces"},
	 {"0\n", "100\n"},
	 "6.1.0",
	 false,
	 LAYER_NET,
	 -ENOSPC,
	 "No space left on device: user.max_net_namespaces is 0; cure: sysctl "
	 "user.max_net_namespaces=10000"},
	{{"user/max_mnt_namespaces"},
	 {"7\n"},
	 "6.1.0",
	 false,
	 LAYER_MOUNT,
	 -ENOSPC,
	 "No space left on device: user.max_mnt_namespaces is 7, and so many are in use; cure: "
	 "sysctl user.max_mnt_namespaces=14"},
	{{"user/max_mnt_namespaces"},
	 {"7\n"},
	 "6.1.0",
	 false,
	 LAYER_MOUNT,
	 -EPERM,
	 "Operation not"},
	{{0},
	 {0},
	 "5.10.0-30-amd64",
	 false,
	 LAYER_LANDLOCK,
	 -ENOSYS,
	 "Function not implemented: Linux 5.10 is too old; cure: Linux 5.13 or later"},
	{{0},
	 {0},
	 "6.12.1",
	 false,
	 LAYER_LANDLOCK,
	 -ENOSYS,
	 "Function not implemented: Linux 6.12 without it; cure: a kernel with "
	 "CONFIG_SECURITY_LANDLOCK"},
	{{0},
	 {0},
	 "6.12.1",
	 false,
	 LAYER_LANDLOCK,
	 -EOPNOTSUPP,
	 "the kernel has it, but it is switched off; cure: add landlock to lsm="},
	{{0},
	 {0},
	 "strange",
	 false,
	 LAYER_LANDLOCK,
	 -ENOSYS,
	 "Function not implemented; cure: the"},
	/* Switches of namespaces say nothing of other layers. */
	{{CLONE}, {"0\n"}, "6.1.0", false, LAYER_FILTER, -EINVAL, "Invalid argument; cure: the"},
};

static char dir[] = "/tmp/nestling-why-XXXXXX";

static void path_of(char out[static 256], const char *name)
{
	snprintf(out, 256, "%s/%s", dir, name);
}

static int set_up(void)
{
	char path[256];

	if (!mkdtemp(dir))
		return 1;
	path_of(path, "kernel");
	if (mkdir(path, 0700) < 0)
		return 1;
	path_of(path, "user");
	return mkdir(path, 0700) < 0;
}

static int tear_down(void)
{
	char path[256];

	path_of(path, "kernel");
	rmdir(path);
	path_of(path, "user");
	rmdir(path);
	return rmdir(dir) < 0;
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	path_of(path, name);
	f = fopen(path, "w");
	CU_ASSERT_FATAL(f != NULL);
	fputs(text, f);
	fclose(f);
}

static void table(void)
{
	char out[CONFINE_WHY_LEN], path[256];
	size_t i, k;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct confine_host host = {dir, hosts[i].release, hosts[i].privileged};

		for (k = 0; k < 2 && hosts[i].file[k]; k++)
			put(hosts[i].file[k], hosts[i].text[k]);
		confine_why_at(&host, hosts[i].layer, hosts[i].err, "the table's", out);
		if (strncmp(out, hosts[i].want, strlen(hosts[i].want)) != 0)
			printf("\n%zu: '%s', not '%s'\n", i, out, hosts[i].want);
		CU_ASSERT(strncmp(out, hosts[i].want, strlen(hosts[i].want)) == 0);
		CU_ASSERT(strchr(out, '\n') == NULL && strstr(out, "; cure: ") != NULL);
		for (k = 0; k < 2 && hosts[i].file[k]; k++) {
			path_of(path, hosts[i].file[k]);
			unlink(path);
		}
	}
}

int main(void)
{
	CU_TestInfo tests[] = {{"hosts", table}, CU_TEST_INFO_NULL};

	return run_suite("confine_why", set_up, tear_down, tests);
}
