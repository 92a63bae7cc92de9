// SPDX-License-Identifier: GPL-2.0
/*
 * What a fork copies at once.
 *
 * After a fork, parent and child fault on each page that one of them writes to, and a page
 * fault costs the engine many times what copying a page does. What is written first is much
 * the same at each fork of a program: some of the stack, of libc's data, of the thread's
 * block. So the processes that fork from each other remember where the first write faults
 * behind a fork were, and the next fork gives the child its own copies of these pages; the
 * parent's stay writable.
 *
 * A family is shared by an address space and its forks until they execute another program.
 */
#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <asm/tlbflush.h>
#include <nestling.h>
#include "engine.h"

#define PAGES 32
#define SEEN_BITS 256
#define WATCH_CHILD 32 /* write faults after a fork that are remembered */
#define WATCH_PARENT 4

struct nl_family {
	refcount_t ref;
	unsigned int next; /* the oldest one, when all are in use */
	/* By hash: most pages of a fork are told from those below at once. */
	DECLARE_BITMAP(seen, SEEN_BITS);
	unsigned long page[PAGES];
};

static unsigned int seen_bit(unsigned long page)
{
	return hash_long(page, ilog2(SEEN_BITS));
}

static bool has_page(const struct nl_family *f, unsigned long page)
{
	unsigned int i;

	if (!test_bit(seen_bit(page), f->seen))
		return false;
	for (i = 0; i < PAGES; i++)
		if (f->page[i] == page)
			return true;
	return false;
}

void nl_family_fork(struct nl_stub *child, struct nl_stub *parent)
{
	if (!parent->family) {
		parent->family = kzalloc(sizeof(*parent->family), GFP_KERNEL);
		if (!parent->family)
			return;
		refcount_set(&parent->family->ref, 1);
	}
	refcount_inc(&parent->family->ref);
	child->family = parent->family;
	child->watch = WATCH_CHILD;
	parent->watch = WATCH_PARENT;
}

void nl_family_put(struct nl_stub *s)
{
	if (s->family && refcount_dec_and_test(&s->family->ref))
		kfree(s->family);
	s->family = NULL;
	s->watch = 0;
}

void nl_family_wrote(struct nl_stub *s, unsigned long addr)
{
	struct nl_family *f = s->family;
	unsigned long page = addr & PAGE_MASK;
	unsigned int i;

	if (!f || !s->watch)
		return;
	s->watch--;
	if (has_page(f, page))
		return;
	f->page[f->next] = page;
	f->next = (f->next + 1) % PAGES;
	bitmap_zero(f->seen, SEEN_BITS);
	for (i = 0; i < PAGES; i++)
		__set_bit(seen_bit(f->page[i]), f->seen);
}

bool nl_fork_copies(struct vm_area_struct *vma, unsigned long addr)
{
	const struct nl_stub *s = vma->vm_mm->context.id.stub;

	return s && s->family && (vma->vm_flags & VM_WRITE) && has_page(s->family, addr);
}

void nl_family_map(struct mm_struct *child)
{
	const struct nl_family *f = child->context.id.stub->family;
	unsigned int i;

	for (i = 0; f && i < PAGES && f->page[i]; i++) {
		nl_mm_near(child, f->page[i]);
		um_tlb_sync(child);
	}
}
