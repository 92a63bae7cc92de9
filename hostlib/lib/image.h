/* SPDX-License-Identifier: GPL-2.0 */
/* The file that this process runs, as it is mapped. */
#ifndef NESTLING_IMAGE_H
#define NESTLING_IMAGE_H

/*
 * Lets go of the program's text and constants: what is used comes back from the host's page cache,
 * where it stays. For processes that begin with much to do and then wait. Shared libraries are left
 * alone. A debugger's breakpoints in text go, too.
 */
void image_trim(void);

#endif
