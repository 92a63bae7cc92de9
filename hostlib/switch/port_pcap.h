/* SPDX-License-Identifier: GPL-2.0 */
/* A port that frames of a capture come out of (pcap or pcapng, whatever libpcap reads). */
#ifndef NESTLING_PORT_PCAP_H
#define NESTLING_PORT_PCAP_H

#include <stdbool.h>
#include "switch.h"

/* Begins, from the start of the file. -EALREADY when it is at it, -EINVAL for another kind. */
int port_pcap_start(struct port *port);
/* Whether all has been played. */
bool port_pcap_done(const struct port *port);

#endif
