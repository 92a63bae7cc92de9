// SPDX-License-Identifier: GPL-2.0
/*
 * What holds keys, passwords, tokens, and what was typed or browsed: hidden from a job, unless an
 * option names it (run_files.c). It is a list of names: what has another is seen.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "run_private.h"

/* Below each home directory, but those that begin with '/'. The last name may be a pattern. */
static const char *const secrets[] = {
	".ssh",
	".gnupg",
	".aws",
	".azure",
	".config/gcloud",
	".kube",
	".docker",
	".netrc",
	".pgpass",
	".my.cnf",
	".git-credentials",
	".config/gh",
	".password-store",
	".local/share/keyrings",
	".mozilla",
	".config/google-chrome",
	".config/chromium",
	".npmrc",
	".pypirc",
	".cargo/credentials.toml",
	".bash_history",
	"/etc/shadow",
	"/etc/gshadow",
	"/etc/ssl/private",
};

/* All in a directory whose name is like this. */
static int hide_like(struct run *r, const char *dir, const char *pattern)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d = opendir(dir);
	int err = 0;

	if (!d) /* not there, or this user cannot look at it */
		return 0;
	while (!err && (e = readdir(d)))
		if (fnmatch(pattern, e->d_name, 0) == 0 &&
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < (int)sizeof(path))
			err = run_hide(r, path);
	closedir(d);
	return err;
}

static int hide_in(struct run *r, const char *dir, const char *secret)
{
	char path[PATH_MAX], *name;

	if (snprintf(path, sizeof(path), "%s/%s", dir, secret) >= (int)sizeof(path))
		return 0;
	name = strrchr(path, '/');
	if (!strchr(name, '*'))
		return run_hide(r, path);
	*name = '\0';
	return hide_like(r, path, name + 1);
}

static int hide_all(struct run *r, const char *home)
{
	size_t i;
	int err = 0;

	if (home && (*home != '/' || access(home, X_OK) < 0))
		return 0;
	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]) && !err; i++)
		if (!home == (*secrets[i] == '/'))
			err = hide_in(r, home ? home : "", secrets[i] + !home);
	return err;
}

/* HOME may name another directory than the user's own; and who runs as root can read everybody's. */
int run_hide_secrets(struct run *r)
{
	const char *home = getenv("HOME");
	int err = home ? hide_all(r, home) : 0;
	uid_t uid = getuid();
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p;

	while (f && !err && (p = fgetpwent(f)))
		if (uid == 0 || p->pw_uid == uid)
			err = hide_all(r, p->pw_dir);
	if (f)
		fclose(f);
	return err ? err : hide_all(r, NULL);
}
