/* SPDX-License-Identifier: GPL-2.0 */
/* Finding guests: run-time directories <base>/<umid> with a socket that is listened on. */
#ifndef UML_MCONSOLE_GUESTS_H
#define UML_MCONSOLE_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_NAME 256
#define GUEST_PATH 4096

/* A running guest. */
struct guest {
	char name[GUEST_NAME];
	char socket[GUEST_PATH]; /* its management console */
	int pid; /* of its loader, 0: not known */
	uint64_t uptime_s; /* of its loader; valid when pid is known */
	char command[512]; /* command line of its loader, cut to fit; "" when not known */
};

/*
 * The directory of guests: dir, or $UML_DIR, or ~/.uml, or /tmp/.uml-<uid> without a
 * HOME. *fault: what keeps one that was not named from being believed (guests_dir.h), or NULL.
 * 0 or -ENAMETOOLONG.
 */
int guests_base(const char *dir, char out[static GUEST_PATH], const char **fault);

/*
 * All running guests below base, by name; what dead ones left is passed over. *list is
 * to be freed with free(). Their number, or -errno; 0 when there is no such directory.
 */
int guests_list(const char *base, struct guest **list);

/*
 * The guest of that name below base or, when the name has a slash, with that socket or
 * that run-time directory. 0; -ENOENT: there is none; -ECONNREFUSED: it is dead;
 * -EACCES: it is another user's; or -errno.
 */
int guests_find(const char *base, const char *name, struct guest *out);

/*
 * Connects a datagram socket to a guest's, with a name of its own to be answered to.
 * The descriptor or -errno. Paths may be longer than socket addresses are.
 */
int guests_connect(const char *path);

#endif
