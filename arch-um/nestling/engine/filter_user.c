// SPDX-License-Identifier: GPL-2.0
/*
 * The stub's system call filter: everything traps, but for six kinds of calls at a few
 * places of the stub's own code.
 *
 *	gate		pwrite64 of the order's number to the gate word, nothing else
 *	command		mmap of guest memory, munmap, mprotect, arch_prctl, with the token in the
 *			bits that the host ignores: the upper halves of prot and flags
 *			(mmap with MAP_SHARED), of the fourth and fifth argument (the others)
 *	return		rt_sigreturn
 *	wait, wake	futex, each on its own word
 *	yield		sched_yield
 *
 * Numbers of the x32 and of the 32-bit kind are other numbers or another
 * architecture, and trap with all the rest.
 */
#include <errno.h>
#include <stddef.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "stub_user.h"

extern char nl_stub_base[], nl_stub_at_gate[], nl_stub_at_wait[], nl_stub_at_command[],
	nl_stub_at_return[], nl_stub_at_wake[], nl_stub_at_site_wait[], nl_stub_at_site_wake[],
	nl_stub_at_yield[], nl_stub_at_site_yield[];

struct builder {
	struct sock_filter *f;
	int n;
};

#define LOW(x) ((unsigned int)(x))
#define HIGH(x) ((unsigned int)((unsigned long)(x) >> 32))
#define ARG_LOW(i) (offsetof(struct seccomp_data, args) + 8 * (i))
#define ARG_HIGH(i) (ARG_LOW(i) + 4)

static void put(struct builder *b, unsigned short code, unsigned int k, int jt, int jf)
{
	/* One that is cut off is refused by the host. */
	if (b->n < NL_STUB_FILTER_MAX)
		b->f[b->n++] = (struct sock_filter){.code = code, .jt = jt, .jf = jf, .k = k};
}

static void load(struct builder *b, unsigned int offset)
{
	put(b, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void ret(struct builder *b, unsigned int action)
{
	put(b, BPF_RET | BPF_K, action, 0, 0);
}

/* The word at offset must be k, or the call traps. */
static void need(struct builder *b, unsigned int offset, unsigned int k)
{
	load(b, offset);
	put(b, BPF_JMP | BPF_JEQ | BPF_K, k, 1, 0);
	ret(b, SECCOMP_RET_TRAP);
}

static void need_arg(struct builder *b, int i, unsigned long value)
{
	need(b, ARG_LOW(i), LOW(value));
	need(b, ARG_HIGH(i), HIGH(value));
}

/* Opens a block that is run when the loaded word is k; block_end() closes it. */
static int block(struct builder *b, unsigned int k)
{
	put(b, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 0);
	return b->n - 1;
}

static void block_end(struct builder *b, int start)
{
	b->f[start].jf = b->n - start - 1;
}

static unsigned long at(const struct nl_stub_host *h, const char *label)
{
	return h->stub_start + (label - nl_stub_base);
}

static void build_command(struct builder *b, const struct nl_stub_host *h, unsigned long a,
			  unsigned long bb)
{
	int mm;

	need(b, ARG_HIGH(3), HIGH(a));
	load(b, offsetof(struct seccomp_data, nr));
	mm = block(b, SYS_mmap);
	need(b, ARG_HIGH(2), HIGH(bb));
	need(b, ARG_LOW(4), h->memory_fd);
	ret(b, SECCOMP_RET_ALLOW);
	block_end(b, mm);
	put(b, BPF_JMP | BPF_JEQ | BPF_K, SYS_munmap, 3, 0);
	put(b, BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 2, 0);
	put(b, BPF_JMP | BPF_JEQ | BPF_K, SYS_arch_prctl, 1, 0);
	ret(b, SECCOMP_RET_TRAP);
	need(b, ARG_HIGH(4), HIGH(bb));
	ret(b, SECCOMP_RET_ALLOW);
}

static void build_futex(struct builder *b, unsigned long word, int op)
{
	need(b, offsetof(struct seccomp_data, nr), SYS_futex);
	need_arg(b, 0, word);
	need_arg(b, 1, op);
	ret(b, SECCOMP_RET_ALLOW);
}

int nl_filter_build(const struct nl_stub_host *h, struct sock_filter *f, unsigned long gate_offset,
		    unsigned long token_a, unsigned long token_b)
{
	unsigned long orders = h->stub_start + NL_STUB_ORDERS;
	struct builder b = {f, 0};
	int i, start;

	need(&b, offsetof(struct seccomp_data, arch), AUDIT_ARCH_X86_64);
	need(&b, offsetof(struct seccomp_data, instruction_pointer) + 4, HIGH(h->stub_start));
	load(&b, offsetof(struct seccomp_data, instruction_pointer));

	start = block(&b, LOW(at(h, nl_stub_at_return)));
	need(&b, offsetof(struct seccomp_data, nr), SYS_rt_sigreturn);
	ret(&b, SECCOMP_RET_ALLOW);
	block_end(&b, start);

	start = block(&b, LOW(at(h, nl_stub_at_command)));
	build_command(&b, h, token_a, token_b);
	block_end(&b, start);

	start = block(&b, LOW(at(h, nl_stub_at_gate)));
	need(&b, offsetof(struct seccomp_data, nr), SYS_pwrite64);
	need_arg(&b, 0, h->memory_fd);
	need_arg(&b, 1, orders + NL_OR_SEQ);
	need_arg(&b, 2, sizeof(unsigned int));
	need_arg(&b, 3, gate_offset);
	ret(&b, SECCOMP_RET_ALLOW);
	block_end(&b, start);

	for (i = 0; i < 2; i++) {
		start = block(&b, LOW(at(h, i ? nl_stub_at_site_wait : nl_stub_at_wait)));
		build_futex(&b, orders + NL_OR_SEQ, FUTEX_WAIT);
		block_end(&b, start);

		start = block(&b, LOW(at(h, i ? nl_stub_at_site_wake : nl_stub_at_wake)));
		build_futex(&b, orders + NL_ST_COME, FUTEX_WAKE);
		block_end(&b, start);

		start = block(&b, LOW(at(h, i ? nl_stub_at_site_yield : nl_stub_at_yield)));
		need(&b, offsetof(struct seccomp_data, nr), SYS_sched_yield);
		ret(&b, SECCOMP_RET_ALLOW);
		block_end(&b, start);
	}

	ret(&b, SECCOMP_RET_TRAP);
	return b.n;
}
