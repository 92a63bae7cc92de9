/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a rig shows (the statement `show`): the last output of a sample, with the verdicts. Texts come
 * from guests: control characters are written as \xNN.
 */
#ifndef NESTLING_RIGRUN_SHOWN_H
#define NESTLING_RIGRUN_SHOWN_H

#include "record.h"

#define SHOWN_BYTES 65536 /* of one output; the rest is in outputs.txt */

/* What is shown: the latest result of the sample, or NULL if it was never measured. */
const struct record_result *shown_result(const struct record *record, const struct rig_show *show);
/* How many bytes of it. */
uint32_t shown_bytes(const struct record_result *result);
/*
 * A sentence about what is missing: that there is no result, that it was cut or the command failed.
 * false: nothing is missing.
 */
bool shown_remark(const struct record_result *result, char *out, size_t room);

/* All of them for a terminal, each below its title. */
void shown_print(const struct record *record, FILE *out);

#endif
