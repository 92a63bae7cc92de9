// SPDX-License-Identifier: GPL-2.0
/*
 * What Go's runtime does without libc: threads by clone with raw calls, an alternate stack and fs
 * base for each, futex sleep, preemption by tgkill(SIGURG) at any instruction (with the handler
 * pushing a call onto the interrupted stack), signals while in raw calls, many threads.
 *
 * Modelled on the runtime's documented behaviour (runtime/os_linux.go, preempt.go, sys_linux_amd64.s);
 * no code of it is here.
 */
#include "check.h"
#include <asm/prctl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stddef.h>
#include <ucontext.h>

#define MACHINES 6
#define STACK (64 << 10)
#define FLAGS                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM | CLONE_THREAD | \
	 CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

/* One thread, and what fs points to. */
struct machine {
	struct machine *self; /* at fs:0 */
	uint64_t canary; /* at fs:8 */
	long id;
	volatile int tid; /* cleared by the kernel at the end */
	volatile long work, preempted, calls, errors;
	void (*run)(struct machine *m);
	uint8_t *stack, *signal_stack;
	volatile bool ready; /* has its signal stack */
	volatile bool asked; /* a preemption is under way */
};

static struct machine machines[MACHINES];
static volatile bool stop;

/* Six arguments, no errno: libc's thread pointer is not there. */
static inline long raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "+a"(nr)
			 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return nr;
}

static inline struct machine *current(void)
{
	struct machine *m;

	__asm__ volatile("mov %%fs:0,%0" : "=r"(m));
	return m;
}

/* clone, and the start of the new thread on its own stack: no return there. */
long start_machine(long flags, void *stack, volatile int *ptid, volatile int *ctid, void *tls);
__attribute__((used, noreturn)) void machine_main(struct machine *m);
__asm__(".pushsection .text\n"
	"start_machine:\n"
	"mov %rcx,%r10\n"
	"mov $56,%eax\n"
	"syscall\n"
	"test %rax,%rax\n"
	"jz 1f\n"
	"ret\n"
	"1: mov %fs:0,%rdi\n"
	"xor %ebp,%ebp\n"
	"call machine_main\n"
	"ud2\n"
	/* What the handler makes the interrupted code call: keeps all registers and flags. */
	".globl async_preempt\n"
	"async_preempt:\n"
	"pushf; push %rax; push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push "
	"%r10; push %r11\n"
	"sub $16,%rsp; movdqu %xmm0,(%rsp)\n"
	"mov %fs:0,%rdi\n"
	"lock incq preempted_offset(%rdi)\n"
	"mov $24,%eax\n" /* sched_yield */
	"syscall\n"
	"movdqu (%rsp),%xmm0; add $16,%rsp\n"
	"pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax; "
	"popf\n"
	"ret $128\n" /* over the red zone that the handler skipped */
	".popsection\n");
extern char async_preempt[];

__attribute__((used, noinline)) void machine_main(struct machine *m)
{
	m->run(m);
	raw(SYS_exit, 0, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

/* Offsets for the assembly above. */
__asm__(".set preempted_offset, 40\n");
_Static_assert(offsetof(struct machine, preempted) == 40, "preempted_offset");

static bool start(struct machine *m, void (*run)(struct machine *))
{
	m->self = m;
	m->id = m - machines;
	m->canary = 0xfeed0000 + m->id;
	m->run = run;
	m->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m->signal_stack =
		mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return start_machine(FLAGS, m->stack + STACK - 64, &m->tid, &m->tid, m) > 0;
}

/* As joining does: the kernel clears the id and wakes. */
static void join(struct machine *m)
{
	int tid;

	while ((tid = m->tid) != 0)
		raw(SYS_futex, (long)&m->tid, FUTEX_WAIT, tid, 0, 0, 0);
	munmap(m->stack, STACK);
	munmap(m->signal_stack, STACK);
}

static void use_signal_stack(struct machine *m)
{
	stack_t ss = {.ss_sp = m->signal_stack, .ss_size = STACK};

	if (raw(SYS_sigaltstack, (long)&ss, 0, 0, 0, 0, 0))
		m->errors++;
	m->ready = true;
}

/* In a handler: on the alternate stack of this very thread, fs its own. */
static void on_urgent(int sig, siginfo_t *si, void *context)
{
	struct machine *m = current();
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint8_t here;

	if (m < machines || m >= machines + MACHINES)
		return; /* libc's thread */
	if (m->canary != 0xfeed0000 + (uint64_t)m->id || &here < m->signal_stack ||
	    &here >= m->signal_stack + STACK)
		m->errors++;
	if (!m->asked)
		return;
	m->asked = false;
	/* Only on the thread's own stack: a call of async_preempt appears at this instruction. */
	if ((uint8_t *)g[REG_RSP] < m->stack || (uint8_t *)g[REG_RSP] >= m->stack + STACK)
		return;
	g[REG_RSP] -= 128 + 8;
	*(uint64_t *)g[REG_RSP] = g[REG_RIP];
	g[REG_RIP] = (greg_t)async_preempt;
}

/* The result of a computation in integers and floating point, always the same. */
static __attribute__((noinline)) uint64_t puzzle(void)
{
	uint64_t a = 88172645463325252, sum = 0, bits;
	double x = 1;

	for (int i = 0; i < 20000; i++) {
		a ^= a << 13;
		a ^= a >> 7;
		a ^= a << 17;
		sum += a & 0xff;
		x = x * 1.0000001 + 1e-9;
	}
	memcpy(&bits, &x, sizeof(bits));
	return sum ^ bits;
}

static uint64_t solution;

static void compute(struct machine *m)
{
	use_signal_stack(m);
	while (!stop) {
		m->errors += puzzle() != solution;
		m->errors += current() != m || m->canary != 0xfeed0000 + (uint64_t)m->id;
		m->work++;
	}
}

/* Raw calls of each kind in turn. */
static void call(struct machine *m)
{
	struct timespec ts = {0, 100000};
	uint32_t word = 0;

	use_signal_stack(m);
	while (!stop) {
		long r;

		m->errors += raw(SYS_gettid, 0, 0, 0, 0, 0, 0) != m->tid;
		m->errors += raw(SYS_getpid, 0, 0, 0, 0, 0, 0) <= 0;
		r = raw(SYS_futex, (long)&word, FUTEX_WAIT_PRIVATE, 0, (long)&ts, 0, 0);
		m->errors += r != -ETIMEDOUT && r != -EINTR;
		r = raw(SYS_nanosleep, (long)&ts, 0, 0, 0, 0, 0);
		m->errors += r != 0 && r != -EINTR;
		m->errors += raw(9999, 1, 2, 3, 4, 5, 6) != -ENOSYS;
		m->calls++;
		m->work++;
	}
}

static void preempt_all(struct machine *m, int n)
{
	for (int i = 0; i < n; i++) {
		if (m[i].asked || !m[i].ready)
			continue;
		m[i].asked = true;
		raw(SYS_tgkill, getpid(), m[i].tid, SIGURG, 0, 0, 0);
	}
}

static void run_machines(void (*run)(struct machine *), const char *what)
{
	long errors = 0, preempted = 0, idle = 0;
	int started = 0;

	solution = puzzle();
	check_handler(SIGURG, on_urgent, SA_ONSTACK | SA_RESTART);
	for (int i = 0; i < MACHINES; i++)
		started += start(&machines[i], run);
	CHECK_EQ(started, MACHINES, "%s: threads by raw clone", what);
	for (int i = 0; i < 150; i++) {
		preempt_all(machines, MACHINES);
		check_sleep_ms(2);
	}
	stop = true;
	for (int i = 0; i < MACHINES; i++) {
		join(&machines[i]);
		errors += machines[i].errors;
		preempted += machines[i].preempted;
		idle += machines[i].work == 0;
	}
	check_note("%s: %ld preemptions", what, preempted);
	CHECK_EQ(errors, 0, "%s: no errors", what);
	CHECK(preempted > 10, "%s: preempted", what);
	CHECK_EQ(idle, 0, "%s: all threads get on", what);
}

static void computing(void)
{
	run_machines(compute, "computing");
}

static void calling(void)
{
	run_machines(call, "calling");
}

static void shortlived(struct machine *m)
{
	use_signal_stack(m);
	m->work = 1;
}

static void many(void)
{
	int bad = 0;

	for (int round = 0; round < 60; round++) {
		for (int i = 0; i < MACHINES; i++)
			bad += !start(&machines[i], shortlived);
		for (int i = 0; i < MACHINES; i++) {
			join(&machines[i]);
			bad += machines[i].work != 1 || machines[i].errors;
			machines[i].work = 0;
		}
	}
	CHECK_EQ(bad, 0, "hundreds of threads that live for a moment");
}

/* A nil pointer, as Go's panics have it: the handler makes the code call a function and it recovers. */
static volatile long recovered;
void after_fault(void);
extern char faulting[], faulted[];
void do_fault(void);
__asm__(".pushsection .text\n"
	"do_fault: push %rbp; mov %rsp,%rbp\n"
	"xor %eax,%eax\n"
	"faulting: mov (%rax),%rax\n"
	"faulted: pop %rbp; ret\n"
	"sig_panic: lock incq recovered(%rip)\n"
	"pop %rax\n" /* where it happened */
	"jmp faulted\n"
	".popsection\n");
extern char sig_panic[];

static void on_segv(int sig, siginfo_t *si, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	if (g[REG_RIP] != (greg_t)faulting || si->si_addr)
		_exit(3);
	g[REG_RSP] -= 8;
	*(uint64_t *)g[REG_RSP] = g[REG_RIP];
	g[REG_RIP] = (greg_t)sig_panic;
}

static void panics(void)
{
	check_handler(SIGSEGV, on_segv, SA_NODEFER);
	for (int i = 0; i < 500; i++)
		do_fault();
	CHECK_EQ(recovered, 500, "faults that become calls");
}

static const struct check_group groups[] = {
	{"computing", computing}, {"calling", calling}, {"many", many}, {"panics", panics}, {}};

int main(int argc, char **argv)
{
	return check_run(groups, argc, argv);
}
