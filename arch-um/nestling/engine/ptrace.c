// SPDX-License-Identifier: GPL-2.0
/*
 * Guests that trace guests: stops at system calls, single step, and the requests that
 * only x86 has. Registers themselves are in regset.c.
 *
 * There are no debug registers: the host's belong to the host. Addresses may be written
 * into them, but to enable one fails with ENOSPC, as where all are taken; debuggers then
 * watch memory in software.
 */
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <uapi/asm/prctl.h>
#include <asm/ptrace-abi.h>
#include <asm/user.h>
#include <nestling.h>
#include "engine.h"

#define DEBUG_CONTROL 7 /* DR7; its low byte enables the others (Intel SDM vol. 3, 18.2.4) */
#define DEBUG_ENABLE 0xff

void user_enable_single_step(struct task_struct *child)
{
	set_tsk_thread_flag(child, TIF_SINGLESTEP);
}

void user_disable_single_step(struct task_struct *child)
{
	clear_tsk_thread_flag(child, TIF_SINGLESTEP);
}

void ptrace_disable(struct task_struct *child)
{
	user_disable_single_step(child);
}

static bool debug_register(unsigned long addr, unsigned int *number)
{
	*number = (addr - offsetof(struct user, u_debugreg)) / sizeof(long);
	return addr >= offsetof(struct user, u_debugreg) &&
	       *number < ARRAY_SIZE(((struct user *)0)->u_debugreg);
}

static int peek_word(struct task_struct *child, unsigned long addr, unsigned long __user *to)
{
	unsigned long value = 0;
	unsigned int number;

	if (addr % sizeof(long) || addr >= sizeof(struct user))
		return -EIO;
	if (addr < sizeof(struct user_regs_struct))
		value = nl_reg_get(child, addr / sizeof(long));
	else if (debug_register(addr, &number))
		value = child->thread.arch.debugregs[number];
	return put_user(value, to);
}

static int poke_word(struct task_struct *child, unsigned long addr, unsigned long value)
{
	unsigned int number;

	if (addr % sizeof(long) || addr >= sizeof(struct user))
		return -EIO;
	if (addr < sizeof(struct user_regs_struct))
		return nl_reg_set(child, addr / sizeof(long), value);
	if (!debug_register(addr, &number) || number == 4 || number == 5)
		return -EIO;
	if (number == DEBUG_CONTROL && (value & DEBUG_ENABLE))
		return -ENOSPC;
	if (number < 4 && value >= TASK_SIZE)
		return -EINVAL;
	child->thread.arch.debugregs[number] = value;
	return 0;
}

static long base_request(struct task_struct *task, int option, unsigned long arg)
{
	unsigned long *gp = task->thread.regs.regs.gp;

	switch (option) {
	case ARCH_SET_FS:
		return nl_reg_set(task, HOST_FS_BASE, arg) ? -EPERM : 0;
	case ARCH_SET_GS:
		return nl_reg_set(task, HOST_GS_BASE, arg) ? -EPERM : 0;
	case ARCH_GET_FS:
		return put_user(gp[HOST_FS_BASE], (unsigned long __user *)arg);
	case ARCH_GET_GS:
		return put_user(gp[HOST_GS_BASE], (unsigned long __user *)arg);
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, arg2)
{
	return base_request(current, option, arg2);
}

long arch_ptrace(struct task_struct *child, long request, unsigned long addr, unsigned long data)
{
	const struct user_regset_view *view = task_user_regset_view(current);
	void __user *user = (void __user *)data;

	switch (request) {
	case PTRACE_PEEKUSR:
		return peek_word(child, addr, user);
	case PTRACE_POKEUSR:
		return poke_word(child, addr, data);
	case PTRACE_GETREGS:
		return copy_regset_to_user(child, view, NL_REGSET_GENERAL, 0,
					   sizeof(struct user_regs_struct), user);
	case PTRACE_SETREGS:
		return copy_regset_from_user(child, view, NL_REGSET_GENERAL, 0,
					     sizeof(struct user_regs_struct), user);
	case PTRACE_GETFPREGS:
		return copy_regset_to_user(child, view, NL_REGSET_FP, 0,
					   sizeof(struct user_i387_struct), user);
	case PTRACE_SETFPREGS:
		return copy_regset_from_user(child, view, NL_REGSET_FP, 0,
					     sizeof(struct user_i387_struct), user);
	case PTRACE_ARCH_PRCTL:
		return base_request(child, data, addr);
	default:
		return ptrace_request(child, request, addr, data);
	}
}

/* Not 0: the call is not to be made. */
int syscall_trace_enter(struct pt_regs *regs)
{
	bool emulated = test_thread_flag(TIF_SYSCALL_EMU);

	audit_syscall_entry(UPT_SYSCALL_NR(&regs->regs), UPT_SYSCALL_ARG1(&regs->regs),
			    UPT_SYSCALL_ARG2(&regs->regs), UPT_SYSCALL_ARG3(&regs->regs),
			    UPT_SYSCALL_ARG4(&regs->regs));
	if (!emulated && !test_thread_flag(TIF_SYSCALL_TRACE))
		return 0;
	return ptrace_report_syscall_entry(regs) || emulated;
}

void syscall_trace_leave(struct pt_regs *regs)
{
	bool stepping = test_thread_flag(TIF_SINGLESTEP);
	bool emulated = test_thread_flag(TIF_SYSCALL_EMU);

	audit_syscall_exit(regs);
	/* The call is the instruction that was stepped over: the CPU's own trap comes too late. */
	if (stepping && !emulated)
		force_sig_fault(SIGTRAP, TRAP_BRKPT, (void __user *)PT_REGS_IP(regs));
	if (!test_thread_flag(TIF_SYSCALL_TRACE))
		return;
	ptrace_report_syscall_exit(regs, 0);
	/* The tracer may have left a result that asks for a restart. */
	if (current->ptrace & PT_PTRACED)
		set_thread_flag(TIF_SIGPENDING);
}

/* Bases of segments go with the other registers. */
void arch_switch_to(struct task_struct *to)
{
}

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len, unsigned long, prot, unsigned long,
		flags, unsigned long, fd, unsigned long, off)
{
	if (off & ~PAGE_MASK)
		return -EINVAL;
	return ksys_mmap_pgoff(addr, len, prot, flags, fd, off >> PAGE_SHIFT);
}
