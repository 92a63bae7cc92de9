/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks what the loader sends to the guest kernel. Pure: shared with the
 * guest kernel's host half and with the fuzzer.
 */
#ifndef NESTLING_CONTROL_CHECK_H
#define NESTLING_CONTROL_CHECK_H

#include "abi.h"

/*
 * Checks a request of len bytes that arrived with nfds descriptors: type,
 * lengths, kind and index, and that the descriptors are as many as the slot
 * names. What a kind's own fields mean is the driver's to check. Returns 0 or
 * -EINVAL; with 0 every field may be used as a bound.
 */
int control_check(const struct nl_msg *m, unsigned long len, unsigned int nfds);

#endif
