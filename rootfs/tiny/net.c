// SPDX-License-Identifier: GPL-2.0
/* The network card of uml_run's guest; see net.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net.h"

#define CARD "eth0"
#define ADDRESS "10.0.2.15"
#define MASK "255.255.255.0"
#define ROUTER "10.0.2.2"
#define RESOLVER "10.0.2.3"

static void address(struct sockaddr *out, const char *text)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	inet_pton(AF_INET, text, &sin.sin_addr);
	memcpy(out, &sin, sizeof(sin));
}

static int set_card(int fd)
{
	struct ifreq r = {.ifr_name = CARD};

	address(&r.ifr_addr, ADDRESS);
	if (ioctl(fd, SIOCSIFADDR, &r))
		return -errno;
	address(&r.ifr_netmask, MASK);
	if (ioctl(fd, SIOCSIFNETMASK, &r))
		return -errno;
	if (ioctl(fd, SIOCGIFFLAGS, &r))
		return -errno;
	r.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &r) ? -errno : 0;
}

static int set_route(int fd)
{
	struct rtentry way = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = CARD};

	address(&way.rt_dst, "0.0.0.0");
	address(&way.rt_genmask, "0.0.0.0");
	address(&way.rt_gateway, ROUTER);
	return ioctl(fd, SIOCADDRT, &way) ? -errno : 0;
}

int net_up(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	err = set_card(fd);
	if (!err)
		err = set_route(fd);
	close(fd);
	return err;
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
