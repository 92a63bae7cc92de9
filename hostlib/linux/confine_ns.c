// SPDX-License-Identifier: GPL-2.0
/*
 * Namespaces around a guest; see confine.h. The user and the pid namespace are made with the
 * first process of the guest, since a process cannot move itself into a pid namespace; the
 * others are made by that process one by one, so that one that the host refuses does not cost
 * the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "confine.h"
#include "confine_private.h"
#include "mount_line.h"

#define ROOT_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static const struct {
	enum confine_layer layer;
	int flag;
} namespaces[] = {
	{LAYER_MOUNT, CLONE_NEWNS}, {LAYER_NET, CLONE_NEWNET},       {LAYER_IPC, CLONE_NEWIPC},
	{LAYER_UTS, CLONE_NEWUTS},  {LAYER_CGROUP, CLONE_NEWCGROUP},
};

/* fork() with namespaces. The child returns on the same stack, as with fork. */
static pid_t fork_into(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	return pid < 0 ? -errno : (pid_t)pid;
}

static int write_proc(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Maps so many numbers from id on to themselves. */
static int map_range(pid_t pid, const char *name, unsigned int id, unsigned int count)
{
	char line[64];

	snprintf(line, sizeof(line), "%u %u %u\n", id, id, count);
	return write_proc(pid, name, line);
}

/*
 * One number is all that there is in the namespace: the user's own, or nobody's for root. Root
 * that stays root, to share files, has all that it has itself, to see whose these are.
 */
static int map_ids(pid_t pid, uid_t uid, gid_t gid)
{
	int err;

	if (uid == 0 && map_range(pid, "uid_map", 0, UINT32_MAX) == 0)
		return map_range(pid, "gid_map", 0, UINT32_MAX);
	err = map_range(pid, "uid_map", uid, 1);
	if (err)
		return err;
	if (geteuid() != 0) { /* an ordinary user may map its group only without setgroups(2) */
		err = write_proc(pid, "setgroups", "deny");
		if (err && err != -ENOENT)
			return err;
	}
	return map_range(pid, "gid_map", gid, 1);
}

/*
 * fork_into() and map_ids(), as one step that works or leaves nothing: some hosts allow the
 * namespace and then refuse the map.
 */
static pid_t fork_as(uid_t uid, gid_t gid)
{
	int go[2], ready[2], err;
	char ok = 0;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(ready, O_CLOEXEC) < 0) {
		err = -errno;
		close(go[0]);
		close(go[1]);
		return err;
	}
	pid = fork_into(CLONE_NEWUSER | CLONE_NEWPID);
	if (pid == 0) {
		close(go[1]); /* or the parent's end would not be seen */
		go[1] = -1;
		if (read(go[0], &ok, 1) != 1 || confine_become(uid, gid) < 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(0);
	}
	close(go[0]);
	close(ready[1]);
	if (pid > 0) {
		err = map_ids(pid, uid, gid);
		if (!err && (write(go[1], "", 1) != 1 || read(ready[0], &ok, 1) != 1))
			err = -EPERM;
		if (err) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			pid = err;
		}
	}
	if (go[1] >= 0)
		close(go[1]);
	close(ready[0]);
	return pid;
}

pid_t confine_fork(const struct confine_config *c, struct confine_report *r, bool *isolated)
{
	bool root = geteuid() == 0, become = root && !confine_skips(c, LAYER_ROOT);
	size_t i;
	pid_t pid;

	*isolated = true;
	if (root && c->level == SANDBOX_OFF)
		pid = fork_into(CLONE_NEWPID);
	else
		pid = fork_as(become ? CONFINE_NOBODY : geteuid(),
			      become ? CONFINE_NOBODY : getegid());
	if (pid >= 0)
		return pid;
	r->err[LAYER_USER] = pid;
	if (root)
		pid = fork_into(CLONE_NEWPID);
	if (pid >= 0)
		return pid;
	r->err[LAYER_PID] = pid;
	for (i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
		r->err[namespaces[i].layer] = pid;
	*isolated = false;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	return pid < 0 ? -errno : pid;
}

/* The new root in place of the old one, of which nothing is left. */
static int swap_roots(void)
{
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) < 0 ? -errno : 0;
	/* Where the old one is no mount, or the initial RAM file system. */
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		return -errno;
	return 0;
}

/*
 * Mounts of the host's for a guest: nothing on them is a way to a device, whatever nodes somebody has
 * left there. (A guest's device nodes are its own kernel's affair.)
 */
enum mounts {
	AS_THEY_ARE, /* readable and writable as on the host */
	READ_ONLY,
	WRITABLE, /* again, among those that were made read only */
};

/*
 * One mount. What the host does not let this user see cannot be seen by the guest either, and what
 * is covered by another mount has no name.
 */
static int remount(const struct mount_line *m, enum mounts how)
{
	bool readonly = how == READ_ONLY || (how == AS_THEY_ARE && m->readonly);
	unsigned long flags =
		MS_REMOUNT | MS_BIND | MS_NODEV | m->flags | (readonly ? MS_RDONLY : 0);

	if (mount(NULL, m->path, NULL, flags, NULL) == 0)
		return 0;
	if (errno == ENOENT || errno == EACCES || errno == EINVAL)
		return 0;
	/* The host has it read only, and keeps it so. */
	return errno == EPERM && how == WRITABLE ? 0 : -errno;
}

/* What is mounted at a directory and below, one after another. */
static int remount_all(const char *top, enum mounts how, int proc_fd)
{
	int fd = openat(proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	struct mount_line m;
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	if (!f) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && getline(&line, &size, f) > 0)
		if (mount_line_read(line, &m) && mount_line_below(&m, top))
			err = remount(&m, how);
	if (!err && ferror(f))
		err = -EIO;
	free(line);
	fclose(f);
	return err;
}

/*
 * With all that is mounted below. One call for all is there since Linux 5.12; it makes nothing
 * writable where one mount among them has to stay as it is. The path is absolute; proc_fd is /proc,
 * which may be covered by now.
 */
static int change_mounts(const char *path, enum mounts how, int proc_fd)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NODEV};

	if (how == READ_ONLY)
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	if (how == WRITABLE)
		attr.attr_clr = MOUNT_ATTR_RDONLY;
	if (syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attr, sizeof(attr)) == 0)
		return 0;
	return remount_all(path, how, proc_fd);
}

/* Nobody can take the cover away: the guest has no right to unmount. */
static int hide(const char *path, bool directory)
{
	struct stat st;
	int ret = 0;

	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -errno;
	if (S_ISDIR(st.st_mode) != directory)
		return 0;
	if (directory)
		ret = mount("none", path, "tmpfs", ROOT_FLAGS | MS_RDONLY, "mode=555,nr_inodes=1");
	else
		ret = mount("/dev/null", path, NULL, MS_BIND, NULL);
	return ret < 0 ? -errno : 0;
}

/* Files first: /dev/null, which covers them, may be hidden itself. */
static int hide_all(const struct confine_config *c)
{
	int pass, ret, err = 0;
	size_t i;

	for (pass = 0; pass < 2; pass++)
		for (i = 1; i < c->nshares; i++) {
			if (c->share[i].mode != SHARE_HIDE)
				continue;
			ret = hide(c->share[i].path, pass == 1);
			err = err ? err : ret;
		}
	return err;
}

/*
 * All names of the host, read only but for what may be written, without what is hidden. Each
 * directory is made what it is to be with all below it, so the deeper ones come later. What is to
 * be hidden is, also where the rest fails.
 */
static int share_root(const struct confine_config *c, int proc_fd)
{
	int hide_err, err = 0;
	size_t i;

	for (i = 1; i < c->nshares && !err; i++)
		if (c->share[i].mode != SHARE_HIDE &&
		    mount(c->share[i].path, c->share[i].path, NULL, MS_BIND | MS_REC, NULL) < 0)
			err = -errno;
	if (!err)
		err = change_mounts("/", c->share[0].mode == SHARE_READ ? READ_ONLY : AS_THEY_ARE,
				    proc_fd);
	for (i = 1; i < c->nshares && !err; i++)
		if (c->share[i].mode != SHARE_HIDE)
			err = change_mounts(c->share[i].path,
					    c->share[i].mode == SHARE_READ ? READ_ONLY : WRITABLE,
					    proc_fd);
	hide_err = hide_all(c);
	return err ? err : hide_err;
}

/* The shared directory, under its name, in the new root that is the current directory. */
static int bind_shared(const struct confine_share *share, int proc_fd)
{
	char copy[2 * PATH_MAX], *p;

	if (!getcwd(copy, PATH_MAX))
		return -errno;
	p = copy + strlen(copy);
	if (snprintf(p, PATH_MAX, "%s", share->path) >= PATH_MAX)
		return -ENAMETOOLONG;
	for (p = strchr(p + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(copy, 0555) < 0)
			return -errno;
		*p = '/';
	}
	if (mkdir(copy, 0555) < 0 || mount(share->path, copy, NULL, MS_BIND | MS_REC, NULL) < 0)
		return -errno;
	return change_mounts(copy, share->mode == SHARE_READ ? READ_ONLY : AS_THEY_ARE, proc_fd);
}

/* Mounted over one that there is, which must not hide the shared directory. */
static int mount_root(const struct confine_config *c)
{
	static const char *const places[] = {"/proc", "/dev", "/tmp", "/usr"};
	const char *options = c->nshares ? "mode=555,nr_inodes=64" : "mode=555,nr_inodes=1";
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (c->nshares && strncmp(c->share[0].path, places[i], strlen(places[i])) == 0)
			continue;
		if (mount("none", places[i], "tmpfs", ROOT_FLAGS, options) == 0)
			return chdir(places[i]) < 0 ? -errno : 0;
	}
	return -errno;
}

static int make_root(const struct confine_config *c, int *proc_fd)
{
	int err;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	*proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	confine_keep_all(c); /* where the host cannot do that, these stay as they are */
	if (c->nshares && strcmp(c->share[0].path, "/") == 0)
		return share_root(c, *proc_fd);
	err = mount_root(c);
	if (!err && c->nshares)
		err = bind_shared(&c->share[0], *proc_fd);
	if (!err)
		err = swap_roots();
	if (!err && mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | ROOT_FLAGS, NULL) < 0)
		err = -errno;
	return err;
}

void confine_namespaces(const struct confine_config *c, struct confine_report *r, int *proc_fd)
{
	size_t i;

	for (i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		enum confine_layer layer = namespaces[i].layer;

		if (confine_skips(c, layer))
			continue;
		r->err[layer] = unshare(namespaces[i].flag) < 0 ? -errno : 0;
		if (layer == LAYER_MOUNT && !r->err[layer])
			r->err[layer] = make_root(c, proc_fd);
	}
}
