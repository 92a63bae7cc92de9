// SPDX-License-Identifier: GPL-2.0
/* Default directory of guests; see guests_dir.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "guests_dir.h"

/* A static program cannot ask the name service where HOME is not set. */
static const char *home(void)
{
	const char *dir = getenv("HOME");

	return dir && *dir ? dir : NULL;
}

int guests_dir_default(char *out, size_t len)
{
	int n = home() ? snprintf(out, len, "%s/.uml", home())
		       : snprintf(out, len, "/tmp/.uml-%u", geteuid());

	return n < (int)len ? 0 : -ENAMETOOLONG;
}

const char *guests_dir_fault(const char *path, bool in_home)
{
	mode_t others = in_home ? S_IWOTH : S_IWGRP | S_IWOTH;
	struct stat st;

	if ((in_home ? stat(path, &st) : lstat(path, &st)) < 0)
		return NULL; /* whoever uses it will be told */
	if (S_ISLNK(st.st_mode))
		return "is a symbolic link";
	if (!S_ISDIR(st.st_mode))
		return "is not a directory";
	if (st.st_uid != geteuid())
		return "belongs to another user";
	return st.st_mode & others ? "may be written by others" : NULL;
}

const char *guests_dir_default_fault(const char *path)
{
	return guests_dir_fault(path, home() != NULL);
}
