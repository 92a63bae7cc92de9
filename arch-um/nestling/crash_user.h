/* SPDX-License-Identifier: GPL-2.0 */
/* Host half of crash.c. */
#ifndef NESTLING_CRASH_USER_H
#define NESTLING_CRASH_USER_H

struct uml_pt_regs;

/* From now on signals from outside that are to kill make a report. */
void nl_crash_watch(void);

/* The end has begun: nothing delays it for long, and SIGABRT just kills. */
void nl_crash_begin(void);

/* In crash.c: shows the registers of a fault; the backtrace of a panic will start there. */
void nl_crash_registers(struct uml_pt_regs *regs);

/* In crash.c: signal sig came from another process and interrupted regs. Does not return. */
void nl_crash_outside(int sig, struct uml_pt_regs *regs);

#endif
