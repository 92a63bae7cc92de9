/* SPDX-License-Identifier: GPL-2.0 */
/* A job of uml_run: one command, instead of shells on consoles. */
#ifndef NESTLING_TINY_RUN_H
#define NESTLING_TINY_RUN_H

/*
 * Builds the root that the job asks for, runs its command, and reports its end. Returns then;
 * what is left is to power off.
 */
void run_job(void);

#endif
