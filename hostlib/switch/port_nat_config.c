// SPDX-License-Identifier: GPL-2.0
/* Options of a NAT port, and forwards, as texts; see port_nat.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "port_nat.h"
#include "port_private.h"

#define PREFIX_MIN 8
#define PREFIX_MAX 28 /* 16 addresses: the host, DNS, and some for guests */
#define MTU_MIN 1280 /* of IPv6 */
#define MTU_MAX 65521 /* libslirp's */

#define FORWARD_FORM "tcp|udp:[ADDR]:PORT:[GUEST]:PORT"

/* Takes the field at *text, up to a ':' outside brackets or the end, into out. 0 or -EINVAL. */
static int field(const char **text, char *out, size_t room, bool last)
{
	const char *p = *text;
	size_t len;

	if (*p == '[') {
		const char *close = strchr(p, ']');

		if (!close)
			return -EINVAL;
		len = (size_t)(close - p) + 1;
	} else {
		len = strcspn(p, ":");
	}
	if (len >= room || p[len] != (last ? 0 : ':'))
		return -EINVAL;
	memcpy(out, p, len);
	out[len] = 0;
	*text = p + len + (last ? 0 : 1);
	return 0;
}

/* 4: an IPv4 address, 6: one in brackets, 0: none; -EINVAL. */
static int address(const char *text, void *out)
{
	char bare[INET6_ADDRSTRLEN];
	size_t len = strlen(text);

	if (!len)
		return 0;
	if (*text != '[')
		return inet_pton(AF_INET, text, out) == 1 ? 4 : -EINVAL;
	if (len - 2 >= sizeof(bare))
		return -EINVAL;
	memcpy(bare, text + 1, len - 2);
	bare[len - 2] = 0;
	return inet_pton(AF_INET6, bare, out) == 1 ? 6 : -EINVAL;
}

static int forward_addresses(struct nat_forward *f, const char *host, const char *guest)
{
	int hv = address(host, &f->host6), gv = address(guest, &f->guest6);

	if (hv < 0 || gv < 0 || (hv && gv && hv != gv))
		return -EINVAL;
	f->v6 = hv == 6 || gv == 6;
	if (f->v6) {
		if (!hv)
			f->host6 = in6addr_loopback;
		return gv ? 0 : -EDESTADDRREQ;
	}
	if (!hv)
		f->host.s_addr = htonl(INADDR_LOOPBACK);
	return 0;
}

int nat_forward_parse(struct nat_forward *f, const char *text, char *err, size_t err_len)
{
	char proto[8], host[64], host_port[8], guest[64], guest_port[8];
	const char *p = text;
	uint64_t hp, gp;
	int rc;

	memset(f, 0, sizeof(*f));
	if (field(&p, proto, sizeof(proto), false) || field(&p, host, sizeof(host), false) ||
	    field(&p, host_port, sizeof(host_port), false) ||
	    field(&p, guest, sizeof(guest), false) ||
	    field(&p, guest_port, sizeof(guest_port), true))
		return port_fail(err, err_len, -EINVAL,
				 "'%s' is no forward: it is written " FORWARD_FORM, text);
	f->udp = !strcmp(proto, "udp");
	if (!f->udp && strcmp(proto, "tcp"))
		return port_fail(err, err_len, -EINVAL, "forward '%s': '%s' is neither tcp nor udp",
				 text, proto);
	if (port_number(host_port, 1, 65535, &hp) || port_number(guest_port, 1, 65535, &gp))
		return port_fail(err, err_len, -EINVAL, "forward '%s': ports are 1 to 65535", text);
	f->host_port = (uint16_t)hp;
	f->guest_port = (uint16_t)gp;
	rc = forward_addresses(f, host, guest);
	if (rc == -EDESTADDRREQ)
		return port_fail(err, err_len, -EINVAL,
				 "forward '%s': with IPv6 the guest's address must be there", text);
	if (rc)
		return port_fail(err, err_len, -EINVAL,
				 "forward '%s': addresses are numbers of one version of IP, those "
				 "of IPv6 in [brackets]",
				 text);
	return 0;
}

static void print_address(char *out, size_t len, bool v6, const void *addr)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(v6 ? AF_INET6 : AF_INET, addr, text, sizeof(text));
	snprintf(out, len, v6 ? "[%s]" : "%s", text);
}

void nat_forward_print(const struct nat_forward *f, char *out, size_t len)
{
	char host[64], guest[64] = "";

	print_address(host, sizeof(host), f->v6, &f->host6);
	if (f->v6 || f->guest.s_addr)
		print_address(guest, sizeof(guest), f->v6, &f->guest6);
	snprintf(out, len, "%s:%s:%u:%s:%u", f->udp ? "udp" : "tcp", host, f->host_port, guest,
		 f->guest_port);
}

static int set_net(void *ctx, const char *value, char *err, size_t err_len)
{
	struct nat_config *c = ctx;
	char addr[INET_ADDRSTRLEN];
	const char *slash = strchr(value, '/');
	size_t len = slash ? (size_t)(slash - value) : 0;
	uint64_t prefix;

	if (!slash || len >= sizeof(addr) ||
	    port_number(slash + 1, PREFIX_MIN, PREFIX_MAX, &prefix))
		goto bad;
	memcpy(addr, value, len);
	addr[len] = 0;
	if (inet_pton(AF_INET, addr, &c->net) != 1)
		goto bad;
	c->mask.s_addr = htonl(~0U << (32 - prefix));
	if (c->net.s_addr & ~c->mask.s_addr)
		goto bad;
	return 0;
bad:
	return port_fail(err, err_len, -EINVAL,
			 "nat: net=%s is no network: write it as 10.0.2.0/24, the prefix from %d "
			 "to %d",
			 value, PREFIX_MIN, PREFIX_MAX);
}

static int set_address(struct in_addr *out, const char *what, const char *value, char *err,
		       size_t err_len)
{
	if (inet_pton(AF_INET, value, out) == 1 && out->s_addr)
		return 0;
	return port_fail(err, err_len, -EINVAL, "nat: %s=%s is no IPv4 address", what, value);
}

static int set_host(void *ctx, const char *value, char *err, size_t err_len)
{
	return set_address(&((struct nat_config *)ctx)->host, "host", value, err, err_len);
}

static int set_dhcp(void *ctx, const char *value, char *err, size_t err_len)
{
	struct nat_config *c = ctx;

	c->no_dhcp = !strcmp(value, "off");
	return c->no_dhcp ? 0 : set_address(&c->dhcp, "dhcp", value, err, err_len);
}

static int set_dns(void *ctx, const char *value, char *err, size_t err_len)
{
	struct nat_config *c = ctx;

	c->no_dns = !strcmp(value, "off");
	return c->no_dns ? 0 : set_address(&c->dns, "dns", value, err, err_len);
}

static int set_ipv6(void *ctx, const char *value, char *err, size_t err_len)
{
	struct nat_config *c = ctx;
	char addr[INET6_ADDRSTRLEN];
	size_t len = strcspn(value, "/");

	c->no_ipv6 = !strcmp(value, "off");
	if (c->no_ipv6)
		return 0;
	if (len < sizeof(addr) && !strcmp(value + len, "/64")) {
		memcpy(addr, value, len);
		addr[len] = 0;
		if (inet_pton(AF_INET6, addr, &c->prefix6) == 1 &&
		    !memcmp(&c->prefix6.s6_addr[8], "\0\0\0\0\0\0\0", 8))
			return 0;
	}
	return port_fail(err, err_len, -EINVAL,
			 "nat: ipv6=%s is neither off nor a prefix such as fec0::/64", value);
}

static int set_mtu(void *ctx, const char *value, char *err, size_t err_len)
{
	uint64_t mtu;

	if (port_number(value, MTU_MIN, MTU_MAX, &mtu))
		return port_fail(err, err_len, -EINVAL, "nat: mtu=%s is not from %d to %d", value,
				 MTU_MIN, MTU_MAX);
	((struct nat_config *)ctx)->mtu = (unsigned int)mtu;
	return 0;
}

static int set_loopback(void *ctx, const char *value, char *err, size_t err_len)
{
	bool off = !strcmp(value, "off");

	if (!off && strcmp(value, "on"))
		return port_fail(err, err_len, -EINVAL, "nat: loopback=%s is neither on nor off",
				 value);
	((struct nat_config *)ctx)->no_loopback = off;
	return 0;
}

static int set_restricted(void *ctx, const char *value, char *err, size_t err_len)
{
	((struct nat_config *)ctx)->restricted = true;
	return 0;
}

static int set_forward(void *ctx, const char *value, char *err, size_t err_len)
{
	struct nat_config *c = ctx;

	if (c->forwards == NAT_FORWARDS_MAX)
		return port_fail(err, err_len, -EINVAL, "nat: there are more than %d forwards",
				 NAT_FORWARDS_MAX);
	return nat_forward_parse(&c->forward[c->forwards++], value, err, err_len);
}

static const struct port_word words[] = {
	{"net=", set_net},           {"host=", set_host},
	{"dhcp=", set_dhcp},         {"dns=", set_dns},
	{"ipv6=", set_ipv6},         {"mtu=", set_mtu},
	{"loopback=", set_loopback}, {"restricted", set_restricted},
	{"hostfwd=", set_forward},   {NULL, NULL},
};

/* Whether addr is one that something of the network can have. */
static bool usable(const struct nat_config *c, struct in_addr addr)
{
	uint32_t host = ntohl(addr.s_addr & ~c->mask.s_addr);

	return (addr.s_addr & c->mask.s_addr) == c->net.s_addr && host &&
	       host != ntohl(~c->mask.s_addr);
}

/* The usual places in the network for what no option named. */
static void fill_in(struct nat_config *c)
{
	bool small = ntohl(~c->mask.s_addr) < 31;

	if (!c->host.s_addr)
		c->host.s_addr = c->net.s_addr | htonl(2);
	if (!c->dns.s_addr)
		c->dns.s_addr = c->net.s_addr | htonl(3);
	if (!c->dhcp.s_addr)
		c->dhcp.s_addr = c->net.s_addr | htonl(small ? 4 : 15);
}

int nat_config_parse(struct nat_config *c, const char *text, char *err, size_t err_len)
{
	int rc;

	memset(c, 0, sizeof(*c));
	c->mtu = 1500;
	c->net.s_addr = htonl(0x0a000200);
	c->mask.s_addr = htonl(0xffffff00);
	inet_pton(AF_INET6, "fec0::", &c->prefix6);
	rc = port_words(text ? text : "", "nat", words, c, err, err_len);
	if (rc)
		return rc;
	fill_in(c);
	if (!usable(c, c->host) || !usable(c, c->dhcp) || !usable(c, c->dns))
		return port_fail(err, err_len, -EINVAL,
				 "nat: host=, dhcp= and dns= must lie in net=");
	if (c->host.s_addr == c->dhcp.s_addr || c->host.s_addr == c->dns.s_addr ||
	    c->dhcp.s_addr == c->dns.s_addr)
		return port_fail(err, err_len, -EINVAL,
				 "nat: host=, dhcp= and dns= must be three addresses");
	return 0;
}
