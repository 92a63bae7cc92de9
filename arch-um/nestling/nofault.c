// SPDX-License-Identifier: GPL-2.0
/*
 * Which kernel memory may be probed (replaces the weak function of mm/maccess.c).
 *
 * A probe that faults is caught only in a task with user memory; in a kernel
 * thread the fault is a panic, as with SysRq-T from the control channel, which
 * probes the NULL pointers of idle workers. So the host is asked first.
 */
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/tlbflush.h>
#include <as-layout.h>
#include "nofault_user.h"

/* Guest memory is mapped as a whole, for ever. Most probes (names in paths) go there. */
static bool is_memory(unsigned long src, size_t size)
{
	return src >= uml_reserved && src < high_physmem && size <= high_physmem - src;
}

bool copy_from_kernel_nofault_allowed(const void *src, size_t size)
{
	if (is_memory((unsigned long)src, size))
		return true;
	if (nl_readable(src, size))
		return true;
	/* Mapped by the guest, but not yet on the host? */
	if (!init_mm.context.sync_tlb_range_to || um_tlb_sync(&init_mm))
		return false;
	return nl_readable(src, size);
}
