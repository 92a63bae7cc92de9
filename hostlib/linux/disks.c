// SPDX-License-Identifier: GPL-2.0
/* The guest's disks; see disks.h. All judging is done by hostlib/lib/disk.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control.h"
#include "disks.h"
#include "log.h"

#define LATER_NS 2000000000ULL /* a guest that has not said that it runs by then just does not */

/* The exit status for an error of disk_open(). */
static int status_of(int err)
{
	switch (err) {
	case -ENOENT:
	case -EISDIR:
	case -ENODEV:
	case -ENOTDIR:
	case -ENAMETOOLONG:
		return STATUS_NOINPUT;
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return STATUS_NOPERM;
	case -EWOULDBLOCK:
		return STATUS_LOCKED;
	case -EINVAL:
	case -EBADMSG:
	case -ESTALE:
	case -ELOOP:
		return STATUS_DATA;
	case -ENOSPC:
	case -EDQUOT:
		return STATUS_CANTCREATE;
	default:
		return STATUS_OSERR;
	}
}

static unsigned int slot_flags(const struct disk *d)
{
	return (d->readonly ? NL_UBD_READONLY : 0) | (d->flags & DISK_SYNC ? NL_UBD_SYNC : 0) |
	       (d->flags & DISK_NO_TRIM ? NL_UBD_NO_TRIM : 0) | (d->cow ? NL_UBD_COW : 0) |
	       (d->blockdev ? NL_UBD_BLOCKDEV : 0) |
	       (cow_ops_syscall.memory_backed(NULL, d->fd) ? NL_UBD_IN_MEMORY : 0) |
	       (d->cow && cow_ops_syscall.memory_backed(NULL, d->backing_fd)
			? NL_UBD_BACKING_IN_MEMORY
			: 0);
}

static void fill_slot(struct nl_slot *s, const struct disk *d, const struct options_ubd *u)
{
	s->flags = slot_flags(d);
	s->fd[0] = d->fd;
	s->fd[1] = d->cow ? d->backing_fd : -1;
	s->ubd.size = d->size;
	s->ubd.sector_size = 512;
	if (d->cow) {
		s->ubd.bitmap_offset = d->header.geometry.bitmap_offset;
		s->ubd.bitmap_len = d->header.geometry.bitmap_len;
		s->ubd.backing_offset = d->backing_offset;
		s->ubd.data_offset = d->header.geometry.data_offset;
		s->ubd.sector_size = d->header.geometry.sector_size;
		s->ubd.cow_version = d->header.geometry.version;
	}
	if (u->serial)
		memcpy(s->ubd.serial, u->serial, strnlen(u->serial, NL_SERIAL_LEN));
	snprintf(s->spec, sizeof(s->spec), "%s%s%s", u->file, u->backing ? "," : "",
		 u->backing ? u->backing : "");
}

static int open_one(struct linux_ctx *ctx, unsigned int index, const struct options_ubd *u,
		    const struct disk_part *part, char error[static DISKS_ERROR_LEN])
{
	struct disk_spec spec = {
		.path = u->file,
		.backing = u->backing,
		.part = *part,
		/* Hashing a big backing file would hold up the boot. */
		.flags = u->flags | DISK_PROBE_COW | DISK_CREATE | DISK_NO_IDENTITY |
			 (u->flag_cow ? DISK_COW : 0),
	};
	struct disk *d;
	unsigned int i;
	int err;

	if (ctx->disk[index]) {
		snprintf(error, DISKS_ERROR_LEN, "ubd%u is there already; remove it first", index);
		return -EEXIST;
	}
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	err = disk_open(d, &spec);
	if (err) {
		snprintf(error, DISKS_ERROR_LEN, "ubd%u: %s", index, d->error);
		free(d);
		return err;
	}
	for (i = 0; i < d->nwarnings; i++)
		log_warn("ubd%u: %s", index, d->warning[i]);
	ctx->disk[index] = d;
	if (control_running(ctx))
		disk_identity_start(d);
	fill_slot(ctx_slot(ctx, NL_KIND_UBD, index), d, u);
	return 0;
}

int disks_open_one(struct linux_ctx *ctx, unsigned int index, const struct options_ubd *u,
		   char error[static DISKS_ERROR_LEN])
{
	return open_one(ctx, index, u, &(struct disk_part){0}, error);
}

void disks_close_one(struct linux_ctx *ctx, unsigned int index)
{
	if (!ctx->disk[index])
		return;
	ctx_slot_drop(ctx, NL_KIND_UBD, index);
	disk_close(ctx->disk[index]);
	free(ctx->disk[index]);
	ctx->disk[index] = NULL;
}

static struct loop_timer later_timer; /* there is one guest in a loader */

static void later(struct loop_timer *t)
{
	disks_running(t->arg);
}

void disks_started(struct linux_ctx *ctx)
{
	loop_timer_set(ctx->loop, &later_timer, LATER_NS, later, ctx);
}

void disks_running(struct linux_ctx *ctx)
{
	for (unsigned int i = 0; i < NL_UBD_MAX; i++) {
		if (ctx->disk[i])
			disk_identity_start(ctx->disk[i]);
	}
}

/* The built-in system lies in this program's own file. */
static int add_builtin(struct linux_ctx *ctx, unsigned int index)
{
	const struct pack_blob *b = pack_find(&ctx->pack, "root");
	struct nl_slot *s;

	if (!b) {
		log_err("this file carries no built-in system; name a disk: ubd0=file");
		return STATUS_USAGE;
	}
	s = ctx_slot(ctx, NL_KIND_UBD, index);
	s->flags = NL_UBD_READONLY;
	s->fd[0] = ctx->self_fd;
	s->ubd.size = b->length & ~511ULL;
	s->ubd.data_offset = b->offset;
	s->ubd.sector_size = 512;
	snprintf(s->spec, sizeof(s->spec), "(built-in)");
	return 0;
}

int disks_open_all(struct linux_ctx *ctx)
{
	const struct disk_part whole = {0}, part = {ctx->opt.backing_offset, ctx->opt.backing_len};
	char error[DISKS_ERROR_LEN];
	unsigned int i;
	int err;

	if (part.len && !ctx->opt.ubd[0].backing) {
		log_err("nestling.backing= is about the backing file of ubd0: ubd0=COW,BACKING");
		return STATUS_USAGE;
	}
	for (i = 0; i < NL_UBD_MAX; i++) {
		if (!ctx->opt.ubd[i].file)
			continue;
		err = open_one(ctx, i, &ctx->opt.ubd[i], i ? &whole : &part, error);
		if (err) {
			log_err("%s", error);
			return status_of(err);
		}
	}
	if (ctx->opt.rig_disk && ctx->disk[OPTIONS_RIG_DISK]) {
		log_err("nestling.rig= wants ubd%d for the built-in system; use another number",
			OPTIONS_RIG_DISK);
		return STATUS_USAGE;
	}
	if (ctx->opt.rig_disk)
		return add_builtin(ctx, OPTIONS_RIG_DISK);
	if (!ctx->disk[0] && !ctx->opt.initrd)
		return add_builtin(ctx, 0);
	return 0;
}
