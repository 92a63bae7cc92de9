/* SPDX-License-Identifier: GPL-2.0 */
/* A port that frames of a capture come out of (pcap or pcapng, whatever libpcap reads). */
#ifndef NESTLING_PORT_PCAP_H
#define NESTLING_PORT_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "switch.h"

enum pcap_pace {
	PCAP_RECORDED, /* as the stamps say, divided by speed */
	PCAP_BITS, /* each frame when the one before has been sent at `rate` bits a second */
	PCAP_FRAMES, /* `rate` frames a second */
};

/* What the options of a port say, checked. */
struct pcap_config {
	enum pcap_pace pace;
	double speed; /* 2: twice as fast */
	uint64_t rate;
	uint64_t loops; /* how often the file is played; 0: for ever */
	bool wait; /* for port_pcap_start() */
};

/* Reads `speed=N rate=N[k|M|G]bit|pps loop[=N] start`, by commas. 0 or -EINVAL with a sentence. */
int pcap_config_parse(struct pcap_config *c, const char *text, char *err, size_t err_len);

bool port_is_pcap(const struct port *port);
/* Begins, from the start of the file. -EALREADY when it is at it, -EINVAL for another kind. */
int port_pcap_start(struct port *port);
/* Whether all has been played. */
bool port_pcap_done(const struct port *port);

#endif
