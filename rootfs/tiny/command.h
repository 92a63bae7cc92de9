/* SPDX-License-Identifier: GPL-2.0 */
/* What follows -c or -C among init's arguments. */
#ifndef NESTLING_TINY_COMMAND_H
#define NESTLING_TINY_COMMAND_H

#include <stddef.h>

/* One shell command of size bytes at most; what was there stays when the arguments have none. */
void command_read(char *command, size_t size, char **argv);

#endif
