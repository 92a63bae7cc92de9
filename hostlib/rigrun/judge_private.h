/* SPDX-License-Identifier: GPL-2.0 */
/* Between judge.c and judge_reason.c. */
#ifndef NESTLING_RIGRUN_JUDGE_PRIVATE_H
#define NESTLING_RIGRUN_JUDGE_PRIVATE_H

#include "judge.h"

/* The number that is compared; false: there is none that could be. */
bool judge_number(const struct rig_expect *e, const struct record_result *r, double *number);

#endif
