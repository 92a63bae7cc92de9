// SPDX-License-Identifier: GPL-2.0
/* Processes of the host; see host_tree.h. Fields of /proc/PID/stat as in proc(5). */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "host_tree.h"

struct process {
	pid_t pid, parent;
	uint64_t ticks, bytes;
};

struct host_tree {
	struct process *process; /* by parent */
	size_t n, room;
};

/* Its name, in brackets, may have blanks and brackets. */
static bool read_one(const char *pid, struct process *p)
{
	unsigned long long user, system, child_user, child_system;
	char path[64], text[1024], *end;
	long pages;
	size_t n;
	FILE *f;
	int ppid;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	end = strrchr(text, ')');
	if (!end || sscanf(end + 1,
			   " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu "
			   "%*d %*d %*d %*d %*u %*u %ld",
			   &ppid, &user, &system, &child_user, &child_system, &pages) != 6)
		return false;
	*p = (struct process){
		.pid = atoi(pid),
		.parent = ppid,
		.ticks = user + system + child_user + child_system,
		.bytes = (uint64_t)(pages > 0 ? pages : 0) * (uint64_t)sysconf(_SC_PAGESIZE),
	};
	return true;
}

static int by_parent(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return x->parent < y->parent ? -1 : x->parent > y->parent;
}

static bool add(struct host_tree *t, const struct process *p)
{
	size_t room = t->room ? 2 * t->room : 256;
	struct process *more;

	if (t->n == t->room) {
		more = realloc(t->process, room * sizeof(*more));
		if (!more)
			return false;
		t->process = more;
		t->room = room;
	}
	t->process[t->n++] = *p;
	return true;
}

struct host_tree *host_tree_read(void)
{
	struct host_tree *t = calloc(1, sizeof(*t));
	DIR *d = t ? opendir("/proc") : NULL;
	struct process p;
	struct dirent *e;
	bool whole = d;

	while (whole && (e = readdir(d)))
		if (*e->d_name >= '1' && *e->d_name <= '9' && read_one(e->d_name, &p))
			whole = add(t, &p);
	if (d)
		closedir(d);
	if (!whole) {
		host_tree_free(t);
		return NULL;
	}
	if (t->n)
		qsort(t->process, t->n, sizeof(*t->process), by_parent);
	return t;
}

void host_tree_free(struct host_tree *t)
{
	if (t)
		free(t->process);
	free(t);
}

static void count(const struct process *p, uint64_t *ticks, uint64_t *bytes)
{
	*ticks += p->ticks;
	if (p->bytes > *bytes)
		*bytes = p->bytes;
}

static size_t first_child(const struct host_tree *t, pid_t parent)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->process[middle].parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A guest's processes are a few levels deep: loader, init, kernel, address spaces, helpers. */
static void count_below(const struct host_tree *t, pid_t parent, unsigned int depth,
			uint64_t *ticks, uint64_t *bytes)
{
	size_t i;

	for (i = first_child(t, parent); i < t->n && t->process[i].parent == parent; i++) {
		count(&t->process[i], ticks, bytes);
		if (depth)
			count_below(t, t->process[i].pid, depth - 1, ticks, bytes);
	}
}

void host_tree_cost(const struct host_tree *t, pid_t pid, uint64_t *ticks, uint64_t *bytes)
{
	size_t i;

	*ticks = *bytes = 0;
	for (i = 0; i < t->n; i++)
		if (t->process[i].pid == pid)
			count(&t->process[i], ticks, bytes);
	count_below(t, pid, 16, ticks, bytes);
}
