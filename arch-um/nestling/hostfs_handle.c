// SPDX-License-Identifier: GPL-2.0
/*
 * Handles of the host's files, for overlayfs' index: what a file is known by, whatever its names.
 * A file that a handle stands for may have no name here yet, or not for now. Then it is there to be
 * recognised, by a dentry that leads nowhere, and cannot be opened.
 */
#include <linux/dcache.h>
#include <linux/exportfs.h>
#include <linux/fs.h>
#include <nestling.h>
#include "../../../fs/hostfs/hostfs.h"

#define HANDLE_TYPE 0x4e /* no other file system's */

struct handle {
	u64 ino;
	s64 born;
	u32 born_ns;
	u32 major, minor;
	u32 kind; /* S_IFMT of its mode */
} __packed __aligned(4);

#define HANDLE_WORDS ((int)(sizeof(struct handle) / sizeof(u32)))

int nl_hostfs_handle_make(u32 *fh, int *words, const struct hostfs_stat *st)
{
	struct handle *h = (void *)fh;
	bool fits = *words >= HANDLE_WORDS;

	*words = HANDLE_WORDS;
	if (!fits)
		return FILEID_INVALID;
	*h = (struct handle){
		.ino = st->ino,
		.born = st->btime.tv_sec,
		.born_ns = st->btime.tv_nsec,
		.major = st->dev.maj,
		.minor = st->dev.min,
		.kind = st->mode & S_IFMT,
	};
	return HANDLE_TYPE;
}

bool nl_hostfs_handle_read(struct hostfs_stat *st, const u32 *fh, int words, int type)
{
	const struct handle *h = (const void *)fh;

	if (type != HANDLE_TYPE || words < HANDLE_WORDS || !S_ISREG(h->kind))
		return false;
	*st = (struct hostfs_stat){
		.ino = h->ino,
		.btime = {h->born, h->born_ns},
		.dev = {h->major, h->minor},
		.mode = h->kind,
		.nlink = 1,
	};
	return true;
}

bool nl_hostfs_has_name(const struct dentry *dentry)
{
	return !(dentry->d_flags & DCACHE_DISCONNECTED);
}

struct dentry *nl_hostfs_find_name(struct inode *inode)
{
	struct dentry *dentry, *found = NULL;

	spin_lock(&inode->i_lock);
	hlist_for_each_entry (dentry, &inode->i_dentry, d_u.d_alias) {
		spin_lock(&dentry->d_lock);
		/* The root is in no table of names. */
		if ((IS_ROOT(dentry) || !d_unhashed(dentry)) && nl_hostfs_has_name(dentry))
			found = dget_dlock(dentry);
		spin_unlock(&dentry->d_lock);
		if (found)
			break;
	}
	spin_unlock(&inode->i_lock);
	return found;
}
