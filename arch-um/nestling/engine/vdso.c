// SPDX-License-Identifier: GPL-2.0
/*
 * The vDSO in guest programs: its code on the last page of the address space, the page with
 * the clocks below it.
 */
#include <linux/elf.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include "engine.h"
#include "vdso_abi.h"

extern char vdso_start[], vdso_end[];

unsigned long um_vdso_addr;

static struct page *code_pages[2], *clock_pages[2]; /* each ends with NULL */

static struct vm_special_mapping code_mapping = {.name = "[vdso]", .pages = code_pages};
static struct vm_special_mapping clock_mapping = {.name = "[vvar]", .pages = clock_pages};

int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	vma = _install_special_mapping(mm, um_vdso_addr, PAGE_SIZE,
				       VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC,
				       &code_mapping);
	if (!IS_ERR(vma))
		vma = _install_special_mapping(mm, um_vdso_addr - PAGE_SIZE, PAGE_SIZE,
					       VM_READ | VM_MAYREAD, &clock_mapping);
	mmap_write_unlock(mm);
	return PTR_ERR_OR_ZERO(vma);
}

static int __init vdso_init(void)
{
	BUG_ON(vdso_end - vdso_start > PAGE_SIZE);
	um_vdso_addr = TASK_SIZE - PAGE_SIZE;
	code_pages[0] = alloc_page(GFP_KERNEL | __GFP_ZERO);
	clock_pages[0] = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!code_pages[0] || !clock_pages[0])
		panic("no memory for the vDSO");
	memcpy(page_address(code_pages[0]), vdso_start, vdso_end - vdso_start);
	nl_clock_start(page_address(clock_pages[0]));
	return 0;
}
subsys_initcall(vdso_init);
