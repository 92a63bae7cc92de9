/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Spanning tree: loops of switches become a tree, and heal when a cable is cut (IEEE 802.1D-1998,
 * clause 8: the classic protocol; those who speak the rapid one fall back to it). Off until it is
 * enabled. A port that comes up forwards after 30 s.
 *
 * The switch calls, with sw->stp set (stp_enable() sets it, stp_disable() clears it):
 *
 *   bridge_input(), first of all    if (sw->stp && stp_input(port, p)) return;
 *                                   and drops frames of a port that is `blocked`, unlearned
 *   leaving by a port               not when it is `blocked`
 *   port added, or set up           stp_port_up(port)
 *   port set down, or removed       stp_port_gone(port), port still in memory
 *   sw_free(), after the ports      stp_disable(sw)
 *
 * Frames go out by port_transmit(), so whoever calls stp_enable(), stp_port_up() or
 * stp_port_gone() calls switch_flush() afterwards.
 *
 * Neighbours are trusted: who sends BPDUs can become the root.
 */
#ifndef NESTLING_STP_H
#define NESTLING_STP_H

#include <stdbool.h>
#include <stddef.h>

#define STP_PRIORITY 32768 /* unless another is asked for: IEEE 802.1D-1998, table 8-4 */

struct sw;
struct port;
struct packet;

/*
 * Begins with all ports blocked, or changes the priority of a bridge that runs: 0-65535, the
 * lowest becomes the root. 0, -EINVAL or -ENOMEM.
 *
 * The bridge's address is random; in virtual time (config.own_time) it comes from config.seed, so
 * two switches of one network need different seeds or priorities there.
 */
int stp_enable(struct sw *sw, unsigned int priority);
/* All ports forward again. */
void stp_disable(struct sw *sw);

/* Whether p is spanning tree's own, which is consumed then. */
bool stp_input(struct port *port, const struct packet *p);
/* A port came up (again), or goes. */
void stp_port_up(struct port *port);
void stp_port_gone(struct port *port);

/* For display: "off", "disabled", "blocking", "listening", "learning" or "forwarding". */
const char *stp_port_state(const struct port *port);
/* "off", "root", "designated" or "alternate". */
const char *stp_port_role(const struct port *port);
/* One line about the bridge: its identifier, the root's, how far it is and where. */
void stp_describe(const struct sw *sw, char *out, size_t len);

#endif
