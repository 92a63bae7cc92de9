/* SPDX-License-Identifier: GPL-2.0 */
/* The doorbell, for drivers (doorbell.c) and the engine. */
#ifndef NESTLING_DOORBELL_H
#define NESTLING_DOORBELL_H

#include "abi.h"

/* The one that is looked at; its place is told to the loader with NL_MSG_NET_START. */
extern struct nl_doorbell *nl_bell;
/* Whether somebody may ring it. */
extern int nl_bell_used;

/*
 * Puts the doorbell where others can reach it; fn is called with interrupts disabled when it has
 * rung. Once. 0 or -errno.
 */
int nl_doorbell_start(void (*fn)(void));

#endif
