// SPDX-License-Identifier: GPL-2.0
/*
 * The record that tells the guest what to run; see rootfs/tiny/run_abi.h. It is a disk in
 * memory, because an environment is longer than a kernel's command line.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "confine.h"
#include "log.h"
#include "memfile.h"
#include "run.h"
#include "run_private.h"

extern char **environ;

static const char *const kept[] = {"PATH", "TERM", "LANG", "LC_ALL", "TZ"};

static void put_string(FILE *f, const char *s)
{
	fwrite(s, strlen(s) + 1, 1, f);
}

static bool is_name(const char *entry, const char *name)
{
	size_t n = strcspn(name, "=");

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

/* Whether --env says something else about it. */
static bool overridden(const struct run *r, const char *entry)
{
	size_t i;

	for (i = 0; i < r->opt.nenv; i++)
		if (strchr(r->opt.env[i], '=') && is_name(entry, r->opt.env[i]))
			return true;
	return false;
}

static bool passed_on(const struct run *r, const char *entry)
{
	size_t i;

	if (overridden(r, entry))
		return false;
	if (!r->opt.clean_env)
		return true;
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (is_name(entry, kept[i]))
			return true;
	for (i = 0; i < r->opt.nenv; i++)
		if (is_name(entry, r->opt.env[i]))
			return true;
	return false;
}

static uint32_t put_environment(const struct run *r, FILE *f)
{
	uint32_t n = 0;
	size_t i;
	char **e;

	for (e = environ; *e; e++) {
		if (!passed_on(r, *e))
			continue;
		put_string(f, *e);
		n++;
	}
	for (i = 0; i < r->opt.nenv; i++) {
		if (!strchr(r->opt.env[i], '='))
			continue;
		put_string(f, r->opt.env[i]);
		n++;
	}
	return n;
}

/* A share of the record: its letter, and where. */
struct entry {
	char letter;
	const char *path;
};

/* The deeper one is mounted later, or the other would lie over it; a cover before what is shown. */
static int by_depth(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	size_t deep_x = run_path_depth(x->path), deep_y = run_path_depth(y->path);

	if (deep_x != deep_y)
		return deep_x < deep_y ? -1 : 1;
	return (y->letter == RUN_SHARE_HIDE) - (x->letter == RUN_SHARE_HIDE);
}

static size_t list_shares(const struct run *r, struct entry *to)
{
	static const char letter[] = {
		[RUN_PATH_RW] = RUN_SHARE_RW,
		[RUN_PATH_RO] = RUN_SHARE_RO,
		[RUN_PATH_TMPFS] = RUN_SHARE_TMPFS,
	};
	size_t i, n = 0;

	for (i = 0; i < r->opt.npaths; i++) {
		const struct run_path *p = &r->opt.path[i];

		if (p->kind != RUN_PATH_HIDE && (!r->opt.root || p->kind == RUN_PATH_TMPFS))
			to[n++] = (struct entry){letter[p->kind], p->path};
	}
	for (i = 0; i < r->ctx->nshares; i++) {
		const struct confine_share *s = &r->ctx->share[i];

		if (s->mode == SHARE_HIDE && !run_path_is_guests(s->path))
			to[n++] = (struct entry){RUN_SHARE_HIDE, s->path};
	}
	return n;
}

static int put_shares(const struct run *r, FILE *f, uint32_t *count)
{
	struct entry *list = calloc(r->opt.npaths + r->ctx->nshares + 1, sizeof(*list));
	size_t n, i;

	if (!list)
		return -ENOMEM;
	n = list_shares(r, list);
	qsort(list, n, sizeof(*list), by_depth);
	for (i = 0; i < n; i++) {
		fputc(list[i].letter, f);
		put_string(f, list[i].path);
	}
	free(list);
	*count = (uint32_t)n;
	return 0;
}

static uint32_t put_arguments(const struct run *r, FILE *f)
{
	uint32_t n;

	for (n = 0; r->opt.command[n]; n++)
		put_string(f, r->opt.command[n]);
	return n;
}

/* As after 2>&1. */
static bool is_joined(void)
{
	struct stat out, err;

	return fstat(1, &out) == 0 && fstat(2, &err) == 0 && out.st_dev == err.st_dev &&
	       out.st_ino == err.st_ino && fcntl(1, F_GETFL) == fcntl(2, F_GETFL);
}

static void fill_user(const struct run *r, struct run_job *job)
{
	gid_t groups[NGROUPS_MAX];
	int n = getgroups(NGROUPS_MAX, groups), i;
	mode_t mask = umask(022);

	umask(mask);
	job->umask = mask;
	if (r->opt.root_user)
		return;
	job->uid = getuid();
	job->gid = getgid();
	for (i = 0; i < n && i < RUN_GROUPS; i++)
		job->groups[job->ngroups++] = groups[i];
	if (n > RUN_GROUPS)
		log_warn("of %d supplementary groups the command has the first %d; files of the "
			 "others "
			 "may be refused to it",
			 n, RUN_GROUPS);
}

/* The text of the record, in memory that the caller frees; NULL without memory. */
static char *make_text(const struct run *r, size_t *len)
{
	struct run_job job = {
		.magic = RUN_MAGIC,
		.terminals = r->terminals,
		.joined = !(r->terminals & 6) && is_joined(),
		.keep = r->keep,
		.root_disk = !r->opt.root  ? 0
			     : r->opt.keep ? 2
					   : 1,
		.network = r->opt.nat,
	};
	char *text = NULL, *dir = r->opt.dir ? strdup(r->opt.dir) : getcwd(NULL, 0);
	FILE *f = open_memstream(&text, len);
	int err;

	if (!f) {
		free(dir);
		return NULL;
	}
	fill_user(r, &job);
	fwrite(&job, sizeof(job), 1, f);
	put_string(f, dir ? dir : "/");
	err = put_shares(r, f, &job.shares);
	job.arguments = put_arguments(r, f);
	job.environment = put_environment(r, f);
	free(dir);
	if (fclose(f) || err || !text) {
		free(text);
		return NULL;
	}
	job.bytes = (uint32_t)*len;
	memcpy(text, &job, sizeof(job));
	return text;
}

int run_record(struct run *r)
{
	struct nl_slot *s = ctx_slot(r->ctx, NL_KIND_UBD, RUN_DISK_INDEX);
	size_t len = 0;
	char *text = make_text(r, &len);
	uint64_t size = (len + 4095) & ~4095ULL;

	r->record_fd = text && s ? memfile_make("job", size) : -ENOMEM;
	if (r->record_fd < 0 || pwrite(r->record_fd, text, len, 0) != (ssize_t)len) {
		log_err("writing the job's record failed: %s",
			strerror(r->record_fd < 0 ? -r->record_fd : errno));
		free(text);
		return RUN_STATUS_FAILED;
	}
	free(text);
	s->fd[0] = r->record_fd;
	s->flags = NL_UBD_READONLY | NL_UBD_IN_MEMORY;
	s->ubd.size = size;
	s->ubd.sector_size = 512;
	snprintf(s->spec, sizeof(s->spec), "(job)");
	return 0;
}
