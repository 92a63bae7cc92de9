// SPDX-License-Identifier: GPL-2.0
/*
 * FPU state.
 *
 * When guest code traps, the host saves its FPU state (x87, SSE, AVX, AVX-512, all
 * that the CPU has) in the signal frame, and takes it from there when the code goes
 * on. So the state of the task that ran last in an address space stays in that
 * frame, and is copied only when another task of the same address space runs, or
 * when somebody wants to see it: fork, signal frames, ptrace, core dumps.
 *
 * A stub that is parked at a patched site has no frame: its task's state is still in
 * the CPU, and the stub saves it to the frame's place when somebody asks.
 *
 * The state of regs is in the frame of a stub if both say so: regs->fp_live names
 * the stub, and the stub's fpu_owner is regs.
 */
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/panic.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/sigcontext.h>
#include <nestling.h>
#include "engine.h"

/* Laid into frames so that the host takes all of the state (asm/sigcontext.h). */
static struct _fpx_sw_bytes frame_sw;
static u32 mxcsr_mask;
static u32 pkru, pkru_offset; /* 0: none */

/* An FPU in its initial state. */
#define FCW_INIT 0x37f
#define MXCSR_INIT 0x1f80
#define XFEATURE_PKRU 9 /* Intel SDM vol. 1, 13.1; its offset is told by CPUID leaf 0xd */
#define MXCSR_MASK_OLD 0xffbf /* of CPUs that tell none (Intel SDM vol. 1, 11.6.6) */

static void *frame_xstate(struct nl_stub *s)
{
	return (void *)s->orders + nl_frame.fp;
}

bool nl_fp_is_live(const struct nl_stub *s, const struct uml_pt_regs *regs)
{
	return regs->fp_live == s && s->fpu_owner == regs;
}

static bool is_live(const struct uml_pt_regs *regs)
{
	return regs->fp_live && nl_fp_is_live(regs->fp_live, regs);
}

void nl_fp_sync(struct uml_pt_regs *regs)
{
	if (is_live(regs) && !nl_stub_save(regs->fp_live))
		memcpy(regs->fp, frame_xstate(regs->fp_live), nl_frame.fp_size);
}

void nl_fp_drop(struct uml_pt_regs *regs)
{
	if (is_live(regs))
		regs->fp_live->fpu_owner = NULL;
	regs->fp_live = NULL;
}

void nl_fp_fork(struct uml_pt_regs *child, struct uml_pt_regs *parent)
{
	if (is_live(parent) && !nl_stub_save(parent->fp_live))
		memcpy(child->fp, frame_xstate(parent->fp_live), nl_frame.fp_size);
	child->fp_live = NULL;
}

void nl_fp_forget(struct nl_stub *s)
{
	if (s->fpu_owner)
		s->fpu_owner->fp_live = NULL;
	s->fpu_owner = NULL;
}

void nl_fp_load(struct nl_stub *s, struct uml_pt_regs *regs)
{
	struct _fpstate *fp = frame_xstate(s);

	if (nl_fp_is_live(s, regs))
		return;
	nl_fp_sync(regs);
	nl_fp_drop(regs);
	if (s->fpu_owner) {
		nl_fp_sync(s->fpu_owner);
		nl_fp_drop(s->fpu_owner);
	}
	memcpy(fp, regs->fp, nl_frame.fp_size);
	fp->sw_reserved = frame_sw;
	*(u32 *)((void *)fp + nl_frame.fp_size) = FP_XSTATE_MAGIC2;
	s->fpu_owner = regs;
	regs->fp_live = s;
}

/* Which protection keys a program begins with: as on the host, all but the first are closed to it. */
static void pkru_learn(const void *xstate)
{
	const struct _xstate *x = xstate;
	unsigned int a = 0xd, b, c = XFEATURE_PKRU, d;

	if (!(x->xstate_hdr.xfeatures & BIT_ULL(XFEATURE_PKRU)))
		return;
	asm("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (a < sizeof(pkru) || b > frame_sw.xstate_size - sizeof(pkru))
		return;
	pkru_offset = b;
	pkru = *(const u32 *)(xstate + pkru_offset);
}

int nl_fp_init(const void *xstate, unsigned int room)
{
	const struct _fpstate *fp = xstate;

	frame_sw = fp->sw_reserved;
	if (frame_sw.magic1 != FP_XSTATE_MAGIC1 || frame_sw.xstate_size < sizeof(struct _fpstate) ||
	    frame_sw.extended_size > room)
		return -EOPNOTSUPP;
	if (frame_sw.xstate_size > NL_FP_BYTES)
		panic("This CPU's FPU has %u bytes, and a task has room for %u (NL_FP_BYTES)",
		      frame_sw.xstate_size, NL_FP_BYTES);
	nl_frame.fp_size = frame_sw.xstate_size;
	mxcsr_mask = fp->mxcsr_mask ?: MXCSR_MASK_OLD;
	pkru_learn(xstate);
	return 0;
}

/* What the host would refuse to load, and end the stub for. */
int nl_fp_check(const unsigned long *fp_regs)
{
	const struct _xstate *x = (const void *)fp_regs;
	const struct _header *h = &x->xstate_hdr;
	unsigned int i;

	if ((x->fpstate.mxcsr & ~mxcsr_mask) || (h->xfeatures & ~frame_sw.xfeatures))
		return -EINVAL;
	if (h->reserved1[0] || h->reserved1[1]) /* no compacted format in frames */
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(h->reserved2); i++)
		if (h->reserved2[i])
			return -EINVAL;
	return 0;
}

/* Called by registers' users that want a clean slate: exec, kernel threads. */
void nl_fp_clean(unsigned long *fp_regs)
{
	struct _fpstate *fp = (void *)fp_regs;

	memset(fp_regs, 0, NL_FP_BYTES);
	fp->cwd = FCW_INIT;
	fp->mxcsr = MXCSR_INIT;
	fp->sw_reserved = frame_sw;
	if (pkru_offset) {
		((struct _xstate *)fp)->xstate_hdr.xfeatures |= BIT_ULL(XFEATURE_PKRU);
		*(u32 *)((void *)fp + pkru_offset) = pkru;
	}
}

const struct _fpx_sw_bytes *nl_fp_sw(void)
{
	return &frame_sw;
}

void nl_fpregs_get(struct task_struct *task, void *fxsave)
{
	struct uml_pt_regs *regs = &task->thread.regs.regs;

	nl_fp_sync(regs);
	memcpy(fxsave, regs->fp, sizeof(struct user_i387_struct));
}

int nl_fpregs_set(struct task_struct *task, const void *fxsave)
{
	struct uml_pt_regs *regs = &task->thread.regs.regs;
	struct _fpx_sw_bytes sw;

	if (((const struct _fpstate *)fxsave)->mxcsr & ~mxcsr_mask)
		return -EINVAL;
	nl_fp_sync(regs);
	nl_fp_drop(regs);
	sw = ((struct _fpstate *)regs->fp)->sw_reserved;
	memcpy(regs->fp, fxsave, sizeof(struct user_i387_struct));
	((struct _fpstate *)regs->fp)->sw_reserved = sw;
	/* x87 and SSE count as in use, whatever they were (XSTATE_BV, Intel SDM vol. 1, 13.4.2). */
	((struct _xstate *)regs->fp)->xstate_hdr.xfeatures |= 3;
	return 0;
}

void arch_release_task_struct(struct task_struct *task)
{
	nl_fp_drop(&task->thread.regs.regs);
}
