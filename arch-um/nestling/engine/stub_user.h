/* SPDX-License-Identifier: GPL-2.0 */
/* Host half of the engine: processes, futexes, signals. */
#ifndef NESTLING_STUB_USER_H
#define NESTLING_STUB_USER_H

#include "stub_abi.h"

#define NL_CPUS_MAX 1024

/* Where things are in every stub, and what the host can do. Set once at boot. */
struct nl_stub_host {
	unsigned long stub_start; /* stub address of the code */
	unsigned long code_offset; /* of the code page in guest memory's file */
	unsigned long top; /* end of the host's user address space */
	unsigned long low; /* lowest page that the host lets this process map */
	int memory_fd;
	int fsgsbase; /* guest code and stub may use the instructions */
	int no_fsgsbase; /* the command line says so */
	int cpus; /* on which this process may run */
	unsigned long cpu_mask[NL_CPUS_MAX / 64]; /* these */
};

/* Probes the host. 0 or -errno. stub_start, code_offset and no_fsgsbase are the caller's. */
int nl_stub_host_probe(struct nl_stub_host *h);

/*
 * Two numbers for a stub, in the upper halves, from the host: the guest kernel's own chance is the
 * rig's in virtual time, and can be had again by whoever has the rig. 0, or -errno
 * where the host has none.
 */
int nl_stub_tokens(unsigned long *a, unsigned long *b);

/*
 * Makes a stub whose orders and state lie at block (kernel's view) and at
 * block_offset of guest memory's file; token_a and token_b are what its filter asks
 * for, in their upper halves. Returns its pid, or -errno. The stub comes up by
 * itself and hands over as order 0.
 */
int nl_stub_spawn(const struct nl_stub_host *h, void *block, unsigned long block_offset,
		  unsigned long token_a, unsigned long token_b);

/* Ends a stub and reaps it. */
void nl_stub_kill(int pid);

/* 1 when the stub has died (it is reaped then), else 0. */
int nl_stub_reap(int pid);

/* Whether somebody on the host stopped it (SIGSTOP). */
int nl_stub_stopped(int pid);

/* CPU time that it has used, ns. */
unsigned long long nl_stub_cpu_ns(int pid);
/* Likewise the guest kernel's own thread. */
unsigned long long nl_own_cpu_ns(void);

/*
 * Lets a stub run on all CPUs but one, on all if cpu is none of them. 0 or -errno: there is
 * no other.
 */
int nl_stub_keep_off(const struct nl_stub_host *h, int pid, unsigned int cpu);
/* Lets a stub run on one CPU only. 0 or -errno. */
int nl_stub_keep_on(int pid, unsigned int cpu);

/* Makes guest code hand over, now or as soon as it runs. */
void nl_stub_kick(int pid);

/* Lets others have this CPU, if one wants it. */
void nl_yield(void);

/* Wakes one that sleeps on word; 1, or 0 if nobody did. */
int nl_futex_wake(unsigned int *word);

/*
 * Sleeps while *word is val, at most ms milliseconds. 0 when woken or when the word
 * differs, -EINTR after a signal, -ETIMEDOUT.
 */
int nl_futex_wait(unsigned int *word, unsigned int val, int ms);
/*
 * The same for two words at a time; on hosts without futex_waitv(2) it returns every now and then,
 * as if woken.
 */
int nl_futex_wait_two(unsigned int *a, unsigned int val_a, unsigned int *b, unsigned int val_b,
		      int ms);

/* Number of the CPU that runs this code; cheap, and old at once. */
static inline unsigned int nl_cpu(void)
{
	unsigned int limit;

	__asm__ volatile("lsl %1, %0" : "=r"(limit) : "r"(NL_CPU_SELECTOR) : "cc");
	return limit & NL_CPU_MASK;
}

/* filter_user.c */
struct sock_filter;
#define NL_STUB_FILTER_MAX 160
/*
 * Writes the stub's filter into f (room for NL_STUB_FILTER_MAX) and returns its length.
 * gate_offset: file offset of the orders' gate word.
 */
int nl_filter_build(const struct nl_stub_host *h, struct sock_filter *f, unsigned long gate_offset,
		    unsigned long token_a, unsigned long token_b);

#endif
