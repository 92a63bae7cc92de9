/* SPDX-License-Identifier: GPL-2.0 */
/* The shared libraries of this process. */
#ifndef NESTLING_UML_RIG_LIBRARIES_H
#define NESTLING_UML_RIG_LIBRARIES_H

#include <stdbool.h>

/*
 * fn() for each library's file, in the order in which symbols are looked for; loader: it is ld.so. What
 * LD_PRELOAD names is left out. Not 0 from fn() ends it, and is returned.
 */
int libraries_each(int (*fn)(void *arg, const char *path, bool loader), void *arg);

#endif
