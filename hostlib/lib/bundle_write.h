/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writing a packed rig (bundle.h). The same members in the same order make the same bytes: no times,
 * no owners, no paths of the host's, and the same with one CPU or many.
 */
#ifndef NESTLING_BUNDLE_WRITE_H
#define NESTLING_BUNDLE_WRITE_H

#include <signal.h>
#include "bundle.h"

struct bundle_writer {
	int fd; /* to which all is written; the caller's */
	const volatile sig_atomic_t
		*stop; /* not 0: writing ends, with -EINTR; NULL: nothing stops it */
	_Bool fast; /* pack quicker, and larger */
	/* The rest is private. */
	uint64_t at; /* bytes written */
	uint8_t *directory;
	size_t used, room;
	uint32_t count;
};

/*
 * Adds a member, whose `size` bytes are at data: programs and texts packed, images only where that
 * makes them smaller. m has name, kind and mode; the rest is filled in. 0, -EINTR, -E2BIG (members,
 * names), -EINVAL (a name that bundle_name_ok() does not take), -ENOMEM or -errno of the writing.
 */
int bundle_add(struct bundle_writer *w, struct bundle_member *m, const void *data, uint64_t size);

/* Writes directory and footer. 0 or -errno. */
int bundle_finish(struct bundle_writer *w);

/* Frees what the writer has; in any case, at the end. */
void bundle_writer_free(struct bundle_writer *w);

#endif
