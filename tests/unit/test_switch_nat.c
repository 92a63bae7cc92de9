// SPDX-License-Identifier: GPL-2.0
/* NAT: its options, and a guest made by hand that talks to sockets of this host through it. */
#include <sys/resource.h>
#include "nat_guest.h"
#include "suite.h"

static void test_config(void)
{
	static const char *const bad[] = {
		"net=10.0.2.0",    "net=10.0.2.1/24",
		"net=10.0.2.0/29", "net=10.0.0.0/7",
		"net=/24",         "net=fec0::/64",
		"host=10.0.3.1",   "host=10.0.2.0",
		"host=10.0.2.255", "host=here",
		"dhcp=10.0.2.2",   "dns=10.0.2.15",
		"dhcp=",           "ipv6=on",
		"ipv6=fec0::/63",  "ipv6=fec0::1/64",
		"mtu=1279",        "mtu=65522",
		"restricted=1",    "loopback=maybe",
		"hostfwd=tcp",     "net",
	};
	struct nat_config c;
	char err[300];

	CU_ASSERT_EQUAL(nat_config_parse(&c, NULL, err, sizeof(err)), 0);
	CU_ASSERT(ntohl(c.net.s_addr) == 0x0a000200 && ntohl(c.host.s_addr) == 0x0a000202 &&
		  ntohl(c.dhcp.s_addr) == 0x0a00020f && ntohl(c.dns.s_addr) == 0x0a000203);
	CU_ASSERT_EQUAL(nat_config_parse(&c,
					 "net=192.168.7.16/28,restricted,dns=off,ipv6=off,"
					 "loopback=off,mtu=9000,hostfwd=tcp::8080::80,"
					 "hostfwd=udp::53::53",
					 err, sizeof(err)),
			0);
	CU_ASSERT(ntohl(c.host.s_addr) == 0xc0a80712 && ntohl(c.dhcp.s_addr) == 0xc0a80714);
	CU_ASSERT(c.restricted && c.no_dns && c.no_ipv6 && c.no_loopback && c.mtu == 9000);
	CU_ASSERT(c.forwards == 2 && c.forward[1].udp && c.forward[1].host_port == 53);
	CU_ASSERT_EQUAL(nat_config_parse(&c, "ipv6=fd00:7::/64", err, sizeof(err)), 0);
	CU_ASSERT_EQUAL(c.prefix6.s6_addr[3], 7);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		*err = 0;
		CU_ASSERT_EQUAL(nat_config_parse(&c, bad[i], err, sizeof(err)), -EINVAL);
		CU_ASSERT(*err && !strchr(err, '\n'));
	}
}

static void test_arp_icmp(void)
{
	uint8_t *icmp = out + 34;
	const uint8_t *f;
	uint32_t len;

	start(OPTIONS);
	meet();
	ip(1, GUEST, HOST, 64);
	memset(icmp, 0x42, 64);
	memcpy(icmp, "\10\0\0\0\0\7\0\1", 8);
	put16(icmp + 2, ~sum(icmp, 64, 0) & 0xffff);
	send_meta(98, NULL);
	f = expect(0x0800, 1, &len);
	CU_ASSERT(len == 98 && f[34] == 0 && get32(f + 26) == HOST && get32(f + 30) == GUEST);
	CU_ASSERT(!memcmp(f + 42, icmp + 8, 56));
	CU_ASSERT_EQUAL(sum(f + 34, 64, 0), 0xffff);
	stop();
}

static void send_discover(void)
{
	uint8_t dhcp[300] = {1, 1, 6, 0, 1, 2, 3, 4};

	memcpy(dhcp + 28, GUEST_MAC, 6);
	memcpy(dhcp + 236, "\x63\x82\x53\x63\x35\x01\x01\xff", 8);
	memset(host_mac, 0xff, 6);
	send_udp(0xffffffff, 68, 67, dhcp, sizeof(dhcp));
}

static void test_dhcp(void)
{
	const uint8_t *f;

	start(OPTIONS ",dhcp=10.77.0.99");
	send_discover();
	f = expect(0x0800, 17, NULL);
	CU_ASSERT_EQUAL(get16(f + 36), 68);
	CU_ASSERT_EQUAL(get32(f + 42 + 16), 0x0a4d0063);
	CU_ASSERT(!memcmp(f + 42 + 4, "\1\2\3\4", 4));
	stop();
	start(OPTIONS ",dhcp=off");
	send_discover();
	rig_for_ms(loop, 50);
	CU_ASSERT_EQUAL(guest.count, 0);
	stop();
}

static void test_udp(void)
{
	unsigned int port;
	int fd = host_socket(SOCK_DGRAM, &port);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	const uint8_t *f;
	char buf[100];

	start(OPTIONS);
	meet();
	send_udp(HOST, 4000, port, "question", 8);
	CU_ASSERT_FATAL(rig_until(loop, readable, &fd));
	CU_ASSERT_EQUAL(recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len), 8);
	CU_ASSERT(!memcmp(buf, "question", 8));
	CU_ASSERT_EQUAL(sendto(fd, "the answer", 10, 0, (struct sockaddr *)&from, len), 10);
	f = expect(0x0800, 17, NULL);
	CU_ASSERT(get16(f + 34) == port && get16(f + 36) == 4000);
	CU_ASSERT(!memcmp(f + 42, "the answer", 10));
	stop();
	/* Where the host's own services are closed to guests. */
	start(OPTIONS ",loopback=off");
	meet();
	send_udp(HOST, 4000, port, "question", 8);
	rig_for_ms(loop, 50);
	CU_ASSERT(!readable(&fd));
	stop();
	start(OPTIONS ",restricted");
	meet();
	send_udp(HOST, 4000, port, "question", 8);
	rig_for_ms(loop, 50);
	CU_ASSERT(!readable(&fd));
	stop();
	close(fd);
}

/* len bytes of data; with meta: as a driver has it that leaves checksum and cutting to the card. */
static void send_tcp(unsigned int dport, uint32_t seq, uint32_t ack, unsigned int flags,
		     const void *data, uint32_t len, const struct packet_meta *meta)
{
	uint32_t s = ip(6, GUEST, HOST, 20 + len);
	uint8_t *t = out + 34;

	memset(t, 0, 20);
	put16(t, 5000);
	put16(t + 2, dport);
	put32(t + 4, seq);
	put32(t + 8, ack);
	t[12] = 0x50;
	t[13] = (uint8_t)flags;
	put16(t + 14, 0xffff);
	if (len)
		memcpy(t + 20, data, len);
	put16(t + 16, meta ? s : ~sum(t, 20 + len, s) & 0xffff);
	send_meta(54 + len, meta);
}

/* A large segment reaches a socket of the host as a whole, checksum and all. */
static void test_tcp_large(void)
{
	static const struct packet_meta meta = {
		.flags = META_NEEDS_CSUM,
		.gso_type = META_GSO_TCPV4,
		.hdr_len = 54,
		.gso_size = 1460,
		.csum_start = 34,
		.csum_offset = 16,
	};
	static uint8_t data[32000], in[40000];
	unsigned int port;
	int fd = host_socket(SOCK_STREAM, &port), conn;
	uint32_t theirs;
	size_t got = 0;
	const uint8_t *f;

	CU_ASSERT_EQUAL(listen(fd, 1), 0);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 + i / 256);
	start(OPTIONS);
	meet();
	send_tcp(port, 1000, 0, 0x02, NULL, 0, NULL);
	f = expect(0x0800, 6, NULL);
	CU_ASSERT_EQUAL_FATAL(f[47] & 0x12, 0x12);
	theirs = get32(f + 38) + 1;
	probe_forget(&guest);
	send_tcp(port, 1001, theirs, 0x10, NULL, 0, NULL);
	CU_ASSERT_FATAL(rig_until(loop, readable, &fd));
	conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
	send_tcp(port, 1001, theirs, 0x18, data, sizeof(data), &meta);
	while (got < sizeof(data) && rig_until(loop, readable, &conn)) {
		ssize_t n = recv(conn, in + got, sizeof(in) - got, 0);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	CU_ASSERT_EQUAL(got, sizeof(data));
	CU_ASSERT(!memcmp(in, data, sizeof(data)));
	f = expect(0x0800, 6, NULL);
	CU_ASSERT_EQUAL(get32(f + 42), 1001 + sizeof(data)); /* acknowledged */
	close(conn);
	close(fd);
	stop();
}

/* A neighbour solicitation for the host's address; 135 and 136: RFC 4861. */
static void send_solicitation(void)
{
	static const uint8_t src[16] = {0xfe, 0xc0, [15] = 0x15};
	uint8_t *h = out + 14, *n = out + 54, pseudo[40] = {0};

	memset(out, 0, 100);
	ethernet((const uint8_t *)"\x33\x33\xff\0\0\2", 0x86dd);
	h[0] = 0x60;
	put16(h + 4, 32);
	h[6] = 58;
	h[7] = 255;
	memcpy(h + 8, src, 16);
	memcpy(h + 24, "\xff\2\0\0\0\0\0\0\0\0\0\1\xff\0\0\2", 16);
	n[0] = 135;
	n[8] = 0xfe;
	n[9] = 0xc0;
	n[23] = 2;
	memcpy(n + 24, "\1\1" GUEST_MAC, 8);
	memcpy(pseudo, h + 8, 32);
	put16(pseudo + 34, 32);
	pseudo[39] = 58;
	put16(n + 2, ~sum(n, 32, sum(pseudo, 40, 0)) & 0xffff);
	send_meta(86, NULL);
}

static void test_ipv6(void)
{
	const uint8_t *f;

	start(OPTIONS);
	send_solicitation();
	f = expect(0x86dd, 136, NULL);
	CU_ASSERT_EQUAL(f[54 + 23], 2);
	stop();
	start(OPTIONS ",ipv6=off");
	send_solicitation();
	rig_for_ms(loop, 50);
	CU_ASSERT_EQUAL(guest.count, 0);
	stop();
}

/* A guest that begins flow after flow leaves descriptors to others, and its connections go on. */
static void test_many_flows(void)
{
	struct rlimit few = {200, 200};
	unsigned int port, sink;
	int fd = host_socket(SOCK_DGRAM, &sink), tcp = host_socket(SOCK_STREAM, &port), conn, spare;
	uint32_t theirs;
	char buf[8];

	CU_ASSERT_EQUAL(listen(tcp, 1), 0);
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &few), 0);
	start(OPTIONS);
	meet();
	send_tcp(port, 1000, 0, 0x02, NULL, 0, NULL);
	theirs = get32(expect(0x0800, 6, NULL) + 38) + 1;
	send_tcp(port, 1001, theirs, 0x10, NULL, 0, NULL);
	CU_ASSERT_FATAL(rig_until(loop, readable, &tcp));
	conn = accept4(tcp, NULL, NULL, SOCK_NONBLOCK);
	for (unsigned int i = 0; i < 2000; i++) {
		send_udp(HOST, 10000 + i, sink, "x", 1);
		if (i % 16 == 0)
			rig_for_ms(loop, 1);
	}
	spare = dup(fd);
	CU_ASSERT(spare >= 0 && spare < 190);
	close(spare);
	CU_ASSERT(nat->stats.tx_drop[PORT_DROP_DEVICE] > 1000);
	send_tcp(port, 1001, theirs, 0x18, "still", 5, NULL);
	CU_ASSERT(rig_until(loop, readable, &conn));
	CU_ASSERT_EQUAL(recv(conn, buf, sizeof(buf), 0), 5);
	stop();
	close(conn);
	close(tcp);
	close(fd);
}

/* Frames that are nothing libslirp knows, of all sizes, with bad headers and claims. */
static void test_garbage(void)
{
	struct packet_meta meta = {.flags = META_NEEDS_CSUM};
	uint32_t state = 7;

	start(OPTIONS);
	meet();
	for (unsigned int i = 0; i < 4000; i++) {
		uint32_t len = i % 40 == 0 ? 14 + (state >> 8) % 65000 : 14 + (state >> 8) % 200;

		for (uint32_t j = 0; j < len; j++) {
			state = state * 1664525 + 1013904223;
			out[j] = (uint8_t)(state >> 24);
		}
		ethernet(host_mac, i & 1 ? 0x0800 : i & 2 ? 0x86dd : 0x0806);
		if (i & 1)
			out[14] = 0x45;
		meta.csum_start = (uint16_t)(state >> 16);
		meta.gso_type = (uint8_t)(i / 7 % 6);
		meta.gso_size = (uint16_t)(state >> 12);
		send_meta(len, i % 3 ? NULL : &meta);
		if (i % 100 == 0)
			rig_for_ms(loop, 1);
	}
	probe_forget(&guest);
	meet(); /* it is well */
	stop();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"options", test_config},
		{"ARP and ICMP echo", test_arp_icmp},
		{"DHCP", test_dhcp},
		{"UDP", test_udp},
		{"TCP, a large segment", test_tcp_large},
		{"IPv6", test_ipv6},
		{"garbage", test_garbage},
		{"a flood of flows", test_many_flows}, /* last: its limit stays */
		CU_TEST_INFO_NULL,
	};

	return run_suite("nat", setup, teardown, tests);
}
