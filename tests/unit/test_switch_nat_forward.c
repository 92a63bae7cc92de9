// SPDX-License-Identifier: GPL-2.0
/* Ways in behind a NAT: as texts, and while the port runs. */
#include "nat_guest.h"
#include "suite.h"

static void test_forward(void)
{
	static const char *const good[][2] = {
		{"tcp::8080::80", "tcp:127.0.0.1:8080::80"},
		{"udp:0.0.0.0:53:10.0.2.16:5353", "udp:0.0.0.0:53:10.0.2.16:5353"},
		{"tcp:[::1]:8080:[fec0::15]:80", "tcp:[::1]:8080:[fec0::15]:80"},
		{"udp::1:[fec0::15]:65535", "udp:[::1]:1:[fec0::15]:65535"},
	};
	static const char *const bad[] = {
		"",
		"tcp",
		"tcp:80:80",
		"tcp::80:80",
		"sctp::80::80",
		"tcp::0::80",
		"tcp::65536::80",
		"tcp::80::",
		"tcp::80::80:",
		"tcp::80::80 ",
		"tcp:localhost:80::80",
		"tcp:[::1]:80::80",
		"tcp:[::1]:80:10.0.2.15:80",
		"tcp:127.0.0.1:80:[fec0::15]:80",
		"tcp:[::1:80:[fec0::15]:80",
		"tcp:[]:80:[]:80",
		"tcp:[:80",
		"tcp::+80::80",
	};
	struct nat_forward f;
	char text[160], err[300];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CU_ASSERT_EQUAL(nat_forward_parse(&f, good[i][0], err, sizeof(err)), 0);
		nat_forward_print(&f, text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, good[i][1]);
		CU_ASSERT_EQUAL(nat_forward_parse(&f, text, err, sizeof(err)), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		*err = 0;
		CU_ASSERT_EQUAL(nat_forward_parse(&f, bad[i], err, sizeof(err)), -EINVAL);
		CU_ASSERT(*err && !strchr(err, '\n'));
	}
}

static unsigned int listed;
static char listed_last[160];

static void count_forward(void *arg, const char *spec)
{
	listed++;
	snprintf(listed_last, sizeof(listed_last), "%s", spec);
}

static unsigned int list(void)
{
	listed = 0;
	port_nat_forwards(nat, count_forward, NULL);
	return listed;
}

static int try_connect(unsigned int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return fd;
	close(fd);
	return -1;
}

static void test_forward_tcp(void)
{
	char spec[80], want[80], err[300];
	unsigned int port;
	int fd = host_socket(SOCK_STREAM, &port), conn;
	const uint8_t *f;

	CU_ASSERT_EQUAL(listen(fd, 1), 0);
	start(OPTIONS);
	meet();
	send_arp(1, GUEST); /* so that libslirp knows us */
	CU_ASSERT(port_is_nat(nat) && !port_is_nat(guest.port));
	snprintf(spec, sizeof(spec), "tcp::%u::80", port);
	CU_ASSERT_EQUAL(port_nat_forward(nat, spec, true, err, sizeof(err)), -EADDRINUSE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "in use"));
	CU_ASSERT_EQUAL(list(), 0);
	close(fd);
	CU_ASSERT_EQUAL(port_nat_forward(nat, spec, true, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(port_nat_forward(nat, spec, true, err, sizeof(err)), -EEXIST);
	CU_ASSERT_EQUAL(list(), 1);
	snprintf(want, sizeof(want), "tcp:127.0.0.1:%u::80", port);
	CU_ASSERT_STRING_EQUAL(listed_last, want);
	conn = try_connect(port);
	CU_ASSERT_FATAL(conn >= 0);
	f = expect(0x0800, 6, NULL);
	CU_ASSERT(f[47] == 0x02 && get16(f + 36) == 80 && get32(f + 30) == GUEST);
	close(conn);
	CU_ASSERT_EQUAL(port_nat_forward(nat, spec, false, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(port_nat_forward(nat, spec, false, err, sizeof(err)), -ENOENT);
	CU_ASSERT_EQUAL(port_nat_forward(nat, "tcp:x", true, err, sizeof(err)), -EINVAL);
	CU_ASSERT_EQUAL(list(), 0);
	CU_ASSERT_EQUAL(try_connect(port), -1);
	stop();
}

static void test_forward_udp(void)
{
	char spec[80];
	unsigned int port;
	int fd = host_socket(SOCK_DGRAM, &port);
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const uint8_t *f;
	char buf[20];

	close(fd);
	snprintf(spec, sizeof(spec), OPTIONS ",hostfwd=udp::%u:10.77.0.15:53", port);
	start(spec);
	meet();
	CU_ASSERT_EQUAL(list(), 1);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL(send(fd, "in", 2, 0), 2);
	f = expect(0x0800, 17, NULL);
	CU_ASSERT(get16(f + 36) == 53 && !memcmp(f + 42, "in", 2));
	send_udp(get32(f + 26), 53, get16(f + 34), "out", 3);
	CU_ASSERT(rig_until(loop, readable, &fd));
	CU_ASSERT_EQUAL(recv(fd, buf, sizeof(buf), 0), 3);
	close(fd);
	stop();
}

static int try_connect6(unsigned int port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6,
				 .sin6_port = htons((uint16_t)port),
				 .sin6_addr = in6addr_loopback};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return fd;
	close(fd);
	return -1;
}

static void test_forward_ipv6(void)
{
	char spec[80], err[300];
	unsigned int port;
	int conn;

	close(host_socket(SOCK_STREAM, &port));
	start(OPTIONS);
	snprintf(spec, sizeof(spec), "tcp:[::1]:%u:[fec0::15]:80", port);
	if (port_nat_forward(nat, spec, true, err, sizeof(err)) == -EADDRNOTAVAIL) {
		printf("(this host has no IPv6) ");
		stop();
		return;
	}
	CU_ASSERT_EQUAL(list(), 1);
	CU_ASSERT_STRING_EQUAL(listed_last, spec);
	conn = try_connect6(port);
	CU_ASSERT_FATAL(conn >= 0);
	expect(0x86dd, 135, NULL); /* the guest is looked for */
	close(conn);
	CU_ASSERT_EQUAL(port_nat_forward(nat, spec, false, err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(list(), 0);
	CU_ASSERT_EQUAL(try_connect6(port), -1);
	stop();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"texts of forwards", test_forward},
		{"TCP forwards while it runs", test_forward_tcp},
		{"UDP forwards", test_forward_udp},
		{"IPv6 forwards", test_forward_ipv6},
		CU_TEST_INFO_NULL,
	};

	return run_suite("nat forwards", setup, teardown, tests);
}
