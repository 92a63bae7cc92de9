/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A NAT port, and a guest made by hand behind it that writes its frames byte by byte. All stays on
 * the loopback interface.
 */
#ifndef NESTLING_NAT_GUEST_H
#define NESTLING_NAT_GUEST_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include "bytes.h"
#include "port_kinds.h"
#include "port_nat.h"
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

static inline int setup(void)
{
	/* libslirp writes to sockets whose other side has gone. */
	signal(SIGPIPE, SIG_IGN);
	return rig_setup(&loop, &sw, &guest);
}

static inline int teardown(void)
{
	sw_free(sw);
	loop_free(loop);
	return 0;
}

static inline void start(const char *spec)
{
	char err[256] = "";

	if (port_create(&nat, sw, spec, NULL, err, sizeof(err))) {
		printf("\n%s: %s\n", spec, err);
		CU_FAIL_FATAL("port");
	}
	probe_forget(&guest);
}

static inline void stop(void)
{
	port_remove(nat);
	nat = NULL;
}

/* --- a guest by hand -------------------------------------------------------- */

static uint8_t out[PACKET_MAX];

/* Ones' complement sum (RFC 1071), not yet inverted. */
static inline uint32_t sum(const uint8_t *p, size_t len, uint32_t s)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		s += get16(p + i);
	if (len & 1)
		s += (uint32_t)p[len - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static inline void send_meta(uint32_t len, const struct packet_meta *meta)
{
	struct iovec iov = {out, len};
	struct packet p;

	CU_ASSERT_EQUAL_FATAL(packet_init(&p, &iov, 1, len, meta), 0);
	switch_input(guest.port, &p);
	switch_flush(sw);
}

static inline void ethernet(const uint8_t *to, unsigned int type)
{
	memcpy(out, to, 6);
	memcpy(out + 6, GUEST_MAC, 6);
	put16(out + 12, type);
}

/* The IP header for len bytes behind it; the sum of the pseudo header. */
static inline uint32_t ip(unsigned int proto, uint32_t src, uint32_t dst, uint32_t len)
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

static inline void send_udp(uint32_t dst, unsigned int sport, unsigned int dport, const void *data,
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

static inline bool find(void *arg)
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

static inline const uint8_t *expect(unsigned int type, unsigned int proto, uint32_t *len)
{
	struct wanted w = {.type = type, .proto = proto};

	CU_ASSERT_FATAL(rig_until(loop, find, &w));
	if (len)
		*len = w.len;
	return w.frame;
}

static inline void send_arp(unsigned int op, uint32_t target)
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
static inline void meet(void)
{
	const uint8_t *f;

	send_arp(1, HOST);
	f = expect(0x0806, 2, NULL);
	CU_ASSERT_EQUAL(get32(f + 28), HOST);
	memcpy(host_mac, f + 22, 6);
	probe_forget(&guest);
}

/* A socket of this host; its port in *port. */
static inline int host_socket(int type, unsigned int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static inline bool readable(void *arg)
{
	struct pollfd p = {.fd = *(int *)arg, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

#endif
