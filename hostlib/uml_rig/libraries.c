// SPDX-License-Identifier: GPL-2.0
/* Libraries of this process; see libraries.h. <link.h> is libc's: the Makefile keeps ours away. */
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include "libraries.h"

struct call {
	int (*fn)(void *arg, const char *path, bool loader);
	void *arg;
};

static bool is_forced(const char *path)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, strrchr(path, '/') + 1);
}

static int one(struct dl_phdr_info *info, size_t size, void *arg)
{
	const struct call *c = arg;

	(void)size;
	/* This program has no name, and what the kernel put there no folder. */
	if (!strchr(info->dlpi_name, '/') || is_forced(info->dlpi_name))
		return 0;
	return c->fn(c->arg, info->dlpi_name, info->dlpi_addr == getauxval(AT_BASE));
}

int libraries_each(int (*fn)(void *arg, const char *path, bool loader), void *arg)
{
	struct call c = {fn, arg};

	return dl_iterate_phdr(one, &c);
}
