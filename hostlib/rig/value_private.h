/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files that read values. */
#ifndef NESTLING_RIG_VALUE_PRIVATE_H
#define NESTLING_RIG_VALUE_PRIVATE_H

#include "value.h"

/* Fills in the sentence. Always -EINVAL, so that it can be returned. */
int rig_why(struct rig_why *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
