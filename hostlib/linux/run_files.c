// SPDX-License-Identifier: GPL-2.0
/*
 * What of the host's files a job sees; see run.h. All of it read only, but for what --rw names;
 * never the host's /proc, /sys, /dev and /run; not what holds keys and passwords, unless it is
 * asked for.
 */
#include <errno.h>
#include <fcntl.h>
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

/* Below the home directory, or absolute. */
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
	"/root/.ssh",
};

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
	char *real = realpath(path, NULL);
	int err = 0;

	if (!real) /* it is not there, or this user cannot see it either */
		return 0;
	if (named(r, real) || r->nhidden == RUN_HIDDEN_MAX) {
		free(real);
		return 0;
	}
	err = hostfs_share(r->ctx, real, SHARE_HIDE);
	r->hidden[r->nhidden++] = real;
	return err;
}

static int hide_secrets(struct run *r)
{
	const char *home = getenv("HOME");
	char path[4096];
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]) && !err; i++) {
		if (*secrets[i] != '/' && (!home || *home != '/'))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", *secrets[i] == '/' ? "" : home,
			 *secrets[i] == '/' ? "" : "/", secrets[i]);
		err = hide(r, path);
	}
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
	struct stat st;
	int fd;

	if (!r->opt.keep || r->opt.root)
		return 0;
	r->keep = 2;
	fd = open(r->opt.keep, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fstat(fd, &st) < 0) {
		log_err("--keep %s: %s", r->opt.keep, strerror(errno));
		if (fd >= 0)
			close(fd);
		return RUN_STATUS_FAILED;
	}
	if (st.st_size == 0) {
		r->keep = 1;
		if (ftruncate(fd, KEEP_BYTES) < 0) {
			log_err("--keep %s: %s", r->opt.keep, strerror(errno));
			close(fd);
			unlink(r->opt.keep);
			return RUN_STATUS_FAILED;
		}
	}
	close(fd);
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

int run_files(struct run *r)
{
	int status = r->opt.root ? open_root(r) : choose_shares(r) ? RUN_STATUS_FAILED : 0;

	if (status)
		log_err("out of memory");
	return status ? status : open_keep(r);
}
