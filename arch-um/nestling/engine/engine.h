/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine, guest kernel half: one nl_stub for each guest address space.
 *
 *	stub.c		making and ending stubs; orders and waiting
 *	place.c		where stubs run, and for how long to spin
 *	place_rules.c	what it decides by
 *	pool.c		stubs that wait for an address space
 *	mm.c		contexts of address spaces; the queue of mmap, munmap, mprotect
 *	family.c	pages that a fork copies at once
 *	around.c	fills memory ahead of its first touch
 *	run.c		runs a task's code until it traps, and serves what it trapped for
 *	sites.c		call sites that trap often and are patched into jumps
 *	fpu.c		FPU state, which stays in the stub's frame while it can
 *	sigframe.c	signal frames of guest programs
 *	regset.c	register sets, for ptrace and core dumps
 *	ptrace.c	guests that trace guests
 *	clock.c		the guest's clock, for the kernel and for vdso_code.c
 *	vdso.c		the vDSO in address spaces
 *	auxv.c		what exec tells a program of CPU and frames
 */
#ifndef NESTLING_ENGINE_H
#define NESTLING_ENGINE_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/types.h>
#include <asm/ptrace.h>
#include "place_rules.h"
#include "stub_abi.h"
#include "stub_user.h"

#define NL_BASE_UNKNOWN (~0UL) /* no address */
#define NL_USER_END ((1UL << 47) - PAGE_SIZE) /* no program of x86-64 has addresses beyond */

struct nl_sites;
struct nl_family;
struct mm_struct;

#define NL_SITE_COUNTERS 32
#define NL_TEXT_BITS 256

struct nl_stub {
	struct nl_orders *orders;
	struct nl_state *state; /* guest code writes here: read once, check, believe nothing */
	int pid;
	unsigned int seq; /* of the newest order */
	unsigned int ncmds, flags; /* of the next order (stub_abi.h) */
	unsigned long ax; /* likewise */
	bool gated; /* it is known that the stub's own code runs */
	bool at_site; /* parked at a patched site, not in a signal frame: FPU state in the CPU */
	bool saved; /* and it is also where a frame would have it */
	bool dead; /* no use any more: its process is gone or lied */
	bool kicked; /* a kick is under way */
	bool yields; /* it was left, on a CPU of its own, and may yield that */
	bool starting; /* it comes up, and nobody has waited for it */
	bool lost; /* commands failed: its mappings are not what they should be */
	bool stepping; /* single step was asked for by the last resume */
	unsigned long token_a, token_b;
	unsigned long fs_base, gs_base; /* as the stub's CPU state has them, or NL_BASE_UNKNOWN */
	struct nl_place place;
	struct list_head parked; /* pool.c */
	u64 kick_cpu_ns; /* the stub's CPU time when somebody first looked; 0: not yet */
	u64 forced_cpu_ns; /* the same, in virtual time, when it was last seen to compute */
	u32 forced_seq; /* in this order, */
	u32 forced_looks; /* so often */
	struct uml_pt_regs *fpu_owner; /* whose FPU state is in the frame (or CPU); or NULL */
	struct nl_family *family; /* family.c; NULL: it has not forked */
	unsigned int watch; /* write faults that the family still wants to know of */
	struct nl_sites *sites; /* NULL: none yet */
	unsigned int thunk_pages; /* of the sites, mapped in this stub */
	unsigned int npatched;
	const struct task_struct *patcher; /* gets a page of text to write to it, not to read it */
	DECLARE_BITMAP(patched, NL_SITES_MAX); /* sites that are patched in this address space */
	DECLARE_BITMAP(patched_pages, NL_TEXT_BITS); /* their pages, by hash; more may be set */
	struct {
		unsigned long ip;
		unsigned int traps;
	} counter[NL_SITE_COUNTERS];
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
/* Waits until a new stub is up. The first one shows how the host lays frames. 0 or -errno. */
int nl_stub_ready(struct nl_stub *s);
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
/*
 * Lays a frame by which s drops all that guest code has left in registers, signal mask and
 * signal stack, and traps; nl_frame_is_right() says then whether it could.
 */
void nl_frame_clean(struct nl_stub *s);
/* Whether the stub says that its signal frame lies where it should. */
bool nl_frame_is_right(const struct nl_stub *s);
/* A stub parked at a site lays its FPU state into a frame, and parks there. 0 or -EIO. */
int nl_stub_to_frame(struct nl_stub *s);
/* A stub parked at a site saves its FPU state where a frame would have it. 0 or -EIO. */
int nl_stub_save(struct nl_stub *s);
/* Waits until the stub's signal handler has handed over for the newest order. 0 or -EIO. */
int nl_stub_await_parked(struct nl_stub *s);
/* What is wrong with the stub, once, in the log; marks it dead. */
void nl_stub_bad(struct nl_stub *s, const char *what);

/* place.c */
/* How long to spin, or how often to yield, for the next order of s and behind it. */
struct nl_spin nl_place_spin(struct nl_stub *s);
/* s has done its order. */
void nl_place_came(struct nl_stub *s);
/* s sleeps, and is to be woken: it has spun for too short, or for too long. */
void nl_place_stub_slept(struct nl_stub *s);
/* Likewise the guest kernel, since a value of the time-stamp counter. */
void nl_place_kernel_slept(struct nl_stub *s, u64 since);
/* s, which is told where (not) to run, has not come in NL_STARVED_MS; kept off, it had used cpu_ns. */
void nl_place_late(struct nl_stub *s, u64 cpu_ns);
/* The guest kernel has slept, for whatever it was, since a value of the time-stamp counter. */
void nl_place_slept(u64 since);
/* The guest kernel has slept for guest code in s, from from_ns (os_nsecs()) until now. */
void nl_place_waited(struct nl_stub *s, u64 from_ns);
/* Likewise for one that is on a CPU which somebody has yielded to it. */
void nl_place_yielded(struct nl_stub *s, u64 from_ns);
/* Whether a yielded CPU has come back soon of late. */
bool nl_place_may_yield(void);
/* The guest kernel spins: this CPU is for others for a moment, if it may. */
void nl_place_yield(void);

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

/* Maps the page at addr, if there is one, and those next to it that make no more host calls. */
void nl_mm_near(struct mm_struct *mm, unsigned long addr);

/* family.c */
void nl_family_fork(struct nl_stub *child, struct nl_stub *parent);
void nl_family_put(struct nl_stub *s);
/* A write to addr in the current address space faulted, and is possible now. */
void nl_family_wrote(struct nl_stub *s, unsigned long addr);
/* Maps what a fork has copied. */
void nl_family_map(struct mm_struct *child);

/* around.c */
/*
 * Serves a first write to anonymous memory of the current task, with pages next to it.
 * false: the ordinary way has to.
 */
bool nl_fill_around(struct mm_struct *mm, unsigned long addr);
/* sites.c */
/* Where the table of thunks lies in every address space that has patches. */
extern unsigned long nl_site_table;
/* A call trapped; ip is the address behind it, ax its number. May sleep, may patch. */
void nl_site_trapped(struct nl_stub *s, unsigned long ip, unsigned long ax);
/* Where to go on for a program that is to go on at ip, with the trap flag set or not. */
unsigned long nl_site_entry(const struct nl_stub *s, unsigned long ip, bool stepping);
/*
 * The program's own address for ip, an address in a thunk, in *canonical; false when the
 * thunk is between two instructions of the program.
 */
bool nl_site_canonical(const struct nl_stub *s, unsigned long ip, unsigned long *canonical);
/* Likewise, and from any place in a thunk: back to the call, whose registers are all there. */
bool nl_site_rewind(const struct nl_stub *s, unsigned long ip, unsigned long *canonical);
static inline bool nl_site_in_thunk(unsigned long ip)
{
	return ip - nl_host.stub_start - NL_STUB_THUNKS < NL_THUNK_PAGES * NL_PAGE;
}
/* Takes back the patches in a range of the current address space. May sleep. */
void nl_site_undo(struct nl_stub *s, unsigned long from, unsigned long len);
/*
 * The current program read a page that is to be executed only: false if that was never one with patched
 * sites. Else it can read it now, and sees the original text.
 */
bool nl_text_fault(struct nl_stub *s, unsigned long addr);
/* Queues what takes the thunks out of the stub. */
void nl_sites_unmap(struct nl_stub *s);
/* The stub has no patched sites any more. */
void nl_sites_put(struct nl_stub *s);

/* fpu.c */
/* The state of regs stands in regs->fp afterwards, and stays live where it is. */
void nl_fp_sync(struct uml_pt_regs *regs);
/* regs->fp was changed or is to be: the frame's copy counts no more. */
void nl_fp_drop(struct uml_pt_regs *regs);
/* Whether the state of regs is in the frame of s (or in the CPU). */
bool nl_fp_is_live(const struct nl_stub *s, const struct uml_pt_regs *regs);
/* Puts the state of regs into the frame of s, if it is not there. */
void nl_fp_load(struct nl_stub *s, struct uml_pt_regs *regs);
/* 0 when the host will load this state, else -EINVAL. */
int nl_fp_check(const unsigned long *fp_regs);
/* The stub goes away: nobody's state is in it. */
void nl_fp_forget(struct nl_stub *s);
/*
 * Learns size and shape from the first frame, in which xstate has room bytes. 0 or -errno; a panic
 * when it is more than registers have room for, which no guest could live with.
 */
int nl_fp_init(const void *xstate, unsigned int room);

/* sigframe.c */
/* What a signal frame takes of a stack at most, bytes. */
unsigned int nl_sigframe_room(void);

/* regset.c */
enum nl_regset {
	NL_REGSET_GENERAL,
	NL_REGSET_FP,
	NL_REGSET_XSTATE
};
/* A general register by its place in struct user_regs_struct; setting: 0 or -EIO. */
unsigned long nl_reg_get(struct task_struct *task, unsigned int number);
int nl_reg_set(struct task_struct *task, unsigned int number, unsigned long value);
/* nl_frame is known now. */
void nl_regset_init(void);

/* clock.c */
struct nl_vvar;
/* Starts the clock if the host has what it needs, and keeps page up to date then. */
void nl_clock_start(struct nl_vvar *page);

/* auxv.c */
/* nl_frame is known now. */
void nl_auxv_init(void);

/* Calls that guest code has made so far; those of its first process, which relays, left out. */
extern unsigned long nl_calls;

#endif
