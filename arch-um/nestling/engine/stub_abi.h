/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a stub and the guest kernel share.
 *
 * A stub is the host process that runs the code of one guest address space. At
 * the top of that address space, out of the guest's reach for mapping, lie:
 *
 *	stub_start	code	one page, the same for all stubs, read and execute
 *	 + 0x1000	orders	one page, written by the guest kernel only: the stub
 *				(and guest code, which runs with the same rights) may
 *				only read it
 *	 + 0x2000	state	what the stub tells, and its signal stack: guest code can
 *				write here, so the guest kernel believes nothing of it
 *	 + 0x5000	thunks	code that patched call sites go through (sites.c), read
 *				and execute; only the pages that are in use
 *
 * and below the lowest address that guest programs may map, the table of the thunks'
 * addresses, because a patched site has room for an indirect jump through a short
 * address and for nothing more.
 *
 * Included by the stub's assembler code, by the guest kernel and by its host
 * half; offsets for the assembler are checked against the structures in stub.c.
 */
#ifndef NESTLING_STUB_ABI_H
#define NESTLING_STUB_ABI_H

#define NL_PAGE 4096
#define NL_STUB_MEMORY_FD 4 /* NL_FD_MEMORY, for the assembler */
#define NL_STUB_ORDERS 0x1000 /* from the start of the code */
#define NL_STUB_STATE 0x2000
#define NL_STUB_BLOCK_PAGES 4 /* orders and state, physically contiguous */
#define NL_STUB_SIZE (NL_PAGE * (1 + NL_STUB_BLOCK_PAGES))
#define NL_STUB_THUNKS NL_STUB_SIZE
#define NL_THUNK_SIZE 64
#define NL_THUNK_PAGES 4
#define NL_SITES_MAX (NL_THUNK_PAGES * NL_PAGE / NL_THUNK_SIZE)
#define NL_STUB_END (NL_STUB_THUNKS + NL_THUNK_PAGES * NL_PAGE)
/* The lowest part of the state's first page is no stack. */
#define NL_STUB_STACK_OFFSET 1024
#define NL_STUB_STACK_SIZE (NL_PAGE * (NL_STUB_BLOCK_PAGES - 1) - NL_STUB_STACK_OFFSET)

/* orders */
#define NL_OR_SEQ 0
#define NL_OR_KERNEL_ASLEEP 4
#define NL_OR_SPIN 8
#define NL_OR_ACTION 12
#define NL_OR_NCMDS 16
#define NL_OR_FLAGS 20
#define NL_OR_AX 24
#define NL_OR_FS 32
#define NL_OR_GS 40
#define NL_OR_YIELDS 48
#define NL_OR_FRAME 64
#define NL_OR_FP 72
#define NL_OR_FP_MASK 80
#define NL_OR_GATE_OFFSET 88
#define NL_OR_GATE 96
#define NL_OR_CMDS 128
#define NL_CMD_SIZE 64
#define NL_AROUND 0x10000 /* fault_around_bytes of hosts that have not changed it */
#define NL_CMD_MAX ((NL_PAGE - NL_OR_CMDS) / NL_CMD_SIZE)

/*
 * state, from the start of the orders. Each cache line that is written goes from one CPU to the
 * other and back. A call through a patched site always writes one, the one that the guest kernel
 * looks at while it waits, with the call and its arguments: they come with the word that announces
 * them. The other registers are often what they were at the call before: their two lines are written
 * only where they are not.
 */
#define NL_ST_BASE (NL_STUB_STATE - NL_STUB_ORDERS)
#define NL_ST_COME (NL_ST_BASE + 0)
#define NL_ST_ASLEEP (NL_ST_BASE + 4)
#define NL_ST_SITE_SEQ (NL_ST_BASE + 8) /* newest order when the call was made */
#define NL_ST_PARKED (NL_ST_BASE + 12)
/* Registers of a call that came through a patched site. */
#define NL_ST_AX (NL_ST_BASE + 16)
#define NL_ST_DI (NL_ST_BASE + 24)
#define NL_ST_SI_REG (NL_ST_BASE + 32)
#define NL_ST_DX (NL_ST_BASE + 40)
#define NL_ST_R10 (NL_ST_BASE + 48)
#define NL_ST_FLAGS_REG (NL_ST_BASE + 56) /* a loop that counts has others each time */
#define NL_ST_SIG (NL_ST_BASE + 64)
#define NL_ST_CPU (NL_ST_BASE + 68)
#define NL_ST_R8 (NL_ST_BASE + 72)
#define NL_ST_SP (NL_ST_BASE + 80)
#define NL_ST_TAIL (NL_ST_BASE + 88) /* where to go on, in the thunk or behind the site */
#define NL_ST_CX (NL_ST_BASE + 96) /* address behind the call */
#define NL_ST_BX (NL_ST_BASE + 104)
#define NL_ST_BP (NL_ST_BASE + 112)
#define NL_ST_R9 (NL_ST_BASE + 120)
#define NL_ST_FS (NL_ST_BASE + 128)
#define NL_ST_GS (NL_ST_BASE + 136)
#define NL_ST_R12 (NL_ST_BASE + 144)
#define NL_ST_R13 (NL_ST_BASE + 152)
#define NL_ST_R14 (NL_ST_BASE + 160)
#define NL_ST_R15 (NL_ST_BASE + 168)
#define NL_ST_R11 (NL_ST_BASE + 176) /* only what NL_ACT_LOAD loads */
/* The site's code's own: flags and stack pointer are here until all are saved. */
#define NL_ST_OWN_FLAGS (NL_ST_BASE + 192)
#define NL_ST_OWN_SP (NL_ST_BASE + 200)
#define NL_ST_OWN_WROTE (NL_ST_BASE + 208) /* a byte for each of the two lines: it was written */
#define NL_ST_FAILED (NL_ST_BASE + 256)
#define NL_ST_UC (NL_ST_BASE + 264)
#define NL_ST_SI (NL_ST_BASE + 272)
#define NL_ST_TOKEN_A (NL_ST_BASE + 280)
#define NL_ST_TOKEN_B (NL_ST_BASE + 288)
#define NL_ST_ERROR (NL_ST_BASE + 296)

#define NL_SIG_SITE 0 /* instead of a signal: a call through a patched site */

/* What to do after the commands of an order. */
#define NL_ACT_RESUME 0 /* go on with guest code, registers as in the frame */
#define NL_ACT_REPORT 1 /* hand over again */
#define NL_ACT_GATE 2 /* pass the gate, then hand over */
#define NL_ACT_RETURN 3 /* to one that waits at a site: go on behind it */
#define NL_ACT_TRAP 4 /* to one that waits at a site: hand over with a signal frame */
#define NL_ACT_SAVE 5 /* to one that waits at a site: lay down FPU state, hand over there */
#define NL_ACT_LOAD 6 /* to one that waits at a site: take all registers from state, go on */

/* NL_OR_FLAGS */
#define NL_ORF_FSGSBASE 1 /* the instructions that read and write fs and gs base work */
#define NL_ORF_BASES 2 /* load fs and gs base before resuming */
#define NL_ORF_FP 4 /* load FPU state (NL_ACT_LOAD) */

/* The instruction pointer in the ucontext of a signal frame. */
#define NL_UC_IP 168

/* Segment whose limit holds the number of the CPU (Linux's GDT on x86-64, see getcpu()). */
#define NL_CPU_SELECTOR 0x7b
#define NL_CPU_MASK 0xfff

#ifndef __ASSEMBLY__

/*
 * A host call that the stub makes for the guest kernel: number, result that is
 * expected, arguments. The stub adds the token to those arguments that the call
 * ignores (stub_code.S). touch: of a new mapping it then reads a byte in each part that the host maps
 * by one fault.
 */
struct nl_cmd {
	unsigned int nr;
	unsigned int touch;
	unsigned long result;
	unsigned long arg[6];
};

struct nl_orders {
	unsigned int seq; /* number of the newest order; a futex word for the stub */
	unsigned int kernel_asleep; /* the guest kernel wants to be woken */
	unsigned int spin; /* turns that the stub may spin before it sleeps */
	unsigned int action; /* NL_ACT_* */
	unsigned int ncmds;
	unsigned int flags; /* NL_ORF_* */
	unsigned long ax; /* result of a call: what NL_ACT_RETURN and NL_ACT_LOAD put into rax */
	unsigned long fs_base, gs_base;
	unsigned int yields; /* how often the stub gives its CPU away before it sleeps */
	unsigned int pad1[3]; /* a cache line for what each order has */
	unsigned long frame; /* stub address of the ucontext to resume from */
	unsigned long fp; /* stub address of the FPU state in signal frames */
	unsigned long fp_mask; /* its components, as XSAVE takes them */
	unsigned long gate_offset; /* file offset of .gate in guest memory */
	unsigned int gate; /* order under which the gate was passed last */
	unsigned char pad2[NL_OR_CMDS - NL_OR_GATE - 4];
	struct nl_cmd cmd[NL_CMD_MAX];
};

struct nl_state {
	unsigned int come; /* number of the last order that was done; a futex word */
	unsigned int asleep; /* the stub wants to be woken */
	unsigned int site_seq;
	unsigned int parked; /* order under which it handed over from a signal */
	unsigned long ax, di, si_reg, dx, r10, flags;
	unsigned int sig; /* signal that brought it here */
	unsigned int cpu; /* where it ran when it handed over */
	unsigned long r8, sp, tail, cx, bx, bp, r9;
	unsigned long fs_base, gs_base, r12, r13, r14, r15, r11, pad0;
	unsigned long own_flags, own_sp;
	unsigned char own_wrote[4];
	unsigned char pad1[44];
	unsigned long failed; /* 1 + index of the command that failed, 0 = none */
	unsigned long uc, si; /* stub addresses of ucontext and siginfo */
	unsigned long token_a, token_b;
	long error; /* what the failed command gave */
};

#endif
#endif
