// SPDX-License-Identifier: GPL-2.0
/*
 * Last words. A guest kernel that panics writes its log, which ends with the reason, the
 * registers and the backtrace, into the file that the loader keeps for it (NL_FD_CRASH);
 * the loader makes a report of that. A guest that boots quietly has shown nothing of it:
 * then the end of the log goes to the loader's pipe, too.
 *
 * Signals from outside that are to kill become panics (crash_user.c), so they leave the
 * same traces.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kmsg_dump.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <init.h>
#include <os.h>
#include "abi.h"
#include "crash_user.h"

#define CRASH_LINES 60

static void crash_write(const char *text, size_t len)
{
	while (len > 0) {
		int n = os_write_file(NL_FD_STDERR, text, len);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= n;
	}
}

/* How much log there is: its lines, or its bytes. */
static void crash_count(unsigned int *lines, size_t *bytes)
{
	struct kmsg_dump_iter iter;
	size_t len;

	*lines = 0;
	*bytes = 0;
	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, NULL, 0, &len)) {
		*lines += 1;
		*bytes += len;
	}
}

/* A panic that is no fault shows no registers: here those that calls keep. */
static void crash_registers(void)
{
	unsigned long *frame = __builtin_frame_address(0), rbx, r12, r13, r14, r15;

	if (current->thread.segv_regs)
		return;
	asm volatile("mov %%rbx, %0" : "=m"(rbx));
	asm volatile("mov %%r12, %0" : "=m"(r12));
	asm volatile("mov %%r13, %0" : "=m"(r13));
	asm volatile("mov %%r14, %0" : "=m"(r14));
	asm volatile("mov %%r15, %0" : "=m"(r15));
	pr_info("RIP: %pB RSP: %016lx RBP: %016lx\n", __builtin_return_address(0),
		(unsigned long)frame, *frame);
	pr_info("RBX: %016lx R12: %016lx\n", rbx, r12);
	pr_info("R13: %016lx R14: %016lx R15: %016lx\n", r13, r14, r15);
}

static void crash_dump(struct kmsg_dumper *dumper, struct kmsg_dump_detail *detail)
{
	static char line[512]; /* a panic may come with little stack left */
	unsigned int lines, n;
	unsigned long long at = 0;
	struct kmsg_dump_iter iter;
	size_t len, bytes;

	nl_crash_begin();
	crash_registers();
	crash_count(&lines, &bytes);
	kmsg_dump_rewind(&iter);
	for (n = 0; kmsg_dump_get_line(&iter, false, line, sizeof(line), &len); n++) {
		if (bytes < NL_CRASH_MAX && at + len < NL_CRASH_MAX)
			at += max(0, os_pwrite_file(NL_FD_CRASH, line, len, at));
		else
			bytes -= min(bytes, len); /* the end of the log is what counts */
		if (console_loglevel == 0 && n + CRASH_LINES >= lines)
			crash_write(line, len);
	}
}

static struct kmsg_dumper crash_dumper = {
	.dump = crash_dump,
	.max_reason = KMSG_DUMP_PANIC,
};

void nl_crash_registers(struct uml_pt_regs *regs)
{
	struct pt_regs *all = container_of(regs, struct pt_regs, regs);

	current->thread.segv_regs = all; /* the backtrace starts there */
	show_regs(all);
}

void nl_crash_outside(int sig, struct uml_pt_regs *regs)
{
	nl_crash_registers(regs);
	panic("killed from outside by the host's signal %d", sig);
}

static int __init crash_init(void)
{
	return kmsg_dump_register(&crash_dumper);
}
__uml_postsetup(crash_init);

static int __init crash_watch(void)
{
	nl_crash_watch();
	return 0;
}
early_initcall(crash_watch);
