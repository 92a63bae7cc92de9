/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Crash reports: what a guest kernel left when it died, in a file beside its run-time
 * directory.
 */
#ifndef NESTLING_CRASH_H
#define NESTLING_CRASH_H

#include <stddef.h>

#include "ctx.h"

/*
 * Makes the file into which the guest kernel writes its last words (NL_FD_CRASH). The
 * descriptor, which is the caller's, or -errno.
 */
int crash_make(void);

/*
 * Reads the last words out of what crash_make() gave. At most NL_CRASH_MAX bytes; only
 * text: other bytes become '?'. A string that the caller frees, "" when there is nothing;
 * NULL without memory.
 */
char *crash_words(int fd);

/*
 * Writes the report <uml_dir>/<umid>.crash: how it ended, what it was, and its words, or
 * where there are none the other text, what it wrote to its stdout and stderr. The path, to
 * be freed by the caller; NULL when it could not be written, which has been told.
 */
char *crash_report(const struct linux_ctx *ctx, const char *how, const char *words,
		   const char *other);

#endif
