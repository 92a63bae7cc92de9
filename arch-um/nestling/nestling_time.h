/* SPDX-License-Identifier: GPL-2.0 */
/* What the hooks in arch/um/kernel/time.c, os-Linux/util.c and others call (nestling/lane.c). */
#ifndef NESTLING_TIME_HOOKS_H
#define NESTLING_TIME_HOOKS_H

/*
 * The guest's time is `now` and wants to become `want` (ns since its start). What it becomes: not
 * later, and earlier if something happens before.
 */
unsigned long long nl_time_ask(unsigned long long now, unsigned long long want, _Bool idle);
/* Work that takes ns: a loop that waits for the clock would never end if it took none. */
void nl_time_cost(unsigned long long ns);
/* Whether it is led by a controller. */
_Bool nl_time_led(void);
/* The guest's time. */
unsigned long long nl_time_now(void);
/* Fills buf with what a led guest has for the host's random numbers. False: it has those. */
_Bool nl_time_random(void *buf, unsigned long len);

#endif
