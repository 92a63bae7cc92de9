// SPDX-License-Identifier: GPL-2.0
/*
 * Finding guests; see guests.h.
 *
 * A guest runs if its socket takes a connection: the kernel refuses it as soon as the
 * listener has gone, however that ended. This asks nothing of the guest, takes no lock
 * that a starting guest could stumble over, and holds for stock UML guests, too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "guests.h"
#include "guests_dir.h"

#define GUESTS_MAX 4096

int guests_base(const char *dir, char out[static GUEST_PATH], const char **fault)
{
	int err;

	if (!dir || !*dir)
		dir = getenv("UML_DIR");
	*fault = NULL;
	if (dir && *dir)
		return snprintf(out, GUEST_PATH, "%s", dir) < GUEST_PATH ? 0 : -ENAMETOOLONG;
	err = guests_dir_default(out, GUEST_PATH);
	if (!err)
		*fault = guests_dir_default_fault(out);
	return err;
}

static int connect_address(int fd, const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

/* By way of the open directory, whose name in /proc is short. */
static int connect_long(int fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[GUEST_PATH], near[64];
	int dfd, err;

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(dir) || strlen(slash) > 32)
		return -ENAMETOOLONG;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	dfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dfd < 0)
		return -errno;
	snprintf(near, sizeof(near), "/proc/self/fd/%d%s", dfd, slash);
	err = connect_address(fd, near);
	close(dfd);
	return err;
}

int guests_connect(const char *path)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	/* The kernel chooses an abstract name. */
	if (bind(fd, (struct sockaddr *)&any, sizeof(any.sun_family)) < 0) {
		err = -errno;
		goto out;
	}
	err = connect_address(fd, path);
	if (err == -ENAMETOOLONG)
		err = connect_long(fd, path);
	if (!err)
		return fd;
out:
	close(fd);
	return err;
}

/* Reads a small file; terminated. Its length or -1. */
static ssize_t read_small(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, out, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	out[n] = '\0';
	return n;
}

/* Seconds since a process started. */
static uint64_t process_age(int pid)
{
	char path[64], stat[1024], up[64];
	unsigned long long start = 0;
	double now;
	const char *p;
	long hz = sysconf(_SC_CLK_TCK);

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (hz <= 0 || read_small(path, stat, sizeof(stat)) < 0 ||
	    read_small("/proc/uptime", up, sizeof(up)) < 0)
		return 0;
	p = strrchr(stat, ')'); /* the name before it may hold anything */
	for (int field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		if (p)
			p++;
	}
	if (p)
		start = strtoull(p, NULL, 10);
	now = strtod(up, NULL);
	return now > (double)start / (double)hz ? (uint64_t)(now - (double)start / (double)hz) : 0;
}

static void process_command(int pid, char *out, size_t size)
{
	char path[64];
	ssize_t n, i;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	n = read_small(path, out, size);
	if (n < 0)
		n = 0;
	while (n && out[n - 1] == '\0')
		n--;
	for (i = 0; i < n; i++)
		if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
			out[i] = ' ';
	out[n] = '\0';
}

/* Fills in what can be known of a guest from the directory its socket lies in. */
static void look_at(struct guest *g)
{
	char path[GUEST_PATH + 8], text[32];
	const char *slash = strrchr(g->socket, '/');
	long pid;

	g->pid = 0;
	g->uptime_s = 0;
	g->command[0] = '\0';
	if (!slash)
		return;
	snprintf(path, sizeof(path), "%.*s/pid", (int)(slash - g->socket), g->socket);
	if (read_small(path, text, sizeof(text)) <= 0)
		return;
	pid = strtol(text, NULL, 10);
	if (pid <= 0 || pid > 1 << 22)
		return;
	g->pid = (int)pid;
	g->uptime_s = process_age(g->pid);
	process_command(g->pid, g->command, sizeof(g->command));
}

static int probe(struct guest *g)
{
	int fd = guests_connect(g->socket);

	if (fd < 0)
		return fd;
	close(fd);
	look_at(g);
	return 0;
}

static int find_by_path(const char *path, struct guest *out)
{
	struct stat st;
	const char *name, *end;
	int n;

	if (stat(path, &st) < 0)
		return -errno;
	n = snprintf(out->socket, sizeof(out->socket), "%s%s", path,
		     S_ISDIR(st.st_mode) ? "/mconsole" : "");
	if (n >= (int)sizeof(out->socket))
		return -ENAMETOOLONG;
	/* The name is that of the directory. */
	end = strrchr(out->socket, '/');
	while (end > out->socket && end[-1] == '/')
		end--;
	for (name = end; name > out->socket && name[-1] != '/'; name--)
		;
	snprintf(out->name, sizeof(out->name), "%.*s", (int)(end - name), name);
	if (!out->name[0])
		snprintf(out->name, sizeof(out->name), "%.200s", path);
	return probe(out);
}

int guests_find(const char *base, const char *name, struct guest *out)
{
	if (!*name)
		return -ENOENT;
	if (strchr(name, '/'))
		return find_by_path(name, out);
	if (strlen(name) >= sizeof(out->name) || strcmp(name, "..") == 0 || strcmp(name, ".") == 0)
		return -ENOENT;
	snprintf(out->name, sizeof(out->name), "%s", name);
	if (snprintf(out->socket, sizeof(out->socket), "%s/%s/mconsole", base, name) >=
	    (int)sizeof(out->socket))
		return -ENAMETOOLONG;
	return probe(out);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct guest *)a)->name, ((const struct guest *)b)->name);
}

/* Adds a guest to the list if it runs. Their number or -errno. */
static int add(struct guest **list, int count, const char *base, const char *name)
{
	struct guest *more;

	if (count >= GUESTS_MAX)
		return count;
	more = realloc(*list, ((size_t)count + 1) * sizeof(**list));
	if (!more)
		return -ENOMEM;
	*list = more;
	return guests_find(base, name, &more[count]) == 0 ? count + 1 : count;
}

int guests_list(const char *base, struct guest **list)
{
	DIR *dir = opendir(base);
	struct dirent *e;
	int count = 0;

	*list = NULL;
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (count >= 0 && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			count = add(list, count, base, e->d_name);
	closedir(dir);
	if (count < 0) {
		free(*list);
		*list = NULL;
		return count;
	}
	if (count > 1)
		qsort(*list, (size_t)count, sizeof(**list), by_name);
	return count;
}
