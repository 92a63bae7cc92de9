/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The directory of the guests' run-time directories, where none is named with uml_dir=. For the
 * loader, which makes it, and for programs that look for guests there.
 */
#ifndef NESTLING_GUESTS_DIR_H
#define NESTLING_GUESTS_DIR_H

#include <stdbool.h>
#include <stddef.h>

/* ~/.uml, or /tmp/.uml-<uid> without a HOME. 0 or -ENAMETOOLONG. */
int guests_dir_default(char *out, size_t len);

/*
 * What keeps a directory from being used as this user's own: words that go on after its name, or
 * NULL where nothing does or there is none. Others may have made it before us: then it is theirs,
 * or a link to where they like, and they can put links and sockets into it. Of the default below
 * HOME (in_home) a link and a group that may write are the user's own business.
 */
const char *guests_dir_fault(const char *path, bool in_home);

/* guests_dir_fault() of what guests_dir_default() said. */
const char *guests_dir_default_fault(const char *path);

#endif
