// SPDX-License-Identifier: GPL-2.0
/*
 * Signal frames of guest programs, as x86-64 Linux lays them: return address,
 * ucontext, siginfo, and above them, 64-byte aligned, all of the FPU state with the
 * software-reserved bytes that tell its size (arch/x86/include/uapi/asm/sigcontext.h).
 */
#include <linux/compat.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <asm/processor-flags.h>
#include <asm/ucontext.h>
#include <frame_kern.h>
#include <nestling.h>
#include "context_regs.h"
#include "engine.h"

#define RED_ZONE 128
/* Flags that a program may set in its frame; the others stay as they are. */
#define FLAGS_OF_USER                                                                    \
	(X86_EFLAGS_AC | X86_EFLAGS_OF | X86_EFLAGS_DF | X86_EFLAGS_TF | X86_EFLAGS_SF | \
	 X86_EFLAGS_ZF | X86_EFLAGS_AF | X86_EFLAGS_PF | X86_EFLAGS_CF | X86_EFLAGS_RF)

struct guest_frame {
	char __user *return_address;
	struct ucontext uc;
	struct siginfo info;
};

static unsigned int xstate_frame_size(void)
{
	return nl_frame.fp_size + FP_XSTATE_MAGIC2_SIZE;
}

unsigned int nl_sigframe_room(void)
{
	/* Both are aligned on their way down, behind the program's red zone. */
	return RED_ZONE + round_up(xstate_frame_size(), 64) + 64 +
	       round_up(sizeof(struct guest_frame), 16) + 16;
}

static int put_xstate(struct uml_pt_regs *regs, void __user *to)
{
	const u32 magic2 = FP_XSTATE_MAGIC2;

	nl_fp_sync(regs);
	((struct _fpstate *)regs->fp)->sw_reserved = *nl_fp_sw();
	return copy_to_user(to, regs->fp, nl_frame.fp_size) ||
			       copy_to_user(to + nl_frame.fp_size, &magic2, sizeof(magic2))
		       ? -EFAULT
		       : 0;
}

static void put_registers(struct sigcontext *sc, const unsigned long *gp)
{
	nl_context_put(sc, gp);
	sc->flags = gp[HOST_EFLAGS];
	sc->cs = gp[HOST_CS];
	sc->ss = gp[HOST_SS];
}

static void get_registers(unsigned long *gp, const struct sigcontext *sc)
{
	nl_context_get(gp, sc);
	gp[HOST_EFLAGS] = (gp[HOST_EFLAGS] & ~FLAGS_OF_USER) | (sc->flags & FLAGS_OF_USER);
}

/* stack_top is the program's own stack pointer, or the end of its alternate stack. */
static struct guest_frame __user *frame_place(struct pt_regs *regs, unsigned long stack_top,
					      void __user **xstate)
{
	unsigned long sp = stack_top;
	bool on_altstack = stack_top != PT_REGS_SP(regs) || on_sig_stack(PT_REGS_SP(regs));

	if (sp == PT_REGS_SP(regs))
		sp -= RED_ZONE;
	sp = round_down(sp - xstate_frame_size(), 64);
	*xstate = (void __user *)sp;
	sp = round_down(sp - sizeof(struct guest_frame), 16) - 8;
	/* Better dead than beyond the end of the stack that is to catch overflows. */
	if (on_altstack && !__on_sig_stack(sp))
		return NULL;
	return (void __user *)sp;
}

int setup_signal_stack_si(unsigned long stack_top, struct ksignal *ksig, struct pt_regs *regs,
			  sigset_t *set)
{
	const struct faultinfo *fi = &current->thread.arch.faultinfo;
	struct guest_frame __user *frame;
	struct ucontext uc = {};
	void __user *xstate;

	frame = frame_place(regs, stack_top, &xstate);
	if (!frame || !access_ok(frame, sizeof(*frame)) || !(ksig->ka.sa.sa_flags & SA_RESTORER))
		return -EFAULT;
	if (put_xstate(&regs->regs, xstate))
		return -EFAULT;
	uc.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	put_registers(&uc.uc_mcontext, regs->regs.gp);
	uc.uc_mcontext.err = fi->error_code;
	uc.uc_mcontext.trapno = fi->trap_no;
	uc.uc_mcontext.cr2 = fi->cr2;
	uc.uc_mcontext.oldmask = set->sig[0];
	uc.uc_mcontext.fpstate = (unsigned long)xstate;
	uc.uc_sigmask = *set;
	if (copy_to_user(&frame->uc, &uc, sizeof(uc)) ||
	    __save_altstack(&frame->uc.uc_stack, PT_REGS_SP(regs)) ||
	    put_user((char __user *)ksig->ka.sa.sa_restorer, &frame->return_address))
		return -EFAULT;
	if ((ksig->ka.sa.sa_flags & SA_SIGINFO) && copy_siginfo_to_user(&frame->info, &ksig->info))
		return -EFAULT;

	PT_REGS_SP(regs) = (unsigned long)frame;
	PT_REGS_IP(regs) = (unsigned long)ksig->ka.sa.sa_handler;
	PT_REGS_DI(regs) = ksig->sig;
	PT_REGS_SI(regs) = (unsigned long)&frame->info;
	PT_REGS_DX(regs) = (unsigned long)&frame->uc;
	PT_REGS_AX(regs) = 0; /* no vector registers for a handler without prototype */
	PT_REGS_EFLAGS(regs) &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
	/* Handlers start with a fresh FPU. */
	nl_fp_drop(&regs->regs);
	nl_fp_clean(regs->regs.fp);
	return 0;
}

/* A frame without state of its own, or with the old short one, gives the rest initial values. */
static int get_xstate(struct uml_pt_regs *regs, const void __user *from)
{
	struct _fpx_sw_bytes sw;
	unsigned int size = sizeof(struct _fpstate);
	u32 magic2;

	nl_fp_drop(regs);
	nl_fp_clean(regs->fp);
	if (!from)
		return 0;
	if (copy_from_user(&sw, &((struct _fpstate __user *)from)->sw_reserved, sizeof(sw)))
		return -EFAULT;
	if (sw.magic1 == FP_XSTATE_MAGIC1 && sw.xstate_size <= nl_frame.fp_size &&
	    sw.xstate_size >= sizeof(struct _fpstate) + sizeof(struct _header) &&
	    !get_user(magic2, (const u32 __user *)(from + sw.xstate_size)) &&
	    magic2 == FP_XSTATE_MAGIC2)
		size = sw.xstate_size;
	if (copy_from_user(regs->fp, from, size))
		return -EFAULT;
	if (size == sizeof(struct _fpstate))
		((struct _xstate *)regs->fp)->xstate_hdr.xfeatures = 3; /* x87 and SSE */
	if (nl_fp_check(regs->fp) < 0) {
		nl_fp_clean(regs->fp);
		return -EINVAL;
	}
	return 0;
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *regs = &current->thread.regs;
	struct guest_frame __user *frame = (void __user *)(PT_REGS_SP(regs) - sizeof(long));
	struct ucontext uc;

	if (copy_from_user(&uc, &frame->uc, sizeof(uc)))
		goto bad;
	set_current_blocked(&uc.uc_sigmask);
	/* A call that was to be restarted by restart_syscall() is over. */
	current->restart_block.fn = do_no_restart_syscall;
	/* Who survives a bad state goes on where the frame says. */
	get_registers(regs->regs.gp, &uc.uc_mcontext);
	if (get_xstate(&regs->regs, (void __user *)uc.uc_mcontext.fpstate))
		goto bad;
	if (restore_altstack(&frame->uc.uc_stack))
		goto bad;
	PT_REGS_SYSCALL_NR(regs) = -1;
	return PT_REGS_AX(regs);
bad:
	force_sig(SIGSEGV);
	return 0;
}
