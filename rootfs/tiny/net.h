/* SPDX-License-Identifier: GPL-2.0 */
/* The network card of uml_run's guest. */
#ifndef NESTLING_TINY_NET_H
#define NESTLING_TINY_NET_H

/*
 * Gives eth0 the address that the NAT of uml_switch keeps for its first guest, and the way out. The
 * addresses are libslirp's usual ones, which uml_run does not change. 0 or -errno.
 */
int net_up(void);
/* Makes root/etc/resolv.conf name the NAT's name server. 0 or -errno. */
int net_resolver(const char *root);

#endif
