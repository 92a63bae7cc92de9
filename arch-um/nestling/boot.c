// SPDX-License-Identifier: GPL-2.0
/*
 * Start of the guest kernel: the boot record that the loader wrote, and the
 * initial RAM disk if there is one.
 */
#define pr_fmt(fmt) "nestling: " fmt

#include <linux/init.h>
#include <linux/initrd.h>
#include <linux/memblock.h>
#include <linux/printk.h>
#include "slots.h"
#include "boot_user.h"
#include "../kernel/um_arch.h"

#define FILTER_SIZE 8 /* of a struct sock_filter */

static const struct nl_boot *boot_record;

static const struct nl_boot *boot_record_check(const struct nl_boot *b, unsigned long len)
{
	if (!b) {
		pr_err("the loader left no boot record\n");
		return NULL;
	}
	if (b->magic != NL_BOOT_MAGIC || b->abi != NL_ABI ||
	    b->slot_size != sizeof(struct nl_slot)) {
		pr_err("the loader and this kernel are of different builds\n");
		return NULL;
	}
	if (b->nslots > (len - sizeof(*b)) / sizeof(struct nl_slot) ||
	    b->nfilter > (len - sizeof(*b) - b->nslots * sizeof(struct nl_slot)) / FILTER_SIZE) {
		pr_err("the boot record is cut short\n");
		return NULL;
	}
	return b;
}

const struct nl_boot *nl_boot_record(void)
{
	static bool looked;
	unsigned long len = 0;

	if (!looked) {
		boot_record = boot_record_check(nl_boot_map(&len), len);
		looked = true;
	}
	return boot_record;
}

const struct nl_slot *nl_boot_slot(enum nl_kind kind, unsigned int n)
{
	const struct nl_boot *b = nl_boot_record();
	const struct nl_slot *s;
	unsigned int i;

	if (!b)
		return NULL;
	s = (const struct nl_slot *)(b + 1);
	for (i = 0; i < b->nslots; i++)
		if (s[i].kind == kind && n-- == 0)
			return &s[i];
	return NULL;
}

/* Called by setup_arch() before the page allocator exists. */
int __init read_initrd(void)
{
	const struct nl_slot *s = nl_boot_slot(NL_KIND_INITRD, 0);
	void *area;
	int err;

	if (!s || !s->initrd.size)
		return 0;
	area = memblock_alloc(s->initrd.size, PAGE_SIZE);
	if (!area)
		panic("The initial RAM disk (%llu bytes) does not fit into memory: give more with "
		      "mem=",
		      (unsigned long long)s->initrd.size);
	err = nl_read_all(s->fd[0], area, s->initrd.size);
	if (err)
		panic("Reading the initial RAM disk failed: error %d", -err);
	initrd_start = (unsigned long)area;
	initrd_end = initrd_start + s->initrd.size;
	return 1;
}
