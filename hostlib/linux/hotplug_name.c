// SPDX-License-Identifier: GPL-2.0
/* Names of devices in commands; see hotplug_name.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hotplug_name.h"

/* "ubd1", "ubdb", with flags before '='; only name and index are wanted. */
static int parse_ubd_name(const char *text, struct hotplug_device *d,
			  char error[static OPTIONS_ERROR_LEN])
{
	const char *p = text + 3;
	unsigned long n;
	char *end;

	if (isdigit((unsigned char)*p)) {
		n = strtoul(p, &end, 10);
		p = end;
	} else {
		n = (unsigned long)(*p - 'a');
		if (*p)
			p++;
	}
	if (n >= NL_UBD_MAX || (!d->setting && *p)) {
		snprintf(error, OPTIONS_ERROR_LEN,
			 "'%.40s': disks are ubd0 to ubd%d, or ubda to ubd%c", text, NL_UBD_MAX - 1,
			 'a' + NL_UBD_MAX - 1);
		return -EINVAL;
	}
	d->kind = NL_KIND_UBD;
	d->index = (unsigned int)n;
	snprintf(d->name, sizeof(d->name), "ubd%lu", n);
	return 0;
}

static int parse_line_name(const char *text, struct hotplug_device *d,
			   char error[static OPTIONS_ERROR_LEN])
{
	const char *end;
	bool all;
	int err = options_parse_line_name(text, &d->kind, &d->index, &all, &end, error);

	if (err)
		return err;
	if (all || (*end && *end != '=')) {
		snprintf(error, OPTIONS_ERROR_LEN,
			 "'%.40s': name one line: con0 to con%d, ssl0 to ssl%d", text,
			 NL_CON_MAX - 1, NL_SSL_MAX - 1);
		return -EINVAL;
	}
	snprintf(d->name, sizeof(d->name), "%s%u", d->kind == NL_KIND_CON ? "con" : "ssl",
		 d->index);
	return 0;
}

/* "eth1", "eth1=...", "vec1:...". */
static int parse_net_name(const char *text, struct hotplug_device *d,
			  char error[static OPTIONS_ERROR_LEN])
{
	char *end;
	unsigned long n = strtoul(text + 3, &end, 10);

	if (*end == ':')
		d->setting = end + 1;
	if (!isdigit((unsigned char)text[3]) || n >= NL_NET_MAX ||
	    (*end && *end != '=' && *end != ':')) {
		snprintf(error, OPTIONS_ERROR_LEN, "'%.40s': network cards are eth0 to eth%d", text,
			 NL_NET_MAX - 1);
		return -EINVAL;
	}
	d->kind = NL_KIND_NET;
	d->index = (unsigned int)n;
	snprintf(d->name, sizeof(d->name), "eth%lu", n);
	return 0;
}

int hotplug_name(const char *text, struct hotplug_device *d, char error[static OPTIONS_ERROR_LEN])
{
	const char *equals = strchr(text, '=');

	memset(d, 0, sizeof(*d));
	d->setting = equals ? equals + 1 : NULL;
	if (strncmp(text, "ubd", 3) == 0)
		return parse_ubd_name(text, d, error);
	if (strncmp(text, "con", 3) == 0 || strncmp(text, "ssl", 3) == 0)
		return parse_line_name(text, d, error);
	if (strncmp(text, "eth", 3) == 0 || strncmp(text, "vec", 3) == 0)
		return parse_net_name(text, d, error);
	if (strcmp(text, "mem") == 0)
		snprintf(error, OPTIONS_ERROR_LEN,
			 "memory is taken from a guest with 'config mem=-SIZE'");
	else
		snprintf(error, OPTIONS_ERROR_LEN,
			 "'%.40s': devices are ubd<n>, eth<n>, con<n>, ssl<n> and mem", text);
	return -EINVAL;
}
