// SPDX-License-Identifier: GPL-2.0
/* Lines of /proc/PID/mountinfo. */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include "mount_line.h"
#include "suite.h"

static bool is_read(const char *text, const char *path, unsigned long flags)
{
	char line[512];
	struct mount_line m;

	snprintf(line, sizeof(line), "%s", text);
	return mount_line_read(line, &m) && strcmp(m.path, path) == 0 && m.flags == flags;
}

static void test_read(void)
{
	CU_ASSERT(is_read("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw\n",
			  "/mnt2", 0));
	CU_ASSERT(is_read("1 1 0:1 / / ro,nosuid,nodev,noexec,relatime - tmpfs none rw\n", "/",
			  MS_NOSUID | MS_NODEV | MS_NOEXEC));
	CU_ASSERT(is_read("1 1 0:1 / /a\\040b\\134\\011c rw,nodev - tmpfs none rw\n", "/a b\\\tc",
			  MS_NODEV));
	CU_ASSERT(is_read("1 1 0:1 / /end\\04 rw", "/end\\04", 0));
	CU_ASSERT(is_read("1 1 0:1 / /high\\377\\400 rw\n", "/high\377\\400", 0));
	CU_ASSERT(is_read("1 1 0:1 / /x nosuidx,xnodev,noexec\n", "/x", MS_NOEXEC));
}

static void test_readonly(void)
{
	char ro[] = "1 1 0:1 / /a nodev,ro - tmpfs none rw",
	     rw[] = "1 1 0:1 / /ro rw,rox - ro ro ro";
	struct mount_line m;

	CU_ASSERT(mount_line_read(ro, &m) && m.readonly && m.flags == MS_NODEV);
	CU_ASSERT(mount_line_read(rw, &m) && !m.readonly);
}

static void test_none(void)
{
	static const char *const lines[] = {
		"",       "\n", "1 1 0:1 /", "1 1 0:1 / /x", "1 1 0:1 / /x\n", "1 1 0:1 / x rw\n",
		"     \n"};
	struct mount_line m;
	char line[64];
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(line, sizeof(line), "%s", lines[i]);
		CU_ASSERT_FALSE(mount_line_read(line, &m));
	}
}

static void test_below(void)
{
	struct mount_line m = {.path = "/home/user"};

	CU_ASSERT(mount_line_below(&m, "/"));
	CU_ASSERT(mount_line_below(&m, "/home"));
	CU_ASSERT(mount_line_below(&m, "/home/user"));
	CU_ASSERT_FALSE(mount_line_below(&m, "/home/us"));
	CU_ASSERT_FALSE(mount_line_below(&m, "/home/user/x"));
	CU_ASSERT_FALSE(mount_line_below(&m, "/hom"));
}

/* The host's own: each line of it is one. */
static void test_own(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[8192];
	struct mount_line m;
	int n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	while (fgets(line, sizeof(line), f)) {
		CU_ASSERT(mount_line_read(line, &m));
		n++;
	}
	fclose(f);
	CU_ASSERT(n > 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"read", test_read}, {"read only", test_readonly},
		{"none", test_none}, {"below", test_below},
		{"own", test_own},   CU_TEST_INFO_NULL,
	};

	return run_suite("mount_line", NULL, NULL, tests);
}
