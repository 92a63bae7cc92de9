// SPDX-License-Identifier: GPL-2.0
/*
 * libedit asks for users to expand "~name", which nobody needs here. In a static program
 * libc's functions for it would load the name service of the machine it was built on, so
 * these stand in their place: there are no users.
 */
#include <errno.h>
#include <pwd.h>
#include <stddef.h>

void setpwent(void)
{
}

void endpwent(void)
{
}

struct passwd *getpwent(void)
{
	return NULL;
}

struct passwd *getpwuid(uid_t uid)
{
	return NULL;
}

int getpwuid_r(uid_t uid, struct passwd *buf, char *space, size_t size, struct passwd **out)
{
	*out = NULL;
	return ENOENT;
}

int getpwnam_r(const char *name, struct passwd *buf, char *space, size_t size, struct passwd **out)
{
	*out = NULL;
	return ENOENT;
}
