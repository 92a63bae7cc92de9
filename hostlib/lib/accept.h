/* SPDX-License-Identifier: GPL-2.0 */
/* Those who call at a listening socket that is in a loop. */
#ifndef NESTLING_ACCEPT_H
#define NESTLING_ACCEPT_H

#include "loop.h"

/*
 * loop_accept(), which warns when there is no descriptor for who calls at `what` ("the control
 * socket"). The new descriptor, the caller's, or -errno: nobody is there now.
 */
int accept_caller(struct loop_watch *w, const char *what, int flags);

#endif
