// SPDX-License-Identifier: GPL-2.0
/* The initial RAM disk; see initrd.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "initrd.h"
#include "log.h"

static int refuse(int fd, const char *path, const char *why, int status)
{
	log_err("initrd '%s': %s", path, why);
	if (fd >= 0)
		close(fd);
	return status;
}

int initrd_open(struct linux_ctx *ctx)
{
	const char *path = ctx->opt.initrd;
	struct nl_slot *s;
	struct stat st;
	int fd;

	if (!path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return refuse(fd, path, strerror(errno),
			      errno == EACCES ? STATUS_NOPERM : STATUS_NOINPUT);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return refuse(fd, path, "not a regular file; name a cpio archive", STATUS_NOINPUT);
	if (st.st_size == 0)
		return refuse(fd, path, "the file is empty; name a cpio archive", STATUS_DATA);
	if ((uint64_t)st.st_size > ctx->opt.mem_bytes / 2)
		return refuse(fd, path,
			      "too big for the guest's memory; give more with mem=", STATUS_DATA);
	s = ctx_slot(ctx, NL_KIND_INITRD, 0);
	s->fd[0] = fd;
	s->initrd.size = (uint64_t)st.st_size;
	snprintf(s->spec, sizeof(s->spec), "%s", path);
	return 0;
}
