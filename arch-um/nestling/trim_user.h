/* SPDX-License-Identifier: GPL-2.0 */
/* Host half of trim.c. */
#ifndef NESTLING_TRIM_USER_H
#define NESTLING_TRIM_USER_H

/* Unmaps the whole pages between start and end, text that comes from a file, until it is used. */
void nl_trim_file(const char *start, const char *end);
/* Makes a mapping of its own of these pages. */
void nl_trim_apart(const char *start, const char *end);

#endif
