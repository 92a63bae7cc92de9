/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a switch answers to one command of `uml_switch ctl`: lines of text, each behind a blank; then
 * "ok", or "error" and why.
 */
#ifndef UML_SWITCH_ANSWER_H
#define UML_SWITCH_ANSWER_H

#include <stdio.h>

/*
 * Reads an answer, its text goes to out. What peers of the switch say of themselves is in it, which a
 * terminal must not obey: control characters but tabs are made visible. Of a line of over 64 KiB the
 * rest is passed over.
 *
 * 0: it was "ok"; 1: it was not, the reason was printed as an error; -EPIPE: the switch ended first.
 */
int answer_show(FILE *from, FILE *out);

#endif
