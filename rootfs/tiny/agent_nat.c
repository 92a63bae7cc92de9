// SPDX-License-Identifier: GPL-2.0
/*
 * Masquerading by nf_tables, in netlink of our own: nft(8) with its libraries would be larger than
 * the rest of the built-in system. The same as
 *
 *   table inet rig-nat-2 { chain out { type nat hook postrouting priority 100; oif eth1 masquerade } }
 *
 * in one transaction. The table is made, ended and made again, so that asking twice changes nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "agent_private.h"

#define PRIORITY 100 /* NF_IP_PRI_NAT_SRC */
#define CHAIN "out"
#define MESSAGES 5

struct batch {
	char data[2048]; /* what we say is some 500 bytes */
	size_t len;
	struct nlmsghdr *head; /* of the message that is being written */
	uint32_t seq;
};

/* A new message; the family and number of those that begin and end a batch differ. */
static void message(struct batch *b, uint16_t type, uint16_t flags)
{
	const bool edge = type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END;
	struct nfgenmsg *g;

	b->head = (struct nlmsghdr *)(b->data + b->len);
	b->head->nlmsg_type = edge ? type : (NFNL_SUBSYS_NFTABLES << 8) | type;
	b->head->nlmsg_flags = NLM_F_REQUEST | (edge ? 0 : NLM_F_ACK) | flags;
	b->head->nlmsg_seq = b->seq++;
	g = NLMSG_DATA(b->head);
	g->nfgen_family = edge ? AF_UNSPEC : NFPROTO_INET;
	g->version = NFNETLINK_V0;
	g->res_id = edge ? htons(NFNL_SUBSYS_NFTABLES) : 0;
	b->head->nlmsg_len = NLMSG_LENGTH(sizeof(*g));
	b->len += b->head->nlmsg_len;
}

static void add(struct batch *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (struct nlattr *)(b->data + b->len);

	a->nla_type = type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	b->len += NLA_ALIGN(a->nla_len);
	b->head->nlmsg_len += NLA_ALIGN(a->nla_len);
}

static void add_text(struct batch *b, uint16_t type, const char *text)
{
	add(b, type, text, strlen(text) + 1);
}

static void add_number(struct batch *b, uint16_t type, uint32_t n)
{
	n = htonl(n);
	add(b, type, &n, sizeof(n));
}

/* Attributes inside of one, up to close_nest(). */
static struct nlattr *open_nest(struct batch *b, uint16_t type)
{
	struct nlattr *a = (struct nlattr *)(b->data + b->len);

	add(b, type | NLA_F_NESTED, NULL, 0);
	return a;
}

static void close_nest(struct batch *b, struct nlattr *a)
{
	a->nla_len = (uint16_t)(b->data + b->len - (char *)a);
}

/* --- the rule ------------------------------------------------------------------- */

static void add_chain(struct batch *b, const char *table)
{
	struct nlattr *hook;

	message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	add_text(b, NFTA_CHAIN_TABLE, table);
	add_text(b, NFTA_CHAIN_NAME, CHAIN);
	hook = open_nest(b, NFTA_CHAIN_HOOK);
	add_number(b, NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING);
	add_number(b, NFTA_HOOK_PRIORITY, PRIORITY);
	close_nest(b, hook);
	add_text(b, NFTA_CHAIN_TYPE, "nat");
}

static void add_rule(struct batch *b, const char *table, int ifindex)
{
	struct nlattr *all, *one, *what, *data;

	message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	add_text(b, NFTA_RULE_TABLE, table);
	add_text(b, NFTA_RULE_CHAIN, CHAIN);
	all = open_nest(b, NFTA_RULE_EXPRESSIONS);

	one = open_nest(b, NFTA_LIST_ELEM);
	add_text(b, NFTA_EXPR_NAME, "meta");
	what = open_nest(b, NFTA_EXPR_DATA);
	add_number(b, NFTA_META_DREG, NFT_REG_1);
	add_number(b, NFTA_META_KEY, NFT_META_OIF);
	close_nest(b, what);
	close_nest(b, one);

	one = open_nest(b, NFTA_LIST_ELEM);
	add_text(b, NFTA_EXPR_NAME, "cmp");
	what = open_nest(b, NFTA_EXPR_DATA);
	add_number(b, NFTA_CMP_SREG, NFT_REG_1);
	add_number(b, NFTA_CMP_OP, NFT_CMP_EQ);
	data = open_nest(b, NFTA_CMP_DATA);
	add(b, NFTA_DATA_VALUE, &ifindex, sizeof(ifindex));
	close_nest(b, data);
	close_nest(b, what);
	close_nest(b, one);

	one = open_nest(b, NFTA_LIST_ELEM);
	add_text(b, NFTA_EXPR_NAME, "masq");
	close_nest(b, one);
	close_nest(b, all);
}

/* What the kernel says to the messages, which it has carried out by now: the first error. */
static int answers(int fd)
{
	char buf[4096];
	int got = 0;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		for (; NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_type == NLMSG_ERROR && e->error)
				return e->error;
			got++;
		}
	}
	return got >= MESSAGES ? 0 : -EPROTO;
}

int nat_masquerade(int ifindex)
{
	struct batch b = {.len = 0};
	char table[32];
	int fd, err;

	snprintf(table, sizeof(table), "rig-nat-%d", ifindex);
	message(&b, NFNL_MSG_BATCH_BEGIN, 0);
	message(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	add_text(&b, NFTA_TABLE_NAME, table);
	message(&b, NFT_MSG_DELTABLE, 0);
	add_text(&b, NFTA_TABLE_NAME, table);
	message(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	add_text(&b, NFTA_TABLE_NAME, table);
	add_chain(&b, table);
	add_rule(&b, table, ifindex);
	message(&b, NFNL_MSG_BATCH_END, 0);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (fd < 0)
		return -errno;
	err = send(fd, b.data, b.len, 0) < 0 ? -errno : answers(fd);
	close(fd);
	return err;
}
