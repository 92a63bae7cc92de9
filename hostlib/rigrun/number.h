/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers that commands print, and numbers in files of results. Pure. */
#ifndef NESTLING_RIGRUN_NUMBER_H
#define NESTLING_RIGRUN_NUMBER_H

#include "rig.h"

/*
 * The first number in a text of len bytes. Digits within a word ('eth0') or a
 * terminal's escape (ESC [ 31 m) are none; 1.5e-3 is one.
 * With a unit of rigs right behind it (20ms, 1h30m, 64KiB, 2Mbit, 5%) it comes in seconds, bytes,
 * bits a second or percent, and *unit says so; otherwise it is as it stands, RIG_UNIT_NONE.
 * False: there is none.
 */
bool number_first(const char *text, size_t len, double *number, enum rig_unit *unit);

/* As few digits as give the same number again; nothing for what is no number. */
void number_print(double number, char out[static 32]);

#endif
