/* SPDX-License-Identifier: GPL-2.0 */
/* Ways in behind a NAT: put into libslirp and taken out again. */
#ifndef NESTLING_PORT_NAT_FORWARD_H
#define NESTLING_PORT_NAT_FORWARD_H

#include <slirp/libslirp.h>
#include <stddef.h>
#include "port_nat.h"

/* One that the options of the port name. 0, or -errno with a sentence. */
int nat_forward_add(Slirp *slirp, const struct nat_forward *f, char *err, size_t err_len);
/* Adds or removes what spec says, in c, too. As port_nat_forward(). */
int nat_forward_change(Slirp *slirp, struct nat_config *c, const char *spec, bool add, char *err,
		       size_t err_len);

#endif
