/* SPDX-License-Identifier: GPL-2.0 */
/* From the built-in system into that of a disk image. */
#ifndef NESTLING_TINY_ROOT_H
#define NESTLING_TINY_ROOT_H

#define ROOT_MARK "/etc/nestling-tiny" /* in a root of our own system */
#define ROOT_WORD \
	"NESTLING_RIG" /* in the environment of its init: it was entered, the agent is wanted */

/*
 * Mounts the disk read-only, as the kernel would have, makes it the root, starts the agent beside
 * it, and becomes its init with the arguments behind argv[0]. /proc must be there. Returns only
 * when that fails, with what went wrong said.
 */
void root_enter(const char *device, char **argv);

#endif
