/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine, guest kernel half: one nl_stub for each guest address space.
 *
 *	stub.c		making and ending stubs; orders and waiting
 *	pool.c		stubs that wait for an address space
 *	mm.c		contexts of address spaces; the queue of mmap, munmap, mprotect
 *	around.c	fills memory ahead of its first touch
 *	run.c		runs a task's code until it traps, and serves what it trapped for
 *	fpu.c		FPU state, which stays in the stub's frame while it can
 *	sigframe.c	signal frames of guest programs
 */
#ifndef NESTLING_ENGINE_H
#define NESTLING_ENGINE_H

#include <linux/list.h>
#include <linux/types.h>
#include <asm/ptrace.h>
#include "stub_abi.h"
#include "stub_user.h"

#define NL_BASE_UNKNOWN (~0UL) /* no address */

struct nl_stub {
	struct nl_orders *orders;
	struct nl_state *state; /* guest code writes here: read once, check, believe nothing */
	int pid;
	unsigned int seq; /* of the newest order */
	bool gated; /* it is known that the stub's own code runs */
	bool dead; /* no use any more: its process is gone or lied */
	bool kicked; /* a kick is under way */
	bool starting; /* it comes up, and nobody has waited for it */
	bool lost; /* commands failed: its mappings are not what they should be */
	bool stepping; /* single step was asked for by the last resume */
	unsigned long token_a, token_b;
	unsigned long fs_base, gs_base; /* as the stub's CPU state has them, or NL_BASE_UNKNOWN */
	struct list_head parked; /* pool.c */
	struct uml_pt_regs *fpu_owner; /* whose FPU state is in the frame; NULL: nobody's */
};

/* Where the host lays the frame of a signal, from the start of orders; found at boot. */
struct nl_frame {
	unsigned int uc; /* ucontext */
	unsigned int si; /* siginfo */
	unsigned int fp; /* xstate */
	unsigned int fp_size; /* bytes of it, without the trailing magic */
};

/* Set at boot, read only afterwards. */
extern struct nl_stub_host nl_host;
extern struct nl_frame nl_frame;

/* stub.c */
struct nl_stub *nl_stub_new(void);
void nl_stub_free(struct nl_stub *s);
/* Ends the process of s at once, which stays dead. */
void nl_stub_end(struct nl_stub *s);
/* Gives an order and waits until the stub comes. 0, or -EIO: the stub is dead now. */
int nl_stub_order(struct nl_stub *s, unsigned int action);
/* Sends queued commands, if any, to a stub that stays parked. 0, -EIO, or the host's error. */
int nl_stub_flush(struct nl_stub *s);
/* Makes sure that the stub's own code runs. 0 or -EIO. */
int nl_stub_gate(struct nl_stub *s);
/* Begins to take all of the guest's out of s. 0 or -errno: it is no use. */
int nl_stub_empty(struct nl_stub *s);
/* Makes an emptied s as good as new. 0 or -errno: it is no use. */
int nl_stub_wipe(struct nl_stub *s);
/* What is wrong with the stub, once, in the log; marks it dead. */
void nl_stub_bad(struct nl_stub *s, const char *what);

/* pool.c */
/* A stub that is empty, maybe still on its way, or an ERR_PTR. */
struct nl_stub *nl_pool_get(void);
/* Takes a stub whose address space has ended. */
void nl_pool_put(struct nl_stub *s);

/* mm.c */
/* Appends a host call to the queue of s. */
void nl_mm_queue(struct nl_stub *s, unsigned long nr, unsigned long result, unsigned long a1,
		 unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5,
		 unsigned long a6);

/* around.c */
struct mm_struct;
/*
 * Serves a first write to anonymous memory of the current task, with pages next to it.
 * false: the ordinary way has to.
 */
bool nl_fill_around(struct mm_struct *mm, unsigned long addr);

/* fpu.c */
/* The state of regs stands in regs->fp afterwards, and stays live where it is. */
void nl_fp_sync(struct uml_pt_regs *regs);
/* regs->fp was changed or is to be: the frame's copy counts no more. */
void nl_fp_drop(struct uml_pt_regs *regs);
/* Puts the state of regs into the frame of s, if it is not there. */
void nl_fp_load(struct nl_stub *s, struct uml_pt_regs *regs);
/* 0 when the host will load this state, else -EINVAL. */
int nl_fp_check(const unsigned long *fp_regs);
/* The stub goes away: nobody's state is in it. */
void nl_fp_forget(struct nl_stub *s);
/* Learns size and shape from the first frame, in which xstate has room bytes. 0 or -errno. */
int nl_fp_init(const void *xstate, unsigned int room);

#endif
