// SPDX-License-Identifier: GPL-2.0
/*
 * SETUP: what a node is, as lines of words separated by blanks.
 *
 *   hostname NAME
 *   card MAC [ADDRESS/PREFIX...]   up, with these addresses
 *   route NET/PREFIX ADDRESS       what goes to NET goes to ADDRESS
 *   gateway ADDRESS                what goes elsewhere
 *   forward                        a router
 *   nat MAC                        what leaves by that card gets its address there
 *   env NAME=VALUE                 for all commands; VALUE is the rest of the line
 *
 * A line that fails does not hold up those that follow: wrong networks are what rigs are for. The
 * answer has the first one's error and a line of text for each.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent_private.h"

#define COMPLAINTS_MAX 4096 /* bytes of text */
#define CARRIER_WAIT_MS 1000

/* ADDRESS, or with a prefix length ADDRESS/PREFIX. */
static int parse_address(const char *text, bool with_prefix, struct rtnl_address *out)
{
	char copy[64], *slash, *end;
	unsigned long bits;

	if (!text || strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (!slash == with_prefix)
		return -EINVAL;
	if (slash)
		*slash = 0;
	memset(out, 0, sizeof(*out));
	out->family = strchr(copy, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(out->family, copy, out->bytes) != 1)
		return -EINVAL;
	if (!slash)
		return 0;
	bits = strtoul(slash + 1, &end, 10);
	if (end == slash + 1 || *end || bits > (out->family == AF_INET ? 32 : 128))
		return -EINVAL;
	out->prefix = (unsigned int)bits;
	return 0;
}

/* The card of a hardware address: its index, or -errno. */
static int find_card(const char *text, char *name)
{
	unsigned int b[6];
	uint8_t mac[6];
	int i, end = 0;

	if (!text ||
	    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		   &end) != 6 ||
	    text[end])
		return -EINVAL;
	for (i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return rtnl_find(mac, sizeof(mac), NULL, name);
}

static int on_hostname(struct agent *a, char **rest)
{
	const char *name = strtok_r(NULL, " ", rest);

	(void)a;
	if (!name)
		return -EINVAL;
	return sethostname(name, strlen(name)) ? -errno : 0;
}

static int on_card(struct agent *a, char **rest)
{
	struct rtnl_address address;
	char name[IF_NAMESIZE], path[96];
	const char *word = strtok_r(NULL, " ", rest);
	int ifindex = find_card(word, name), err;

	(void)a;
	if (ifindex < 0)
		return ifindex;
	/* Its own link-local address is ready at once, too. A kernel without IPv6 has no such file. */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_dad", name);
	file_write(path, "0");
	err = rtnl_link_up(ifindex, 0);
	/* What runs next may send at once. A card without a carrier is no error. */
	if (!err)
		rtnl_link_wait(ifindex, CARRIER_WAIT_MS);
	while (!err && (word = strtok_r(NULL, " ", rest))) {
		err = parse_address(word, true, &address);
		if (!err)
			err = rtnl_address_add(ifindex, &address);
	}
	return err;
}

static int on_route(struct agent *a, char **rest)
{
	struct rtnl_address to, via;
	int err = parse_address(strtok_r(NULL, " ", rest), true, &to);

	(void)a;
	if (!err)
		err = parse_address(strtok_r(NULL, " ", rest), false, &via);
	if (!err && to.family != via.family)
		err = -EINVAL;
	return err ? err : rtnl_route_add(&to, &via);
}

static int on_gateway(struct agent *a, char **rest)
{
	const struct rtnl_address everything = {0};
	struct rtnl_address via;
	int err = parse_address(strtok_r(NULL, " ", rest), false, &via);

	(void)a;
	return err ? err : rtnl_route_add(&everything, &via);
}

static int on_forward(struct agent *a, char **rest)
{
	int err = file_write("/proc/sys/net/ipv4/ip_forward", "1");

	(void)a;
	(void)rest;
	file_write("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	return err;
}

static int on_nat(struct agent *a, char **rest)
{
	int ifindex = find_card(strtok_r(NULL, " ", rest), NULL);

	(void)a;
	return ifindex < 0 ? ifindex : nat_masquerade(ifindex);
}

static int on_env(struct agent *a, char **rest)
{
	char **more, *text;

	if (!**rest || **rest == '=' || !strchr(*rest, '='))
		return -EINVAL;
	if (a->nenv >= ENV_MAX)
		return -E2BIG;
	more = realloc(a->env, (a->nenv + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	a->env = more;
	text = strdup(*rest);
	if (!text)
		return -ENOMEM;
	a->env[a->nenv++] = text;
	return 0;
}

static const struct {
	const char *word;
	int (*fn)(struct agent *a, char **rest);
} statements[] = {
	{"hostname", on_hostname}, {"card", on_card}, {"route", on_route}, {"gateway", on_gateway},
	{"forward", on_forward},   {"nat", on_nat},   {"env", on_env},
};

static int perform(struct agent *a, char *line)
{
	char *rest = line;
	const char *word = strtok_r(line, " ", &rest);
	size_t i;

	if (!word)
		return 0;
	for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (!strcmp(word, statements[i].word))
			return statements[i].fn(a, &rest);
	return -EINVAL;
}

/* Variables of an earlier SETUP do not stay. */
static void forget_env(struct agent *a)
{
	while (a->nenv)
		free(a->env[--a->nenv]);
}

void setup(struct agent *a, uint32_t id, char *text)
{
	char *said = calloc(1, COMPLAINTS_MAX), *line, *copy;
	int first = said ? 0 : -ENOMEM, err;
	size_t len = 0;

	forget_env(a);
	while (said && (line = strsep(&text, "\n"))) {
		copy = strdup(line);
		err = copy ? perform(a, line) : -ENOMEM;
		if (err) {
			len += (size_t)snprintf(said + len, COMPLAINTS_MAX - len, "%.100s: %s\n",
						copy ? copy : line, strerror(-err));
			len = len < COMPLAINTS_MAX ? len : COMPLAINTS_MAX - 1;
			first = first ? first : err;
		}
		free(copy);
	}
	answer_add(a, id, first, 0, (uint8_t *)said, -1, len);
}
