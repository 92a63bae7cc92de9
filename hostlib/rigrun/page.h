/* SPDX-License-Identifier: GPL-2.0 */
/* What stands around the contents of a report: styles and a little script, all in the page. */
#ifndef NESTLING_RIGRUN_PAGE_H
#define NESTLING_RIGRUN_PAGE_H

#include <stdio.h>

/* Up to and with <body>; the title is escaped. */
void page_start(FILE *out, const char *title);
void page_end(FILE *out);

#endif
