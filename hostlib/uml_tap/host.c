// SPDX-License-Identifier: GPL-2.0
/* What the host has: interfaces and addresses, by netlink; see uml_tap.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/rtnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "uml_tap.h"

struct gather {
	struct iface *out;
	unsigned int count, room;
};

static void take_string(char *out, size_t room, struct nlattr *a)
{
	if (a)
		snprintf(out, room, "%.*s", nla_len(a), (const char *)nla_data(a));
}

static void take_mac(char out[static 18], struct nlattr *a)
{
	const uint8_t *m;

	if (!a || nla_len(a) != 6)
		return;
	m = nla_data(a);
	snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void take_tun(struct iface *i, struct nlattr *data)
{
	struct nlattr *t[IFLA_TUN_MAX + 1];

	if (!data || nla_parse_nested(t, IFLA_TUN_MAX, data, NULL))
		return;
	i->tap = t[IFLA_TUN_TYPE] && nla_get_u8(t[IFLA_TUN_TYPE]) == IFF_TAP;
	i->persistent = t[IFLA_TUN_PERSIST] && nla_get_u8(t[IFLA_TUN_PERSIST]);
	if (t[IFLA_TUN_OWNER])
		i->user = nla_get_u32(t[IFLA_TUN_OWNER]);
	if (t[IFLA_TUN_GROUP])
		i->group = nla_get_u32(t[IFLA_TUN_GROUP]);
}

static int on_link(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct gather *g = arg;
	struct nlattr *a[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct iface *i;

	if (h->nlmsg_type != RTM_NEWLINK || g->count == g->room ||
	    nlmsg_parse(h, sizeof(struct ifinfomsg), a, IFLA_MAX, NULL))
		return NL_OK;
	i = &g->out[g->count++];
	memset(i, 0, sizeof(*i));
	i->user = i->group = NO_ID;
	i->index = ((struct ifinfomsg *)nlmsg_data(h))->ifi_index;
	i->flags = ((struct ifinfomsg *)nlmsg_data(h))->ifi_flags;
	take_string(i->name, sizeof(i->name), a[IFLA_IFNAME]);
	take_mac(i->mac, a[IFLA_ADDRESS]);
	if (a[IFLA_MTU])
		i->mtu = nla_get_u32(a[IFLA_MTU]);
	if (a[IFLA_MASTER])
		i->master = (int)nla_get_u32(a[IFLA_MASTER]);
	if (!a[IFLA_LINKINFO] || nla_parse_nested(info, IFLA_INFO_MAX, a[IFLA_LINKINFO], NULL))
		return NL_OK;
	take_string(i->kind, sizeof(i->kind), info[IFLA_INFO_KIND]);
	if (!strcmp(i->kind, "tun"))
		take_tun(i, info[IFLA_INFO_DATA]);
	return NL_OK;
}

int host_ifaces(struct nl_sock *sk, struct iface *out, unsigned int room)
{
	struct gather g = {.out = out, .room = room};
	int rc;

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_link, &g);
	rc = nl_rtgen_request(sk, RTM_GETLINK, AF_UNSPEC, NLM_F_DUMP);
	if (rc >= 0)
		rc = nl_recvmsgs_default(sk);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	return rc < 0 ? -EIO : (int)g.count;
}

int host_iface(struct nl_sock *sk, const char *name, struct iface *out)
{
	static struct iface all[IFACES_MAX];
	int n = host_ifaces(sk, all, IFACES_MAX);

	for (int i = 0; i < n; i++) {
		if (!strcmp(all[i].name, name)) {
			*out = all[i];
			return 0;
		}
	}
	return n < 0 ? n : -ENODEV;
}

static bool is_ours(struct rtnl_addr *a, int index)
{
	struct nl_addr *local = rtnl_addr_get_local(a);

	if (rtnl_addr_get_ifindex(a) != index || !local ||
	    !(rtnl_addr_get_flags(a) & IFA_F_PERMANENT))
		return false;
	return rtnl_addr_get_scope(a) != RT_SCOPE_LINK || rtnl_addr_get_family(a) != AF_INET6;
}

int host_addresses(struct nl_sock *sk, int index, char out[][ADDRESS_TEXT], unsigned int room)
{
	struct nl_cache *cache;
	struct nl_object *o;
	unsigned int n = 0;

	if (rtnl_addr_alloc_cache(sk, &cache) < 0)
		return -EIO;
	for (o = nl_cache_get_first(cache); o && n < room; o = nl_cache_get_next(o)) {
		struct rtnl_addr *a = (struct rtnl_addr *)o;
		struct nl_addr *local;
		char text[INET6_ADDRSTRLEN] = "";

		if (!is_ours(a, index))
			continue;
		local = rtnl_addr_get_local(a);
		inet_ntop(nl_addr_get_family(local), nl_addr_get_binary_addr(local), text,
			  sizeof(text));
		snprintf(out[n++], ADDRESS_TEXT, "%s/%d", text, rtnl_addr_get_prefixlen(a));
	}
	nl_cache_free(cache);
	return (int)n;
}

bool host_tap_busy(const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	bool busy;

	if (fd < 0)
		return false;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	busy = ioctl(fd, TUNSETIFF, &ifr) < 0 && errno == EBUSY;
	close(fd);
	return busy;
}
