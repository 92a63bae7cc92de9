// SPDX-License-Identifier: GPL-2.0
/* The table of kinds of ports; see port_kinds.h. */
#include <errno.h>
#include <string.h>
#include "port_kinds.h"
#include "port_private.h"

static const struct kind {
	const char *name;
	port_create_fn create;
} kinds[] = {
	{"tap", port_tap_create},       {"nat", port_nat_create},     {"mcast", port_mcast_create},
	{"pcap", port_pcap_create},     {"trunk", port_trunk_create}, {"vde", port_vde_create},
	{"daemon", port_daemon_create},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int port_create(struct port **out, struct sw *sw, const char *spec, const char *name, char *err,
		size_t err_len)
{
	size_t len = strcspn(spec, ":");

	for (size_t i = 0; i < KINDS; i++)
		if (strlen(kinds[i].name) == len && !memcmp(kinds[i].name, spec, len))
			return kinds[i].create(out, sw, spec[len] ? spec + len + 1 : NULL, name,
					       err, err_len);
	return port_fail(err, err_len, -EINVAL,
			 "there is no kind of port '%.*s'; kinds are tap, nat, mcast, pcap, trunk, "
			 "daemon, vde",
			 (int)len, spec);
}

const char *port_kinds_help(void)
{
	return "  tap:NAME                    an existing tap, or one that you may make\n"
	       "  nat[:OPTION,...]            the host's network without privileges; options:\n"
	       "                              net=10.0.2.0/24 host=ADDR dhcp=ADDR|off "
	       "dns=ADDR|off\n"
	       "                              ipv6=off|PREFIX/64 mtu=N loopback=off restricted\n"
	       "                              hostfwd=tcp|udp:[ADDR]:PORT:[GUEST]:PORT\n"
	       "  mcast:ADDR:PORT[:TTL[:IF]]  UML's multicast network (239.192.168.1:1102)\n"
	       "  pcap:FILE[:OPTION,...]      frames of a capture, replayed; options:\n"
	       "                              speed=N rate=NUMBERkbit|Mbit|pps loop[=N] start\n"
	       "  trunk:PATH                  another uml_switch, by its -unix PATH\n"
	       "  daemon:PATH                 a switch of the old protocol, joined as a client\n"
	       "  vde:PATH[,OPTION,...]       a VDE switch; options port=N group=NAME mode=OCTAL\n"
	       "                              descr=TEXT\n";
}
