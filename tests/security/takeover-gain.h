/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For takeover-any.h: whether calls have given the process anything that it had not, by what the
 * host says of it and of its surroundings before and after:
 *
 *   descriptors	of files that it did not have open, and that are not in the shared directory
 *   mappings	that are executable or shared, where there was none
 *   files	the one outside (--outside) and its directory, and the parent of the shared one
 *   the sibling	has the descriptors that it had, and runs on the same CPUs, as does the loader
 */
#ifndef TAKEOVER_GAIN_H
#define TAKEOVER_GAIN_H

#define FDS_MAX 1024 /* RLIMIT_NOFILE of a guest kernel */
#define TARGET_MAX 160
#define MAPPINGS_MAX 4096

struct mapping {
	unsigned long start, end;
	bool execute, shared;
};

struct world {
	char target[FDS_MAX][TARGET_MAX]; /* of descriptors, "" where there is none */
	struct mapping mapping[MAPPINGS_MAX]; /* those that are executable or shared */
	unsigned int nmappings;
	struct stat outside, beside, above; /* the file, its directory, the shared one's parent */
	unsigned int sibling_fds;
	cpu_set_t loader_cpus, sibling_cpus;
};

static const char *gain; /* what the last attempt has given, for its line */

static void target_of(pid_t pid, long fd, char to[static TARGET_MAX])
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%ld", pid, fd);
	n = readlink(path, to, TARGET_MAX - 1);
	to[n > 0 ? n : 0] = 0;
}

static void look_at_mappings(struct world *w)
{
	char path[64], line[512], perm[8];
	struct mapping *m;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", victim.pid);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f) && w->nmappings < MAPPINGS_MAX) {
		m = &w->mapping[w->nmappings];
		if (sscanf(line, "%lx-%lx %7s", &m->start, &m->end, perm) != 3)
			continue;
		m->execute = perm[2] == 'x';
		m->shared = perm[3] == 's';
		w->nmappings += m->execute || m->shared;
	}
	fclose(f);
}

static unsigned int count_fds(pid_t pid)
{
	char path[64];
	unsigned int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* A file's state that nobody else changes; zeros where it is not there. */
static void look_at_file(const char *path, struct stat *st)
{
	if (lstat(path, st) < 0)
		memset(st, 0, sizeof(*st));
	st->st_atim = (struct timespec){0};
}

static void look_at_files(struct world *w)
{
	char path[PATH_MAX];

	look_at_file(outside, &w->outside);
	snprintf(path, sizeof(path), "%s", outside);
	look_at_file(dirname(path), &w->beside);
	snprintf(path, sizeof(path), "%s", share);
	look_at_file(dirname(path), &w->above);
}

static void look(struct world *w)
{
	memset(w, 0, sizeof(*w));
	for (long fd = 0; fd < FDS_MAX; fd++)
		target_of(victim.pid, fd, w->target[fd]);
	look_at_mappings(w);
	look_at_files(w);
	w->sibling_fds = count_fds(sibling);
	sched_getaffinity(loader, sizeof(w->loader_cpus), &w->loader_cpus);
	sched_getaffinity(sibling, sizeof(w->sibling_cpus), &w->sibling_cpus);
}

/* Whether a file is one that it had, or may have. */
static bool may_have(const struct world *before, const char *target)
{
	size_t len = strlen(share);

	if (strncmp(target, share, len) == 0 && (target[len] == '/' || !target[len]))
		return true;
	for (int fd = 0; fd < FDS_MAX; fd++)
		if (strcmp(target, before->target[fd]) == 0)
			return true;
	return false;
}

static bool had_mapping(const struct world *before, const struct mapping *m)
{
	unsigned long at = m->start;
	unsigned int i;

	/* One may lie over several that were there: they are in order. */
	for (i = 0; i < before->nmappings && at < m->end; i++) {
		const struct mapping *b = &before->mapping[i];

		if (b->start <= at && at < b->end && b->execute >= m->execute &&
		    b->shared >= m->shared)
			at = b->end;
	}
	return at >= m->end;
}

/* What there is now and was not before, or NULL. */
static const char *gained(const struct world *before, const struct world *now)
{
	static char text[TARGET_MAX + 32];

	for (int fd = 0; fd < FDS_MAX; fd++) {
		if (!now->target[fd][0] || may_have(before, now->target[fd]))
			continue;
		snprintf(text, sizeof(text), "descriptor %d: %s", fd, now->target[fd]);
		return text;
	}
	for (unsigned int i = 0; i < now->nmappings; i++) {
		if (had_mapping(before, &now->mapping[i]))
			continue;
		snprintf(text, sizeof(text), "mapping at %lx", now->mapping[i].start);
		return text;
	}
	if (memcmp(&before->outside, &now->outside, sizeof(now->outside)) != 0)
		return "the file outside";
	if (memcmp(&before->beside, &now->beside, sizeof(now->beside)) != 0)
		return "the directory outside";
	if (memcmp(&before->above, &now->above, sizeof(now->above)) != 0)
		return "the directory above the shared one";
	if (before->sibling_fds != now->sibling_fds)
		return "descriptors of the sibling";
	if (!CPU_EQUAL(&before->loader_cpus, &now->loader_cpus) ||
	    !CPU_EQUAL(&before->sibling_cpus, &now->sibling_cpus))
		return "the CPUs of another process";
	return NULL;
}

#endif
