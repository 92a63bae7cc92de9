/* SPDX-License-Identifier: GPL-2.0 */
/* uml_switch as a helper of the loader: for cards whose other end is no switch that runs. */
#ifndef NESTLING_NET_HELPER_H
#define NESTLING_NET_HELPER_H

#include <stddef.h>

/*
 * Starts a switch with one port (as `uml_switch -port` takes it); it ends when the socket that is
 * returned is closed, or with this process. What it says goes to a file in memory, *words_fd, which
 * takes the place of one from before (-1: none). The socket, or -errno with a line in error.
 */
int net_helper_start(const char *port, int *words_fd, char *error, size_t error_len);
/* Starts a switch at path, in the background; it ends with its last client. 0 or -errno. */
int net_helper_switch(const char *path, char *error, size_t error_len);
/* What a helper said before it ended: the first line. */
void net_helper_reason(int words_fd, char *error, size_t error_len);

#endif
