/* SPDX-License-Identifier: GPL-2.0 */
/* Network cards, addresses and routes, by rtnetlink(7). All return 0 or -errno. */
#ifndef NESTLING_TINY_RTNL_H
#define NESTLING_TINY_RTNL_H

#include <stddef.h>
#include <stdint.h>

struct rtnl_address {
	int family; /* AF_INET, AF_INET6 */
	uint8_t bytes[16];
	unsigned int prefix;
};

int rtnl_link_up(int ifindex, uint32_t mtu); /* mtu 0: as it is */
/*
 * Returns when a card that is up sends what it is given: before it has its carrier, and a moment
 * longer, frames are dropped. Waits ms at most: 0, -ETIMEDOUT (it has no carrier), or -errno.
 */
int rtnl_link_wait(int ifindex, int ms);
int rtnl_link_move(int ifindex, int namespace_fd);
/* What was said of that address or route before is replaced. */
int rtnl_address_add(int ifindex, const struct rtnl_address *addr);
int rtnl_route_add(const struct rtnl_address *to, const struct rtnl_address *via);
/* The card whose hardware address begins so: index, or -errno. whole, name: all of it, or NULL. */
int rtnl_find(const uint8_t *mac, size_t len, uint8_t *whole, char *name);

#endif
