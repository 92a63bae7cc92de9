/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host half of the control channel. Nothing here blocks.
 */
#ifndef NESTLING_CONTROL_USER_H
#define NESTLING_CONTROL_USER_H

#include "abi.h"

/*
 * Receives one message. fds gets the descriptors that came with it, *nfds
 * their number; they are the caller's then. More than NL_SLOT_FDS never
 * arrive: the host closes those for which there is no room. Returns the bytes
 * of the message, 0 when the loader has closed the channel, or -errno
 * (-EAGAIN: nothing there; -EMSGSIZE: too long, dropped).
 */
int nl_control_recv(struct nl_msg *m, int *fds, unsigned int *nfds);

/* Sends m without waiting. 0 or -errno (-EAGAIN: the loader does not read). */
int nl_control_send(const struct nl_msg *m);

#endif
