// SPDX-License-Identifier: GPL-2.0
/*
 * What of the host's files a job sees; see run.h. All of it read only, but for what --rw names;
 * never the host's /proc, /sys, /dev and /run; not what holds keys and passwords, unless it is
 * asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

const char *const run_always_hidden[] = {"/proc", "/sys", "/dev", "/run", NULL};

static bool named(const struct run *r, const char *path)
{
	size_t i;

	for (i = 0; i < r->opt.npaths; i++)
		if ((r->opt.path[i].kind == RUN_PATH_RO || r->opt.path[i].kind == RUN_PATH_RW) &&
		    strcmp(r->opt.path[i].path, path) == 0)
			return true;
	return false;
}

/* Unless one of the options shows it; what is always hidden, none can. */
static int hide(struct run *r, const char *path, bool always)
{
	char *real = realpath(path, NULL), **more;
	bool known = false;
	size_t i;

	if (!real) /* it is not there, or this user cannot see it either */
		return 0;
	for (i = 0; i < r->nhidden; i++)
		known |= strcmp(r->hidden[i], real) == 0;
	if (known || (!always && named(r, real))) {
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

int run_hide(struct run *r, const char *path)
{
	return hide(r, path, false);
}

/* What the guest sees otherwise than it sees the rest, on the host's side too. */
static int share_path(struct run *r, const struct run_path *p)
{
	switch (p->kind) {
	case RUN_PATH_RW:
		return hostfs_share(r->ctx, p->path, SHARE_WRITE);
	case RUN_PATH_HIDE:
		return hostfs_share(r->ctx, p->path, SHARE_HIDE);
	default: /* what is mounted there in the guest, its root can take away */
		return run_path_is_in_rw(r, p) && access(p->path, F_OK) == 0
			       ? hostfs_share(r->ctx, p->path, SHARE_READ)
			       : 0;
	}
}

static int choose_shares(struct run *r)
{
	size_t i;
	int err = hostfs_share(r->ctx, "/", SHARE_READ);

	for (i = 0; i < r->opt.npaths && !err; i++)
		err = share_path(r, &r->opt.path[i]);
	for (i = 0; run_always_hidden[i] && !err; i++)
		err = hide(r, run_always_hidden[i], true);
	if (!err && !r->opt.show_secrets)
		err = run_hide_secrets(r);
	return err ? err : run_paths_hidden(r);
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
	int err = run_paths(r);

	if (!err && !r->opt.root)
		err = choose_shares(r);
	if (err == -ENOMEM)
		log_err("out of memory");
	return err ? RUN_STATUS_FAILED : 0;
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
	status = run_shares(r);
	if (!status && r->opt.root) {
		status = open_root(r);
		if (status)
			log_err("out of memory");
	}
	return status ? status : open_keep(r);
}
