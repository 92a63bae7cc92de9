// SPDX-License-Identifier: GPL-2.0
/*
 * Stub processes: making, waking, kicking and ending them (host half).
 *
 * @host run clone EQ(0,SIGCHLD): a stub; nothing is shared with it
 * @host run kill POSITIVE(0): a stub is kicked or ended
 * @host run futex_waitv EQ32(1,2): a stub or the doorbell is waited for
 * @host run wait4: a stub that ended
 * @host run waitid: a stub that was stopped from outside
 * @host run clock_gettime: CPU time of a stub, and its own
 * @host run sched_setaffinity: the CPUs of a stub
 * @host boot sched_getaffinity: the CPUs there are
 * @host run futex ONLY32(1,FUTEX_WAKE): handover
 * @host run sched_yield: handover on one CPU
 * @host run getrandom: the token of a stub
 *
 * In the stub itself, before its own filter and below it:
 *
 * @host run prctl EQ32(0,PR_SET_PDEATHSIG) EQ32(1,SIGKILL): a stub dies with the guest kernel
 * @host run prctl EQ32(0,PR_SET_NO_NEW_PRIVS): needed for a filter
 * @host run close_range: a stub has guest memory's descriptor only
 * @host run close: a stub has guest memory's descriptor only
 * @host run seccomp EQ32(0,SECCOMP_SET_MODE_FILTER) ONLY32(1,SECCOMP_FILTER_FLAG_SPEC_ALLOW): its filter
 * @host run arch_prctl ONLY32(0,0x1007): segment bases where the CPU has no instructions for them
 * @host run pwrite64: the gate
 * @host run exit_group: it could not be made
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <as-layout.h>
#include <nestling.h>
#include <nestling_time.h>
#include <os.h>
#include "abi.h"
#include "stub_user.h"

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif
#define HWCAP2_FSGSBASE_BIT (1 << 1) /* Linux, Documentation/arch/x86/x86_64/fsgs.rst */
#define ADDRESS_BITS 47
#define LOW_LIMIT 0x400000 /* where programs begin */
#define STUB_AREA_MAX 0x10000UL /* more than a stub's pages */
#define TOP_OF_THREE_LEVELS 0x7fc0002000UL
#define TOP_IN_RIGS 0x7e00002000UL /* what a guest of a guest of a guest has, too */
#define SPAWN_STACK (4 * NL_PAGE)
#define DESCRIPTORS_MAX 1024 /* more than a guest kernel has */

extern char nl_stub_base[], nl_stub_entry[], nl_stub_signal[], nl_stub_restorer[];

/* The kernel's layout, without libc's own restorer. */
struct kernel_sigaction {
	unsigned long handler;
	unsigned long flags;
	unsigned long restorer;
	unsigned long mask;
};

struct spawn {
	struct nl_stub_host host;
	unsigned long block_offset;
	struct sock_fprog *fprog; /* stub address */
};

/* Whether the host lets this process map the page at addr. */
static int mappable(unsigned long addr)
{
	void *p = mmap((void *)addr, NL_PAGE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p == MAP_FAILED)
		return errno == EEXIST;
	munmap(p, NL_PAGE);
	return p == (void *)addr;
}

static unsigned long probe_top(void)
{
	unsigned long low = 0x10000000, high = 1UL << ADDRESS_BITS;

	while (high - low > NL_PAGE) {
		unsigned long mid = (low + (high - low) / 2) & ~(NL_PAGE - 1UL);

		if (mappable(mid))
			low = mid;
		else
			high = mid;
	}
	return high;
}

/*
 * The end of what guest programs and the stub's pages may take of the address space: what
 * page tables of three levels can describe, or less where the host is a guest itself. Addresses
 * are in what programs do (hashes of pointers): in a rig that is to give the same on a host and in a
 * guest of it, they end below both.
 */
unsigned long os_get_top_address(void)
{
	unsigned long top = probe_top() & ~(STUB_AREA_MAX - 1);

	top = top < TOP_OF_THREE_LEVELS ? top - STUB_AREA_MAX : TOP_OF_THREE_LEVELS;
	return nl_time_led() && top > TOP_IN_RIGS ? TOP_IN_RIGS : top;
}

/* Without libc's wrapper, which calls what the guest kernel has under the same name. */
static int count_cpus(struct nl_stub_host *h)
{
	unsigned int i;
	int n = 0;

	if (syscall(SYS_sched_getaffinity, 0, sizeof(h->cpu_mask), h->cpu_mask) < 0)
		return 1;
	for (i = 0; i < ARRAY_SIZE(h->cpu_mask); i++)
		n += __builtin_popcountl(h->cpu_mask[i]);
	return n;
}

int nl_stub_host_probe(struct nl_stub_host *h)
{
	h->memory_fd = NL_FD_MEMORY;
	h->top = probe_top();
	for (h->low = NL_PAGE; h->low < LOW_LIMIT && !mappable(h->low); h->low += NL_PAGE)
		;
	h->fsgsbase = !h->no_fsgsbase && (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT);
	h->cpus = count_cpus(h);
	return 0;
}

static unsigned long stub_address(const struct nl_stub_host *h, const char *label)
{
	return h->stub_start + (label - nl_stub_base);
}

static int map_at(const struct nl_stub_host *h, unsigned long addr, unsigned long len, int prot,
		  int kind, unsigned long offset)
{
	void *p = mmap((void *)addr, len, prot, kind | MAP_FIXED, h->memory_fd, offset);

	return p == (void *)addr ? 0 : -1;
}

static int map_stub(const struct spawn *sp)
{
	const struct nl_stub_host *h = &sp->host;
	unsigned long start = h->stub_start;

	/* Private, so that where the host is a guest itself, its engine patches calls (sites.c). */
	if (map_at(h, start, NL_PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, h->code_offset) < 0)
		return -1;
	if (map_at(h, start + NL_STUB_ORDERS, NL_PAGE, PROT_READ, MAP_SHARED, sp->block_offset) < 0)
		return -1;
	return map_at(h, start + NL_STUB_STATE, NL_PAGE * (NL_STUB_BLOCK_PAGES - 1),
		      PROT_READ | PROT_WRITE, MAP_SHARED, sp->block_offset + NL_PAGE);
}

/*
 * SIGALRM stays blocked: a kick from somebody on the host would be taken for the first trap. The
 * program's first frame lets it through.
 */
static int set_signals(const struct nl_stub_host *h)
{
	static const int handled[] = {SIGSYS, SIGSEGV, SIGTRAP, SIGFPE, SIGILL, SIGBUS, SIGALRM};
	stack_t stack = {
		.ss_sp = (void *)(h->stub_start + NL_STUB_STATE + NL_STUB_STACK_OFFSET),
		.ss_size = NL_STUB_STACK_SIZE,
	};
	struct kernel_sigaction sa = {
		.handler = stub_address(h, nl_stub_signal),
		.flags = SA_SIGINFO | SA_ONSTACK | SA_RESTORER,
		.restorer = stub_address(h, nl_stub_restorer),
		.mask = ~0UL,
	};
	unsigned long blocked = ~0UL;
	unsigned int i;

	if (sigaltstack(&stack, NULL) < 0)
		return -1;
	for (i = 0; i < ARRAY_SIZE(handled); i++) {
		if (syscall(SYS_rt_sigaction, handled[i], &sa, NULL, sizeof(sa.mask)) < 0)
			return -1;
		if (handled[i] != SIGALRM)
			blocked &= ~(1UL << (handled[i] - 1));
	}
	return syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof(blocked));
}

/*
 * Keeps guest memory's descriptor: mappings and the gate need it. Hosts before Linux 5.9 close
 * them one by one; a guest kernel's are numbered from 0 on.
 */
static void close_descriptors(int keep)
{
	int fd;

	if (syscall(SYS_close_range, keep + 1, ~0U, 0) < 0)
		for (fd = keep + 1; fd < DESCRIPTORS_MAX; fd++)
			syscall(SYS_close, fd);
	for (fd = 0; fd < keep; fd++)
		syscall(SYS_close, fd);
}

/*
 * Runs in the new process, on a stack of its own, with the guest kernel's memory as it
 * was: so nothing here may write to what is shared.
 */
static int stub_main(void *arg)
{
	const struct spawn *sp = arg;
	const struct nl_stub_host *h = &sp->host;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	close_descriptors(h->memory_fd);
	if (map_stub(sp) < 0 || set_signals(h) < 0)
		_exit(2);
	__asm__ volatile("movq %1, %%r12\n\t"
			 "movq %2, %%r13\n\t"
			 "movq %3, %%r14\n\t"
			 "jmp *%0"
			 :
			 : "a"(stub_address(h, nl_stub_entry)), "b"(h->top), "c"(sp->fprog),
			   "d"((unsigned long)SECCOMP_FILTER_FLAG_SPEC_ALLOW)
			 : "r12", "r13", "r14", "memory");
	__builtin_unreachable();
}

/* The filter lies at the low end of the signal stack until it is installed. */
static struct sock_fprog *lay_filter(const struct nl_stub_host *h, char *block,
				     unsigned long block_offset, unsigned long token_a,
				     unsigned long token_b)
{
	unsigned long place = NL_ST_BASE + NL_STUB_STACK_OFFSET;
	struct sock_fprog *fprog = (void *)(block + place);
	struct sock_filter *filter = (void *)(fprog + 1);
	unsigned long stub_place = h->stub_start + NL_STUB_ORDERS + place;

	fprog->len = nl_filter_build(h, filter, block_offset + NL_OR_GATE, token_a, token_b);
	fprog->filter = (void *)(stub_place + sizeof(*fprog));
	return (void *)stub_place;
}

int nl_stub_tokens(unsigned long *a, unsigned long *b)
{
	uint32_t token[2];
	long n = syscall(SYS_getrandom, token, sizeof(token), 0);

	if (n != sizeof(token))
		return n < 0 ? -errno : -EIO;
	*a = (unsigned long)token[0] << 32;
	*b = (unsigned long)token[1] << 32;
	return 0;
}

int nl_stub_spawn(const struct nl_stub_host *h, void *block, unsigned long block_offset,
		  unsigned long token_a, unsigned long token_b)
{
	unsigned long all = ~0UL, old;
	struct spawn *sp;
	void *stack;
	int pid;

	stack = mmap(NULL, SPAWN_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED)
		return -errno;
	/* Not on this stack: it is guest memory, which the child shares, and is used again. */
	sp = stack;
	*sp = (struct spawn){
		.host = *h,
		.block_offset = block_offset,
		.fprog = lay_filter(h, block, block_offset, token_a, token_b),
	};
	/* A signal of the guest kernel must not run its handler in the child. */
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof(all));
	pid = clone(stub_main, (char *)stack + SPAWN_STACK, SIGCHLD, sp);
	if (pid < 0)
		pid = -errno;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof(old));
	munmap(stack, SPAWN_STACK);
	return pid;
}

void nl_stub_kill(int pid)
{
	kill(pid, SIGKILL);
	CATCH_EINTR(waitpid(pid, NULL, __WALL));
}

int nl_stub_reap(int pid)
{
	int n = waitpid(pid, NULL, WNOHANG | __WALL);

	return n == pid || (n < 0 && errno == ECHILD);
}

int nl_stub_stopped(int pid)
{
	siginfo_t si = {};

	return waitid(P_PID, pid, &si, WSTOPPED | WNOHANG | WNOWAIT) == 0 && si.si_pid == pid;
}

unsigned long long nl_stub_cpu_ns(int pid)
{
	/* The clock of a process, as clock_getcpuclockid(3) makes it. */
	clockid_t clock = (~(clockid_t)pid << 3) | 2;
	struct timespec ts = {};

	syscall(SYS_clock_gettime, clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

unsigned long long nl_own_cpu_ns(void)
{
	struct timespec ts = {};

	syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

int nl_stub_keep_off(const struct nl_stub_host *h, int pid, unsigned int cpu)
{
	unsigned long mask[NL_CPUS_MAX / 64];

	memcpy(mask, h->cpu_mask, sizeof(mask));
	if (cpu < NL_CPUS_MAX)
		mask[cpu / 64] &= ~(1UL << cpu % 64);
	return syscall(SYS_sched_setaffinity, pid, sizeof(mask), mask) < 0 ? -errno : 0;
}

int nl_stub_keep_on(int pid, unsigned int cpu)
{
	unsigned long mask[NL_CPUS_MAX / 64] = {};

	if (cpu >= NL_CPUS_MAX)
		return -EINVAL;
	mask[cpu / 64] = 1UL << cpu % 64;
	return syscall(SYS_sched_setaffinity, pid, sizeof(mask), mask) < 0 ? -errno : 0;
}

void nl_nap_us(unsigned int us)
{
	struct timespec ts = {us / 1000000, us % 1000000 * 1000L};
	unsigned int nobodys = 0;

	syscall(SYS_futex, &nobodys, FUTEX_WAIT, 0, &ts, NULL, 0);
}

void nl_stub_kick(int pid)
{
	kill(pid, SIGALRM);
}

void nl_yield(void)
{
	syscall(SYS_sched_yield);
}

int nl_futex_wake(unsigned int *word)
{
	return syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

int nl_futex_wait(unsigned int *word, unsigned int val, int ms)
{
	struct timespec ts = {ms / 1000, (ms % 1000) * 1000000L};

	if (syscall(SYS_futex, word, FUTEX_WAIT, val, &ts, NULL, 0) < 0 && errno != EAGAIN)
		return -errno;
	return 0;
}

/* Linux 5.16; older headers do not know it. */
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef FUTEX_32
#define FUTEX_32 2
#endif

struct waiter {
	uint64_t val, uaddr;
	uint32_t flags, reserved;
};

#define POLL_MS 1 /* where the host cannot wait for two words */

int nl_futex_wait_two(unsigned int *a, unsigned int val_a, unsigned int *b, unsigned int val_b,
		      int ms)
{
	struct waiter w[2] = {
		{.val = val_a, .uaddr = (unsigned long)a, .flags = FUTEX_32},
		{.val = val_b, .uaddr = (unsigned long)b, .flags = FUTEX_32},
	};
	static int unknown;
	struct timespec until;

	if (unknown)
		return nl_futex_wait(a, val_a, POLL_MS) == -EINTR ? -EINTR : 0;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	if (syscall(SYS_futex_waitv, w, 2, 0, &until, CLOCK_MONOTONIC) >= 0 || errno == EAGAIN)
		return 0;
	/* An older kernel, or a filter around us that does not know the call. */
	if (errno != EINTR && errno != ETIMEDOUT)
		unknown = 1;
	return -errno;
}

_Static_assert(NL_STUB_MEMORY_FD == NL_FD_MEMORY, "the gate's descriptor");
