// SPDX-License-Identifier: GPL-2.0
/*
 * Locks of files that a guest shares with its host: what a program of the guest locks is locked for
 * the host and for other guests, too; flock(2) as such, fcntl(2)'s locks as locks of an open file.
 *
 * For the host all programs of a guest are one holder. So the guest's own lists are what counts
 * among these, and after each change the host's lock of the range is made to be the strongest of
 * them. Who waits for the host asks again every tick: it tells nobody when a lock is free.
 */
#include <linux/filelock.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <nestling.h>
#include "hostfs_lock_user.h"

/*
 * The locks hang on an open file of the host's. It is one more descriptor of what the inode had open
 * when the first lock was taken, as the inode's own may be replaced by one with more rights.
 */
struct nl_hostfs_locks {
	struct mutex mutex;
	int fd; /* -1: no locks */
	bool writable;
};

static struct nl_hostfs_locks *locks_get(struct nl_hostfs_locks **at)
{
	struct nl_hostfs_locks *new, *old = READ_ONCE(*at);

	if (old)
		return old;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	mutex_init(&new->mutex);
	new->fd = -1;
	old = cmpxchg(at, NULL, new);
	if (!old)
		return new;
	kfree(new);
	return old;
}

void nl_hostfs_locks_free(struct nl_hostfs_locks *locks)
{
	if (locks && locks->fd >= 0)
		nl_lock_drop(locks->fd);
	kfree(locks);
}

/* --- the host's locks follow the guest's ------------------------------------------------ */

/* The strongest of the guest's locks at pos; *last: how far that is so, at most. */
static int strongest_at(struct file_lock_context *ctx, loff_t pos, loff_t *last)
{
	struct file_lock *fl;
	int type = F_UNLCK;

	spin_lock(&ctx->flc_lock);
	list_for_each_entry (fl, &ctx->flc_posix, c.flc_list) {
		if (fl->fl_start > pos) {
			*last = min(*last, fl->fl_start - 1);
		} else if (fl->fl_end >= pos) {
			*last = min(*last, fl->fl_end);
			if (type == F_UNLCK || fl->c.flc_type == F_WRLCK)
				type = fl->c.flc_type;
		}
	}
	spin_unlock(&ctx->flc_lock);
	return type;
}

static void follow_range(struct inode *inode, struct nl_hostfs_locks *l, loff_t start, loff_t end)
{
	struct file_lock_context *ctx = locks_inode_context(inode);
	loff_t pos = start, last;
	int type;

	while (ctx && pos <= end) {
		last = end;
		type = strongest_at(ctx, pos, &last);
		nl_lock_range(l->fd, type, pos, last);
		if (last == OFFSET_MAX)
			break;
		pos = last + 1;
	}
}

static int strongest_flock(struct inode *inode)
{
	struct file_lock_context *ctx = locks_inode_context(inode);
	struct file_lock *fl;
	int type = F_UNLCK;

	if (!ctx)
		return type;
	spin_lock(&ctx->flc_lock);
	list_for_each_entry (fl, &ctx->flc_flock, c.flc_list)
		if (type == F_UNLCK || fl->c.flc_type == F_WRLCK)
			type = fl->c.flc_type;
	spin_unlock(&ctx->flc_lock);
	return type;
}

static bool has_locks(struct inode *inode)
{
	struct file_lock_context *ctx = locks_inode_context(inode);
	bool has;

	if (!ctx)
		return false;
	spin_lock(&ctx->flc_lock);
	has = !list_empty(&ctx->flc_posix) || !list_empty(&ctx->flc_flock);
	spin_unlock(&ctx->flc_lock);
	return has;
}

/*
 * Makes sure that there is a descriptor, and one to write with if so. In the moment of a change from
 * one that only reads the host may get in between: its locks cannot be handed on.
 */
static int hold(struct inode *inode, struct nl_hostfs_locks *l, int fd, bool writable)
{
	int new;

	if (l->fd >= 0 && (l->writable || !writable))
		return 0;
	new = nl_lock_hold(fd);
	if (new < 0)
		return new;
	if (l->fd >= 0)
		nl_lock_drop(l->fd);
	l->fd = new;
	l->writable = writable;
	follow_range(inode, l, 0, OFFSET_MAX);
	nl_lock_whole(l->fd, strongest_flock(inode));
	return 0;
}

/* After the guest's locks have become fewer. */
static void follow(struct inode *inode, struct nl_hostfs_locks *l, const struct file_lock *fl,
		   loff_t start, loff_t end)
{
	mutex_lock(&l->mutex);
	if (l->fd >= 0) {
		if (fl->c.flc_flags & FL_FLOCK)
			nl_lock_whole(l->fd, strongest_flock(inode));
		else
			follow_range(inode, l, start, end);
		if (!has_locks(inode)) {
			nl_lock_drop(l->fd);
			l->fd = -1;
		}
	}
	mutex_unlock(&l->mutex);
}

/* --- taking one --------------------------------------------------------------------------- */

struct request {
	struct file *file;
	struct file_lock *fl;
	struct nl_hostfs_locks *l;
	loff_t start, end; /* as asked for: the guest's lists make fl's wider */
	int fd, type;
	bool writable, wait;
};

static int host_try(const struct request *r)
{
	struct inode *inode = file_inode(r->file);
	int err;

	mutex_lock(&r->l->mutex);
	err = hold(inode, r->l, r->fd, r->writable);
	if (!err && r->fl->c.flc_flags & FL_FLOCK)
		err = nl_lock_whole(r->l->fd, r->type);
	else if (!err)
		err = nl_lock_range(r->l->fd, r->type, r->start, r->end);
	mutex_unlock(&r->l->mutex);
	return err;
}

static int host_wait(const struct request *r)
{
	int err = host_try(r);

	while (err == -EAGAIN && r->wait) {
		schedule_timeout_interruptible(1);
		if (signal_pending(current))
			return -ERESTARTSYS;
		err = host_try(r);
	}
	return err;
}

static void give_back(const struct request *r)
{
	struct file_lock fl;

	locks_init_lock(&fl);
	locks_copy_lock(&fl, r->fl);
	fl.c.flc_flags &= ~FL_SLEEP;
	fl.c.flc_type = F_UNLCK;
	fl.fl_start = r->start;
	fl.fl_end = r->end;
	locks_lock_file_wait(r->file, &fl);
	locks_release_private(&fl);
	follow(file_inode(r->file), r->l, r->fl, r->start, r->end);
}

/* The guest's first, so that its own programs wait as they always do; then the host's. */
static int take_in_turn(const struct request *r)
{
	int err = locks_lock_file_wait(r->file, r->fl);

	if (err)
		return err;
	err = host_wait(r);
	if (err)
		give_back(r);
	return err;
}

static bool conflicts(const struct request *r)
{
	struct file_lock fl;

	locks_init_lock(&fl);
	locks_copy_lock(&fl, r->fl);
	posix_test_lock(r->file, &fl);
	locks_release_private(&fl);
	return fl.c.flc_type != F_UNLCK;
}

/* A range that is not had at once leaves what the program holds of it as it is: the host's first. */
static int take_at_once(const struct request *r)
{
	int err;

	if (conflicts(r))
		return -EAGAIN;
	err = host_try(r);
	if (!err)
		err = locks_lock_file_wait(r->file, r->fl);
	if (err)
		follow(file_inode(r->file), r->l, r->fl, r->start, r->end);
	return err;
}

static int take(const struct request *r)
{
	bool at_once = !r->wait && !(r->fl->c.flc_flags & FL_FLOCK);
	int err;

	if (r->type == F_UNLCK) {
		err = locks_lock_file_wait(r->file, r->fl);
		follow(file_inode(r->file), r->l, r->fl, r->start, r->end);
		return err;
	}
	err = at_once ? take_at_once(r) : take_in_turn(r);
	/*
	 * A host, or a file system of its, that knows no such locks; or nothing may be changed there,
	 * and so nothing locked: the filter says EPERM.
	 */
	if (err == -EINVAL || err == -EOPNOTSUPP || err == -EPERM)
		err = locks_lock_file_wait(r->file, r->fl);
	return err;
}

/* Who is in the way: a program of the guest, or (number -1) somebody outside. */
static int query(struct file *file, struct file_lock *fl, int fd)
{
	loff_t start = fl->fl_start, end = fl->fl_end;
	int type = fl->c.flc_type;

	posix_test_lock(file, fl);
	if (fl->c.flc_type != F_UNLCK)
		return 0;
	if (nl_lock_query(fd, &type, &start, &end) || type == F_UNLCK)
		return 0;
	fl->c.flc_type = type;
	fl->c.flc_pid = -1;
	fl->fl_start = start;
	fl->fl_end = end;
	return 0;
}

int nl_hostfs_lock(struct file *file, int cmd, struct file_lock *fl, struct nl_hostfs_locks **locks,
		   int fd, _Bool writable)
{
	struct request r = {.file = file,
			    .fl = fl,
			    .l = locks_get(locks),
			    .start = fl->fl_start,
			    .end = fl->fl_end,
			    .fd = fd,
			    .type = fl->c.flc_type,
			    .writable = writable,
			    .wait = cmd == F_SETLKW};

	if (!r.l)
		return -ENOLCK;
	if (cmd == F_GETLK)
		return query(file, fl, r.l->fd >= 0 ? r.l->fd : fd);
	return take(&r);
}
