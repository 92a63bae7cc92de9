// SPDX-License-Identifier: GPL-2.0
/*
 * Disks of the guest: /dev/ubda to /dev/ubdp on descriptors that the loader
 * passes in slots (slots.h).
 *
 * A request is served in the thread that submits it whenever the host needs not
 * wait for a device, and is finished before the submission returns: on a host
 * whose page cache holds the image, that is a copy and a system call. What must
 * wait goes to a host thread (ubd_io.h), whose answer comes as an interrupt. In
 * virtual time all requests are served at once, so that the order of events does
 * not depend on the host.
 *
 * The kernel is one CPU without preemption, and requests are submitted from
 * process context only, so what is used between entry and return of
 * ubd_queue_rq() before a request ends needs no lock (`scratch`).
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/major.h>
#include <linux/mutex.h>
#include <linux/panic_notifier.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/time-internal.h>
#include <linux/uio.h>
#include <init.h>
#include <irq_kern.h>
#include "slots.h"
#include "ubd_alias.h"
#include "ubd_io.h"

#define UBD_SHIFT 4 /* 16 minor numbers a disk */
#define UBD_DEPTH 64
#define UBD_MAX_SECTORS 4096 /* 2 MiB a request */
#define UBD_NEAR_SEGMENTS 8 /* of a posted request, kept without an allocation */
#define UBD_PANIC_WAIT_MS 2000
#define UBD_CLAIM_TRIES 4 /* to remove a disk that is open */
#define UBD_CLAIM_WAIT_MS 50

static_assert(NL_UBD_MAX * UBD_DEPTH * 2 <= UBD_IO_JOBS);

struct ubd {
	unsigned int index;
	bool removing; /* under disk->open_mutex: no more opens */
	bool quiesced; /* under ubd_lock: frozen until add() brings descriptors */
	struct nl_slot slot;
	struct ubd_io *io;
	struct gendisk *disk;
	struct blk_mq_tag_set tags;
};

/* What a request carries. */
struct ubd_request {
	struct ubd_job job;
	struct iovec *far; /* allocated segments, or NULL */
	struct iovec near[UBD_NEAR_SEGMENTS];
};

static DEFINE_MUTEX(ubd_lock); /* guards the table */
static struct ubd *ubd_table[NL_UBD_MAX];
static struct iovec scratch[UBD_IO_SEGMENTS];

static blk_status_t ubd_status(int err)
{
	if (err == -EDQUOT || err == -EFBIG)
		err = -ENOSPC;
	return err ? errno_to_blk_status(err) : BLK_STS_OK;
}

/* Ends a request that was served. The request is not ours afterwards. */
static void ubd_finish(struct request *rq, int err)
{
	blk_mq_end_request(rq, ubd_status(err));
}

/* Writes the request's memory into scratch. Number of pieces, or -EINVAL. */
static int ubd_map(struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;
	int n = 0;

	rq_for_each_bvec (bv, rq, iter) {
		char *at = bvec_virt(&bv);

		if (n && (char *)scratch[n - 1].iov_base + scratch[n - 1].iov_len == at) {
			scratch[n - 1].iov_len += bv.bv_len;
			continue;
		}
		if (n == UBD_IO_SEGMENTS)
			return -EINVAL;
		scratch[n].iov_base = at;
		scratch[n++].iov_len = bv.bv_len;
	}
	return n;
}

/* Turns a request into a job. BLK_STS_OK or why not. */
static blk_status_t ubd_describe(struct ubd *u, struct request *rq)
{
	struct ubd_request *r = blk_mq_rq_to_pdu(rq);
	struct ubd_job *job = &r->job;

	*job = (struct ubd_job){
		.io = u->io,
		.iov = scratch,
		.off = blk_rq_pos(rq) << SECTOR_SHIFT,
		.len = blk_rq_bytes(rq),
		.fua = rq->cmd_flags & REQ_FUA,
	};
	r->far = NULL;
	switch (req_op(rq)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		job->op = req_op(rq) == REQ_OP_READ ? UBD_READ : UBD_WRITE;
		job->niov = ubd_map(rq);
		return job->niov < 0 ? BLK_STS_IOERR : BLK_STS_OK;
	case REQ_OP_FLUSH:
		job->op = UBD_FLUSH;
		return BLK_STS_OK;
	case REQ_OP_DISCARD:
		job->op = UBD_DISCARD;
		return BLK_STS_OK;
	case REQ_OP_WRITE_ZEROES:
		job->op = UBD_ZERO;
		return BLK_STS_OK;
	default:
		return BLK_STS_NOTSUPP;
	}
}

/* Moves the job's pieces out of scratch, which the next request uses. */
static bool ubd_keep(struct ubd_request *r)
{
	struct ubd_job *job = &r->job;
	struct iovec *to = r->near;

	if (job->niov > UBD_NEAR_SEGMENTS) {
		to = kmalloc_array(job->niov, sizeof(*to), GFP_ATOMIC | __GFP_NOWARN);
		if (!to)
			return false;
		r->far = to;
	}
	memcpy(to, scratch, job->niov * sizeof(*to));
	job->iov = to;
	return true;
}

static blk_status_t ubd_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct ubd_request *r = blk_mq_rq_to_pdu(bd->rq);
	blk_status_t status;
	int err;

	blk_mq_start_request(bd->rq);
	status = ubd_describe(hctx->queue->queuedata, bd->rq);
	if (status != BLK_STS_OK)
		return status;
	err = time_travel_mode == TT_MODE_OFF ? ubd_io_try(&r->job) : ubd_io_run(&r->job);
	if (err == -EAGAIN) {
		if (ubd_keep(r)) {
			ubd_io_post(&r->job);
			return BLK_STS_OK;
		}
		/* Waiting costs time, but writing a page out must not need memory. */
		err = ubd_io_run(&r->job);
	}
	ubd_finish(bd->rq, err);
	return BLK_STS_OK;
}

static irqreturn_t ubd_interrupt(int irq, void *data)
{
	struct ubd_job *job = ubd_io_reap(), *next;

	for (; job; job = next) {
		struct ubd_request *r = container_of(job, struct ubd_request, job);

		next = job->next;
		kfree(r->far);
		ubd_finish(blk_mq_rq_from_pdu(r), job->result);
	}
	return IRQ_HANDLED;
}

static const struct blk_mq_ops ubd_mq_ops = {
	.queue_rq = ubd_queue_rq,
};

static int ubd_open(struct gendisk *disk, blk_mode_t mode)
{
	struct ubd *u = disk->private_data;

	return u->removing ? -ENXIO : 0;
}

static const struct block_device_operations ubd_ops = {
	.owner = THIS_MODULE,
	.open = ubd_open,
};

static ssize_t serial_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ubd *u = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%.*s\n", NL_SERIAL_LEN, u->slot.ubd.serial);
}
static DEVICE_ATTR_RO(serial);

static struct attribute *ubd_attrs[] = {
	&dev_attr_serial.attr,
	NULL,
};
ATTRIBUTE_GROUPS(ubd);

static struct queue_limits ubd_limits(const struct nl_slot *slot)
{
	struct queue_limits lim = {
		.logical_block_size = SECTOR_SIZE,
		.physical_block_size = SECTOR_SIZE,
		.io_min = PAGE_SIZE,
		.max_hw_sectors = UBD_MAX_SECTORS,
		.max_segments = UBD_IO_SEGMENTS,
		.max_segment_size = UINT_MAX,
		.max_write_zeroes_sectors = UINT_MAX >> SECTOR_SHIFT,
	};

	if (!(slot->flags & NL_UBD_SYNC))
		lim.features |= BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA;
	if (!(slot->flags & NL_UBD_NO_TRIM)) {
		lim.max_hw_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
		lim.discard_granularity = PAGE_SIZE;
	}
	return lim;
}

static int ubd_alloc_disk(struct ubd *u)
{
	struct queue_limits lim = ubd_limits(&u->slot);
	struct gendisk *disk;
	int err;

	u->tags.ops = &ubd_mq_ops;
	u->tags.nr_hw_queues = 1;
	u->tags.queue_depth = UBD_DEPTH;
	u->tags.numa_node = NUMA_NO_NODE;
	u->tags.flags = BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	u->tags.cmd_size = sizeof(struct ubd_request);
	err = blk_mq_alloc_tag_set(&u->tags);
	if (err)
		return err;
	disk = blk_mq_alloc_disk(&u->tags, &lim, u);
	if (IS_ERR(disk)) {
		blk_mq_free_tag_set(&u->tags);
		return PTR_ERR(disk);
	}
	disk->major = UBD_MAJOR;
	disk->first_minor = u->index << UBD_SHIFT;
	disk->minors = 1 << UBD_SHIFT;
	disk->fops = &ubd_ops;
	disk->private_data = u;
	snprintf(disk->disk_name, sizeof(disk->disk_name), "ubd%c", 'a' + u->index);
	set_capacity(disk, u->slot.ubd.size >> SECTOR_SHIFT);
	set_disk_ro(disk, ubd_io_readonly(u->io));
	u->disk = disk;
	return 0;
}

static void ubd_free_disk(struct ubd *u)
{
	put_disk(u->disk);
	blk_mq_free_tag_set(&u->tags);
}

static void ubd_announce(const struct ubd *u)
{
	pr_info("%s: %llu KiB%s%s%s\n", u->disk->disk_name, u->slot.ubd.size >> 10,
		u->slot.flags & NL_UBD_COW ? ", copy-on-write" : "",
		get_disk_ro(u->disk) ? ", read-only" : "",
		u->slot.flags & NL_UBD_SYNC ? ", synchronous" : "");
}

/* A new disk. ubd_lock held. On failure the descriptors stay the caller's. */
static int ubd_create(const struct nl_slot *slot)
{
	struct ubd *u = kzalloc(sizeof(*u), GFP_KERNEL);
	int err;

	if (!u)
		return -ENOMEM;
	u->index = slot->index;
	u->slot = *slot;
	err = ubd_io_open(&u->io, slot);
	if (err)
		goto free;
	err = ubd_alloc_disk(u);
	if (err)
		goto close;
	err = device_add_disk(NULL, u->disk, ubd_groups);
	if (err)
		goto free_disk;
	ubd_announce(u);
	ubd_table[u->index] = u;
	return 0;

free_disk:
	ubd_free_disk(u);
close:
	ubd_io_abandon(u->io);
free:
	kfree(u);
	return err;
}

/* Descriptors again for a disk that quiesce() stopped. ubd_lock held. */
static int ubd_rebuild(struct ubd *u, const struct nl_slot *slot)
{
	struct ubd_io *io;
	int err;

	if (!u->quiesced || slot->ubd.size != u->slot.ubd.size)
		return -EEXIST;
	err = ubd_io_open(&io, slot);
	if (err)
		return err;
	ubd_io_close(u->io);
	u->io = io;
	u->slot = *slot;
	u->quiesced = false;
	blk_mq_unfreeze_queue(u->disk->queue);
	return 0;
}

static int ubd_add(const struct nl_slot *slot)
{
	int err;

	if (slot->index >= NL_UBD_MAX)
		return -EINVAL;
	mutex_lock(&ubd_lock);
	if (ubd_table[slot->index])
		err = ubd_rebuild(ubd_table[slot->index], slot);
	else
		err = ubd_create(slot);
	mutex_unlock(&ubd_lock);
	return err;
}

/* Forbids opens unless somebody has the disk open. 0 or -EBUSY. */
static int ubd_claim(struct ubd *u, char *why, size_t why_len)
{
	unsigned int openers;

	mutex_lock(&u->disk->open_mutex);
	openers = disk_openers(u->disk);
	u->removing = !openers;
	mutex_unlock(&u->disk->open_mutex);
	if (!openers)
		return 0;
	snprintf(why, why_len,
		 "%s is in use in the guest (%u opener%s): unmount it, swapoff or close it first",
		 u->disk->disk_name, openers, openers == 1 ? "" : "s");
	return -EBUSY;
}

static int ubd_destroy(unsigned int index, char *why, size_t why_len)
{
	struct ubd *u = ubd_table[index];
	int err, tries;

	if (!u) {
		snprintf(why, why_len, "there is no ubd%u", index);
		return -ENODEV;
	}
	if (u->quiesced) {
		snprintf(why, why_len, "ubd%u is stopped", index);
		return -EBUSY;
	}
	/* udev opens each disk for a moment after many an event. */
	for (tries = 0; (err = ubd_claim(u, why, why_len)) && tries < UBD_CLAIM_TRIES; tries++)
		msleep(UBD_CLAIM_WAIT_MS);
	if (err)
		return err;
	del_gendisk(u->disk);
	err = ubd_io_settle(u->io);
	if (err)
		pr_err("%s: last flush failed: error %d\n", u->disk->disk_name, -err);
	pr_info("%s: removed\n", u->disk->disk_name);
	ubd_free_disk(u);
	ubd_io_close(u->io);
	ubd_table[index] = NULL;
	kfree(u);
	return 0;
}

static int ubd_remove(unsigned int index, char *why, size_t why_len)
{
	int err;

	if (index >= NL_UBD_MAX) {
		snprintf(why, why_len, "disks are ubd0 to ubd%d", NL_UBD_MAX - 1);
		return -EINVAL;
	}
	mutex_lock(&ubd_lock);
	err = ubd_destroy(index, why, why_len);
	mutex_unlock(&ubd_lock);
	return err;
}

static void ubd_quiesce(void)
{
	unsigned int i;

	mutex_lock(&ubd_lock);
	for (i = 0; i < NL_UBD_MAX; i++) {
		struct ubd *u = ubd_table[i];

		if (!u || u->quiesced)
			continue;
		blk_mq_freeze_queue(u->disk->queue); /* waits for what is in flight */
		ubd_io_settle(u->io);
		u->quiesced = true;
	}
	mutex_unlock(&ubd_lock);
}

static const struct nl_slot_ops ubd_slot_ops = {
	.kind = NL_KIND_UBD,
	.name = "ubd",
	.add = ubd_add,
	.remove = ubd_remove,
	.quiesce = ubd_quiesce,
};

/* The end of the guest kernel in good order: one thread, nothing else runs. */
static void ubd_exit(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < NL_UBD_MAX; i++) {
		if (!ubd_table[i])
			continue;
		err = ubd_io_settle(ubd_table[i]->io);
		if (err)
			pr_err("%s: last flush failed: error %d\n", ubd_table[i]->disk->disk_name,
			       -err);
	}
}
__uml_exitcall(ubd_exit);

static int ubd_panic(struct notifier_block *self, unsigned long unused, void *text)
{
	unsigned int i;

	for (i = 0; i < NL_UBD_MAX; i++)
		if (ubd_table[i])
			ubd_io_settle_panic(ubd_table[i]->io, UBD_PANIC_WAIT_MS);
	return NOTIFY_DONE;
}

static struct notifier_block ubd_panic_block = {
	.notifier_call = ubd_panic,
	.priority = INT_MAX, /* before the notifier that ends the process */
};

static int __init ubd_init(void)
{
	int fd, err;

	err = register_blkdev(UBD_MAJOR, "ubd");
	if (err < 0)
		return err;
	fd = ubd_io_start();
	if (fd < 0) {
		err = fd;
		pr_err("no threads for disks: error %d\n", -err);
		goto unregister;
	}
	err = um_request_irq(UM_IRQ_ALLOC, fd, IRQ_READ, ubd_interrupt, 0, "ubd", ubd_table);
	if (err < 0)
		goto unregister; /* the threads sleep on; they need nothing */
	err = ubd_alias_init();
	if (err)
		pr_warn("no old names of disks in /dev: error %d\n", -err);
	atomic_notifier_chain_register(&panic_notifier_list, &ubd_panic_block);
	return nl_slot_register(&ubd_slot_ops);

unregister:
	unregister_blkdev(UBD_MAJOR, "ubd");
	return err;
}
device_initcall(ubd_init);
