// SPDX-License-Identifier: GPL-2.0
/*
 * Running guest code: from the kernel's return to user mode until the next trap.
 *
 * userspace() never returns. Nothing may sleep between the moment that it decides
 * for a stub and the order to resume: another task of the same address space could
 * take the stub in between.
 */
#include <linux/audit.h>
#include <linux/bits.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <uapi/asm/prctl.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>
#include <asm/ucontext.h>
#include <asm/unistd.h>
#include <as-layout.h>
#include <kern_util.h>
#include <nestling.h>
#include <os.h>
#include <registers.h>
#include <skas.h>
#include <timetravel.h>
#include "context_regs.h"
#include "engine.h"
#include "lane.h"

/* Selectors of 64-bit user code and its stack in Linux's GDT. */
#define USER_CS 0x33
#define USER_SS 0x2b
#define TRAP_PAGE_FAULT 14
/* Bits of a page fault's error code: it was a write; it was an instruction's fetch. */
#define ERROR_WRITE 2
#define ERROR_FETCH 16
/* In guest code only what the handler is for may arrive. */
#define STUB_SIGNAL_MASK                                                             \
	(~(sigmask(SIGSYS) | sigmask(SIGSEGV) | sigmask(SIGTRAP) | sigmask(SIGFPE) | \
	   sigmask(SIGILL) | sigmask(SIGBUS) | sigmask(SIGALRM)))
#define CALL_LEN 2 /* bytes of the syscall instruction */
#define SI_SECCOMP 1 /* SYS_SECCOMP */

extern char nl_stub_base[], nl_stub_site[], nl_stub_site_stack[], nl_stub_site_flags[],
	nl_stub_saved[], nl_stub_announced[], nl_stub_leave[], nl_stub_code_end[],
	nl_stub_cleaned[];

static struct ucontext *frame_of(const struct nl_stub *s)
{
	return (void *)s->orders + nl_frame.uc;
}

static const struct siginfo *siginfo_of(const struct nl_stub *s)
{
	return (void *)s->orders + nl_frame.si;
}

static unsigned long code_address(const char *label)
{
	return nl_host.stub_start + (label - nl_stub_base);
}

static unsigned long canonical(unsigned long addr)
{
	return addr >> 47 ? 0 : addr;
}

static void bases_set(struct nl_stub *s, const unsigned long *gp)
{
	unsigned long fs = canonical(gp[HOST_FS_BASE]), gs = canonical(gp[HOST_GS_BASE]);

	s->flags &= ~NL_ORF_BASES;
	if (fs == s->fs_base && gs == s->gs_base)
		return;
	if (nl_host.fsgsbase) {
		s->orders->fs_base = fs;
		s->orders->gs_base = gs;
		s->flags |= NL_ORF_BASES;
	} else {
		nl_mm_queue(s, __NR_arch_prctl, 0, ARCH_SET_FS, fs, 0, 0, 0, 0);
		nl_mm_queue(s, __NR_arch_prctl, 0, ARCH_SET_GS, gs, 0, 0, 0, 0);
	}
	s->fs_base = fs;
	s->gs_base = gs;
}

static void frame_stack(struct ucontext *uc)
{
	uc->uc_stack.ss_sp = (void *)(nl_host.stub_start + NL_STUB_STATE + NL_STUB_STACK_OFFSET);
	uc->uc_stack.ss_flags = 0;
	uc->uc_stack.ss_size = NL_STUB_STACK_SIZE;
}

/* The program goes on by the frame. */
static void frame_load(struct nl_stub *s, const struct uml_pt_regs *regs)
{
	const unsigned long *gp = regs->gp;
	struct ucontext *uc = frame_of(s);
	struct sigcontext *sc = &uc->uc_mcontext;

	s->orders->frame = nl_host.stub_start + NL_STUB_ORDERS + nl_frame.uc;
	uc->uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	frame_stack(uc);
	uc->uc_sigmask.sig[0] = STUB_SIGNAL_MASK;
	nl_context_put(sc, gp);
	sc->flags = gp[HOST_EFLAGS];
	if (s->stepping)
		sc->flags |= X86_EFLAGS_TF;
	sc->ip = nl_site_entry(s, gp[HOST_IP], sc->flags & X86_EFLAGS_TF);
	sc->cs = USER_CS;
	sc->ss = USER_SS;
	sc->fpstate = nl_host.stub_start + NL_STUB_ORDERS + nl_frame.fp;
}

void nl_frame_clean(struct nl_stub *s)
{
	struct ucontext *uc = frame_of(s);
	struct sigcontext *sc = &uc->uc_mcontext;

	memset(uc, 0, sizeof(*uc));
	s->orders->frame = nl_host.stub_start + NL_STUB_ORDERS + nl_frame.uc;
	s->flags &= ~NL_ORF_BASES;
	frame_stack(uc);
	uc->uc_sigmask.sig[0] = ~sigmask(SIGTRAP);
	sc->flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	sc->ip = code_address(nl_stub_cleaned);
	sc->cs = USER_CS;
	sc->ss = USER_SS;
}

bool nl_frame_is_right(const struct nl_stub *s)
{
	return READ_ONCE(s->state->uc) == nl_host.stub_start + NL_STUB_ORDERS + nl_frame.uc;
}

static void frame_store(struct nl_stub *s, struct uml_pt_regs *regs)
{
	const struct sigcontext *sc = &frame_of(s)->uc_mcontext;
	unsigned long *gp = regs->gp;

	nl_context_get(gp, sc);
	gp[HOST_EFLAGS] = sc->flags;
	if (s->stepping)
		gp[HOST_EFLAGS] &= ~X86_EFLAGS_TF;
	gp[HOST_CS] = USER_CS;
	gp[HOST_SS] = USER_SS;
	if (nl_host.fsgsbase) {
		s->fs_base = READ_ONCE(s->state->fs_base);
		s->gs_base = READ_ONCE(s->state->gs_base);
		gp[HOST_FS_BASE] = s->fs_base;
		gp[HOST_GS_BASE] = s->gs_base;
	}
	regs->faultinfo = (struct faultinfo){
		.error_code = sc->err,
		.cr2 = sc->cr2,
		.trap_no = sc->trapno,
	};
}

/* A call through a patched site has laid its registers down itself. */
static void site_store(struct nl_stub *s, struct uml_pt_regs *regs)
{
	const struct nl_state *st = s->state;
	unsigned long *gp = regs->gp;

	gp[HOST_AX] = st->ax;
	gp[HOST_BX] = st->bx;
	gp[HOST_CX] = st->cx;
	gp[HOST_DX] = st->dx;
	gp[HOST_SI] = st->si_reg;
	gp[HOST_DI] = st->di;
	gp[HOST_BP] = st->bp;
	gp[HOST_R8] = st->r8;
	gp[HOST_R9] = st->r9;
	gp[HOST_R10] = st->r10;
	gp[HOST_R11] = st->flags;
	gp[HOST_R12] = st->r12;
	gp[HOST_R13] = st->r13;
	gp[HOST_R14] = st->r14;
	gp[HOST_R15] = st->r15;
	gp[HOST_SP] = st->sp;
	gp[HOST_IP] = st->cx;
	gp[HOST_EFLAGS] = st->flags;
	if (nl_host.fsgsbase) {
		s->fs_base = gp[HOST_FS_BASE] = st->fs_base;
		s->gs_base = gp[HOST_GS_BASE] = st->gs_base;
	}
}

/* Whether a task that waits at its site needs nothing but a result. */
static bool site_can_return(const struct nl_stub *s, const struct uml_pt_regs *regs)
{
	const struct nl_state *st = s->state;
	const unsigned long *gp = regs->gp;

	return s->at_site && s->fpu_owner == regs && regs->fp_live == s && !s->stepping &&
	       !s->ncmds && !((st->flags | gp[HOST_EFLAGS]) & X86_EFLAGS_TF) &&
	       !(s->flags & NL_ORF_BASES) && gp[HOST_IP] == st->cx && gp[HOST_SP] == st->sp &&
	       gp[HOST_EFLAGS] == st->flags && gp[HOST_BX] == st->bx && gp[HOST_DX] == st->dx &&
	       gp[HOST_SI] == st->si_reg && gp[HOST_DI] == st->di && gp[HOST_BP] == st->bp &&
	       gp[HOST_R8] == st->r8 && gp[HOST_R9] == st->r9 && gp[HOST_R10] == st->r10 &&
	       gp[HOST_R12] == st->r12 && gp[HOST_R13] == st->r13 && gp[HOST_R14] == st->r14 &&
	       gp[HOST_R15] == st->r15 && gp[HOST_CX] == st->cx && gp[HOST_R11] == st->flags;
}

/* Flags that popf does not take as they are, or that stop the program at once. */
#define FLAGS_BY_FRAME (X86_EFLAGS_TF | X86_EFLAGS_RF | X86_EFLAGS_NT)

/* Whether a task can go on from the site that its stub waits at, whatever its registers are. */
static bool site_can_load(const struct nl_stub *s, const struct uml_pt_regs *regs)
{
	const unsigned long *gp = regs->gp;

	return s->at_site && !s->stepping && !s->ncmds && !(gp[HOST_EFLAGS] & FLAGS_BY_FRAME) &&
	       gp[HOST_IP] < TASK_SIZE;
}

static int site_load(struct nl_stub *s, struct uml_pt_regs *regs)
{
	const unsigned long *gp = regs->gp;
	struct nl_state *st = s->state;

	if (!nl_fp_is_live(s, regs)) {
		nl_fp_load(s, regs);
		s->flags |= NL_ORF_FP;
	}
	st->bx = gp[HOST_BX];
	st->cx = gp[HOST_CX];
	st->dx = gp[HOST_DX];
	st->si_reg = gp[HOST_SI];
	st->di = gp[HOST_DI];
	st->bp = gp[HOST_BP];
	st->r8 = gp[HOST_R8];
	st->r9 = gp[HOST_R9];
	st->r10 = gp[HOST_R10];
	st->r11 = gp[HOST_R11];
	st->r12 = gp[HOST_R12];
	st->r13 = gp[HOST_R13];
	st->r14 = gp[HOST_R14];
	st->r15 = gp[HOST_R15];
	st->sp = gp[HOST_SP];
	st->flags = gp[HOST_EFLAGS];
	st->tail = nl_site_entry(s, gp[HOST_IP], false);
	s->ax = gp[HOST_AX];
	s->at_site = false;
	return nl_stub_order(s, NL_ACT_LOAD);
}

/* What a stub came for. */
enum visit {
	VISIT_TRAP, /* a signal, registers from the frame */
	VISIT_SITE, /* a call through a patched site */
	VISIT_BETWEEN, /* stepping through a thunk or the site's code: let it go on */
	VISIT_BAD,
};

/*
 * A kick hit a thunk or the site's code before the call was served. It has not begun as long
 * as registers are as they were; it is to be made once all are saved. To let the code go on to
 * a better place would not do: the work that the kick is for would make the next kick hit the
 * same instruction.
 */
static enum visit visit_kicked(struct nl_stub *s, struct uml_pt_regs *regs)
{
	unsigned long ip = UPT_IP(regs);

	if (nl_site_in_thunk(ip))
		return nl_site_rewind(s, ip, &UPT_IP(regs)) ? VISIT_TRAP : VISIT_BAD;
	if (ip < code_address(nl_stub_site) || ip >= code_address(nl_stub_code_end))
		return VISIT_BAD;
	if (ip >= code_address(nl_stub_saved)) {
		site_store(s, regs);
		return VISIT_SITE;
	}
	if (ip > code_address(nl_stub_site_stack))
		UPT_SP(regs) = READ_ONCE(s->state->own_sp);
	if (ip >= code_address(nl_stub_site_flags))
		UPT_EFLAGS(regs) = READ_ONCE(s->state->own_flags);
	if (s->stepping)
		UPT_EFLAGS(regs) &= ~X86_EFLAGS_TF;
	UPT_IP(regs) = regs->gp[HOST_CX] - CALL_LEN;
	return VISIT_TRAP;
}

/*
 * A kick hit the site's code on its way back to the program (from a call that was announced
 * under an older order, or behind nl_stub_leave): nothing of it has run, regs are what they
 * were, but not all of it need be in the CPU.
 */
static bool visit_was_leaving(struct nl_stub *s, struct uml_pt_regs *regs)
{
	unsigned long ip = READ_ONCE(frame_of(s)->uc_mcontext.ip);

	if (ip < code_address(nl_stub_announced) || ip >= code_address(nl_stub_code_end))
		return false;
	if (ip < code_address(nl_stub_leave) && READ_ONCE(s->state->site_seq) == s->seq)
		return false;
	if (s->flags & NL_ORF_FP)
		nl_fp_drop(regs);
	if (nl_host.fsgsbase) {
		s->fs_base = READ_ONCE(s->state->fs_base);
		s->gs_base = READ_ONCE(s->state->gs_base);
	}
	return true;
}

/* A step of a program that steps itself ended in a thunk or in the site's code. */
static enum visit visit_stepped(struct nl_stub *s, struct uml_pt_regs *regs)
{
	unsigned long ip = UPT_IP(regs), canonical;

	if (nl_site_in_thunk(ip)) {
		if (!nl_site_canonical(s, ip, &canonical))
			return VISIT_BETWEEN;
		UPT_IP(regs) = canonical;
		return VISIT_TRAP;
	}
	if (ip < code_address(nl_stub_site) || ip >= code_address(nl_stub_code_end))
		return VISIT_BAD;
	if (ip < code_address(nl_stub_saved) || ip >= code_address(nl_stub_leave))
		return VISIT_BETWEEN;
	site_store(s, regs);
	return VISIT_SITE;
}

/* A frame whose instruction pointer is in the stub's own pages. */
static enum visit visit_inside(struct nl_stub *s, struct uml_pt_regs *regs, int sig)
{
	if (sig == SIGALRM)
		return visit_kicked(s, regs);
	if (sig == SIGTRAP && ((UPT_EFLAGS(regs) & X86_EFLAGS_TF) || s->stepping))
		return visit_stepped(s, regs);
	/* The five bytes of the program's own in a thunk may fault. */
	if (sig == SIGSEGV && nl_site_in_thunk(UPT_IP(regs)) &&
	    nl_site_canonical(s, UPT_IP(regs), &UPT_IP(regs)))
		return VISIT_TRAP;
	return VISIT_BAD;
}

/* Judges what the stub says, and takes over the program's registers. */
static enum visit visit_judge(struct nl_stub *s, struct uml_pt_regs *regs)
{
	int sig = READ_ONCE(s->state->sig);
	unsigned long ip;

	/*
	 * At a site the stub may be hit by a kick after it has come. Then it is on its way
	 * through the handler, and must not see the next order before it has parked there.
	 */
	if ((s->kicked || sig != NL_SIG_SITE) && nl_stub_await_parked(s))
		return VISIT_BAD;
	if (sig == NL_SIG_SITE) {
		s->at_site = !s->kicked;
		site_store(s, regs);
		return VISIT_SITE;
	}
	/* The host lays frames at one place. */
	if (!nl_frame_is_right(s))
		return VISIT_BAD;
	if (sig == SIGALRM && visit_was_leaving(s, regs))
		return VISIT_TRAP;
	frame_store(s, regs);
	ip = UPT_IP(regs);
	if (ip < nl_host.stub_start || ip > nl_host.stub_start + NL_STUB_END)
		return VISIT_TRAP;
	return visit_inside(s, regs, sig);
}

unsigned long nl_calls;

static void call_serve(struct nl_stub *s, struct uml_pt_regs *regs)
{
	int nr = regs->gp[HOST_AX]; /* its upper half counts for nobody */

	/*
	 * A thunk leads back to where the call was patched: moved text has none. And what is to be
	 * written, or read only, is the program's.
	 */
	if ((nr == __NR_mremap || nr == __NR_mprotect) && s->npatched)
		nl_site_undo(s, regs->gp[HOST_DI], regs->gp[HOST_SI]);
	regs->gp[HOST_ORIG_AX] = regs->gp[HOST_AX];
	nl_calls += !is_global_init(current);
	handle_syscall(regs);
}

static void serve_syscall(struct nl_stub *s, struct uml_pt_regs *regs)
{
	const struct siginfo *si = siginfo_of(s);

	if (READ_ONCE(si->si_code) != SI_SECCOMP)
		return; /* somebody on the host sent it */
	if (READ_ONCE(si->si_arch) != AUDIT_ARCH_X86_64) {
		force_sig(SIGSEGV); /* int $0x80: what a kernel without 32-bit calls does */
		return;
	}
	/* The number is the low half of rax; the rest is kept for who looks. */
	nl_site_trapped(s, UPT_IP(regs), regs->gp[HOST_AX]);
	call_serve(s, regs);
}

/*
 * A jump to the call of a patched site, past what comes before it, meets the middle of
 * the jump there, which reads and writes at rax: the call's number (sites.c).
 */
static bool is_jump_into_site(const struct nl_stub *s, const struct uml_pt_regs *regs)
{
	unsigned long ip = UPT_IP(regs);

	return s->npatched && regs->faultinfo.cr2 == regs->gp[HOST_AX] &&
	       regs->faultinfo.cr2 < NL_PAGE && nl_site_entry(s, ip, false) != ip;
}

/* Whether memory at addr, if there is any, can be executed. */
static bool may_execute(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	bool may;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	may = !vma || (vma->vm_flags & VM_EXEC);
	mmap_read_unlock(mm);
	return may;
}

static void serve_page_fault(struct nl_stub *s, struct uml_pt_regs *regs)
{
	struct faultinfo *fi = &regs->faultinfo;
	void __user *addr = (void __user *)fi->cr2;
	int code = SEGV_ACCERR, err;

	if (is_jump_into_site(s, regs))
		return;
	/* The error code does not tell of a key where the page was not there yet. */
	if (READ_ONCE(siginfo_of(s)->si_code) == SEGV_PKUERR && nl_text_fault(s, fi->cr2))
		return;
	if ((fi->error_code & ERROR_WRITE) && nl_fill_around(current->mm, fi->cr2))
		return;
	if ((fi->error_code & ERROR_FETCH) && !may_execute(current->mm, fi->cr2))
		err = -EFAULT;
	else
		err = handle_page_fault(fi->cr2, UPT_IP(regs), fi->error_code & ERROR_WRITE, 1,
					&code);
	if (!err) {
		if (fi->error_code & ERROR_WRITE)
			nl_family_wrote(s, fi->cr2);
		nl_mm_near(current->mm, fi->cr2);
		return;
	}
	current->thread.arch.faultinfo = *fi;
	if (err == -EACCES)
		force_sig_fault(SIGBUS, BUS_ADRERR, addr);
	else
		force_sig_fault(SIGSEGV, code, addr);
}

/*
 * Faults that are the guest program's own: it gets the signal that the host made of it. CR2 is the
 * address of the last page fault that the program was told of; the host's is of any that the stub had.
 */
static void serve_exception(struct nl_stub *s, struct uml_pt_regs *regs, int sig)
{
	const struct siginfo *si = siginfo_of(s);
	int code = READ_ONCE(si->si_code);

	current->thread.arch.faultinfo.error_code = regs->faultinfo.error_code;
	current->thread.arch.faultinfo.trap_no = regs->faultinfo.trap_no;
	if (code > SI_USER && code < SI_KERNEL)
		force_sig_fault(sig, code, READ_ONCE(si->si_addr));
	else
		force_sig(sig);
}

static void serve(struct nl_stub *s, struct uml_pt_regs *regs)
{
	int sig = READ_ONCE(s->state->sig);

	if (sig == SIGSEGV)
		nl_lane_cost_fault();
	else if (sig == SIGSYS)
		nl_lane_cost_call();
	regs->gp[HOST_ORIG_AX] = -1;
	UPT_SYSCALL_NR(regs) = -1;
	switch (sig) {
	case SIGSYS:
		serve_syscall(s, regs);
		break;
	case SIGSEGV:
		if (regs->faultinfo.trap_no == TRAP_PAGE_FAULT)
			serve_page_fault(s, regs);
		else
			serve_exception(s, regs, sig);
		break;
	case SIGTRAP:
	case SIGFPE:
	case SIGILL:
	case SIGBUS:
		serve_exception(s, regs, sig);
		break;
	case SIGALRM: /* a kick: interrupt_end() does the rest */
		break;
	default:
		nl_stub_bad(s, "lied about a signal");
		force_fatal_sig(SIGSEGV);
	}
}

static bool frames_only;

/* nestling.frames=1 is for comparisons: whatever a site saved, the program goes on by a frame. */
static int __init frames_setup(char *value)
{
	return kstrtobool(value, &frames_only);
}
early_param("nestling.frames", frames_setup);

static int resume(struct nl_stub *s, struct uml_pt_regs *regs)
{
	int err;

	if (s->dead)
		return -EIO;
	if (s->lost)
		return -ENOMEM;
	s->stepping = singlestepping();
	s->flags &= ~NL_ORF_FP;
	bases_set(s, regs->gp);
	if (!frames_only && site_can_return(s, regs)) {
		s->ax = regs->gp[HOST_AX];
		s->at_site = false;
		return nl_stub_order(s, NL_ACT_RETURN);
	}
	if (!frames_only && site_can_load(s, regs))
		return site_load(s, regs);
	err = nl_stub_to_frame(s);
	if (!err && s->ncmds)
		err = nl_stub_gate(s);
	if (err)
		return err;
	nl_fp_load(s, regs);
	frame_load(s, regs);
	return nl_stub_order(s, NL_ACT_RESUME);
}

static void serve_visit(struct nl_stub *s, struct uml_pt_regs *regs, enum visit visit)
{
	switch (visit) {
	case VISIT_TRAP:
		serve(s, regs);
		break;
	case VISIT_SITE:
		nl_lane_cost_call();
		call_serve(s, regs);
		break;
	default:
		nl_stub_bad(s, "was tampered with");
		force_fatal_sig(SIGSEGV);
	}
}

static void run_once(struct uml_pt_regs *regs)
{
	struct nl_stub *s = current->mm->context.id.stub;
	enum visit visit = VISIT_BAD;
	int err = resume(s, regs);

	regs->is_user = 1;
	if (!err)
		visit = visit_judge(s, regs);
	while (visit == VISIT_BETWEEN) {
		err = nl_stub_order(s, NL_ACT_RESUME);
		visit = err ? VISIT_BAD : visit_judge(s, regs);
	}
	if (err == -ENOMEM) {
		report_enomem();
		force_fatal_sig(SIGKILL);
		return;
	}
	serve_visit(s, regs, visit);
	s = current->mm ? current->mm->context.id.stub : NULL;
	if (s && s->npatched && current->ptrace)
		nl_site_undo(s, 0, TASK_SIZE);
}

void userspace(struct uml_pt_regs *regs, unsigned long *aux_fp_regs)
{
	interrupt_end();
	while (1) {
		time_travel_print_bc_msg();
		current_mm_sync();
		run_once(regs);
		interrupt_end();
		/* No restart of a call whose end has been dealt with. */
		UPT_SYSCALL_NR(regs) = -1;
	}
}

void __switch_mm(struct mm_id *id)
{
}

/* What exec and kernel threads start with. */
void get_safe_registers(unsigned long *regs, unsigned long *fp_regs)
{
	unsigned long orig_ax = regs[HOST_ORIG_AX];

	memset(regs, 0, sizeof(((struct uml_pt_regs *)0)->gp));
	regs[HOST_ORIG_AX] = orig_ax; /* exec's own, for a tracer */
	regs[HOST_CS] = USER_CS;
	regs[HOST_SS] = USER_SS;
	regs[HOST_EFLAGS] = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	if (fp_regs)
		nl_fp_clean(fp_regs);
}
