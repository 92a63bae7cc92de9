/* SPDX-License-Identifier: GPL-2.0 */
/* Hardware addresses of cards for which none was given. */
#ifndef NESTLING_NET_MAC_H
#define NESTLING_NET_MAC_H

#include "ctx.h"

/*
 * The same for each start of the same guest (its umid, or the first disk of it), another for each
 * card, guest, user and host. Locally administered (IEEE 802, 8.4).
 */
void net_mac(const struct linux_ctx *ctx, unsigned int index, uint8_t mac[6]);

#endif
