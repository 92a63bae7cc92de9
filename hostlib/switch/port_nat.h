/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A port that is the host's network, without privileges: libslirp answers DHCP and DNS and carries
 * TCP, UDP and ICMP echo through sockets of this process. libslirp writes to sockets whose other side
 * may have gone: the program must ignore SIGPIPE.
 */
#ifndef NESTLING_PORT_NAT_H
#define NESTLING_PORT_NAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include "switch.h"

/* A way in: what comes to a port of the host goes to a guest's. */
struct nat_forward {
	bool udp, v6;
	union {
		struct in_addr host; /* network byte order; 127.0.0.1 where the text has none */
		struct in6_addr host6;
	};
	union {
		struct in_addr guest; /* 0: the address that DHCP gives first */
		struct in6_addr guest6; /* must be given */
	};
	uint16_t host_port, guest_port;
};

/*
 * Reads tcp|udp:[ADDR]:PORT:[GUEST]:PORT; IPv6 addresses stand in brackets, and both are of one
 * version. 0, or -EINVAL with a sentence.
 */
int nat_forward_parse(struct nat_forward *f, const char *text, char *err, size_t err_len);
/* As a text that nat_forward_parse() reads. */
void nat_forward_print(const struct nat_forward *f, char *out, size_t len);

#define NAT_FORWARDS_MAX 256

/* All that the options of a port say, checked. Addresses in network byte order. */
struct nat_config {
	struct in_addr net, mask, host, dhcp, dns;
	bool no_dhcp, no_dns, no_ipv6, restricted, no_loopback;
	struct in6_addr prefix6; /* /64 */
	unsigned int mtu;
	unsigned int forwards;
	struct nat_forward forward[NAT_FORWARDS_MAX];
};

/* Reads the options ("" or NULL: none). 0, or -EINVAL with a sentence. Pure. */
int nat_config_parse(struct nat_config *c, const char *text, char *err, size_t err_len);

/* Whether port is one of these. */
bool port_is_nat(const struct port *port);

/*
 * Adds a forward, or removes it (what the text says of the guest does not count then), while the
 * port runs. 0, or -errno with a sentence in err: -EINVAL, -EEXIST, -ENOENT, -EADDRINUSE, -EACCES.
 */
int port_nat_forward(struct port *port, const char *spec, bool add, char *err, size_t err_len);
/* Calls fn with each forward's text. */
void port_nat_forwards(const struct port *port, void (*fn)(void *arg, const char *spec), void *arg);

#endif
