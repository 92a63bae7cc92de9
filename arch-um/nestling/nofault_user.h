/* SPDX-License-Identifier: GPL-2.0 */
/* Host half of nofault.c. */
#ifndef NESTLING_NOFAULT_USER_H
#define NESTLING_NOFAULT_USER_H

/* True when all size bytes at src can be read without a fault. */
_Bool nl_readable(const void *src, unsigned long size);

#endif
