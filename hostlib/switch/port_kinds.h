/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kinds of ports that are made by a text: on uml_switch's command line, by `uml_switch ctl port
 * add`, and by the loader for a guest's eth<n>=. Guests and old clients are not made so: they come
 * to the switch's socket (uml_switch/listen.c).
 *
 *   tap:NAME            an existing tap or one that the caller may make
 *   nat[:OPTION,...]    the host's network without privileges (libslirp)
 *   mcast:ADDR:PORT[:TTL[:INTERFACE]]   UML's multicast network
 *   pcap:FILE[:OPTION,...]              frames of a capture, replayed
 *   trunk:PATH          another uml_switch, by its -unix PATH
 *   daemon:PATH         a switch of the old protocol, joined as a client
 *   vde:PATH[,OPTION,...]               a VDE switch, joined as a client
 */
#ifndef NESTLING_PORT_KINDS_H
#define NESTLING_PORT_KINDS_H

#include <stddef.h>

struct sw;
struct port;

/*
 * Makes the port that spec describes. name: NULL for kind and number. 0, or -errno with a
 * sentence in err that names the cause and the cure.
 */
int port_create(struct port **out, struct sw *sw, const char *spec, const char *name, char *err,
		size_t err_len);
/* What --help says of the kinds. */
const char *port_kinds_help(void);

#endif
