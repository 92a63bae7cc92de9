// SPDX-License-Identifier: GPL-2.0
/*
 * Address spaces: contexts, and the queue of changes that a stub makes to its own
 * mappings before it runs guest code again.
 */
#include <linux/align.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <asm/mmu_context.h>
#include <asm/tlbflush.h>
#include <asm/unistd.h>
#include <uapi/linux/mman.h>
#include <as-layout.h>
#include <mem_user.h>
#include <nestling.h>
#include <os.h>
#include <skas.h>
#include "engine.h"

#define NEAR_LEN (32 * PAGE_SIZE)
#define TOUCH_LEN (4 * PAGE_SIZE)

void nl_mm_queue(struct nl_stub *s, unsigned long nr, unsigned long result, unsigned long a1,
		 unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5,
		 unsigned long a6)
{
	if (s->ncmds == NL_CMD_MAX && nl_stub_flush(s) < 0) {
		s->lost = true;
		s->ncmds = 0;
	}
	s->orders->cmd[s->ncmds++] = (struct nl_cmd){nr, 0, result, {a1, a2, a3, a4, a5, a6}};
}

/* The newest command if it is nr and ends at addr, to be made longer. */
static struct nl_cmd *queue_join(struct nl_stub *s, unsigned long nr, unsigned long addr)
{
	struct nl_cmd *c;

	if (!s->ncmds)
		return NULL;
	c = &s->orders->cmd[s->ncmds - 1];
	return c->nr == nr && c->arg[0] + c->arg[1] == addr ? c : NULL;
}

/*
 * Whether the stub is to read a new mapping, for the host maps what surrounds a byte that is read,
 * sixteen pages for one fault, and where it is written one page only. (That takes half of the time of
 * MAP_POPULATE, which goes from page to page.) A single page is touched soon anyway; and of a longer
 * mapping that is only read, text above all, most is not looked at.
 */
static bool touch_first(unsigned long len, int prot)
{
	return len > PAGE_SIZE && (prot & UM_PROT_READ) &&
	       (len <= TOUCH_LEN || (prot & UM_PROT_WRITE));
}

int map(struct mm_id *id, unsigned long virt, unsigned long len, int prot, int phys_fd,
	unsigned long long offset)
{
	struct nl_cmd *c = queue_join(id->stub, __NR_mmap, virt);

	if (c && c->arg[2] == prot && c->arg[4] == phys_fd && c->arg[5] + c->arg[1] == offset) {
		c->arg[1] += len;
	} else {
		nl_mm_queue(id->stub, __NR_mmap, virt, virt, len, prot, MAP_SHARED | MAP_FIXED,
			    phys_fd, offset);
		c = &id->stub->orders->cmd[id->stub->ncmds - 1];
	}
	c->touch = touch_first(c->arg[1], prot);
	return 0;
}

int unmap(struct mm_id *id, unsigned long addr, unsigned long len)
{
	unsigned long low = nl_site_table + NL_PAGE;
	struct nl_cmd *c;

	if (addr < low) { /* the table of sites stays; programs map nothing below it */
		if (addr + len <= low)
			return 0;
		len -= low - addr;
		addr = low;
	}
	c = queue_join(id->stub, __NR_munmap, addr);

	if (c)
		c->arg[1] += len;
	else
		nl_mm_queue(id->stub, __NR_munmap, 0, addr, len, 0, 0, 0, 0);
	return 0;
}

int protect(struct mm_id *id, unsigned long addr, unsigned long len, unsigned int prot)
{
	struct nl_cmd *c = queue_join(id->stub, __NR_mprotect, addr);

	if (c && c->arg[2] == prot)
		c->arg[1] += len;
	else
		nl_mm_queue(id->stub, __NR_mprotect, 0, addr, len, prot, 0, 0, 0);
	return 0;
}

int init_new_context(struct task_struct *task, struct mm_struct *mm)
{
	struct nl_stub *s;

	mm->context.id.stub = NULL;
	s = nl_pool_get();
	if (IS_ERR(s))
		return PTR_ERR(s);
	mm->context.id.stub = s;
	if (task != current && current->mm && current->mm->context.id.stub)
		nl_family_fork(s, current->mm->context.id.stub);
	return 0;
}

void destroy_context(struct mm_struct *mm)
{
	if (mm->context.id.stub)
		nl_pool_put(mm->context.id.stub);
	mm->context.id.stub = NULL;
}

/* A page that counts as not accessed yet would be mapped without access. */
static pte_t *near_pte(struct mm_struct *mm, unsigned long addr)
{
	pte_t *pte = virt_to_pte(mm, addr);

	if (!pte || !pte_present(*pte))
		return NULL;
	if (!pte_young(*pte))
		set_pte(pte, pte_mkyoung(*pte));
	return pte;
}

/* How far pages that can be mapped along with the one at addr go on, step by step. */
static unsigned long near_end(struct mm_struct *mm, unsigned long addr, pte_t pte, long step,
			      unsigned long end)
{
	while (addr != end) {
		pte_t *next = near_pte(mm, addr + step);

		if (!next || !pte_newpage(*next) || pte_val(*next) != pte_val(pte) + step)
			break;
		pte = *next;
		addr += step;
	}
	return addr;
}

/*
 * A forked address space has all of its parent's pages and touches few of them before
 * it executes a program or ends. So its pages are mapped when a fault comes for one,
 * those next to it along with it, as long as they also lie next to each other in guest
 * memory: one host call for all.
 */
void nl_mm_near(struct mm_struct *mm, unsigned long addr)
{
	unsigned long low = ALIGN_DOWN(addr, NEAR_LEN), high = low + NEAR_LEN - PAGE_SIZE;
	pte_t *pte;

	addr &= PAGE_MASK;
	if (low + NEAR_LEN > TASK_SIZE)
		return;
	pte = near_pte(mm, addr);
	if (!pte)
		return;
	low = near_end(mm, addr, *pte, -(long)PAGE_SIZE, low);
	high = near_end(mm, addr, *pte, PAGE_SIZE, high);
	um_tlb_mark_sync(mm, low, high + PAGE_SIZE);
}

void nl_mm_fork(struct task_struct *child)
{
	const unsigned long *gp = child->thread.regs.regs.gp;
	unsigned long first[] = {gp[HOST_IP], gp[HOST_SP], gp[HOST_FS_BASE]};
	struct mm_struct *mm = child->mm;
	unsigned int i;

	if (!mm || mm == current->mm)
		return;
	mm->context.sync_tlb_range_to = 0;
	for (i = 0; i < ARRAY_SIZE(first); i++) {
		nl_mm_near(mm, first[i]);
		um_tlb_sync(mm); /* one by one: what lies between them can wait */
	}
	nl_family_map(mm);
}

/*
 * Guest code that forged its handover could still run, and would see what comes into
 * pages that were taken away from it. It cannot do that behind the gate.
 */
void nl_mm_halt(struct mm_struct *mm)
{
	struct nl_stub *s = mm->context.id.stub;

	if (s && !s->dead && nl_stub_gate(s) < 0)
		nl_stub_end(s);
}
