// SPDX-License-Identifier: GPL-2.0
/* The command line: what is understood, what is refused, what is passed on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "disk.h"
#include "options.h"
#include "suite.h"

static struct options o;
static char error[OPTIONS_ERROR_LEN];

static int parse(int argc, char *argv[])
{
	options_free(&o);
	return options_parse(&o, argc, argv, error);
}

static int parse1(const char *word)
{
	char *argv[] = {"linux", (char *)word, NULL};

	return parse(2, argv);
}

static void test_sizes(void)
{
	static const struct {
		const char *text;
		int err;
		uint64_t bytes;
	} t[] = {
		{"1", 0, 1},
		{"128M", 0, 128ULL << 20},
		{"128m", 0, 128ULL << 20},
		{"2G", 0, 2ULL << 30},
		{"64k", 0, 65536},
		{"", -EINVAL, 0},
		{"M", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"1X", -EINVAL, 0},
		{"1MB", -EINVAL, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"18446744073709551615G", -ERANGE, 0},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint64_t bytes = 0;

		CU_ASSERT_EQUAL(options_parse_size(t[i].text, &bytes), t[i].err);
		if (!t[i].err)
			CU_ASSERT_EQUAL(bytes, t[i].bytes);
	}
}

static void test_disks(void)
{
	static const struct {
		const char *text;
		unsigned int index, flags;
		const char *file, *backing, *serial;
		bool cow;
	} good[] = {
		{"0=disk", 0, 0, "disk", NULL, NULL, false},
		{"a=disk", 0, 0, "disk", NULL, NULL, false},
		{"15=disk", 15, 0, "disk", NULL, NULL, false},
		{"p=disk", 15, 0, "disk", NULL, NULL, false},
		{"0r=disk", 0, DISK_READONLY, "disk", NULL, NULL, false},
		{"0tsr=d", 0, DISK_READONLY | DISK_SYNC | DISK_NO_TRIM, "d", NULL, NULL, false},
		{"1cd=d", 1, DISK_SHARED | DISK_DATA, "d", NULL, NULL, false},
		{"0=cow,back", 0, 0, "cow", "back", NULL, false},
		{"0=cow:back", 0, 0, "cow", "back", NULL, false},
		{"0=cow,back,S1", 0, 0, "cow", "back", "S1", false},
		{"0=disk,,S1", 0, 0, "disk", NULL, "S1", false},
		{"0=cow,", 0, 0, "cow", NULL, NULL, true},
		{"0=a:b,c", 0, 0, "a", "b,c", NULL, false},
	};
	static const char *const bad[] = {
		"16=x",
		"q=x",
		"=x",
		"",
		"0",
		"0=",
		"0z=x",
		"0=,back",
		"0=a,b,c,d",
		"0=,back,serial",
		"0=a,,123456789012345678901",
		"99999999999=x",
		"-1=x",
	};
	struct options_ubd u;
	unsigned int index;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CU_ASSERT_EQUAL_FATAL(options_parse_ubd(good[i].text, &index, &u, error), 0);
		CU_ASSERT_EQUAL(index, good[i].index);
		CU_ASSERT_EQUAL(u.flags, good[i].flags);
		CU_ASSERT_STRING_EQUAL(u.file, good[i].file);
		CU_ASSERT_EQUAL(!u.backing, !good[i].backing);
		CU_ASSERT_EQUAL(!u.serial, !good[i].serial);
		if (u.backing && good[i].backing)
			CU_ASSERT_STRING_EQUAL(u.backing, good[i].backing);
		if (u.serial && good[i].serial)
			CU_ASSERT_STRING_EQUAL(u.serial, good[i].serial);
		CU_ASSERT_EQUAL(u.flag_cow, good[i].cow);
		options_ubd_free(&u);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_EQUAL(options_parse_ubd(bad[i], &index, &u, error), -EINVAL);
		CU_ASSERT(strlen(error) > 0);
	}
}

static void test_root_names(void)
{
	static const char *const t[][2] = {
		{"/dev/ubd0", "/dev/ubda"},   {"/dev/ubd1", "/dev/ubdb"},
		{"/dev/ubd15", "/dev/ubdp"},  {"/dev/ubd16", "/dev/ubd16"},
		{"/dev/ubda", "/dev/ubda"},   {"/dev/ubd0p1", "/dev/ubda1"},
		{"/dev/vda", "/dev/vda"},     {"98:0", "98:0"},
		{"PARTUUID=x", "PARTUUID=x"}, {"/dev/ubd", "/dev/ubd"},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *name = options_root_name(t[i][0]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(name);
		CU_ASSERT_STRING_EQUAL(name, t[i][1]);
		free(name);
	}
}

static void test_classic_line(void)
{
	char *argv[] = {"linux", "mem=128M", "ubd0=cow,root_fs", "root=/dev/ubd0", NULL};

	CU_ASSERT_EQUAL_FATAL(parse(4, argv), 0);
	CU_ASSERT_EQUAL(o.mem_bytes, 128ULL << 20);
	CU_ASSERT_STRING_EQUAL(o.ubd[0].file, "cow");
	CU_ASSERT_STRING_EQUAL(o.ubd[0].backing, "root_fs");
	CU_ASSERT_EQUAL_FATAL(o.nkernel, 1);
	CU_ASSERT_STRING_EQUAL(o.kernel[0], "root=/dev/ubda");
	CU_ASSERT(o.have_root);
}

/* A disk that the built-in system enters, which is the root that the kernel mounts. */
static void test_rig(void)
{
	char *argv[] = {"linux", "ubd0=cow,root_fs", "nestling.rig=/dev/ubd0", NULL};

	CU_ASSERT_EQUAL_FATAL(parse(3, argv), 0);
	CU_ASSERT_EQUAL_FATAL(o.nkernel, 2);
	CU_ASSERT_STRING_EQUAL(o.kernel[0], "nestling.rig=/dev/ubda");
	CU_ASSERT_STRING_EQUAL(o.kernel[1], "root=" OPTIONS_RIG_ROOT);
	CU_ASSERT(o.rig_disk && o.have_root);
	CU_ASSERT_EQUAL_FATAL(parse1("nestling.rig"), 0);
	CU_ASSERT(!o.rig_disk && !o.have_root);
	CU_ASSERT_EQUAL(parse1("nestling.rig="), -EINVAL);
	CU_ASSERT_EQUAL_FATAL(parse1("nestling.backing=4096+1048576"), 0);
	CU_ASSERT(o.backing_offset == 4096 && o.backing_len == 1048576);
	CU_ASSERT_EQUAL(parse1("nestling.backing=4096"), -EINVAL);
	CU_ASSERT_EQUAL(parse1("nestling.backing=4096+0"), -EINVAL);
	CU_ASSERT_EQUAL(parse1("nestling.backing=0+512x"), -EINVAL);
}

static void test_passed_on(void)
{
	char *argv[] = {"linux",    "ro",      "init=/bin/sh", "con1=xterm", "ssl0=port:9000",
			"con=null", "panic=1", "connect=x",    "--",         "-c",
			"mem=1",    NULL};

	CU_ASSERT_EQUAL_FATAL(parse(11, argv), 0);
	CU_ASSERT_EQUAL_FATAL(o.nkernel, 4);
	CU_ASSERT_STRING_EQUAL(o.kernel[0], "ro");
	CU_ASSERT_STRING_EQUAL(o.kernel[3], "connect=x");
	CU_ASSERT_EQUAL_FATAL(o.ninit, 2);
	CU_ASSERT_STRING_EQUAL(o.init[1], "mem=1");
	CU_ASSERT_STRING_EQUAL(o.con.one[1], "xterm");
	CU_ASSERT_STRING_EQUAL(o.con.all, "null");
	CU_ASSERT_STRING_EQUAL(o.ssl.one[0], "port:9000");
}

static void test_serial_added(void)
{
	char *argv[] = {"linux", "ubd0=disk", "ubd0=,,SER", NULL};

	CU_ASSERT_EQUAL_FATAL(parse(3, argv), 0);
	CU_ASSERT_STRING_EQUAL(o.ubd[0].file, "disk");
	CU_ASSERT_STRING_EQUAL(o.ubd[0].serial, "SER");
}

static void test_confinement(void)
{
	CU_ASSERT_EQUAL(parse1("mem=64M"), 0);
	CU_ASSERT_EQUAL(o.sandbox, SANDBOX_DEFAULT);
	CU_ASSERT_EQUAL(parse1("--sandbox=strict"), 0);
	CU_ASSERT_EQUAL(o.sandbox, SANDBOX_STRICT);
	CU_ASSERT_EQUAL(parse1("--sandbox=off"), 0);
	CU_ASSERT_EQUAL(o.sandbox, SANDBOX_OFF);
	CU_ASSERT_EQUAL(parse1("hostfs=/a b,ro,append"), 0);
	CU_ASSERT_STRING_EQUAL(o.hostfs, "/a b");
	CU_ASSERT_TRUE(o.hostfs_readonly && o.hostfs_append);
	CU_ASSERT_EQUAL(o.nkernel, 0);
	CU_ASSERT_EQUAL(parse1("ether=1"), 0);
	CU_ASSERT_EQUAL(o.nkernel, 1);
}

static void test_cards(void)
{
	char *two[] = {"linux", "eth3=daemon,,unix,/x", "virtio_uml.device=/y:1", NULL};
	char *again[] = {"linux", "eth0=daemon,,,/x", "eth0=tuntap,tap0", NULL};

	CU_ASSERT_EQUAL(parse(3, two), 0);
	CU_ASSERT_STRING_EQUAL(o.net[3].path, "/x");
	CU_ASSERT_STRING_EQUAL(o.net[0].path, "/y");
	CU_ASSERT_EQUAL(o.nkernel, 0);
	/* What is said later about a card counts. */
	CU_ASSERT_EQUAL(parse(3, again), 0);
	CU_ASSERT_PTR_NULL(o.net[0].path);
	CU_ASSERT_STRING_EQUAL(o.net[0].port, "tap:tap0");
	CU_ASSERT_EQUAL(parse1("eth16=nat"), -EINVAL);
}

static void test_refused(void)
{
	static const char *const bad[] = {
		"mem=",       "mem=1",      "mem=999999G",  "con16=null",
		"ssl64=null", "con1=",      "con=",         "umid=",
		"umid=a/b",   "umid=.x",    "uml_dir=",     "initrd=",
		"mconsole=x", "xterm=only", "seccomp=off",  "seccomp=perhaps",
		"ncpus=2",    "--bogus",    "-x",           "a\tb",
		"ubd=x",      "ubd0",       "--sandbox=",   "--sandbox=on",
		"hostfs=",    "hostfs=,ro", "hostfs=/a,rw",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_EQUAL(parse1(bad[i]), -EINVAL);
		CU_ASSERT(strlen(error) > 0 && !strchr(error, '\n'));
	}
}

static void test_actions(void)
{
	CU_ASSERT_EQUAL(parse1("--help"), 0);
	CU_ASSERT_EQUAL(o.action, ACTION_HELP);
	CU_ASSERT_EQUAL(parse1("--check"), 0);
	CU_ASSERT_EQUAL(o.action, ACTION_CHECK);
	CU_ASSERT_EQUAL(parse1("quiet"), 0);
	CU_ASSERT_EQUAL(o.action, ACTION_RUN);
	CU_ASSERT(o.quiet);
}

static void test_length(void)
{
	static char *argv[5001];
	int i;

	argv[0] = "linux";
	for (i = 1; i < 5000; i++)
		argv[i] = "word";
	CU_ASSERT_EQUAL(parse(5000, argv), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "more than the guest kernel takes"));
}

/* A megabyte in one word: longer than the host's exec takes, so only seen here. */
static void test_megabyte(void)
{
	static const char *const heads[] = {"",         "ubd0=",    "con1=", "umid=",     "mem=",
					    "hostfs=/", "initrd=/", "--",    "mconsole=", "eth0="};
	size_t len = 1 << 20, i;
	char *word = malloc(len + 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(word);
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		int err;

		memset(word, 'x', len);
		memcpy(word, heads[i], strlen(heads[i]));
		word[len] = '\0';
		err = parse1(word); /* a name of a file is looked at when it is opened */
		CU_ASSERT(err == 0 || strlen(error) > 0);
		word[len - 1] = '\x1b';
		CU_ASSERT_EQUAL(parse1(word), -EINVAL);
		CU_ASSERT(strlen(error) > 0);
	}
	free(word);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"sizes", test_sizes},
		{"disks", test_disks},
		{"rig", test_rig},
		{"root names", test_root_names},
		{"the classic command line", test_classic_line},
		{"what is passed on", test_passed_on},
		{"a serial added later", test_serial_added},
		{"confinement", test_confinement},
		{"network cards", test_cards},
		{"what is refused", test_refused},
		{"actions", test_actions},
		{"too long", test_length},
		{"a megabyte in a word", test_megabyte},
		CU_TEST_INFO_NULL,
	};
	int failed;

	failed = run_suite("options", NULL, NULL, tests);
	options_free(&o);
	return failed;
}
