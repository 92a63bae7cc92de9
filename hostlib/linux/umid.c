// SPDX-License-Identifier: GPL-2.0
/*
 * Run-time directory; see umid.h. Who holds the lock on "pid" owns the directory; the
 * lock goes with its process, so what a dead one left is told from what is in use
 * without looking at process numbers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "guests_dir.h"
#include "log.h"
#include "umid.h"

#define SOCKET_ROOM 16 /* of a socket address, for the names below the directory */

static int make_base(const char *dir)
{
	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return 0;
	log_err("making the directory '%s' failed: %s; name another with uml_dir=", dir,
		strerror(errno));
	return errno == EACCES || errno == EROFS ? STATUS_NOPERM : STATUS_CANTCREATE;
}

/*
 * Opens and locks <run_dir>/pid. The descriptor, -EWOULDBLOCK when in use, -EUCLEAN when the
 * directory is not ours alone, or -errno.
 */
static int take(const char *run_dir)
{
	char path[sizeof(((struct linux_ctx *)0)->run_dir) + 8];
	struct stat mine, there;
	int fd;

	if (mkdir(run_dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (guests_dir_fault(run_dir, false))
		return -EUCLEAN;
	snprintf(path, sizeof(path), "%s/pid", run_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	/* Its last owner may just have removed it. */
	if (fstat(fd, &mine) < 0 || stat(path, &there) < 0 || mine.st_ino != there.st_ino) {
		close(fd);
		return -EAGAIN;
	}
	return fd;
}

static int write_pid(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return -errno;
	return 0;
}

static int open_named(struct linux_ctx *ctx, const char *base)
{
	int n, fd, tries;

	n = snprintf(ctx->run_dir, sizeof(ctx->run_dir), "%s/%s", base, ctx->umid);
	if (n + SOCKET_ROOM > (int)sizeof(ctx->run_dir)) {
		ctx->run_dir[0] = '\0';
		return -ENAMETOOLONG;
	}
	for (tries = 0; tries < 100; tries++) {
		fd = take(ctx->run_dir);
		if (fd != -EAGAIN && fd != -ENOENT)
			break;
	}
	if (fd < 0) {
		ctx->run_dir[0] = '\0';
		return fd;
	}
	ctx->run_lock_fd = fd;
	return write_pid(fd);
}

/* Somebody else has the directory in hand: what lies there may be theirs. */
static int refuse(const char *dir, const char *fault)
{
	log_err("the directory '%s' %s; remove it, or name another with uml_dir=", dir, fault);
	return STATUS_NOPERM;
}

static int complain(const struct linux_ctx *ctx, const char *base, int err)
{
	char dir[4096 + OPTIONS_UMID_LEN + 2];
	const char *fault;

	switch (err) {
	case -EWOULDBLOCK:
		log_err("a guest with the name '%s' runs already in '%s'; choose another umid=",
			ctx->umid, base);
		return STATUS_LOCKED;
	case -ENAMETOOLONG:
		log_err("'%s/%s' is too long for the address of a socket; name a shorter "
			"directory with uml_dir=",
			base, ctx->umid);
		return STATUS_USAGE;
	case -EUCLEAN:
		snprintf(dir, sizeof(dir), "%s/%s", base, ctx->umid);
		fault = guests_dir_fault(dir, false);
		return refuse(dir, fault ? fault : "is not this user's alone");
	default:
		log_err("making '%s/%s' failed: %s; name another directory with uml_dir=", base,
			ctx->umid, strerror(-err));
		return err == -EACCES || err == -EROFS ? STATUS_NOPERM : STATUS_CANTCREATE;
	}
}

int umid_open(struct linux_ctx *ctx)
{
	char base[4096];
	const char *fault = NULL;
	size_t len;
	int err, tries;

	if (ctx->opt.uml_dir)
		err = snprintf(base, sizeof(base), "%s", ctx->opt.uml_dir) < (int)sizeof(base)
			      ? 0
			      : -ENAMETOOLONG;
	else
		err = guests_dir_default(base, sizeof(base));
	if (err)
		return complain(ctx, ctx->opt.uml_dir, err);
	for (len = strlen(base); len > 1 && base[len - 1] == '/'; len--)
		base[len - 1] = '\0';
	err = make_base(base);
	if (err)
		return err;
	if (!ctx->opt.uml_dir) /* one that is named is the operator's choice */
		fault = guests_dir_default_fault(base);
	if (fault)
		return refuse(base, fault);
	if (ctx->opt.umid) {
		snprintf(ctx->umid, sizeof(ctx->umid), "%s", ctx->opt.umid);
		err = open_named(ctx, base);
		return err ? complain(ctx, base, err) : 0;
	}
	for (tries = 0, err = -EWOULDBLOCK; tries < 100 && err == -EWOULDBLOCK; tries++) {
		snprintf(ctx->umid, sizeof(ctx->umid), tries ? "guest-%d-%d" : "guest-%d", getpid(),
			 tries);
		err = open_named(ctx, base);
	}
	return err ? complain(ctx, base, err) : 0;
}

void umid_close(struct linux_ctx *ctx)
{
	static const char *const names[] = {"mconsole", "pid"};
	char path[sizeof(ctx->run_dir) + 16];
	size_t i;

	if (!ctx->run_dir[0])
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", ctx->run_dir, names[i]);
		unlink(path);
	}
	rmdir(ctx->run_dir);
	close(ctx->run_lock_fd);
	ctx->run_lock_fd = -1;
	ctx->run_dir[0] = '\0';
}
