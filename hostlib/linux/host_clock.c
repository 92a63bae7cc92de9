// SPDX-License-Identifier: GPL-2.0
/* The host's clock; see host_clock.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "host_clock.h"

#define CURRENT "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define WORD "nestling.tsc="
#define NAME_MAX_BYTES 32 /* the kernel's CS_NAME_LEN */

/* Those of x86 that are taken where the counter is not to be trusted, and that of virtual time (UML). */
static const char *const other[] = {"time-travel-clock", "hpet", "acpi_pm", "refined-jiffies",
				    "jiffies"};

static bool is_other(const char *name)
{
	size_t i, length = strcspn(name, "\n");

	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (strlen(other[i]) == length && memcmp(other[i], name, length) == 0)
			return true;
	return false;
}

static bool is_said(const struct options *o)
{
	size_t i;

	for (i = 0; i < o->nkernel; i++)
		if (strncmp(o->kernel[i], WORD, strlen(WORD)) == 0)
			return true;
	return false;
}

/* Where there is no /sys, nothing is known, and nothing said. */
static void read_name(char name[NAME_MAX_BYTES + 1])
{
	int fd = open(CURRENT, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, name, NAME_MAX_BYTES);

	name[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

int host_clock_look(struct linux_ctx *ctx)
{
	char name[NAME_MAX_BYTES + 1];
	struct options *o = &ctx->opt;

	read_name(name);
	if (!is_other(name) || is_said(o))
		return 0;
	return options_add_word(&o->kernel, &o->nkernel, strdup(WORD "0")) ? STATUS_OSERR : 0;
}
