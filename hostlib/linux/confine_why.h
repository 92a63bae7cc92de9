/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a host does not give a layer, and what to do: an error number alone says neither. The switches
 * of namespaces are looked at, and the kernel's version.
 */
#ifndef NESTLING_CONFINE_WHY_H
#define NESTLING_CONFINE_WHY_H

#include <stdbool.h>
#include "confine.h"

/* The host to be explained. */
struct confine_host {
	const char *sysctls; /* directory: /proc/sys */
	const char *release; /* of its kernel, as uname -r gives it */
	bool privileged; /* the user is root: switches for the others do not matter */
};

/*
 * "ERROR: what is in the way; cure: ..." of a layer that was refused with err (-errno). cure is
 * what is said where nothing is found. A switch that the host does not have is in nobody's way.
 */
void confine_why_at(const struct confine_host *host, enum confine_layer layer, int err,
		    const char *cure, char out[static CONFINE_WHY_LEN]);

#endif
