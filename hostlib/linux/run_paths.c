// SPDX-License-Identifier: GPL-2.0
/*
 * What the options that name paths say when they are taken together; see run_private.h. Of two
 * that lie one in the other the deeper one wins, whichever comes first on the command line; what
 * cannot be had is refused here, before there is a guest.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "confine.h"
#include "log.h"
#include "run.h"
#include "run_private.h"

static const char *const option[] = {
	[RUN_PATH_RW] = "--rw",
	[RUN_PATH_RO] = "--ro",
	[RUN_PATH_HIDE] = "--hide",
	[RUN_PATH_TMPFS] = "--tmpfs",
};

bool run_path_is_guests(const char *path)
{
	size_t i;

	for (i = 0; run_always_hidden[i]; i++)
		if (strcmp(path, run_always_hidden[i]) == 0 ||
		    confine_lies_below(path, run_always_hidden[i]))
			return true;
	return false;
}

size_t run_path_depth(const char *path)
{
	size_t depth = 0;

	for (; *path; path++)
		depth += path[0] == '/' && path[1];
	return depth;
}

static int by_depth(const void *a, const void *b)
{
	size_t x = run_path_depth(((const struct run_path *)a)->path);
	size_t y = run_path_depth(((const struct run_path *)b)->path);

	return (x > y) - (x < y);
}

/*
 * As the host resolves it, as far as it is there: init of the guest would follow a link from a root
 * that is not the command's. NULL without memory.
 */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL), *parent, *name, *all = NULL;
	size_t len = strlen(path);

	if (real || errno == ENOMEM)
		return real;
	while (len > 1 && path[len - 1] == '/')
		len--;
	parent = strndup(path, len);
	name = parent ? strrchr(parent, '/') : NULL;
	if (name) {
		*name++ = '\0';
		real = resolve(*parent ? parent : "/");
	}
	if (real && asprintf(&all, "%s/%s", strcmp(real, "/") ? real : "", name) < 0)
		all = NULL;
	free(real);
	free(parent);
	return all;
}

static int refuse(const struct run_path *p, const char *why)
{
	log_err("%s %s: %s", option[p->kind], p->path, why);
	return -EINVAL;
}

/* The deepest option, of those that show something, that p lies in. NULL: none. */
static const struct run_path *around(const struct run *r, const struct run_path *p)
{
	const struct run_path *found = NULL;
	size_t i;

	for (i = 0; i < r->opt.npaths; i++)
		if (r->opt.path[i].kind != RUN_PATH_HIDE &&
		    confine_lies_below(p->path, r->opt.path[i].path))
			found = &r->opt.path[i];
	return found;
}

bool run_path_is_in_rw(const struct run *r, const struct run_path *p)
{
	size_t i;

	for (i = 0; i < r->opt.npaths; i++)
		if (r->opt.path[i].kind == RUN_PATH_RW &&
		    confine_lies_below(p->path, r->opt.path[i].path))
			return true;
	return false;
}

/* A directory to mount on: in a share the host's, or making it would be a change of the host's. */
static int check_mount_point(const struct run *r, const struct run_path *p)
{
	const struct run_path *in = around(r, p);
	char *parent, *cut;
	struct stat st;
	int err = -1;

	if (in && in->kind == RUN_PATH_TMPFS)
		return 0;
	if (in && lstat(p->path, &st) < 0) {
		log_err("%s %s: %s in %s %s; make the directory first", option[p->kind], p->path,
			strerror(errno), option[in->kind], in->path);
		return -EINVAL;
	}
	parent = strdup(p->path);
	if (!parent)
		return -ENOMEM;
	while ((err = lstat(parent, &st)) < 0 && (errno == ENOENT || errno == ENOTDIR) &&
	       (cut = strrchr(parent, '/')) && cut > parent)
		*cut = '\0'; /* what is missing is made in the layer that takes changes */
	free(parent);
	return !err && !S_ISDIR(st.st_mode) ? refuse(p, "not a directory") : 0;
}

static int check(const struct run *r, const struct run_path *p)
{
	const struct run_path *q;

	if (p->kind != RUN_PATH_HIDE && run_path_is_guests(p->path))
		return refuse(p,
			      "/proc, /sys, /dev and /run are the guest's own, and the host's are "
			      "not shown; copy what is needed elsewhere");
	for (q = r->opt.path; q < p; q++)
		if (strcmp(q->path, p->path) == 0 && q->kind != p->kind) {
			log_err("%s %s: %s names it, too; leave one of them out", option[p->kind],
				p->path, option[q->kind]);
			return -EINVAL;
		}
	if (p->kind != RUN_PATH_TMPFS || r->opt.root)
		return 0;
	return check_mount_point(r, p);
}

int run_paths(struct run *r)
{
	char *path;
	size_t i;
	int err = 0;

	for (i = 0; i < r->opt.npaths && !r->opt.root; i++) {
		if (r->opt.path[i].kind != RUN_PATH_TMPFS)
			continue;
		path = resolve(r->opt.path[i].path);
		if (!path)
			return -ENOMEM;
		free(r->opt.path[i].path);
		r->opt.path[i].path = path;
	}
	qsort(r->opt.path, r->opt.npaths, sizeof(r->opt.path[0]), by_depth);
	for (i = 0; i < r->opt.npaths && !err; i++)
		err = check(r, &r->opt.path[i]);
	return err;
}

int run_paths_hidden(const struct run *r)
{
	const struct confine_share *s;
	size_t i;

	for (i = 0; i < r->opt.npaths; i++)
		for (s = r->ctx->share; s < r->ctx->share + r->ctx->nshares; s++)
			if (s->mode == SHARE_HIDE && r->opt.path[i].kind != RUN_PATH_HIDE &&
			    confine_lies_below(r->opt.path[i].path, s->path)) {
				log_err("%s %s: %s is hidden, with all in it; --ro shows that",
					option[r->opt.path[i].kind], r->opt.path[i].path, s->path);
				return -EINVAL;
			}
	return 0;
}
