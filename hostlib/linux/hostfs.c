// SPDX-License-Identifier: GPL-2.0
/*
 * hostfs=; see hostfs.h. The guest kernel opens files in the directory itself, and confinement
 * leaves it no others (confine_ns.c): so the name must be the one that the host resolves it to.
 *
 * What fs/hostfs calls:
 *
 * @host files openat: files and directories
 * @host files newfstatat: files and directories
 * @host files statx: files and directories
 * @host files faccessat2: permissions
 * @host files faccessat: the same, where the host has no faccessat2
 * @host files getdents64: directories
 * @host files lseek: directories
 * @host files pread64: reading
 * @host files pwrite64: writing
 * @host files fsync: writing
 * @host files dup2: a file that is opened once more with other rights
 * @host change chmod: attributes
 * @host change fchmod: attributes
 * @host change lchown: attributes
 * @host change fchown: attributes
 * @host change truncate: attributes
 * @host change ftruncate: attributes
 * @host change utimensat: attributes
 * @host change symlink: names
 * @host files readlink: names
 * @host change link: names
 * @host change unlink: names
 * @host change rename: names
 * @host change renameat2: names
 * @host change mkdir: names
 * @host change rmdir: names
 * @host change mknod: FIFOs and sockets
 * @host change mknodat: FIFOs and sockets
 * @host files statfs: df
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "hostfs.h"
#include "log.h"

int hostfs_share(struct linux_ctx *ctx, const char *path, enum confine_share_mode mode)
{
	struct confine_share *more =
		realloc(ctx->share, (ctx->nshares + 1) * sizeof(struct confine_share));

	if (!more)
		return -ENOMEM;
	ctx->share = more;
	more[ctx->nshares++] = (struct confine_share){path, mode};
	return 0;
}

int hostfs_open(struct linux_ctx *ctx)
{
	struct options *o = &ctx->opt;
	struct stat st;
	char *path;

	if (!o->hostfs || ctx->nshares) /* uml_run has chosen */
		return 0;
	path = realpath(o->hostfs, NULL);
	if (!path) {
		log_err("hostfs=%s: %s; name a directory that is there", o->hostfs,
			strerror(errno));
		return errno == EACCES ? STATUS_NOPERM : STATUS_NOINPUT;
	}
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		log_err("hostfs=%s: not a directory", o->hostfs);
		free(path);
		return STATUS_NOINPUT;
	}
	free(o->hostfs);
	o->hostfs = path;
	return hostfs_share(ctx, path, o->hostfs_readonly ? SHARE_READ : SHARE_WRITE) ? STATUS_OSERR
										      : 0;
}
