// SPDX-License-Identifier: GPL-2.0
/* Two runs held against each other; see compare.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compare.h"
#include "compare_private.h"

#define REAL_TIME "wall.json"

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

/* Reports of crashes have dates and process numbers of the host. */
static int is_compared(const struct dirent *d)
{
	return d->d_name[0] != '.' && strcmp(d->d_name, REAL_TIME) != 0 &&
	       !ends_in(d->d_name, ".crash");
}

struct pair {
	struct dirent **entry[2];
	int count[2], fd[2];
};

/* A file that both have. 1: it differs, and *d says where. */
static int compare_one(const struct pair *p, const char *name, struct difference *d)
{
	struct file_map f[2] = {{0}};
	int rc = file_map_open(p->fd[0], name, &f[0]);

	if (!rc)
		rc = file_map_open(p->fd[1], name, &f[1]);
	*d = (struct difference){.unix_ns = UINT64_MAX};
	snprintf(d->file, sizeof(d->file), "%s", name);
	if (!rc && (f[0].len != f[1].len || (f[0].len && memcmp(f[0].data, f[1].data, f[0].len)))) {
		if (ends_in(name, ".pcapng"))
			compare_captures(&f[0], &f[1], d);
		else
			compare_texts(&f[0], &f[1], d);
		rc = 1;
	}
	file_map_close(&f[0]);
	file_map_close(&f[1]);
	return rc;
}

static int add(struct difference **list, uint32_t *n, const struct difference *d)
{
	struct difference *more = realloc(*list, (*n + 1) * sizeof(**list));

	if (!more)
		return -ENOMEM;
	*list = more;
	more[(*n)++] = *d;
	return 0;
}

static int add_missing(struct difference **list, uint32_t *n, const char *name, int which)
{
	struct difference d = {.unix_ns = UINT64_MAX};

	snprintf(d.file, sizeof(d.file), "%s", name);
	snprintf(d.text, sizeof(d.text), "only in the %s run\n", which ? "second" : "first");
	return add(list, n, &d);
}

/* Both lists of names are sorted. */
static int compare_all(const struct pair *p, struct difference **list, uint32_t *n,
		       const char **failed)
{
	int i = 0, k = 0, rc = 0;

	while (rc >= 0 && (i < p->count[0] || k < p->count[1])) {
		const char *a = i < p->count[0] ? p->entry[0][i]->d_name : NULL;
		const char *b = k < p->count[1] ? p->entry[1][k]->d_name : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a, b);
		struct difference d;

		if (order) {
			rc = add_missing(list, n, order < 0 ? a : b, order > 0);
		} else {
			*failed = a;
			rc = compare_one(p, a, &d);
			if (rc > 0)
				rc = add(list, n, &d);
		}
		i += order <= 0;
		k += order >= 0;
	}
	return rc;
}

static int by_time(const void *x, const void *y)
{
	const struct difference *a = x, *b = y;

	if (a->unix_ns != b->unix_ns)
		return a->unix_ns < b->unix_ns ? -1 : 1;
	return strcmp(a->file, b->file);
}

static int open_pair(struct pair *p, const char *const path[2], char *err, size_t err_len)
{
	int i, rc;

	for (i = 0; i < 2; i++) {
		p->fd[i] = open(path[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		p->count[i] =
			p->fd[i] < 0 ? -1 : scandir(path[i], &p->entry[i], is_compared, alphasort);
		if (p->count[i] >= 0)
			continue;
		rc = -errno;
		p->count[i] = 0;
		snprintf(err, err_len, "%s cannot be read: %s", path[i], strerror(-rc));
		return rc;
	}
	return 0;
}

static void close_pair(struct pair *p)
{
	int i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < p->count[i]; k++)
			free(p->entry[i][k]);
		free(p->entry[i]);
		if (p->fd[i] >= 0)
			close(p->fd[i]);
	}
}

int compare_runs(const char *a, const char *b, FILE *out, char *err, size_t err_len)
{
	struct pair p = {.fd = {-1, -1}};
	struct difference *list = NULL;
	const char *failed = "";
	uint32_t n = 0, i;
	int rc = open_pair(&p, (const char *const[]){a, b}, err, err_len);

	if (!rc) {
		rc = compare_all(&p, &list, &n, &failed);
		if (rc < 0)
			snprintf(err, err_len, "%s cannot be compared: %s", failed, strerror(-rc));
	}
	if (n)
		qsort(list, n, sizeof(*list), by_time);
	for (i = 0; rc >= 0 && i < n; i++)
		fprintf(out, "%s: %s", list[i].file, list[i].text);
	if (rc >= 0 && !n)
		fprintf(out, "the same: %d files\n", p.count[0]);
	free(list);
	close_pair(&p);
	return rc < 0 ? rc : n > 0;
}
