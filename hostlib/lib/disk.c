// SPDX-License-Identifier: GPL-2.0
/*
 * Opening a disk: decides whether it is raw or COW, and opens raw ones. What is
 * a COW file, and why, stands in disk.h.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "disk_private.h"

/* The operator's word for it: foo.cow, foo_cow, foo-cow, cow. */
static bool name_says_cow(const char *path)
{
	const char *base = strrchr(path, '/');
	size_t len;

	base = base ? base + 1 : path;
	len = strlen(base);
	if (len < 3 || strcasecmp(base + len - 3, "cow"))
		return false;
	return len == 3 || strchr("._-", base[len - 4]);
}

static bool marked(const char *path)
{
	return getxattr(path, DISK_COW_MARK, NULL, 0) >= 0;
}

static bool called_cow(const struct disk_spec *spec)
{
	if (spec->flags & DISK_DATA)
		return false;
	if (spec->backing || spec->flags & DISK_COW)
		return true;
	return spec->flags & DISK_PROBE_COW && !access(spec->path, F_OK) &&
	       (name_says_cow(spec->path) || marked(spec->path));
}

/* A raw disk that begins like a COW file: the operator's slip, or a guest's trick. */
static void warn_if_looks_cow(struct disk *d, const struct disk_spec *spec)
{
	uint8_t magic[4];

	if (spec->flags & DISK_DATA || pread(d->fd, magic, 4, 0) != 4)
		return;
	if (cow_header_probe(magic, 4))
		disk_warn(d,
			  "%s begins like a COW file but was not called one, so it is used as a "
			  "plain disk; if it is a COW file, name its backing file too (%s,BACKING)",
			  spec->path, spec->path);
}

static int open_raw(struct disk *d, const struct disk_spec *spec)
{
	struct disk_file f;
	int err = disk_file_open(&f, spec->path, spec->flags, "disk", d->error);

	if (err)
		return err;
	d->fd = f.fd;
	d->readonly = f.readonly;
	d->blockdev = f.blockdev;
	if (!(spec->flags & DISK_SHARED))
		err = disk_file_lock(&f, spec->path, !f.readonly, d->error);
	if (err == -ENOLCK)
		disk_warn(d,
			  "%s cannot be locked (its file system has no locks); see that nothing "
			  "else uses it",
			  spec->path);
	else if (err)
		return err;
	if (f.size < 512)
		return disk_error(d->error, -EINVAL,
				  "disk %s has %llu bytes, less than one sector; make it larger "
				  "(truncate -s 1G %s)",
				  spec->path, (unsigned long long)f.size, spec->path);
	d->size = f.size / 512 * 512;
	if (d->size != f.size)
		disk_warn(d,
			  "%s is not a multiple of 512 bytes; the guest does not see its last %llu",
			  spec->path, (unsigned long long)(f.size - d->size));
	if (f.write_error)
		disk_warn(d, "%s is opened read-only: %s", spec->path, strerror(-f.write_error));
	warn_if_looks_cow(d, spec);
	return 0;
}

int disk_open(struct disk *d, const struct disk_spec *spec)
{
	int err;

	memset(d, 0, sizeof(*d));
	d->fd = d->backing_fd = -1;
	d->flags = spec->flags;
	if (!spec->path || !*spec->path)
		return disk_error(d->error, -ENOENT, "no disk file is named; write ubd0=FILE");
	if (spec->backing && spec->flags & DISK_DATA)
		return disk_error(d->error, -EINVAL,
				  "flag d (plain data) and the backing file %s exclude each other; "
				  "drop one of them",
				  spec->backing);
	err = called_cow(spec) ? disk_open_cow(d, spec) : open_raw(d, spec);
	if (err)
		disk_close(d);
	return err;
}

void disk_close(struct disk *d)
{
	disk_identity_stop(d);
	if (d->fd >= 0)
		close(d->fd);
	if (d->backing_fd >= 0)
		close(d->backing_fd);
	d->fd = d->backing_fd = -1;
}

void disk_config(const struct disk *d, struct cow_disk_config *out)
{
	*out = (struct cow_disk_config){
		.fd = d->fd,
		.backing_fd = d->cow ? d->backing_fd : -1,
		.size = d->size,
		.flags = (d->readonly ? COW_DISK_READONLY : 0) |
			 (d->flags & DISK_SYNC ? COW_DISK_SYNC : 0) |
			 (d->flags & DISK_NO_TRIM ? COW_DISK_NO_TRIM : 0),
		.ops = &cow_ops_host,
	};
	if (!d->cow)
		return;
	out->geometry = d->header.geometry;
	out->backing_offset = d->backing_offset;
}
