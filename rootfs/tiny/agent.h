/* SPDX-License-Identifier: GPL-2.0 */
/* The agent: what uml_rig speaks to in its guests. */
#ifndef NESTLING_TINY_AGENT_H
#define NESTLING_TINY_AGENT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Starts the agent as a child, and returns when the hidden card is out of sight. image: the root
 * is that of a disk image, whose own init comes next. /proc must be there. The child's number, or
 * -errno.
 */
pid_t agent_start(bool image);

#endif
