/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where networks that are up are found by their names: sockets in a folder of the user's,
 * $XDG_RUNTIME_DIR/uml_rig or /tmp/uml_rig-UID. All print what goes wrong.
 */
#ifndef NESTLING_UML_RIG_PLACE_H
#define NESTLING_UML_RIG_PLACE_H

/* A listening socket for a network that comes up; its address, of PATH_MAX bytes, to path. Or -errno. */
int place_listen(const char *name, char *path);
/* A connection to the network of that name, NULL: the one that is up. Or -errno. */
int place_connect(const char *name);

#endif
