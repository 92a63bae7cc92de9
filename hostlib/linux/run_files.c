// SPDX-License-Identifier: GPL-2.0
/*
 * What of the host's files a job sees; see run.h. All of it read only, but for what --rw names;
 * never the host's /proc, /sys, /dev and /run; not what holds keys and passwords, unless it is
 * asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "confine.h"
#include "disk.h"
#include "hostfs.h"
#include "log.h"
#include "run.h"
#include "run_private.h"

#define KEEP_BYTES (16LL << 30) /* sparse: it takes what is written */

static const char *const always[] = {"/proc", "/sys", "/dev", "/run"};

/* Below a home directory. */
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
};

static const char *const system_secrets[] = {"/etc/shadow", "/etc/gshadow", "/etc/ssl/private"};

static bool named(const struct run *r, const char *path)
{
	size_t i;

	for (i = 0; i < r->opt.npaths; i++)
		if ((r->opt.path[i].kind == RUN_PATH_RO || r->opt.path[i].kind == RUN_PATH_RW) &&
		    strcmp(r->opt.path[i].path, path) == 0)
			return true;
	return false;
}

static int hide(struct run *r, const char *path)
{
	char *real = realpath(path, NULL), **more;
	bool known = false;
	size_t i;

	if (!real) /* it is not there, or this user cannot see it either */
		return 0;
	for (i = 0; i < r->nhidden; i++)
		known |= strcmp(r->hidden[i], real) == 0;
	if (known || named(r, real)) {
		free(real);
		return 0;
	}
	more = realloc(r->hidden, (r->nhidden + 1) * sizeof(*more));
	if (!more) {
		free(real);
		return -ENOMEM;
	}
	r->hidden = more;
	r->hidden[r->nhidden++] = real;
	return hostfs_share(r->ctx, real, SHARE_HIDE);
}

static int hide_in_home(struct run *r, const char *home)
{
	char path[PATH_MAX];
	size_t i;
	int err = 0;

	if (!home || *home != '/' || access(home, X_OK) < 0)
		return 0;
	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]) && !err; i++)
		if (snprintf(path, sizeof(path), "%s/%s", home, secrets[i]) < (int)sizeof(path))
			err = hide(r, path);
	return err;
}

/* HOME may name another directory than the user's own; and who runs as root can read everybody's. */
static int hide_secrets(struct run *r)
{
	int err = hide_in_home(r, getenv("HOME"));
	uid_t uid = getuid();
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p;
	size_t i;

	while (f && !err && (p = fgetpwent(f)))
		if (uid == 0 || p->pw_uid == uid)
			err = hide_in_home(r, p->pw_dir);
	if (f)
		fclose(f);
	for (i = 0; i < sizeof(system_secrets) / sizeof(system_secrets[0]) && !err; i++)
		err = hide(r, system_secrets[i]);
	return err;
}

static int choose_shares(struct run *r)
{
	size_t i;
	int err = hostfs_share(r->ctx, "/", SHARE_READ);

	for (i = 0; i < r->opt.npaths && !err; i++) {
		const struct run_path *p = &r->opt.path[i];

		if (p->kind == RUN_PATH_RW)
			err = hostfs_share(r->ctx, p->path, SHARE_WRITE);
		else if (p->kind == RUN_PATH_HIDE)
			err = hostfs_share(r->ctx, p->path, SHARE_HIDE);
	}
	for (i = 0; i < sizeof(always) / sizeof(always[0]) && !err; i++)
		err = hide(r, always[i]);
	if (!err && !r->opt.show_secrets)
		err = hide_secrets(r);
	return err;
}

/*
 * The disk that keeps changes to the host's files, made when it is not there. No COW file: what is
 * changed is no disk, so there is nothing that it could be a copy of.
 */
static int open_keep(struct run *r)
{
	struct options_ubd *u = &r->ctx->opt.ubd[RUN_KEEP_INDEX];
	const char *why = NULL;
	struct stat st;
	bool made;
	int fd;

	if (!r->opt.keep || r->opt.root)
		return 0;
	r->keep = 2;
	fd = open(r->opt.keep, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	made = fd >= 0;
	if (fd < 0 && errno == EEXIST) /* O_NONBLOCK: nobody may be at the other end of a FIFO */
		fd = open(r->opt.keep, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "not a regular file; name one, or one that is not there yet";
	else if (st.st_size == 0 && ftruncate(fd, KEEP_BYTES) < 0)
		why = strerror(errno);
	if (fd >= 0)
		close(fd);
	if (why) {
		log_err("--keep %s: %s", r->opt.keep, why);
		if (made)
			unlink(r->opt.keep);
		return RUN_STATUS_FAILED;
	}
	if (st.st_size == 0)
		r->keep = 1;
	u->file = strdup(r->opt.keep);
	u->flags = DISK_DATA;
	return u->file ? 0 : RUN_STATUS_FAILED;
}

/* The image, or a COW file over it that keeps the changes. */
static int open_root(struct run *r)
{
	struct options_ubd *u = &r->ctx->opt.ubd[RUN_ROOT_INDEX];

	u->file = strdup(r->opt.keep ? r->opt.keep : r->opt.root);
	if (r->opt.keep)
		u->backing = strdup(r->opt.root);
	else
		u->flags = DISK_READONLY;
	return u->file && (u->backing || !r->opt.keep) ? 0 : RUN_STATUS_FAILED;
}

int run_shares(struct run *r)
{
	return r->opt.root ? 0 : choose_shares(r);
}

/* The command starts where its caller is; --chdir names another place. */
static bool is_somewhere(const struct run *r)
{
	char *dir = r->opt.dir ? NULL : getcwd(NULL, 0);
	bool is = r->opt.dir || dir;

	if (!is)
		log_err("the current directory: %s; --chdir DIR starts in another",
			strerror(errno));
	free(dir);
	return is;
}

int run_files(struct run *r)
{
	int status;

	if (!is_somewhere(r))
		return RUN_STATUS_FAILED;
	status = r->opt.root ? open_root(r) : run_shares(r) ? RUN_STATUS_FAILED : 0;
	if (status)
		log_err("out of memory");
	return status ? status : open_keep(r);
}
