// SPDX-License-Identifier: GPL-2.0
/*
 * Reads files of /proc for the loader, through a mount of the kernel's own.
 *
 * Limit: files whose read function can only write to user memory (a process's
 * cmdline, environ and mem) cannot be read from here.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include "control.h"

#define PROC_MAX 0x100000 /* bytes of a file; some have no end */

static struct vfsmount *proc_mount(void)
{
	static struct vfsmount *mnt; /* the control thread's only */
	struct file_system_type *type;

	if (mnt)
		return mnt;
	type = get_fs_type("proc");
	if (!type)
		return ERR_PTR(-ENODEV);
	mnt = kern_mount(type);
	if (IS_ERR(mnt)) {
		struct vfsmount *err = mnt;

		mnt = NULL;
		return err;
	}
	return mnt;
}

static bool leaves_proc(const char *name)
{
	const char *p = name;

	while ((p = strstr(p, "..")) != NULL) {
		if ((p == name || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return true;
		p += 2;
	}
	return false;
}

/*
 * Most files of /proc are sequence files behind functions that want user
 * memory; such a file is known by its private data, which points back to it.
 */
static bool is_seq_file(struct file *f)
{
	struct seq_file *s = f->private_data;
	const struct file *back;

	return s && !copy_from_kernel_nofault(&back, &s->file, sizeof(back)) && back == f;
}

static ssize_t read_some(struct file *f, char *buf, size_t len, loff_t *pos)
{
	struct kvec vec = {.iov_base = buf, .iov_len = len};
	struct iov_iter to;
	struct kiocb iocb;
	ssize_t n;

	if (f->f_op->read_iter && !f->f_op->read)
		return kernel_read(f, buf, len, pos);
	if (!is_seq_file(f))
		return -EOPNOTSUPP;
	init_sync_kiocb(&iocb, f);
	iocb.ki_pos = *pos;
	iov_iter_kvec(&to, ITER_DEST, &vec, 1, len);
	n = seq_read_iter(&iocb, &to);
	*pos = iocb.ki_pos;
	return n;
}

static int send_file(struct nl_answer *a, struct file *f)
{
	char *buf = (char *)__get_free_page(GFP_KERNEL);
	loff_t pos = 0;
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	while (pos < PROC_MAX && (n = read_some(f, buf, PAGE_SIZE, &pos)) > 0) {
		nl_answer_add(a, buf, n);
		cond_resched();
	}
	free_page((unsigned long)buf);
	return pos < PROC_MAX && n < 0 && n != -EAGAIN ? n : 0;
}

int nl_proc_answer(struct nl_answer *a, const char *name)
{
	struct vfsmount *mnt = proc_mount();
	struct file *f;
	int err;

	while (*name == '/')
		name++;
	if (!*name || leaves_proc(name)) {
		nl_answer_printf(a, "proc takes the name of a file below /proc");
		return -EINVAL;
	}
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	f = file_open_root_mnt(mnt, name, O_RDONLY | O_NONBLOCK, 0);
	if (IS_ERR(f)) {
		nl_answer_printf(a, "/proc/%.100s cannot be opened: error %ld", name, -PTR_ERR(f));
		return PTR_ERR(f);
	}
	err = S_ISREG(file_inode(f)->i_mode) ? send_file(a, f) : -EISDIR;
	if (err)
		nl_answer_printf(a, "/proc/%.100s cannot be read: error %d", name, -err);
	fput(f);
	return err;
}
