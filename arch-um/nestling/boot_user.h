/* SPDX-License-Identifier: GPL-2.0 */
/* Host half of boot.c. */
#ifndef NESTLING_BOOT_USER_H
#define NESTLING_BOOT_USER_H

struct nl_boot;

/*
 * Maps the boot record read-only. Returns it and stores the bytes mapped in
 * *len, or NULL when there is none.
 */
const struct nl_boot *nl_boot_map(unsigned long *len);

/* Reads exactly len bytes from the start of fd into buf. 0 or -errno. */
int nl_read_all(int fd, void *buf, unsigned long long len);

#endif
