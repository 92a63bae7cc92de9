/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stub's code: runs at stub_start in each guest address space.
 *
 * Guest code can jump to any byte of this page with any registers. What protects
 * the guest kernel from that:
 *  - the filter (filter_user.c) lets each call through at one place only, with
 *    arguments that do no harm or that carry the token;
 *  - addresses come from the instruction pointer, never from a register that was
 *    set before, and all that steers a host call comes from the orders page;
 *  - the token is written by the guest kernel only when it knows that this code
 *    runs: the gate, a host call that only this page may make, writes the number
 *    of the current order to where guest code cannot write. Behind the gate there
 *    is no way back to guest code but by the next order;
 *  - the token is read once and wiped at once, and sigreturn sets all registers;
 *  - a signal that hits this code, which guest code has jumped to, ends the stub;
 *  - after each call that guest code could have jumped to, rbx is computed anew.
 *
 * rbx = orders page throughout.
 */
#include <asm/unistd.h>
#include <linux/linkage.h>
#include "stub_abi.h"


#define SECCOMP_SET_MODE_FILTER 1
#define SIG_SEGV 11

	.section .__syscall_stub, "ax"
	.balign NL_PAGE
SYM_CODE_START(nl_stub_base)

/*
 * First run: drop what the process was cloned with, install the filter, and trap
 * for the first time. r12 = end of the host's address space, r13 = struct
 * sock_fprog, r14 = flags of the filter.
 */
SYM_INNER_LABEL(nl_stub_entry, SYM_L_GLOBAL)
	leaq	nl_stub_base(%rip), %rbx
	xorl	%edi, %edi
	movq	%rbx, %rsi
	movl	$__NR_munmap, %eax
	syscall
	leaq	NL_STUB_SIZE(%rbx), %rdi
	movq	%r12, %rsi
	subq	%rdi, %rsi
	movl	$__NR_munmap, %eax
	syscall
	movl	$SECCOMP_SET_MODE_FILTER, %edi
	movq	%r14, %rsi
	movq	%r13, %rdx
	movl	$__NR_seccomp, %eax
	syscall
	testl	%eax, %eax
	jz	1f
	ud2
1:	movl	$__NR_getpid, %eax
	syscall
	jmp	1b

/*
 * A stub that is to serve another address space gets here by a frame of the guest kernel.
 * Where the host lays the frame of the trap shows whether guest code has left it a signal
 * stack of its own choice: rt_sigreturn does not change one that sp lies in.
 */
SYM_INNER_LABEL(nl_stub_cleaned, SYM_L_GLOBAL)
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	int3
	ud2

/* Signal handler: rdi = signal, rsi = siginfo, rdx = ucontext. */
SYM_INNER_LABEL(nl_stub_signal, SYM_L_GLOBAL)
	/*
	 * The stub's own code blocks all signals. If one hits it, guest code has jumped here,
	 * with its own mask: the token may be in that frame, and commands are left undone.
	 */
	movq	NL_UC_IP(%rdx), %rax
	leaq	nl_stub_signal(%rip), %rcx
	subq	%rcx, %rax
	cmpq	$(nl_stub_site - nl_stub_signal), %rax
	jae	1f
	ud2
1:
	leaq	nl_stub_base(%rip), %rbx
	addq	$NL_STUB_ORDERS, %rbx
	movl	%edi, NL_ST_SIG(%rbx)
	movq	%rsi, NL_ST_SI(%rbx)
	movq	%rdx, NL_ST_UC(%rbx)
	testl	$NL_ORF_FSGSBASE, NL_OR_FLAGS(%rbx)
	jz	1f
	rdfsbase %rax
	movq	%rax, NL_ST_FS(%rbx)
	rdgsbase %rax
	movq	%rax, NL_ST_GS(%rbx)
1:	/* A page fault nearly always needs commands: pass the gate without being asked. */
	cmpl	$SIG_SEGV, %edi
	jne	.Lhand_over

.Lgate:
	movl	$NL_STUB_MEMORY_FD, %edi
	leaq	nl_stub_base(%rip), %rbx
	addq	$NL_STUB_ORDERS, %rbx
	leaq	NL_OR_SEQ(%rbx), %rsi
	movl	$4, %edx
	movq	NL_OR_GATE_OFFSET(%rbx), %r10
	movl	$__NR_pwrite64, %eax
	syscall
SYM_INNER_LABEL(nl_stub_at_gate, SYM_L_GLOBAL)
	leaq	nl_stub_base(%rip), %rbx
	addq	$NL_STUB_ORDERS, %rbx

.Lhand_over:
	movl	$NL_CPU_SELECTOR, %eax
	lsll	%eax, %eax
	andl	$NL_CPU_MASK, %eax
	movl	%eax, NL_ST_CPU(%rbx)
	movl	NL_OR_SEQ(%rbx), %ebp
	movl	%ebp, %eax
	xchgl	%eax, NL_ST_COME(%rbx)	/* a full barrier before looking whom to wake */
	movl	%ebp, NL_ST_PARKED(%rbx)
	cmpl	$0, NL_OR_KERNEL_ASLEEP(%rbx)
	jne	.Lwake

.Lwait:
	movl	NL_OR_SPIN(%rbx), %ecx
1:	cmpl	%ebp, NL_OR_SEQ(%rbx)
	jne	.Lorder
	pause
	cmpl	$0, NL_OR_SPIN(%rbx)	/* the guest kernel may want this CPU for another */
	je	4f
	decl	%ecx
	jg	1b
4:	movl	NL_OR_YIELDS(%rbx), %r12d
5:	decl	%r12d
	js	6f
	movl	$__NR_sched_yield, %eax
	syscall
SYM_INNER_LABEL(nl_stub_at_yield, SYM_L_GLOBAL)
	leaq	nl_stub_base(%rip), %rbx
	addq	$NL_STUB_ORDERS, %rbx
	cmpl	%ebp, NL_OR_SEQ(%rbx)
	jne	.Lorder
	cmpl	$0, NL_OR_YIELDS(%rbx)	/* likewise */
	jne	5b
6:	movl	$1, %eax
	xchgl	%eax, NL_ST_ASLEEP(%rbx)
2:	cmpl	%ebp, NL_OR_SEQ(%rbx)
	jne	3f
	leaq	NL_OR_SEQ(%rbx), %rdi
	xorl	%esi, %esi		/* FUTEX_WAIT */
	movl	%ebp, %edx
	xorl	%r10d, %r10d
	movl	$__NR_futex, %eax
	syscall
SYM_INNER_LABEL(nl_stub_at_wait, SYM_L_GLOBAL)
	leaq	nl_stub_base(%rip), %rbx
	addq	$NL_STUB_ORDERS, %rbx
	jmp	2b
3:	movl	$0, NL_ST_ASLEEP(%rbx)

.Lorder:
	movl	NL_OR_NCMDS(%rbx), %r12d
	testl	%r12d, %r12d
	jz	.Lact
	movq	NL_ST_TOKEN_A(%rbx), %r14
	movq	NL_ST_TOKEN_B(%rbx), %r15
	movq	$0, NL_ST_TOKEN_A(%rbx)
	movq	$0, NL_ST_TOKEN_B(%rbx)
	leaq	NL_OR_CMDS(%rbx), %r13
.Lcommand:
	movq	16(%r13), %rdi
	movq	24(%r13), %rsi
	movq	32(%r13), %rdx
	movq	40(%r13), %r10
	movq	48(%r13), %r8
	movq	56(%r13), %r9
	movl	(%r13), %eax
	orq	%r14, %r10
	cmpl	$__NR_mmap, %eax
	jne	1f
	orq	%r15, %rdx
	jmp	2f
1:	orq	%r15, %r8
2:	syscall
SYM_INNER_LABEL(nl_stub_at_command, SYM_L_GLOBAL)
	cmpq	8(%r13), %rax
	jne	.Lfailed
	cmpl	$0, 4(%r13)
	jne	.Ltouch
.Ldone:
	addq	$NL_CMD_SIZE, %r13
	decl	%r12d
	jnz	.Lcommand

.Lact:
	movl	NL_OR_ACTION(%rbx), %eax
	cmpl	$NL_ACT_GATE, %eax
	je	.Lgate
	testl	%eax, %eax
	jnz	.Lhand_over
	testl	$NL_ORF_BASES, NL_OR_FLAGS(%rbx)
	jz	1f
	movq	NL_OR_FS(%rbx), %rax
	wrfsbase %rax
	movq	NL_OR_GS(%rbx), %rax
	wrgsbase %rax
1:	movq	NL_OR_FRAME(%rbx), %rsp
SYM_INNER_LABEL(nl_stub_restorer, SYM_L_GLOBAL)
	movl	$__NR_rt_sigreturn, %eax
	syscall
SYM_INNER_LABEL(nl_stub_at_return, SYM_L_GLOBAL)
	ud2

.Lwake:
	leaq	NL_ST_COME(%rbx), %rdi
	movl	$1, %esi		/* FUTEX_WAKE */
	movl	$1, %edx
	movl	$__NR_futex, %eax
	syscall
SYM_INNER_LABEL(nl_stub_at_wake, SYM_L_GLOBAL)
	leaq	nl_stub_base(%rip), %rbx
	addq	$NL_STUB_ORDERS, %rbx
	jmp	.Lwait

/*
 * rax = start of a mapping, rsi = its length. Guest code that jumps here with others reads memory of
 * its own.
 */
.Ltouch:
	addq	%rax, %rsi
1:	movb	(%rax), %cl
	addq	$NL_AROUND, %rax
	andq	$-NL_AROUND, %rax
	cmpq	%rsi, %rax
	jb	1b
	jmp	.Ldone

.Lfailed:
	movq	%rax, NL_ST_ERROR(%rbx)
	movl	NL_OR_NCMDS(%rbx), %eax
	subl	%r12d, %eax
	incl	%eax			/* the upper half is zero */
	movq	%rax, NL_ST_FAILED(%rbx)
	jmp	.Lhand_over

/*
 * A call through a patched site: rax = number, rcx = address behind the call, r11 =
 * where to go on. All registers are saved, so that the guest kernel knows them; the
 * FPU state stays in the CPU. Unlike in the signal handler a kick can arrive here. Until all
 * are saved no register is changed but the stack pointer and the flags: the call can be begun anew
 * then; from there on the guest kernel finds all in the state (visit_kicked() in run.c). No commands
 * are carried out here, so no token is ever in a register that such a kick would lay into guest memory.
 */
#define S(x) nl_stub_base+NL_STUB_ORDERS+NL_ST_##x(%rip)
#define UNLESS_SAME(reg, x, to) cmpq reg, S(x); jne to
SYM_INNER_LABEL(nl_stub_site, SYM_L_GLOBAL)
	movq	%rsp, S(OWN_SP)
SYM_INNER_LABEL(nl_stub_site_stack, SYM_L_GLOBAL)
	leaq	8+S(OWN_FLAGS), %rsp
	pushfq
SYM_INNER_LABEL(nl_stub_site_flags, SYM_L_GLOBAL)
	movl	$0, S(OWN_WROTE)
	UNLESS_SAME(%rcx, CX, .Lwrite_first)
	UNLESS_SAME(%r11, TAIL, .Lwrite_first)
	UNLESS_SAME(%rbx, BX, .Lwrite_first)
	UNLESS_SAME(%rbp, BP, .Lwrite_first)
	UNLESS_SAME(%r8, R8, .Lwrite_first)
	UNLESS_SAME(%r9, R9, .Lwrite_first)
	cmpl	$NL_SIG_SITE, S(SIG)
	jne	.Lwrite_first
	movq	S(OWN_SP), %rsp
	UNLESS_SAME(%rsp, SP, .Lwrite_first)
	jmp	.Lsecond

.Lwrite_first:
	movb	$1, S(OWN_WROTE)
	movq	%rcx, S(CX)
	movq	%r11, S(TAIL)
	movq	%rbx, S(BX)
	movq	%rbp, S(BP)
	movq	%r8, S(R8)
	movq	%r9, S(R9)
	movl	$NL_SIG_SITE, S(SIG)
	movq	S(OWN_SP), %rsp
	movq	%rsp, S(SP)

.Lsecond:
	UNLESS_SAME(%r12, R12, .Lwrite_second)
	UNLESS_SAME(%r13, R13, .Lwrite_second)
	UNLESS_SAME(%r14, R14, .Lwrite_second)
	UNLESS_SAME(%r15, R15, .Lwrite_second)
	testl	$NL_ORF_FSGSBASE, nl_stub_base+NL_STUB_ORDERS+NL_OR_FLAGS(%rip)
	jz	.Lcall
	rdfsbase %rsp
	UNLESS_SAME(%rsp, FS, .Lwrite_second)
	rdgsbase %rsp
	cmpq	%rsp, S(GS)
	je	.Lcall

.Lwrite_second:
	movb	$1, 1+S(OWN_WROTE)
	movq	%r12, S(R12)
	movq	%r13, S(R13)
	movq	%r14, S(R14)
	movq	%r15, S(R15)
	testl	$NL_ORF_FSGSBASE, nl_stub_base+NL_STUB_ORDERS+NL_OR_FLAGS(%rip)
	jz	.Lcall
	rdfsbase %rsp
	movq	%rsp, S(FS)
	rdgsbase %rsp
	movq	%rsp, S(GS)

.Lcall:	/* And last the line that the guest kernel looks at, at a stroke. */
	movq	S(OWN_FLAGS), %rsp
	movq	%rax, S(AX)
	movq	%rdi, S(DI)
	movq	%rsi, S(SI_REG)
	movq	%rdx, S(DX)
	movq	%r10, S(R10)
	movq	%rsp, S(FLAGS_REG)
SYM_INNER_LABEL(nl_stub_saved, SYM_L_GLOBAL)
	leaq	nl_stub_base+NL_STUB_ORDERS(%rip), %rbx
	movl	NL_OR_SEQ(%rbx), %ebp
	movl	%ebp, NL_ST_SITE_SEQ(%rbx)
SYM_INNER_LABEL(nl_stub_announced, SYM_L_GLOBAL)
	movl	%ebp, %eax
	xchgl	%eax, NL_ST_COME(%rbx)
	cmpl	$0, NL_OR_KERNEL_ASLEEP(%rbx)
	jne	.Lsite_wake
.Lsite_wait:
	movl	NL_OR_SPIN(%rbx), %ecx
1:	cmpl	%ebp, NL_OR_SEQ(%rbx)
	jne	.Lsite_order
	pause
	cmpl	$0, NL_OR_SPIN(%rbx)
	je	2f
	decl	%ecx
	jg	1b
2:	movl	$NL_CPU_SELECTOR, %eax
	lsll	%eax, %eax
	andl	$NL_CPU_MASK, %eax
	movl	%eax, NL_ST_CPU(%rbx)
	movl	NL_OR_YIELDS(%rbx), %r12d
5:	decl	%r12d
	js	6f
	movl	$__NR_sched_yield, %eax
	syscall
SYM_INNER_LABEL(nl_stub_at_site_yield, SYM_L_GLOBAL)
	leaq	nl_stub_base+NL_STUB_ORDERS(%rip), %rbx
	cmpl	%ebp, NL_OR_SEQ(%rbx)
	jne	.Lsite_order
	cmpl	$0, NL_OR_YIELDS(%rbx)
	jne	5b
6:	movl	$1, %eax
	xchgl	%eax, NL_ST_ASLEEP(%rbx)
3:	cmpl	%ebp, NL_OR_SEQ(%rbx)
	jne	4f
	leaq	NL_OR_SEQ(%rbx), %rdi
	xorl	%esi, %esi		/* FUTEX_WAIT */
	movl	%ebp, %edx
	xorl	%r10d, %r10d
	movl	$__NR_futex, %eax
	syscall
SYM_INNER_LABEL(nl_stub_at_site_wait, SYM_L_GLOBAL)
	leaq	nl_stub_base+NL_STUB_ORDERS(%rip), %rbx
	jmp	3b
4:	movl	$0, NL_ST_ASLEEP(%rbx)
.Lsite_order:
	movl	NL_OR_ACTION(%rbx), %eax
	cmpl	$NL_ACT_RETURN, %eax
	je	nl_stub_leave
	cmpl	$NL_ACT_LOAD, %eax
	je	.Lsite_load
	cmpl	$NL_ACT_SAVE, %eax
	je	.Lsite_save
	int3				/* NL_ACT_TRAP */
	ud2
.Lsite_wake:
	leaq	NL_ST_COME(%rbx), %rdi
	movl	$1, %esi		/* FUTEX_WAKE */
	movl	$1, %edx
	movl	$__NR_futex, %eax
	syscall
SYM_INNER_LABEL(nl_stub_at_site_wake, SYM_L_GLOBAL)
	leaq	nl_stub_base+NL_STUB_ORDERS(%rip), %rbx
	jmp	.Lsite_wait

/* The FPU state goes where a signal would lay it: the guest kernel looks for it there. */
.Lsite_save:
	movl	NL_OR_FP_MASK(%rbx), %eax
	movl	4+NL_OR_FP_MASK(%rbx), %edx
	movq	NL_OR_FP(%rbx), %rcx
	xsave64	(%rcx)
	movl	NL_OR_SEQ(%rbx), %ebp
	jmp	nl_stub_announced

/*
 * To another place than behind the call (a signal's handler, where that was interrupted,
 * another thread), as sigreturn would, without the call.
 */
.Lsite_load:
	testl	$NL_ORF_FP, NL_OR_FLAGS(%rbx)
	jz	1f
	movl	NL_OR_FP_MASK(%rbx), %eax
	movl	4+NL_OR_FP_MASK(%rbx), %edx
	movq	NL_OR_FP(%rbx), %rcx
	xrstor64 (%rcx)
1:	testl	$NL_ORF_BASES, NL_OR_FLAGS(%rbx)
	jz	1f
	movq	NL_OR_FS(%rbx), %rax
	wrfsbase %rax
	movq	NL_OR_GS(%rbx), %rax
	wrgsbase %rax
1:	movl	$0x101, S(OWN_WROTE)	/* the guest kernel has, and the next call will */
	movq	S(R11), %r11
	jmp	.Lleave

SYM_INNER_LABEL(nl_stub_leave, SYM_L_GLOBAL)
	movq	S(FLAGS_REG), %r11
.Lleave:
	/* The next call may well write where this one has: these lines come to stay. */
	cmpb	$0, S(OWN_WROTE)
	je	1f
	prefetchw S(SIG)
1:	cmpb	$0, 1+S(OWN_WROTE)
	je	1f
	prefetchw S(R15)
1:	movq	S(BX), %rbx
	movq	S(DX), %rdx
	movq	S(SI_REG), %rsi
	movq	S(DI), %rdi
	movq	S(BP), %rbp
	movq	S(R8), %r8
	movq	S(R9), %r9
	movq	S(R10), %r10
	movq	S(R12), %r12
	movq	S(R13), %r13
	movq	S(R14), %r14
	movq	S(R15), %r15
	movq	S(CX), %rcx
	leaq	S(FLAGS_REG), %rsp
	popfq
	movq	S(SP), %rsp
	movq	nl_stub_base+NL_STUB_ORDERS+NL_OR_AX(%rip), %rax
	jmpq	*S(TAIL)
SYM_INNER_LABEL(nl_stub_code_end, SYM_L_GLOBAL)
SYM_CODE_END(nl_stub_base)
