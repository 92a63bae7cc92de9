// SPDX-License-Identifier: GPL-2.0
/*
 * Links in devtmpfs from the old names of disks to the new ones; see ubd_alias.h.
 *
 * Numbered names are what every text on user-mode Linux uses, lettered ones are
 * what today's kernels make. devtmpfs knows one name a device, so the second
 * is a symbolic link that we make in it ourselves: in the file system, not in
 * some process's /dev, so that every mount of devtmpfs shows it. The driver
 * core tells of disks and partitions alike as they come and go.
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include "ubd_alias.h"

#define ALIAS_LEN 24

/* A mount of devtmpfs of our own; written once. */
static struct vfsmount *alias_mnt;

/* The old name of a device of ours ("ubda" or "ubda1"), or false. */
static bool alias_name(const struct device *dev, char name[ALIAS_LEN])
{
	const char *now = dev_name(dev);
	unsigned int n;

	if (dev_to_bdev(dev)->bd_disk->major != UBD_MAJOR || strncmp(now, "ubd", 3) ||
	    now[3] < 'a' || now[3] > 'p')
		return false;
	n = now[3] - 'a';
	if (now[4])
		snprintf(name, ALIAS_LEN, "ubd%up%s", n, now + 4);
	else
		snprintf(name, ALIAS_LEN, "ubd%u", n);
	return true;
}

/* Makes (target) or removes (NULL) the link `name`. 0 or -errno. */
static int alias_change(const char *name, const char *target)
{
	struct dentry *dir = alias_mnt->mnt_root, *d;
	int err = mnt_want_write(alias_mnt);

	if (err)
		return err;
	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	d = lookup_one_len(name, dir, strlen(name));
	if (IS_ERR(d)) {
		err = PTR_ERR(d);
		goto out;
	}
	if (target)
		err = d_is_negative(d) ? vfs_symlink(&nop_mnt_idmap, d_inode(dir), d, target)
				       : -EEXIST;
	else if (d_is_symlink(d))
		err = vfs_unlink(&nop_mnt_idmap, d_inode(dir), d, NULL);
	dput(d);
out:
	inode_unlock(d_inode(dir));
	mnt_drop_write(alias_mnt);
	return err;
}

static int alias_add(struct device *dev)
{
	char name[ALIAS_LEN];
	int err;

	if (!alias_name(dev, name))
		return 0;
	err = alias_change(name, dev_name(dev));
	/* A name that is taken was made by the operator's system: it knows better. */
	if (err && err != -EEXIST)
		pr_warn("no link /dev/%s: error %d\n", name, -err);
	return 0;
}

static void alias_remove(struct device *dev)
{
	char name[ALIAS_LEN];

	if (alias_name(dev, name))
		alias_change(name, NULL);
}

static struct class_interface alias_interface = {
	.class = &block_class,
	.add_dev = alias_add,
	.remove_dev = alias_remove,
};

int ubd_alias_init(void)
{
	struct file_system_type *type = get_fs_type("devtmpfs");

	if (!type)
		return 0;
	alias_mnt = kern_mount(type);
	if (IS_ERR(alias_mnt))
		return PTR_ERR(alias_mnt);
	return class_interface_register(&alias_interface);
}
