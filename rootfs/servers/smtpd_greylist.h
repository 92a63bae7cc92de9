/* SPDX-License-Identifier: GPL-2.0 */
/* Who has been seen before: client, sender and recipient, and when first. Shared by all connections. */
#ifndef NESTLING_SERVERS_SMTPD_GREYLIST_H
#define NESTLING_SERVERS_SMTPD_GREYLIST_H

#include <stdbool.h>
#include <stdint.h>

#define GREYLIST_MAX 1024

struct greylist {
	unsigned int entries;
	struct {
		uint64_t key; /* a hash of the three */
		uint64_t first_ms;
	} entry[GREYLIST_MAX];
};

/* Whether this one must wait: it is new, or `wait_ms` have not passed. With a full list: no. */
bool greylist_defers(struct greylist *g, const char *client, const char *from, const char *to,
		     uint64_t wait_ms, uint64_t now_ms);

#endif
