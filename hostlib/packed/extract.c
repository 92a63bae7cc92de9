// SPDX-License-Identifier: GPL-2.0
/* Looking into a packed rig, and taking it apart. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "packed.h"

int packed_list(const struct packed *p)
{
	printf("%12s %12s  %-8s %s\n", "packed", "bytes", "kind", "name");
	for (uint32_t i = 0; i < p->bundle.count; i++) {
		const struct bundle_member *m = &p->bundle.member[i];

		printf("%12llu %12llu  %-8s %s\n", (unsigned long long)m->stored,
		       (unsigned long long)m->size, bundle_kind_name(m->kind), m->name);
	}
	return STATUS_FINE;
}

/* A folder in which nothing of somebody else's is replaced. A descriptor or -errno. */
static int open_folder(const char *path)
{
	struct dirent *d;
	bool empty = true;
	DIR *dir;
	int fd;

	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return -errno;
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			empty = false;
	fd = empty ? fcntl(dirfd(dir), F_DUPFD_CLOEXEC, 3) : -1;
	if (fd < 0)
		fd = empty ? -errno : -ENOTEMPTY;
	closedir(dir);
	return fd;
}

/* The folders that a name has in front. 0 or -errno. */
static int make_folders(int folder, const char *name)
{
	char path[BUNDLE_NAME_MAX + 1];
	const char *slash = name;

	while ((slash = strchr(slash, '/'))) {
		snprintf(path, sizeof(path), "%.*s", (int)(slash - name), name);
		if (mkdirat(folder, path, 0777) < 0 && errno != EEXIST)
			return -errno;
		slash++;
	}
	return 0;
}

static int extract_one(const struct packed *p, int folder, const struct bundle_member *m)
{
	int err = make_folders(folder, m->name), fd;

	if (err)
		return err;
	fd = openat(folder, m->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, m->mode);
	if (fd < 0)
		return -errno;
	err = bundle_take(&p->bundle, m, fd, true);
	if (close(fd) < 0 && !err)
		err = -errno;
	return err;
}

/* The rig takes them from where it says, not from the folder. */
static void tell_absolute(const struct packed *p)
{
	const char *name;

	for (uint32_t i = 0; i < p->bundle.count; i++) {
		name = strstr(p->bundle.member[i].name, "absolute/");
		if (name == p->bundle.member[i].name)
			log_warn("the rig names %s by its absolute path, and takes it from there "
				 "when it is not packed",
				 name + strlen("absolute"));
	}
}

int packed_extract(const struct packed *p, const char *path)
{
	int folder = open_folder(path), err = 0;
	const char *name = path;
	uint32_t i;

	if (folder < 0) {
		log_err("%s cannot be used: %s; name a new folder, or an empty one", path,
			strerror(-folder));
		return STATUS_TROUBLE;
	}
	for (i = 0; i < p->bundle.count && !err; i++) {
		name = p->bundle.member[i].name;
		err = extract_one(p, folder, &p->bundle.member[i]);
	}
	close(folder);
	if (err) {
		log_err("%s/%s cannot be written: %s; what is there is not whole", path, name,
			strerror(-err));
		return STATUS_TROUBLE;
	}
	tell_absolute(p);
	printf("%u files; where the libraries of uml_rig are installed, they run as\n"
	       "  %s/%s run %s/%s\n",
	       i, path, bundle_first(&p->bundle, BUNDLE_PROGRAM)->name, path,
	       bundle_first(&p->bundle, BUNDLE_RIG)->name);
	return STATUS_FINE;
}
