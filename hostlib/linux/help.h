/* SPDX-License-Identifier: GPL-2.0 */
/* What `linux` tells about itself. Each returns an exit status. */
#ifndef NESTLING_HELP_H
#define NESTLING_HELP_H

#include "ctx.h"

/* --help, on stdout. */
void help_print(void);

/* --version: of the guest kernel, as UML does. */
int help_version(const struct linux_ctx *ctx);

/* --showconfig: the configuration that the guest kernel was built with. */
int help_showconfig(const struct linux_ctx *ctx);

#endif
