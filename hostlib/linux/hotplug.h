/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices that come and go while the guest runs, and what each is connected to. What is
 * added is opened here, handed to the guest, and stays in the table of slots, so a
 * restarted guest has it, too. What is removed is closed when the guest has let go.
 */
#ifndef NESTLING_HOTPLUG_H
#define NESTLING_HOTPLUG_H

#include "ctx.h"
#include "mconsole_answer.h"

/* "": all devices; "DEV": what it is connected to; "DEV=SETTING": adds or changes it. */
void hotplug_config(struct linux_ctx *ctx, struct answer *a, const char *text);

/* "DEV": removes it. */
void hotplug_remove(struct linux_ctx *ctx, struct answer *a, const char *text);

#endif
