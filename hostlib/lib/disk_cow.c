// SPDX-License-Identifier: GPL-2.0
/*
 * Opening a COW file with its backing file, and judging whether the backing
 * file still is the one that the COW file was made from. The rules stand in
 * disk.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk_identity.h"
#include "disk_private.h"

/* Everything about one opening. */
struct opening {
	struct disk *d;
	const struct disk_spec *spec;
	struct disk_file cow, backing;
};

static int lock(struct opening *o, const struct disk_file *f, const char *path, bool exclusive)
{
	int err;

	if (o->spec->flags & DISK_SHARED)
		return 0;
	err = disk_file_lock(f, path, exclusive, o->d->error);
	if (err != -ENOLCK)
		return err;
	disk_warn(o->d,
		  "%s cannot be locked (its file system has no locks); see that nothing else "
		  "uses it",
		  path);
	return 0;
}

static int bad_header(struct opening *o, int err)
{
	const char *path = o->spec->path;
	char *error = o->d->error;

	if (err < 0)
		return disk_error(error, err, "cannot read COW file %s: %s", path, strerror(-err));
	if (err == COW_ERR_NOT_COW && !o->cow.size)
		return disk_error(error, -EBADMSG,
				  "COW file %s is empty; remove it, and it is made anew", path);
	if (err == COW_ERR_NOT_COW && o->spec->backing)
		return disk_error(
			error, -EBADMSG,
			"%s is not a COW file; the COW file comes first, its backing file "
			"second (COW,BACKING); to use %s as a plain disk name it alone",
			path, path);
	if (err == COW_ERR_NOT_COW)
		return disk_error(
			error, -EBADMSG,
			"%s is called a COW file (by its name, mark or comma) but has no COW "
			"header; flag d (ubd0d=%s) uses it as a plain disk",
			path, path);
	return disk_error(error, -EBADMSG, "%s %s", path, cow_strerror(err));
}

/* Creates the COW file if it is absent and may be. */
static int ensure_exists(struct opening *o)
{
	const struct disk_spec *spec = o->spec;
	int err;

	if (!spec->backing || !(spec->flags & DISK_CREATE) || !access(spec->path, F_OK) ||
	    errno != ENOENT)
		return 0;
	err = disk_create_cow(spec, false, o->d->error);
	if (!err)
		o->d->created = true;
	return err;
}

static int open_cow_file(struct opening *o)
{
	const struct disk_spec *spec = o->spec;
	struct disk *d = o->d;
	const struct cow_geometry *g = &d->header.geometry;
	int err = disk_file_open(&o->cow, spec->path, spec->flags, "COW file", d->error);

	if (err)
		return err;
	d->fd = o->cow.fd;
	d->cow = true;
	err = lock(o, &o->cow, spec->path, !o->cow.readonly);
	if (err)
		return err;
	err = disk_read_header(&o->cow, &d->header);
	if (err)
		return bad_header(o, err);
	d->readonly = o->cow.readonly;
	if (o->cow.write_error)
		disk_warn(d, "%s is opened read-only: %s", spec->path,
			  strerror(-o->cow.write_error));
	if (!d->readonly && g->bitmap_len * 8 < g->sectors) {
		d->readonly = true;
		disk_warn(d,
			  "%s is opened read-only: its version %u bitmap has no bit for the last "
			  "sectors; merge it (uml_moo) and make a new one",
			  spec->path, g->version);
	}
	return 0;
}

/*
 * Where the backing file is: as the operator says, else as the header says; a
 * relative name there counts from the COW file's directory, or else from the
 * current one (old tools meant that).
 */
static int find_backing(struct opening *o)
{
	const char *name = o->spec->backing ? o->spec->backing : o->d->header.backing;
	const char *slash = strrchr(o->spec->path, '/');
	char *out = o->d->backing_path;
	int n = 0;

	if (!o->spec->backing && name[0] != '/' && slash) {
		n = snprintf(out, PATH_MAX, "%.*s/%s", (int)(slash - o->spec->path), o->spec->path,
			     name);
		if (n < PATH_MAX && !access(out, F_OK))
			return 0;
	}
	n = snprintf(out, PATH_MAX, "%s", name);
	return n < PATH_MAX ? 0
			    : disk_error(o->d->error, -ENAMETOOLONG,
					 "the backing file's name is too long; move it up");
}

static void warn_other_backing(struct opening *o)
{
	const char *named = o->d->header.backing;
	struct stat st;

	if (!o->spec->backing || o->backing.blockdev)
		return;
	if (!stat(named, &st) && st.st_dev == o->backing.dev && st.st_ino == o->backing.ino)
		return;
	if (!strcmp(named, o->spec->backing))
		return;
	disk_warn(o->d,
		  "%s was made over %s; using %s as you say (uml_cow rebase makes it lasting)",
		  o->spec->path, named, o->spec->backing);
}

static int open_backing(struct opening *o)
{
	struct disk *d = o->d;
	uint8_t magic[4];
	int err = find_backing(o);

	if (!err)
		err = disk_file_open(&o->backing, d->backing_path,
				     DISK_READONLY | (o->spec->flags & DISK_NO_LINK),
				     "backing file", d->error);
	if (err == -ENOENT && !o->spec->backing)
		return disk_error(
			d->error, err,
			"backing file %s, named in COW file %s, is missing; name it where it "
			"is now (%s,BACKING), or use uml_cow rebase",
			d->backing_path, o->spec->path, o->spec->path);
	if (err)
		return err;
	d->backing_fd = o->backing.fd;
	err = disk_file_narrow(&o->backing, d->backing_path, &o->spec->part, d->error);
	if (err)
		return err;
	d->backing_offset = o->backing.offset;
	d->blockdev = o->cow.blockdev || o->backing.blockdev;
	if (disk_same_file(&o->cow, &o->backing))
		return disk_error(
			d->error, -ELOOP,
			"%s cannot be its own backing file; name the image it was made from",
			o->spec->path);
	err = lock(o, &o->backing, d->backing_path, false);
	if (err)
		return err;
	warn_other_backing(o);
	if (pread(o->backing.fd, magic, 4, (off_t)o->backing.offset) == 4 &&
	    cow_header_probe(magic, 4))
		disk_warn(d,
			  "backing file %s begins like a COW file; it is used as plain data (merge "
			  "it first with uml_moo if it is one)",
			  d->backing_path);
	return 0;
}

static int stale(struct opening *o, const char *why, const char *cure)
{
	return disk_error(o->d->error, -ESTALE, "backing file %s %s since COW file %s was made; %s",
			  o->d->backing_path, why, o->spec->path, cure);
}

/* Brings the header's mtime (and the identity's nanoseconds) up to date. */
static void refresh_mtime(struct opening *o)
{
	struct cow_header *h = &o->d->header;
	uint8_t sector[COW_IDENTITY_LEN], mtime[4];
	uint64_t at;

	h->mtime = (uint32_t)o->backing.mtime_s;
	h->identity.mtime_ns = o->backing.mtime_ns;
	if (o->cow.readonly)
		return;
	cow_mtime_patch(&h->geometry, h->mtime, &at, mtime);
	cow_identity_build(&h->identity, sector);
	/* Failing is harmless: the content is compared again next time. */
	if (pwrite(o->cow.fd, mtime, sizeof(mtime), (off_t)at) == (ssize_t)sizeof(mtime) &&
	    pwrite(o->cow.fd, sector, sizeof(sector), COW_IDENTITY_OFFSET) < 0)
		disk_warn(o->d, "cannot update the header of %s: %s", o->spec->path,
			  strerror(errno));
}

/* The mtime is another: does the content decide for the file? */
static int compare_content(struct opening *o)
{
	const struct cow_identity *id = &o->d->header.identity;
	uint8_t digest[COW_DIGEST_LEN];
	int err = disk_identity_compute(o->backing.fd, o->backing.offset, o->backing.size,
					o->spec->progress, o->spec->user, digest);

	if (err)
		return disk_error(o->d->error, err, "cannot read backing file %s: %s",
				  o->d->backing_path,
				  err == -EINTR ? "interrupted" : strerror(-err));
	if (memcmp(digest, id->digest, sizeof(digest)))
		return stale(o, "has changed its content",
			     "restore it, or make a new COW file; its changes do not fit any more");
	refresh_mtime(o);
	return 0;
}

static int check_mtime(struct opening *o)
{
	const struct cow_header *h = &o->d->header;
	uint32_t algorithm = h->identity.algorithm;
	bool same = h->mtime == (uint32_t)o->backing.mtime_s;

	if (o->spec->flags & DISK_TRUST || o->backing.blockdev)
		return 0; /* the node of a block device has an mtime of its own */
	if (algorithm == COW_IDENTITY_MERGING) {
		disk_warn(o->d,
			  "a merge of %s into %s was interrupted; nothing is lost, finish it "
			  "with uml_moo -d %s",
			  o->spec->path, o->d->backing_path, o->spec->path);
		return 0;
	}
	if (algorithm == COW_IDENTITY_SHA256_CHUNKS)
		return same && h->identity.mtime_ns == o->backing.mtime_ns ? 0 : compare_content(o);
	o->d->no_identity = true;
	if (same)
		return 0;
	return stale(o, "was changed, touched or copied",
		     "no content hash is recorded to compare; if it is the same image, accept it "
		     "with uml_cow rebase --trust COW, else restore it");
}

static int check_backing(struct opening *o)
{
	struct disk *d = o->d;
	uint64_t size = d->header.geometry.size, want = cow_backing_size(&d->header);
	bool merging = d->header.identity.algorithm == COW_IDENTITY_MERGING;

	/* A merge of a resized disk resizes the backing file first. */
	if (o->backing.size != want && !(merging && o->backing.size == size)) {
		char why[80];

		snprintf(why, sizeof(why), "has changed its size from %llu to %llu",
			 (unsigned long long)want, (unsigned long long)o->backing.size);
		return stale(o, why, "restore it or name the right one, or make a new COW file");
	}
	/* Behind the part there are bytes of something else, where a file would have none. */
	if (o->spec->part.len && size > want)
		return disk_error(
			d->error, -EINVAL,
			"the disk in COW file %s was grown beyond its backing file, which "
			"cannot be a part of %s then; give it a file of its own",
			o->spec->path, d->backing_path);
	if (size < 512)
		return disk_error(d->error, -EINVAL,
				  "the disk in COW file %s has less than one sector",
				  o->spec->path);
	d->size = size / 512 * 512;
	if (d->size != size)
		disk_warn(d,
			  "%s is not a multiple of 512 bytes; the guest does not see its last %llu",
			  d->backing_path, (unsigned long long)(size - d->size));
	return check_mtime(o);
}

int disk_open_cow(struct disk *d, const struct disk_spec *spec)
{
	struct opening o = {.d = d, .spec = spec, .cow = {.fd = -1}, .backing = {.fd = -1}};
	int err = ensure_exists(&o);

	if (!err)
		err = open_cow_file(&o);
	if (!err)
		err = open_backing(&o);
	if (!err)
		err = check_backing(&o);
	return err;
}
