/* SPDX-License-Identifier: GPL-2.0 */
/* Names of devices in the commands config and remove: a pure parser. */
#ifndef NESTLING_HOTPLUG_NAME_H
#define NESTLING_HOTPLUG_NAME_H

#include "options.h"

/* A device by name. */
struct hotplug_device {
	enum nl_kind kind;
	unsigned int index; /* in the range of its kind */
	char name[16]; /* ubd1, con3 */
	const char *setting; /* in the text, behind '='; NULL without one */
};

/*
 * Parses "ubd1", "ubdb", "con3", "ssl0", also with "=SETTING"; flags of a disk may stand
 * before its '=', and are not looked at. 0 or -EINVAL with one line in error.
 */
int hotplug_name(const char *text, struct hotplug_device *d, char error[static OPTIONS_ERROR_LEN]);

#endif
