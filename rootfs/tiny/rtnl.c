// SPDX-License-Identifier: GPL-2.0
/* rtnetlink(7) as far as this system needs it: one request, one answer. See rtnl.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "rtnl.h"

/* Of linux/if.h, which not every libc lets stand beside net/if.h. */
#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP (1 << 16)
#endif

#define ATTRIBUTES 256 /* bytes; what we say is far less */

struct request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
		struct rtmsg route;
		char room[ATTRIBUTES];
	};
};

static void begin(struct request *r, uint16_t type, uint16_t flags, size_t body)
{
	memset(r, 0, sizeof(*r));
	r->head.nlmsg_type = type;
	r->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	r->head.nlmsg_len = NLMSG_LENGTH(body);
}

static void add(struct request *r, uint16_t type, const void *data, size_t len)
{
	struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* What the kernel says to it. */
static int ask(struct request *r)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr body;
		char more[1024];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err = -EPROTO;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (send(fd, r, r->head.nlmsg_len, 0) < 0) {
		err = -errno;
	} else {
		n = recv(fd, &answer, sizeof(answer), 0);
		if (n >= (ssize_t)NLMSG_LENGTH(sizeof(answer.body)) &&
		    answer.head.nlmsg_type == NLMSG_ERROR)
			err = answer.body.error;
	}
	close(fd);
	return err;
}

int rtnl_link_up(int ifindex, uint32_t mtu)
{
	struct request r;

	begin(&r, RTM_NEWLINK, 0, sizeof(r.link));
	r.link.ifi_index = ifindex;
	r.link.ifi_flags = r.link.ifi_change = IFF_UP;
	if (mtu)
		add(&r, IFLA_MTU, &mtu, sizeof(mtu));
	return ask(&r);
}

/*
 * The card's IFF_ flags, or -errno. An answer to RTM_GETLINK says IFF_LOWER_UP only when the card's
 * queue has been opened, too (linkwatch_sync_dev() in the kernel's net/core/rtnetlink.c), which
 * SIOCGIFFLAGS and the kernel's own news do not promise.
 */
static int link_flags(int ifindex)
{
	struct {
		struct nlmsghdr head;
		union {
			struct ifinfomsg link;
			struct nlmsgerr error;
		};
		char more[4096]; /* not looked at */
	} answer;
	struct request r;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), flags = -EPROTO;
	ssize_t n;

	if (fd < 0)
		return -errno;
	begin(&r, RTM_GETLINK, 0, sizeof(r.link));
	r.head.nlmsg_flags = NLM_F_REQUEST;
	r.link.ifi_index = ifindex;
	n = send(fd, &r, r.head.nlmsg_len, 0);
	if (n >= 0)
		n = recv(fd, &answer, sizeof(answer), 0);
	if (n < 0)
		flags = -errno;
	else if (n >= (ssize_t)NLMSG_LENGTH(sizeof(answer.link)) &&
		 answer.head.nlmsg_type == RTM_NEWLINK)
		flags = (int)(answer.link.ifi_flags & INT_MAX);
	else if (n >= (ssize_t)NLMSG_LENGTH(sizeof(answer.error)) &&
		 answer.head.nlmsg_type == NLMSG_ERROR)
		flags = answer.error.error;
	close(fd);
	return flags;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int rtnl_link_wait(int ifindex, int ms)
{
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), flags, n = 1;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t end = now_ms() + ms, left;
	char news[8192];

	if (fd < 0)
		return -errno;
	/* Listens before it looks: no change is missed. */
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		n = -1;
	while ((flags = link_flags(ifindex)) >= 0 && !(flags & IFF_LOWER_UP) && n > 0) {
		left = end - now_ms();
		n = poll(&p, 1, left > 0 ? (int)left : 0);
		if (n > 0 && recv(fd, news, sizeof(news), 0) < 0 && errno != ENOBUFS)
			n = -1;
	}
	close(fd);
	return flags < 0 ? flags : flags & IFF_LOWER_UP ? 0 : -ETIMEDOUT;
}

int rtnl_link_move(int ifindex, int namespace_fd)
{
	struct request r;

	begin(&r, RTM_NEWLINK, 0, sizeof(r.link));
	r.link.ifi_index = ifindex;
	add(&r, IFLA_NET_NS_FD, &namespace_fd, sizeof(namespace_fd));
	return ask(&r);
}

static size_t bytes_of(const struct rtnl_address *a)
{
	return a->family == AF_INET ? 4 : 16;
}

/* Without the search for duplicates: in a rig an address is where it was put. */
int rtnl_address_add(int ifindex, const struct rtnl_address *addr)
{
	uint32_t broadcast;
	struct request r;

	begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(r.address));
	r.address.ifa_family = (uint8_t)addr->family;
	r.address.ifa_prefixlen = (uint8_t)addr->prefix;
	r.address.ifa_index = (uint32_t)ifindex;
	if (addr->family == AF_INET6)
		r.address.ifa_flags = IFA_F_NODAD;
	add(&r, IFA_LOCAL, addr->bytes, bytes_of(addr));
	add(&r, IFA_ADDRESS, addr->bytes, bytes_of(addr));
	if (addr->family == AF_INET && addr->prefix < 31) {
		memcpy(&broadcast, addr->bytes, 4);
		broadcast |= htonl(0xffffffffU >> addr->prefix);
		add(&r, IFA_BROADCAST, &broadcast, 4);
	}
	return ask(&r);
}

int rtnl_route_add(const struct rtnl_address *to, const struct rtnl_address *via)
{
	struct request r;

	begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(r.route));
	r.route.rtm_family = (uint8_t)via->family;
	r.route.rtm_dst_len = (uint8_t)to->prefix;
	r.route.rtm_table = RT_TABLE_MAIN;
	r.route.rtm_protocol = RTPROT_STATIC;
	r.route.rtm_scope = RT_SCOPE_UNIVERSE;
	r.route.rtm_type = RTN_UNICAST;
	if (to->prefix)
		add(&r, RTA_DST, to->bytes, bytes_of(to));
	add(&r, RTA_GATEWAY, via->bytes, bytes_of(via));
	return ask(&r);
}

/* Whether the card of that name has an address that begins so; the whole of it goes to `whole`. */
static bool has_mac(int fd, const char *name, const uint8_t *mac, size_t len, uint8_t *whole)
{
	struct ifreq ifr = {0};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) || memcmp(ifr.ifr_hwaddr.sa_data, mac, len) != 0)
		return false;
	if (whole)
		memcpy(whole, ifr.ifr_hwaddr.sa_data, 6);
	return true;
}

int rtnl_find(const uint8_t *mac, size_t len, uint8_t *whole, char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), found = -ENODEV;
	struct if_nameindex *list = if_nameindex(), *i;

	for (i = list; fd >= 0 && i && i->if_index && found < 0; i++) {
		if (!has_mac(fd, i->if_name, mac, len, whole))
			continue;
		found = (int)i->if_index;
		if (name)
			snprintf(name, IF_NAMESIZE, "%s", i->if_name);
	}
	if (list)
		if_freenameindex(list);
	close(fd);
	return found;
}
