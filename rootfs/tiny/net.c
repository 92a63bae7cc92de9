// SPDX-License-Identifier: GPL-2.0
/* The network card of uml_run's guest; see net.h. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net.h"
#include "rtnl.h"

#define CARD "eth0"
#define ADDRESS              \
	{                    \
		10, 0, 2, 15 \
	}
#define CARRIER_WAIT_MS 1000
#define PREFIX 24
#define ROUTER              \
	{                   \
		10, 0, 2, 2 \
	}
#define RESOLVER "10.0.2.3"

int net_up(void)
{
	const struct rtnl_address own = {AF_INET, ADDRESS, PREFIX}, all = {0};
	const struct rtnl_address router = {.family = AF_INET, .bytes = ROUTER};
	unsigned int card = if_nametoindex(CARD);
	int err;

	if (!card)
		return -errno;
	err = rtnl_address_add((int)card, &own);
	if (!err)
		err = rtnl_link_up((int)card, 0);
	/* The command's first question to a name server would be lost, and its time-out waited for. */
	if (!err)
		rtnl_link_wait((int)card, CARRIER_WAIT_MS);
	return err ? err : rtnl_route_add(&all, &router);
}

int net_resolver(const char *root)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/etc/resolv.conf", root);
	unlink(path); /* the host's may be a link to what is not here */
	f = fopen(path, "we");
	if (!f)
		return -errno;
	fputs("nameserver " RESOLVER "\n", f);
	return fclose(f) ? -errno : 0;
}
