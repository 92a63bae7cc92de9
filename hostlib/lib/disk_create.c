// SPDX-License-Identifier: GPL-2.0
/* Making a COW file: see disk.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "disk_identity.h"
#include "disk_private.h"
#include "disk_tmp.h"

/* Everything about one new COW file. */
struct creation {
	const struct disk_spec *spec;
	bool force;
	char *error;
	struct disk_file backing, old;
	struct cow_header header;
	struct disk_tmp tmp;
};

/* An existing file may be replaced only when it is a COW file that nobody uses. */
static int check_existing(struct creation *c)
{
	const char *path = c->spec->path;
	struct cow_header header;
	int err;

	if (access(path, F_OK))
		return 0;
	if (!c->force)
		return disk_error(c->error, -EEXIST,
				  "%s exists already; remove it, or use -f to replace a COW file",
				  path);
	err = disk_file_open(&c->old, path, 0, "COW file", c->error);
	if (err)
		return err;
	if (disk_same_file(&c->old, &c->backing))
		return disk_error(c->error, -ELOOP, "%s cannot be its own backing file", path);
	err = disk_file_lock(&c->old, path, !c->old.readonly, c->error);
	if (err && err != -ENOLCK)
		return err;
	if (c->old.size && disk_read_header(&c->old, &header) == COW_ERR_NOT_COW)
		return disk_error(
			c->error, -EEXIST,
			"%s is not a COW file and is not replaced; remove it yourself if it "
			"may go (the COW file comes first, the backing file second)",
			path);
	return 0;
}

static int open_backing(struct creation *c)
{
	const char *path = c->spec->backing;
	int err = disk_file_open(&c->backing, path, DISK_READONLY | (c->spec->flags & DISK_NO_LINK),
				 "backing file", c->error);

	if (!err)
		err = disk_file_narrow(&c->backing, path, &c->spec->part, c->error);
	if (err)
		return err;
	if (!(c->spec->flags & DISK_SHARED))
		err = disk_file_lock(&c->backing, path, false, c->error);
	if (err && err != -ENOLCK)
		return err;
	if (c->backing.size < 512)
		return disk_error(c->error, -EINVAL,
				  "backing file %s has less than one sector; name an image", path);
	return 0;
}

static int fill_header(struct creation *c)
{
	struct cow_header *h = &c->header;
	char *full = realpath(c->spec->backing, NULL);
	int err = cow_geometry_init(&h->geometry, c->backing.size, 0, 0);

	/* It is open: a memory file by its name in /proc has no other one. */
	if (!full && errno == ENOENT)
		full = strdup(c->spec->backing);
	if (!full)
		return disk_error(c->error, -errno, "cannot resolve %s: %s", c->spec->backing,
				  strerror(errno));
	strncpy(h->backing, full, sizeof(h->backing) - 1);
	if (strlen(full) >= sizeof(h->backing))
		err = COW_ERR_PATH_UNTERMINATED;
	free(full);
	if (err)
		return disk_error(c->error, -EINVAL, "cannot make a COW file over %s: the image %s",
				  c->spec->backing, cow_strerror(err));
	h->mtime = (uint32_t)c->backing.mtime_s;
	if (c->spec->flags & DISK_NO_IDENTITY)
		return 0;
	h->identity = (struct cow_identity){
		.algorithm = COW_IDENTITY_SHA256_CHUNKS,
		.size = c->backing.size,
		.mtime_ns = c->backing.mtime_ns,
	};
	err = disk_identity_compute(c->backing.fd, c->backing.offset, c->backing.size,
				    c->spec->progress, c->spec->user, h->identity.digest);
	if (err)
		return disk_error(c->error, err, "cannot read backing file %s: %s",
				  c->spec->backing, err == -EINTR ? "interrupted" : strerror(-err));
	return 0;
}

static int write_file(struct creation *c)
{
	const char *path = c->spec->path;
	int err = disk_tmp_begin(&c->tmp, path);

	if (!err && ftruncate(c->tmp.fd, (off_t)c->header.geometry.file_end))
		err = -errno;
	if (!err)
		err = disk_write_header(c->tmp.fd, &c->header);
	/* Where there are no extended attributes, names and commas must tell. */
	if (!err && fsetxattr(c->tmp.fd, DISK_COW_MARK, "1", 1, 0))
		errno = 0;
	if (!err)
		err = disk_tmp_commit(&c->tmp, c->force);
	if (!err)
		return 0;
	disk_tmp_abort(&c->tmp);
	return disk_error(c->error, err, "cannot make COW file %s: %s; %s", path, strerror(-err),
			  err == -ENOSPC || err == -EDQUOT
				  ? "free some space or put it on another file system"
			  : err == -EFBIG
				  ? "the file system cannot hold a file of that size; use another"
				  : "check the directory and its permissions");
}

int disk_create_cow(const struct disk_spec *spec, bool force, char error[static DISK_MESSAGE_LEN])
{
	struct creation *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return disk_error(error, -ENOMEM, "out of memory");
	*c = (struct creation){.spec = spec,
			       .force = force,
			       .error = error,
			       .backing = {.fd = -1},
			       .old = {.fd = -1}};
	err = open_backing(c);
	if (!err)
		err = check_existing(c);
	if (!err)
		err = fill_header(c);
	if (!err)
		err = write_file(c);
	disk_file_close(&c->old);
	disk_file_close(&c->backing);
	free(c);
	return err;
}
