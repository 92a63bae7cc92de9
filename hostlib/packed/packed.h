/* SPDX-License-Identifier: GPL-2.0 */
/* The front of a packed rig: what its files share. Each prints its own errors. */
#ifndef NESTLING_PACKED_H
#define NESTLING_PACKED_H

#include "bundle.h"

/* As those of uml_rig. */
enum {
	STATUS_FINE = 0,
	STATUS_USAGE = 2,
	STATUS_UNREADABLE = 3, /* the file is damaged, or cannot be read */
	STATUS_TROUBLE = 4,
};

struct packed {
	const char *program; /* as the user called it */
	int fd; /* the file itself */
	struct bundle bundle;
};

/* What is inside. An exit status. */
int packed_list(const struct packed *p);

/* All of it into a folder, which is made, or is empty. An exit status. */
int packed_extract(const struct packed *p, const char *folder);

/*
 * Becomes the uml_rig inside, with these words for it (argv[0] is ours). Comes back only if that
 * fails, with an exit status.
 */
int packed_start(const struct packed *p, int argc, char *argv[]);

#endif
