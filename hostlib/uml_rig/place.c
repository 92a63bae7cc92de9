// SPDX-License-Identifier: GPL-2.0
/* Networks that are up, by their names; see place.h. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <fcntl.h>
#include <unistd.h>
#include "log.h"
#include "place.h"

#define BACKLOG 16

/* The folder, made if need be. A folder of somebody else's is not used. 0 or -errno. */
static int folder(char *out, size_t len)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct stat st;
	int n;

	if (run && *run == '/')
		n = snprintf(out, len, "%s/uml_rig", run);
	else
		n = snprintf(out, len, "/tmp/uml_rig-%u", (unsigned int)geteuid());
	if (n >= (int)len)
		return -ENAMETOOLONG;
	if (mkdir(out, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (lstat(out, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 022) ? 0 : -EPERM;
}

static int bad_folder(const char *path, int err)
{
	log_err("%s: %s; name a folder of your own with XDG_RUNTIME_DIR", path,
		err == -EPERM ? "it is not yours alone" : strerror(-err));
	return err;
}

static int address(struct sockaddr_un *a, const char *dir, const char *name)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	return snprintf(a->sun_path, sizeof(a->sun_path), "%s/%s", dir, name) <
			       (int)sizeof(a->sun_path)
		       ? 0
		       : -ENAMETOOLONG;
}

static int new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* A connection; -ECONNREFUSED: whoever listened is dead. */
static int reach(const struct sockaddr_un *a)
{
	int fd = new_socket(), err;

	if (fd < 0 || connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* What a dead one left is taken over; the folder is locked. */
static int listen_there(const struct sockaddr_un *a)
{
	int fd = reach(a), err = 0;

	if (fd >= 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (fd == -ECONNREFUSED)
		unlink(a->sun_path);
	fd = new_socket();
	if (fd < 0)
		return fd;
	if (bind(fd, (const struct sockaddr *)a, sizeof(*a)) < 0 || listen(fd, BACKLOG) < 0)
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

int place_listen(const char *name, char *path)
{
	struct sockaddr_un a;
	int lock, fd, err = folder(path, PATH_MAX);

	if (err)
		return bad_folder(path, err);
	lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		err = -errno;
	if (!err)
		err = address(&a, path, name);
	fd = err ? err : listen_there(&a);
	if (lock >= 0)
		close(lock);
	if (fd == -EADDRINUSE)
		log_err("%s is up already; end it with 'uml_rig down -n %s', or name this one "
			"with -n",
			name, name);
	else if (fd < 0)
		return bad_folder(path, fd);
	else
		snprintf(path, PATH_MAX, "%s", a.sun_path);
	return fd;
}

struct found {
	int fd; /* to the last one that was found */
	unsigned int count;
	char names[400]; /* of all of them */
};

static void try_one(struct found *f, const char *dir, const char *name)
{
	struct sockaddr_un a;
	size_t len = strlen(f->names);
	int fd = address(&a, dir, name) ? -1 : reach(&a);

	if (fd < 0)
		return;
	if (f->count++)
		close(f->fd);
	f->fd = fd;
	snprintf(f->names + len, sizeof(f->names) - len, "%s%s", len ? ", " : "", name);
}

static void find_all(struct found *f, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (*e->d_name != '.')
			try_one(f, dir, e->d_name);
	if (d)
		closedir(d);
}

int place_connect(const char *name)
{
	struct found f = {.fd = -1};
	struct sockaddr_un a;
	char dir[PATH_MAX];
	int err = folder(dir, sizeof(dir)), fd;

	if (err)
		return bad_folder(dir, err);
	if (name) {
		fd = address(&a, dir, name) ? -ENOENT : reach(&a);
		if (fd >= 0)
			return fd;
	}
	find_all(&f, dir);
	if (!name && f.count == 1)
		return f.fd;
	if (f.count)
		close(f.fd);
	if (!f.count)
		log_err("no network is up; bring one up with 'uml_rig up FILE'");
	else if (name)
		log_err("no network '%s' is up; there is %s", name, f.names);
	else
		log_err("more than one network is up (%s); name one with -n", f.names);
	return -ENOENT;
}
