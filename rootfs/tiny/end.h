/* SPDX-License-Identifier: GPL-2.0 */
/* How the built-in system ends. */
#ifndef NESTLING_TINY_END_H
#define NESTLING_TINY_END_H

/* Ends all processes, unmounts, and does `how`, RB_* of reboot(2). By process 1, SIGCHLD blocked. */
void __attribute__((noreturn)) end_guest(int how);

#endif
