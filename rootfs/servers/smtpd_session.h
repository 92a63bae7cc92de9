/* SPDX-License-Identifier: GPL-2.0 */
/* One connection of a client of SMTP, from the greeting to its end. */
#ifndef NESTLING_SERVERS_SMTPD_SESSION_H
#define NESTLING_SERVERS_SMTPD_SESSION_H

#include "smtpd_greylist.h"
#include "smtpd_plan.h"

/* What all connections share. */
struct smtpd {
	struct plan plan;
	struct greylist greylist;
	const char *name; /* of the server */
	unsigned long connections; /* open now */
	unsigned long connections_max; /* more are told 421; 0: no limit */
};

/* Serves the connection `fd` of `client` (its address) and ends when that ends. */
void session_serve(struct smtpd *s, int fd, const char *client);

#endif
