// SPDX-License-Identifier: GPL-2.0
/*
 * NAT: its options, and a guest made by hand that talks to sockets of this host through it. All
 * stays on the loopback interface.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include "port_kinds.h"
#include "offload.h"
#include "port_nat.h"
#include "port_nat_merge.h"
#include "switch_rig.h"

#define GUEST_MAC "\x02\x00\x00\x00\x00\x0f"
#define HOST 0x0a4d0002U /* 10.77.0.2 */
#define GUEST 0x0a4d000fU
#define OPTIONS "nat:net=10.77.0.0/24"

static struct loop *loop;
static struct sw *sw;
static struct probe guest;
static struct port *nat;
static uint8_t host_mac[6];

static int setup(void)
{
	struct sw_config config = {0};

	loop = loop_new();
	sw = sw_new(loop, &config);
	if (!loop || !sw)
		return 1;
	probe_add(&guest, sw);
	return 0;
}

static int teardown(void)
{
	sw_free(sw);
	loop_free(loop);
	return 0;
}

static void start(const char *spec)
{
	char err[256] = "";

	if (port_create(&nat, sw, spec, NULL, err, sizeof(err))) {
		printf("\n%s: %s\n", spec, err);
		CU_FAIL_FATAL("port");
	}
	probe_forget(&guest);
}

static void stop(void)
{
	port_remove(nat);
	nat = NULL;
}

/* --- texts ------------------------------------------------------------------ */

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

/* --- a guest by hand -------------------------------------------------------- */

static uint8_t out[PACKET_MAX];

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/* Ones' complement sum (RFC 1071), not yet inverted. */
static uint32_t sum(const uint8_t *p, size_t len, uint32_t s)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		s += get16(p + i);
	if (len & 1)
		s += (uint32_t)p[len - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static void send_meta(uint32_t len, const struct packet_meta *meta)
{
	struct iovec iov = {out, len};
	struct packet p;

	CU_ASSERT_EQUAL_FATAL(packet_init(&p, &iov, 1, len, meta), 0);
	switch_input(guest.port, &p);
	switch_flush(sw);
}

static void ethernet(const uint8_t *to, unsigned int type)
{
	memcpy(out, to, 6);
	memcpy(out + 6, GUEST_MAC, 6);
	put16(out + 12, type);
}

/* The IP header for len bytes behind it; the sum of the pseudo header. */
static uint32_t ip(unsigned int proto, uint32_t src, uint32_t dst, uint32_t len)
{
	uint8_t *h = out + 14;
	uint8_t pseudo[12];

	ethernet(host_mac, 0x0800);
	memset(h, 0, 20);
	h[0] = 0x45;
	put16(h + 2, 20 + len);
	h[8] = 64;
	h[9] = (uint8_t)proto;
	put32(h + 12, src);
	put32(h + 16, dst);
	put16(h + 10, ~sum(h, 20, 0) & 0xffff);
	put32(pseudo, src);
	put32(pseudo + 4, dst);
	put16(pseudo + 8, proto);
	put16(pseudo + 10, len);
	return sum(pseudo, 12, 0);
}

static void send_udp(uint32_t dst, unsigned int sport, unsigned int dport, const void *data,
		     uint32_t len)
{
	uint32_t s = ip(17, GUEST, dst, 8 + len);
	uint8_t *u = out + 34;

	put16(u, sport);
	put16(u + 2, dport);
	put16(u + 4, 8 + len);
	put16(u + 6, 0);
	memcpy(u + 8, data, len);
	put16(u + 6, ~sum(u, 8 + len, s) & 0xffff);
	send_meta(42 + len, NULL);
}

/* A frame that is looked for: its type, and that of the protocol behind. */
struct wanted {
	unsigned int type, proto; /* Ethernet's; IP's or ARP's operation */
	const uint8_t *frame; /* found */
	uint32_t len;
};

static bool find(void *arg)
{
	struct wanted *w = arg;

	for (unsigned int i = 0; i < guest.count && i < PROBE_KEEP; i++) {
		const uint8_t *f = guest.frame[i].data;

		if (guest.frame[i].len < 42 || get16(f + 12) != w->type)
			continue;
		if ((w->type == 0x0800 && f[23] != w->proto) ||
		    (w->type == 0x0806 && get16(f + 20) != w->proto) ||
		    (w->type == 0x86dd && (f[20] != 58 || f[54] != w->proto)))
			continue;
		w->frame = f;
		w->len = guest.frame[i].len;
		return true;
	}
	return false;
}

static const uint8_t *expect(unsigned int type, unsigned int proto, uint32_t *len)
{
	struct wanted w = {.type = type, .proto = proto};

	CU_ASSERT_FATAL(rig_until(loop, find, &w));
	if (len)
		*len = w.len;
	return w.frame;
}

static void send_arp(unsigned int op, uint32_t target)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint8_t *a = out + 14;

	ethernet(all, 0x0806);
	memset(a, 0, 46);
	memcpy(a, "\0\1\10\0\6\4", 6);
	put16(a + 6, op);
	memcpy(a + 8, GUEST_MAC, 6);
	put32(a + 14, GUEST);
	put32(a + 24, target);
	send_meta(60, NULL);
}

/* Both learn of each other. */
static void meet(void)
{
	const uint8_t *f;

	send_arp(1, HOST);
	f = expect(0x0806, 2, NULL);
	CU_ASSERT_EQUAL(get32(f + 28), HOST);
	memcpy(host_mac, f + 22, 6);
	probe_forget(&guest);
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

/* A socket of this host; its port in *port. */
static int host_socket(int type, unsigned int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static bool readable(void *arg)
{
	struct pollfd p = {.fd = *(int *)arg, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
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

/* --- segments put together ------------------------------------------------- */

#define SEGMENTS 44
#define MSS 1460

static uint8_t segment[SEGMENTS + 1][1600];
static uint32_t segment_len[SEGMENTS + 1];

/* A stream of segments as a host sends it; the last one shorter, with PSH. */
static void make_segments(void)
{
	static uint8_t data[MSS];
	uint32_t seq = 0xffffff00; /* it wraps */

	memcpy(host_mac, "\2\2\2\2\2\2", 6);
	for (unsigned int i = 0; i < SEGMENTS; i++) {
		uint32_t len = i == SEGMENTS - 1 ? 333 : MSS, s;
		uint8_t *t = out + 34;

		memset(data, (int)i, sizeof(data));
		s = ip(6, HOST, GUEST, 20 + len);
		put16(out + 18, 7000 + i);
		put16(out + 24, 0);
		put16(out + 24, ~sum(out + 14, 20, 0) & 0xffff);
		memset(t, 0, 20);
		put16(t, 80);
		put16(t + 2, 5000);
		put32(t + 4, seq);
		put32(t + 8, 77);
		t[12] = 0x50;
		t[13] = i == SEGMENTS - 1 ? 0x18 : 0x10;
		put16(t + 14, 8760);
		memcpy(t + 20, data, len);
		put16(t + 16, ~sum(t, 20 + len, s) & 0xffff);
		segment_len[i] = 54 + len;
		memcpy(segment[i], out, segment_len[i]);
		seq += len;
	}
}

static unsigned int cut_number;

static void check_cut(void *arg, struct frame *f)
{
	unsigned int i = cut_number++;

	CU_ASSERT_FATAL(i < SEGMENTS);
	CU_ASSERT_EQUAL(f->len, segment_len[i]);
	CU_ASSERT(!memcmp(f->data, segment[i], f->len));
	frame_put(f);
}

/* What was put together and is cut again is the same, to the byte. */
static void test_merge(void)
{
	static struct nat_merge m;
	struct packet_meta meta;
	struct frame *f;
	unsigned int done = 0, large = 0;

	make_segments();
	nat_merge_reset(&m);
	cut_number = 0;
	CU_ASSERT(!nat_merge_finish(&m, &meta));
	while (done < SEGMENTS) {
		while (done < SEGMENTS && nat_merge_add(&m, segment[done], segment_len[done]))
			done++;
		CU_ASSERT_FATAL(nat_merge_finish(&m, &meta));
		CU_ASSERT(m.len <= 65549);
		large++;
		f = frame_new(sw_pool(sw), m.len);
		memcpy(f->data, m.buf, m.len);
		f->meta = meta;
		CU_ASSERT_EQUAL(offload_segment(f, check_cut, NULL), 0);
		frame_put(f);
		nat_merge_reset(&m);
	}
	CU_ASSERT_EQUAL(cut_number, SEGMENTS);
	CU_ASSERT_EQUAL(large, 1);
}

/* What does not belong together stays apart. */
static void test_merge_not(void)
{
	static const struct {
		unsigned int at;
		uint8_t value;
	} other[] = {
		{0, 4},  {6, 4},  {12, 9},  {14, 0x46}, {15, 4},    {17, 1},    {20, 0x20},
		{21, 1}, {22, 1}, {23, 17}, {26, 1},    {33, 1},    {34, 1},    {37, 1},
		{38, 1}, {41, 1}, {45, 1},  {46, 0x60}, {47, 0x11}, {47, 0x30}, {49, 1},
	};
	static struct nat_merge m;
	struct packet_meta meta;
	uint8_t f[1600];

	make_segments();
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		nat_merge_reset(&m);
		CU_ASSERT(nat_merge_add(&m, segment[0], segment_len[0]));
		memcpy(f, segment[1], segment_len[1]);
		f[other[i].at] = other[i].value;
		CU_ASSERT(!nat_merge_add(&m, f, segment_len[1]));
		CU_ASSERT(nat_merge_finish(&m, &meta));
		CU_ASSERT(m.len == segment_len[0] && !memcmp(m.buf, segment[0], m.len));
		CU_ASSERT(!meta.flags && !meta.gso_type);
	}
	nat_merge_reset(&m);
	CU_ASSERT(nat_merge_add(&m, segment[SEGMENTS - 1], segment_len[SEGMENTS - 1]));
	CU_ASSERT(!nat_merge_add(&m, segment[0], segment_len[0])); /* behind PSH */
	nat_merge_reset(&m);
	CU_ASSERT(!nat_merge_add(&m, segment[0], 53));
	CU_ASSERT(!nat_merge_add(&m, segment[0], 54));
	CU_ASSERT(!nat_merge_add(&m, segment[0],
				 segment_len[0] - 1)); /* not the IP header's length */
	CU_ASSERT(nat_merge_add(&m, segment[0], segment_len[0]));
	CU_ASSERT(!nat_merge_add(&m, segment[2], segment_len[2])); /* one is missing */
}

/* --- forwards --------------------------------------------------------------- */

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
		{"texts of forwards", test_forward},
		{"options", test_config},
		{"ARP and ICMP echo", test_arp_icmp},
		{"DHCP", test_dhcp},
		{"UDP", test_udp},
		{"TCP, a large segment", test_tcp_large},
		{"segments are put together", test_merge},
		{"those that do not belong together are not", test_merge_not},
		{"TCP forwards while it runs", test_forward_tcp},
		{"UDP forwards", test_forward_udp},
		{"IPv6 forwards", test_forward_ipv6},
		{"IPv6", test_ipv6},
		{"garbage", test_garbage},
		{"a flood of flows", test_many_flows}, /* last: its limit stays */
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"nat", setup, teardown, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
	unsigned int failed;

	CU_initialize_registry();
	CU_register_suites(suites);
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + (CU_get_error() ? 1 : 0);
	CU_cleanup_registry();
	return failed != 0;
}
