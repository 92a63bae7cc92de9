// SPDX-License-Identifier: GPL-2.0
/* uml_run's command line, and the frames of a job's guest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "run_frames.h"
#include "run_options.h"
#include "suite.h"

static struct run_options o;
static char error[OPTIONS_ERROR_LEN];

static int parse(const char *a, const char *b, const char *c, const char *d)
{
	static char *argv[6]; /* the options' command lies in it */
	int argc = 1;

	memcpy(argv, (char *[]){"uml_run", (char *)a, (char *)b, (char *)c, (char *)d, NULL},
	       sizeof(argv));
	while (argv[argc])
		argc++;
	run_options_free(&o);
	return run_options_parse(&o, argc, argv, error);
}

static void test_command(void)
{
	CU_ASSERT_EQUAL(parse("ls", "-l", "--rw", NULL), 0);
	CU_ASSERT_STRING_EQUAL(o.command[0], "ls");
	CU_ASSERT_STRING_EQUAL(o.command[2], "--rw"); /* the command's own */
	CU_ASSERT_EQUAL(o.npaths, 0);
	CU_ASSERT_EQUAL(parse("--", "--rw", NULL, NULL), 0);
	CU_ASSERT_STRING_EQUAL(o.command[0], "--rw");
	CU_ASSERT_EQUAL(parse(NULL, NULL, NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(parse("--", NULL, NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(parse("--help", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(o.action, ACTION_HELP);
}

static void test_values(void)
{
	CU_ASSERT_EQUAL(parse("--mem=2G", "--timeout", "0.5", "x"), 0);
	CU_ASSERT_EQUAL(o.mem_bytes, 2ULL << 30);
	CU_ASSERT_EQUAL(o.timeout_s, 0.5);
	CU_ASSERT_EQUAL(parse("--rw", "/usr/../tmp", "x", NULL), 0);
	CU_ASSERT_EQUAL(o.npaths, 1);
	CU_ASSERT_STRING_EQUAL(o.path[0].path, "/tmp");
	CU_ASSERT_EQUAL(parse("--tmpfs", "none/yet", "x", NULL), 0);
	CU_ASSERT_EQUAL(o.path[0].path[0], '/');
	CU_ASSERT_PTR_NOT_NULL(strstr(o.path[0].path, "/none/yet"));
	CU_ASSERT_EQUAL(parse("--env", "A=b=c", "--user=root", "x"), 0);
	CU_ASSERT_STRING_EQUAL(o.env[0], "A=b=c");
	CU_ASSERT_TRUE(o.root_user);
}

static void test_network(void)
{
	CU_ASSERT_EQUAL(parse("--net", "none", "x", NULL), 0);
	CU_ASSERT_FALSE(o.nat);
	CU_ASSERT_EQUAL(parse("--net", "nat", "x", NULL), 0);
	CU_ASSERT_TRUE(o.nat);
	CU_ASSERT_PTR_NULL(o.forwards);
	CU_ASSERT_EQUAL(parse("--publish", "8080:80", "--publish=udp:53", "x"), 0);
	CU_ASSERT_TRUE(o.nat);
	CU_ASSERT_STRING_EQUAL(o.forwards, "hostfwd=tcp::8080::80,hostfwd=udp::53::53");
	CU_ASSERT_EQUAL(parse("--publish", "tcp:0.0.0.0:8080:80", "x", NULL), 0);
	CU_ASSERT_STRING_EQUAL(o.forwards, "hostfwd=tcp:0.0.0.0:8080::80");
}

static void test_time(void)
{
	CU_ASSERT_EQUAL(parse("--time", "virtual", "x", NULL), 0);
	CU_ASSERT_TRUE(o.virtual_time);
	CU_ASSERT_EQUAL(parse("--time", "real", "x", NULL), 0);
	CU_ASSERT_FALSE(o.virtual_time);
}

static void test_mistakes(void)
{
	static const char *const wrong[][2] = {
		{"--mem", "1M"},           {"--mem", "lots"},      {"--timeout", "-1"},
		{"--timeout", "nan"},      {"--user", "bob"},      {"--net", "tap"},
		{"--time", "fast"},        {"--rw", "/dev/null"},  {"--rw", "/no/dir"},
		{"--hide", "/"},           {"--tmpfs", ""},        {"--env", ""},
		{"--env", "=x"},           {"--sandbox", "maybe"}, {"--nothing", "x"},
		{"--publish", "0"},        {"--publish", "x:80"},  {"--publish", "1:"},
		{"--publish", "sctp:1:2"}, {"--publish", "65536"}, {"--publish", ""},
		{"--publish", "1.2.3.4:"},
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CU_ASSERT_EQUAL(parse(wrong[i][0], wrong[i][1], "x", NULL), -EINVAL);
		CU_ASSERT_TRUE(*error && !strchr(error, '\n'));
	}
	CU_ASSERT_EQUAL(parse("--mem", NULL, NULL, NULL), -EINVAL);
	run_options_free(&o);
}

static void put(struct run_frames *f, const void *data, size_t n)
{
	size_t room;
	char *to = run_frames_room(f, &room);

	CU_ASSERT_FATAL(n <= room);
	memcpy(to, data, n);
	run_frames_filled(f, n);
}

static void test_frames(void)
{
	static struct run_frames f;
	struct run_frame ready = {0}, head = {.descriptor = 2, .bytes = 5};
	char out[RUN_FRAME_MAX];
	unsigned int d = 0;

	put(&f, &ready, sizeof(ready));
	CU_ASSERT_EQUAL(run_frames_take(&f, out, &d), 0);
	CU_ASSERT_TRUE(f.ready);
	put(&f, &head, 2); /* a head in two pieces */
	CU_ASSERT_EQUAL(run_frames_take(&f, out, &d), 0);
	put(&f, (char *)&head + 2, sizeof(head) - 2);
	put(&f, "hel", 3);
	CU_ASSERT_EQUAL(run_frames_take(&f, out, &d), 3);
	CU_ASSERT_EQUAL(d, 2);
	CU_ASSERT_EQUAL(run_frames_take(&f, out, &d), 0);
	head.descriptor = 1;
	head.bytes = 1;
	put(&f, "lo", 2);
	put(&f, &head, sizeof(head));
	put(&f, "x", 1);
	CU_ASSERT_EQUAL(run_frames_take(&f, out, &d), 2);
	CU_ASSERT_EQUAL(memcmp(out, "lo", 2), 0);
	CU_ASSERT_EQUAL(run_frames_take(&f, out, &d), 1);
	CU_ASSERT_EQUAL(d, 1);
	CU_ASSERT_EQUAL(run_frames_take(&f, out, &d), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"command", test_command}, {"values", test_values},     {"network", test_network},
		{"time", test_time},       {"mistakes", test_mistakes}, {"frames", test_frames},
		CU_TEST_INFO_NULL,
	};

	return run_suite("uml_run", NULL, NULL, tests);
}
