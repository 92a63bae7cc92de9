// SPDX-License-Identifier: GPL-2.0
/* Sessions of vhost-user whose other end is up to no good: neither it nor its descriptors hold us up. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "send_fd.h"
#include "suite.h"
#include "vhost.h"

static struct vhost v;
static int peer;
static volatile sig_atomic_t waited;

static void ring(struct vhost *vh, unsigned int n, bool on)
{
}

static void features(struct vhost *vh)
{
}

static void name(struct vhost *vh, const char *text)
{
}

static void begin(void)
{
	static const struct vhost_ops ops = {.ring = ring, .features = features, .name = name};
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	vhost_init(&v, pair[0], ~0ULL, &ops, NULL);
	peer = pair[1];
}

static void end(void)
{
	vhost_exit(&v);
	close(v.fd);
	close(peer);
}

/* A message with a number in it, and a descriptor unless fd is -1. */
static void say(uint32_t request, uint64_t value, int fd)
{
	struct vhost_header h = {.request = request, .flags = VHOST_FLAG_VERSION, .size = 8};
	struct iovec iov[2] = {{&h, sizeof(h)}, {&value, sizeof(value)}};

	CU_ASSERT_EQUAL(send_fd(peer, iov, 2, fd, 0), (ssize_t)(sizeof(h) + 8));
}

static void too_long(int sig)
{
	waited = 1;
}

/* Calls go into a pipe that nobody reads, in blocking mode. */
static void test_full_call(void)
{
	struct sigaction sa = {.sa_handler = too_long};
	int fds[2];
	unsigned int i;

	begin();
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	CU_ASSERT_TRUE_FATAL(fcntl(fds[1], F_SETPIPE_SZ, 4096) > 0);
	say(VHOST_SET_VRING_CALL, 0, fds[1]);
	CU_ASSERT_EQUAL_FATAL(vhost_serve(&v), 0);
	sigaction(SIGALRM, &sa, NULL);
	alarm(5);
	for (i = 0; i < 4096 / 8 + 1 && !waited; i++)
		vhost_call(&v, 0);
	alarm(0);
	CU_ASSERT_FALSE(waited);
	close(fds[0]);
	close(fds[1]);
	end();
}

/* Messages without end: others get their turn. */
static void test_flood(void)
{
	unsigned int i, turns = 0;
	char c;

	begin();
	for (i = 0; i < 100; i++)
		say(VHOST_SET_FEATURES, i, -1);
	while (recv(v.fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 1) {
		CU_ASSERT_EQUAL_FATAL(vhost_serve(&v), 0);
		turns++;
	}
	CU_ASSERT_TRUE(turns > 1 && turns <= 10);
	CU_ASSERT_EQUAL(v.features, 99);
	end();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"calls that nobody hears", test_full_call},
		{"messages without end", test_flood},
		CU_TEST_INFO_NULL,
	};

	return run_suite("vhost-user", NULL, NULL, tests);
}
