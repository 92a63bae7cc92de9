// SPDX-License-Identifier: GPL-2.0
/*
 * Register sets of a guest task, as ptrace and core dumps of x86-64 have them
 * (general registers; FXSAVE; all of XSAVE, with the mask of features at byte 464:
 * Linux' Documentation/arch/x86/xstate.rst and asm/user.h).
 *
 * A task's general registers stand in the order of struct user_regs_struct.
 */
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <asm/processor-flags.h>
#include <asm/sigcontext.h>
#include <asm/user.h>
#include <nestling.h>
#include "engine.h"

#define XFEATURES_WORD 58 /* 464 bytes */
#define NGENERAL (sizeof(struct user_regs_struct) / sizeof(long))
/* Flags that a tracer may set. */
#define FLAGS_OF_TRACER                                                                  \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | \
	 X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_RF | X86_EFLAGS_AC | \
	 X86_EFLAGS_NT)

unsigned long nl_reg_get(struct task_struct *task, unsigned int number)
{
	return task->thread.regs.regs.gp[number];
}

int nl_reg_set(struct task_struct *task, unsigned int number, unsigned long value)
{
	struct uml_pt_regs *regs = &task->thread.regs.regs;

	switch (number) {
	case HOST_CS:
	case HOST_SS:
	case HOST_DS:
	case HOST_ES:
	case HOST_FS:
	case HOST_GS:
		/* There are no other segments than those that every task has. */
		return (u16)value == regs->gp[number] ? 0 : -EIO;
	case HOST_FS_BASE:
	case HOST_GS_BASE:
		if (value >= NL_USER_END)
			return -EIO;
		break;
	case HOST_EFLAGS:
		value = (regs->gp[number] & ~FLAGS_OF_TRACER) | (value & FLAGS_OF_TRACER);
		break;
	case HOST_ORIG_AX:
		UPT_SYSCALL_NR(regs) = value;
		break;
	}
	regs->gp[number] = value;
	return 0;
}

static int general_get(struct task_struct *task, const struct user_regset *set, struct membuf to)
{
	unsigned int i;

	for (i = 0; i < NGENERAL; i++)
		membuf_store(&to, nl_reg_get(task, i));
	return 0;
}

static int general_set(struct task_struct *task, const struct user_regset *set, unsigned int pos,
		       unsigned int count, const void *kbuf, const void __user *ubuf)
{
	unsigned long value;
	int err = 0;

	while (count >= sizeof(value) && !err) {
		unsigned int number = pos / sizeof(value);

		err = user_regset_copyin(&pos, &count, &kbuf, &ubuf, &value, pos,
					 pos + sizeof(value));
		if (!err)
			err = nl_reg_set(task, number, value);
	}
	return err;
}

static int fp_get(struct task_struct *task, const struct user_regset *set, struct membuf to)
{
	struct user_i387_struct fp;

	nl_fpregs_get(task, &fp);
	return membuf_write(&to, &fp, sizeof(fp));
}

static int fp_set(struct task_struct *task, const struct user_regset *set, unsigned int pos,
		  unsigned int count, const void *kbuf, const void __user *ubuf)
{
	struct user_i387_struct fp;
	int err;

	nl_fpregs_get(task, &fp);
	err = user_regset_copyin(&pos, &count, &kbuf, &ubuf, &fp, 0, sizeof(fp));
	return err ?: nl_fpregs_set(task, &fp);
}

static int xstate_get(struct task_struct *task, const struct user_regset *set, struct membuf to)
{
	struct uml_pt_regs *regs = &task->thread.regs.regs;
	u64 features = nl_fp_sw()->xfeatures;

	nl_fp_sync(regs);
	membuf_write(&to, regs->fp, XFEATURES_WORD * sizeof(u64));
	membuf_store(&to, features);
	return membuf_write(&to, &regs->fp[XFEATURES_WORD + 1],
			    nl_frame.fp_size - (XFEATURES_WORD + 1) * sizeof(u64));
}

static int xstate_set(struct task_struct *task, const struct user_regset *set, unsigned int pos,
		      unsigned int count, const void *kbuf, const void __user *ubuf)
{
	struct uml_pt_regs *regs = &task->thread.regs.regs;
	unsigned long *old;
	int err = -ENOMEM;

	if (pos || count != nl_frame.fp_size)
		return -EFAULT;
	nl_fp_sync(regs);
	old = kmemdup(regs->fp, nl_frame.fp_size, GFP_KERNEL);
	if (!old)
		return err;
	nl_fp_drop(regs);
	err = user_regset_copyin(&pos, &count, &kbuf, &ubuf, regs->fp, 0, -1);
	((struct _fpstate *)regs->fp)->sw_reserved = *nl_fp_sw();
	if (!err)
		err = nl_fp_check(regs->fp);
	if (err)
		memcpy(regs->fp, old, nl_frame.fp_size);
	kfree(old);
	return err;
}

/* All are sets of 64-bit words; how many an XSAVE has is known later. */
#define REGSET(type, count, get_it, set_it)                                    \
	{                                                                      \
		.core_note_type = (type), .n = (count), .size = 8, .align = 8, \
		.regset_get = (get_it), .set = (set_it)                        \
	}

static struct user_regset regsets[] = {
	[NL_REGSET_GENERAL] = REGSET(NT_PRSTATUS, NGENERAL, general_get, general_set),
	[NL_REGSET_FP] = REGSET(NT_PRFPREG, sizeof(struct user_i387_struct) / 8, fp_get, fp_set),
	[NL_REGSET_XSTATE] = REGSET(NT_X86_XSTATE, 0, xstate_get, xstate_set),
};

static const struct user_regset_view view = {
	.name = "x86_64",
	.e_machine = EM_X86_64,
	.regsets = regsets,
	.n = ARRAY_SIZE(regsets),
};

const struct user_regset_view *task_user_regset_view(struct task_struct *task)
{
	return &view;
}

void nl_regset_init(void)
{
	regsets[NL_REGSET_XSTATE].n = nl_frame.fp_size / sizeof(u64);
}
