/* SPDX-License-Identifier: GPL-2.0 */
/* Host half of bulk.c. */
#ifndef NESTLING_BULK_USER_H
#define NESTLING_BULK_USER_H

/*
 * Guest memory at addr, which is at offset of its file, is filled with zeroes and mapped. At most 64 KB.
 * 0, or -1 if it was not.
 */
int nl_bulk_write(const char *addr, unsigned long long offset, unsigned long len);

#endif
