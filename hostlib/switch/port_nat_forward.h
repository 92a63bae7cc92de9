/* SPDX-License-Identifier: GPL-2.0 */
/* Ways in behind a NAT: put into libslirp and taken out again. */
#ifndef NESTLING_PORT_NAT_FORWARD_H
#define NESTLING_PORT_NAT_FORWARD_H

#include <slirp/libslirp.h>
#include <stddef.h>
#include "port_nat.h"

/* 0, or -errno with a sentence. */
int nat_forward_add(Slirp *slirp, const struct nat_forward *f, char *err, size_t err_len);
/* 0 or -errno. */
int nat_forward_remove(Slirp *slirp, const struct nat_forward *f);
/* The forward of c that has the host's side of f, or NULL. */
struct nat_forward *nat_forward_find(struct nat_config *c, const struct nat_forward *f);

#endif
